"""Shapes of no particular anatomy in pictures of no particular modality.

Domain randomisation: a network that has met enough impossible pictures takes a real one
for another variation. Layouts (domains, ellipses, crowds, trees, level lines, sheets,
membranes, glands) are drawn at random, divided into parts, and painted with random tones,
textures, outlines that leak, rims, blur, bias and noise.

Source   the idea: Tobin et al., IROS 2017, arXiv:1703.06907; label maps from smooth noise:
         Butoi et al. (UniverSeg), ICCV 2023, and Hoffmann et al. (SynthMorph), TMI 2022.
Differs  own layouts and own painting; 2D; no code of those works was used.
"""

from typing import TYPE_CHECKING

import numpy as np

from limner.phantoms import PHANTOMS
from limner.phantoms._aperture import framed
from limner.phantoms._layouts import LAYOUTS, Labels
from limner.phantoms._paint import PAINTED, Picture, paint
from limner.phantoms._parts import divided, whole

if TYPE_CHECKING:
    from limner.sample import Sample

__all__ = ["SCENE_PARTS", "scene", "shapes"]

SCENE_PARTS = (*(layout.__name__ for layout, _ in LAYOUTS), "parts", "frames", *PAINTED)


def scene(
    rng: np.random.Generator, side: int = 160, *, without: tuple[str, ...] = ()
) -> tuple[Picture, Labels]:
    """A picture (side, side, 1 or 3) in 0..1 and the int32 labels (side, side) it was made of.

    0 is background. Labels need not be connected, and one may cover parts that look different.
    without: names out of `SCENE_PARTS`, for finding out what each is good for.
    """
    layouts = [(layout, share) for layout, share in LAYOUTS if layout.__name__ not in without]
    shares = np.array([share for _, share in layouts])
    labels = layouts[rng.choice(len(layouts), p=shares / shares.sum())][0](rng, side)
    if rng.random() < 0.25:  # something more on top, as vessels run over organs
        above = layouts[int(rng.integers(len(layouts)))][0](rng, side)
        labels = np.where(above > 0, above + labels.max(), labels).astype(np.int32)
    parts = whole(labels)
    if "parts" not in without and rng.random() < 0.35:
        parts = divided(rng, labels)
    picture = paint(rng, parts.shown, outer=parts.step, without=without)
    if "frames" not in without and rng.random() < 0.2:
        return framed(rng, picture, parts.objects)
    return picture, parts.objects


@PHANTOMS.add
def shapes(seed: int) -> "Sample":
    """One generated picture of 160 x 160 pixels with the exact mask of every label in it."""
    from limner.grid import Grid
    from limner.image import Image
    from limner.mask import Mask
    from limner.sample import Sample, Target

    picture, labels = scene(np.random.default_rng(seed))
    grid = Grid.picture(*labels.shape)
    samples = np.rint(picture * 255).astype(np.uint8)  # as a file would hold it
    image = Image.of(samples[None], grid)
    mask = Mask.from_labels(labels[None], grid)
    target = Target("dense", mask, source="synthetic", rater="limner.phantoms.shapes")
    return Sample(f"shapes-{seed}", {"image": image}, (target,), licence="CC0-1.0")
