"""Mirroring: behind a smooth strong reflector ultrasound shows once more what lies before it.

Source   Feldman, Katyal and Blackwood, RadioGraphics 2009, "US artifacts", on mirror images.
Differs  the reflector is a bright arc drawn across the picture; the copy is added below it,
         weaker with depth, and never covers what is there.
Expected results/artefacts.json
"""

import numpy as np

from limner.phantoms.artefacts import ARTEFACTS, Picture


@ARTEFACTS.add
def mirroring(rng: np.random.Generator, picture: Picture, *, severity: float) -> Picture:
    """Column by column, what is above an arc is added upside down below it."""
    rows, columns = picture.shape[:2]
    across = np.linspace(-1, 1, columns, dtype=np.float32)
    sag, lean = rng.uniform(-0.12, 0.12), rng.uniform(-0.1, 0.1)
    line = rows * (rng.uniform(0.3, 0.75) + sag * across**2 + lean * across)
    depth = np.arange(rows, dtype=np.float32)[:, None]
    below = depth - line[None, :]
    source = np.clip(np.rint(line[None, :] - below), 0, rows - 1).astype(np.int32)
    copied = picture[source, np.arange(columns)[None, :]]
    weight = (below > 0) * (2 * line[None, :] - depth >= 0) * np.exp(-below / (0.6 * rows))
    arc = np.exp(-np.square(below / 1.5)) * rng.uniform(0.2, 0.8)
    after = picture + np.float32(0.7 * severity) * copied * weight[..., None]
    after = after + (np.float32(severity) * arc)[..., None]
    return np.asarray(np.clip(after, 0, 1), np.float32)
