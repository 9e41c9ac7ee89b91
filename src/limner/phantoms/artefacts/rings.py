"""Rings: detector elements that read too high or too low draw circles round the middle.

Source   Boas and Fleischmann, Imaging in Medicine 2012, "CT artifacts: causes and reduction
         techniques", section on ring artefacts.
Differs  drawn in the picture, not in a sinogram: a profile over the distance from a point near
         the middle, over the whole turn or part of it.
Expected results/artefacts.json
"""

import numpy as np

from limner.phantoms.artefacts import ARTEFACTS, Picture


@ARTEFACTS.add
def rings(rng: np.random.Generator, picture: Picture, *, severity: float) -> Picture:
    """Concentric rings, each with its own gain, about 1 pixel wide or a few."""
    rows, columns = picture.shape[:2]
    centre = rng.uniform(0.3, 0.7, 2) * (rows, columns)
    down = np.arange(rows, dtype=np.float32)[:, None] - np.float32(centre[0])
    across = np.arange(columns, dtype=np.float32)[None, :] - np.float32(centre[1])
    apart = np.hypot(down, across)
    profile = rng.standard_normal(int(apart.max()) + 2).astype(np.float32)
    profile *= rng.random(profile.shape) < rng.uniform(0.1, 0.5)
    whole = np.floor(apart).astype(np.int32)
    share = apart - whole
    gain = profile[whole] * (1 - share) + profile[whole + 1] * share
    if rng.random() < 0.4:  # arcs
        towards = rng.uniform(0, 2 * np.pi)
        gain *= np.clip(np.cos(np.arctan2(down, across) - towards) + 0.5, 0, 1)
    after = picture + gain[..., None] * np.float32(0.22 * severity)
    return np.asarray(np.clip(after, 0, 1), np.float32)
