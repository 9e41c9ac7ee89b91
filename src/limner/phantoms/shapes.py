"""Shapes of no particular anatomy in pictures of no particular modality.

Domain randomisation: a network that has met enough impossible pictures takes a real one
for another variation. Layouts (domains, ellipses, crowds, trees, level lines, sheets) are
drawn at random and painted with random tones, textures, rims, blur, bias and noise.

Source   the idea: Tobin et al., IROS 2017, arXiv:1703.06907; label maps from smooth noise:
         Butoi et al. (UniverSeg), ICCV 2023, and Hoffmann et al. (SynthMorph), TMI 2022.
Differs  own layouts and own painting; 2D; no code of those works was used.
"""

import numpy as np

from limner.phantoms._layouts import LAYOUTS, Labels
from limner.phantoms._paint import Picture, paint

__all__ = ["scene"]


def scene(rng: np.random.Generator, side: int = 160) -> tuple[Picture, Labels]:
    """A picture (side, side, 1 or 3) in 0..1 and the int32 labels (side, side) it was made of.

    0 is background. Labels need not be connected.
    """
    layouts = [layout for layout, _ in LAYOUTS]
    shares = [share for _, share in LAYOUTS]
    labels = layouts[rng.choice(len(layouts), p=shares)](rng, side)
    if rng.random() < 0.3:  # something more on top, as vessels run over organs
        above = layouts[1 + rng.choice(len(layouts) - 1)](rng, side)
        labels = np.where(above > 0, above + labels.max(), labels).astype(np.int32)
    return paint(rng, labels), labels
