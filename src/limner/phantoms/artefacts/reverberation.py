"""Reverberation: a strong echo between two layers comes again and again, evenly deeper.

Source   Feldman, Katyal and Blackwood, RadioGraphics 2009, "US artifacts", on reverberation.
Differs  the picture's own strip round a chosen depth is what comes again, each time weaker and
         wider, over part of the width; strips without an echo get a bright line of their own.
Expected results/artefacts.json
"""

import numpy as np

from limner.phantoms.artefacts import ARTEFACTS, Picture


@ARTEFACTS.add
def reverberation(rng: np.random.Generator, picture: Picture, *, severity: float) -> Picture:
    """Fading copies of a strip, at even distances below it."""
    rows, columns = picture.shape[:2]
    apart = max(3, int(rows * rng.uniform(0.04, 0.16)))
    depth = int(rows * rng.uniform(0.02, 0.5))
    thick = max(2, apart // 3)
    strip = picture[depth : depth + thick].mean(axis=2)
    echo = strip - strip.mean(axis=1, keepdims=True) + np.float32(rng.uniform(0.1, 0.4))
    echo = echo * np.hanning(thick + 2)[1:-1, None]
    across = np.arange(columns, dtype=np.float32) / columns
    half = rng.uniform(0.1, 0.6)
    echo = echo * np.clip(2 - 2 * np.abs(across - rng.uniform(0.2, 0.8)) / half, 0, 1)
    keeps = rng.uniform(0.6, 0.9)
    added = np.zeros((rows, columns), np.float32)
    for number, top in enumerate(range(depth + apart, rows - thick, apart)):
        added[top : top + thick] += echo * keeps**number
    after = picture + np.float32(1.2 * severity) * added[..., None]
    return np.asarray(np.clip(after, 0, 1), np.float32)
