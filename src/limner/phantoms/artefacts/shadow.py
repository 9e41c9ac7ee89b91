"""Shadow: behind bone, stone or gas, or where the probe has no contact, ultrasound is dark.

Source   Feldman, Katyal and Blackwood, RadioGraphics 2009, "US artifacts", on shadowing.
Differs  drawn in the picture: one to three wedges that begin at some depth and darken all that
         lies below, with soft edges; what echoes may glow where its shadow begins.
Expected results/artefacts.json
"""

import numpy as np

from limner.phantoms.artefacts import ARTEFACTS, Picture


@ARTEFACTS.add
def shadow(rng: np.random.Generator, picture: Picture, *, severity: float) -> Picture:
    """Everything below one to three places made darker, by 0.9 of it at severity 1."""
    rows, columns = picture.shape[:2]
    depth = np.arange(rows, dtype=np.float32)[:, None] / rows
    across = np.arange(columns, dtype=np.float32)[None, :] / columns
    left = np.ones((rows, columns), np.float32)
    glow = np.zeros((rows, columns), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        begins, middle = rng.uniform(-0.1, 0.6), rng.uniform(0.05, 0.95)
        half, opening, lean = rng.uniform(0.02, 0.15), rng.uniform(0, 0.25), rng.normal(0, 0.25)
        below = depth - np.float32(begins)
        beside = np.abs(across - middle - lean * below) / (half + opening * np.maximum(below, 0))
        dark = np.clip(1.6 - 1.6 * beside**2, 0, 1) * np.clip(below * 20, 0, 1)
        left *= 1 - np.float32(0.9 * severity) * dark
        if rng.random() < 0.5:
            glow += np.clip(1 - beside, 0, 1) * np.exp(-np.square(below * 40))
    after = picture * left[..., None] + np.float32(0.5 * severity) * glow[..., None]
    return np.asarray(np.clip(after, 0, 1), np.float32)
