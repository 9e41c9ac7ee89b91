"""One to three blobs in a picture whose ground is uneven and noisy, as coils and lamps make it.

The blobs stand out from the ground beside them, on one side of it, and are darker than the
ground elsewhere: no one threshold parts them, and two means do not describe the picture.

Source   the kind of picture that Li et al., IEEE TIP 17(10), 2008, and Iqbal et al., IEEE
         Access 8, 2020, show: small outlines under a slowly changing ground and noise.
Differs  everything is drawn by chance from the seed; no picture of those works was used.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from limner.phantoms import PHANTOMS

if TYPE_CHECKING:
    from limner.sample import Sample

__all__ = ["scene", "uneven"]

SIDE = 64
CONTRAST = 0.2  # between a blob and the ground beside it
SLOPE = 0.45  # between the darkest and the brightest ground
NOISE = (0.05, 0.12)  # standard deviation


def scene(
    rng: np.random.Generator, *, side: int = SIDE
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """A picture (side, side) in 0..1 and where its blobs are."""
    from scipy.ndimage import gaussian_filter

    inside = np.zeros((side, side), bool)
    for _ in range(rng.integers(1, 4)):
        inside |= _blob(rng, side)
    sign = rng.choice([-1, 1])
    edge = gaussian_filter(inside.astype(float), 0.8) - 0.5
    noise = rng.normal(0, rng.uniform(*NOISE), (side, side))
    picture = 0.5 + SLOPE * (_ground(rng, side) - 0.5) + sign * CONTRAST * edge + noise
    return np.clip(picture, 0, 1).astype(np.float32), inside


def _blob(rng: np.random.Generator, side: int) -> NDArray[np.bool_]:
    """A disc whose radius swings with the angle."""
    middle, radius = rng.uniform(0.22, 0.78, 2) * side, rng.uniform(0.09, 0.2) * side
    rows, columns = np.mgrid[:side, :side] - middle[:, None, None]
    angle = np.arctan2(rows, columns)
    swing = np.zeros_like(angle)
    for waves in range(2, 6):
        swing += rng.normal(0, 0.25 / waves) * np.cos(waves * angle + rng.uniform(0, 2 * np.pi))
    return np.asarray(np.hypot(rows, columns) < radius * (1 + swing))


def _ground(rng: np.random.Generator, side: int) -> NDArray[np.float64]:
    """Half a slope, half a slow wave; 0..1 each."""
    from scipy.ndimage import gaussian_filter

    tilt = rng.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[:side, :side]
    slope = np.cos(tilt) * rows + np.sin(tilt) * columns
    wave = gaussian_filter(rng.normal(size=(side, side)), side / 4, mode="nearest")
    halves = [(each - each.min()) / np.ptp(each) / 2 for each in (slope, wave)]
    return np.asarray(halves[0] + halves[1])


@PHANTOMS.add
def uneven(seed: int) -> "Sample":
    """One picture of 64 x 64 pixels with the exact mask of its blobs."""
    from limner.grid import Grid
    from limner.image import Image
    from limner.mask import Mask
    from limner.sample import Sample, Target

    picture, inside = scene(np.random.default_rng(seed))
    grid = Grid.picture(*inside.shape)
    image = Image.of(np.rint(picture * 255).astype(np.uint8)[None], grid)
    mask = Mask.from_labels(inside[None].astype(np.int32), grid)
    target = Target("dense", mask, source="synthetic", rater="limner.phantoms.uneven")
    return Sample(f"uneven-{seed}", {"image": image}, (target,), licence="CC0-1.0")
