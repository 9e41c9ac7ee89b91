"""Anisotropy: voxels are much longer along one axis, as in thick slices cut across.

Source   Billot et al. (SynthSeg), Medical Image Analysis 2023, on simulated slice thickness.
Differs  one picture: blocks along the rows are averaged and drawn again in steps or linearly.
Expected results/artefacts.json
"""

import numpy as np

from limner.phantoms.artefacts import ARTEFACTS, Picture

THICKEST = 9.0  # pixels, in a picture of 128 rows at severity 1


@ARTEFACTS.add
def anisotropy(rng: np.random.Generator, picture: Picture, *, severity: float) -> Picture:
    """Means over blocks of rows, steps or ramps between them; the blocks lie where they may."""
    rows = picture.shape[0]
    thick = 1 + severity * (THICKEST * rows / 128 - 1)
    if thick <= 1:
        return picture
    count = max(2, round(rows / thick))
    cuts = np.linspace(0, rows, count + 1).astype(int)
    means = np.add.reduceat(picture, cuts[:-1], axis=0) / np.diff(cuts)[:, None, None]
    if rng.random() < 0.5:
        after = np.repeat(means, np.diff(cuts), axis=0)
    else:
        at = np.clip((np.arange(rows) + 0.5) / rows * count - 0.5, 0, count - 1)
        low = np.minimum(at.astype(int), count - 2)
        share = (at - low)[:, None, None].astype(np.float32)
        after = means[low] * (1 - share) + means[low + 1] * share
    return np.asarray(np.clip(after, 0, 1), np.float32)
