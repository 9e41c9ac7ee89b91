"""Metal streaks: bright and dark rays from pieces that let no X-rays through.

Source   Boas and Fleischmann, Imaging in Medicine 2012, "CT artifacts: causes and reduction
         techniques", sections on beam hardening and photon starvation.
Differs  drawn in the picture, not reconstructed: noise over the angle round each piece, fading
         with distance, and a dark band along the line through two pieces.
Expected results/artefacts.json
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.phantoms.artefacts import ARTEFACTS, Picture

RAYS = 128


@ARTEFACTS.add
def metal_streaks(rng: np.random.Generator, picture: Picture, *, severity: float) -> Picture:
    """One to three saturated pieces, rays around them, and darkness between them."""
    if severity <= 0:
        return picture
    shape = np.array(picture.shape[:2])
    side = float(shape.max())
    pieces = rng.uniform(0.1, 0.9, (int(rng.integers(1, 4)), 2)) * shape
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    columns = np.arange(shape[1], dtype=np.float32)[None, :]
    added = np.zeros(picture.shape[:2], np.float32)
    metal = np.zeros(picture.shape[:2], bool)
    for piece in pieces:
        down, across = rows - np.float32(piece[0]), columns - np.float32(piece[1])
        apart = np.hypot(down, across)
        turn = (np.arctan2(down, across) / (2 * np.pi) + 0.5) * RAYS
        fading = np.exp(-apart / np.float32(side * rng.uniform(0.15, 0.5)))
        added += _rays(rng, turn) * fading
        metal |= apart < side * rng.uniform(0.005, 0.03)
    for one, other in pairwise(pieces):
        along = (other - one) / max(float(np.linalg.norm(other - one)), 1.0)
        beside = (rows - one[0]) * along[1] - (columns - one[1]) * along[0]
        added -= np.exp(-np.square(beside / (0.03 * side))).astype(np.float32)
    after = picture + np.float32(0.45 * severity) * added[..., None]
    after[metal] = 1
    return np.asarray(np.clip(after, 0, 1), np.float32)


def _rays(rng: np.random.Generator, turn: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Noise over the angle, of sd 1 where there are rays: few strong ones as a rule."""
    strength = rng.standard_normal(RAYS + 1).astype(np.float32)
    strength *= rng.random(RAYS + 1) < rng.uniform(0.15, 0.8)
    strength[-1] = strength[0]
    whole = np.minimum(turn.astype(np.int32), RAYS - 1)
    share = turn - whole
    return np.asarray(strength[whole] * (1 - share) + strength[whole + 1] * share, np.float32)
