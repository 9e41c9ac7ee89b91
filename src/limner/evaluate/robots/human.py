"""Scribbles as people draw them: several strokes on an object, or round it and beside it.

The ways and their shares are those of three people on five pictures of each of six kinds;
`benchmarks/scribbles.py` measures how far the robots are from them.
"""

import numpy as np
from numpy.typing import NDArray

from limner.evaluate.robots.marking import marked
from limner.evaluate.robots.sight import DISPLAY
from limner.evaluate.robots.surrounding import surrounded

Bools = NDArray[np.bool_]
Points = NDArray[np.float64]

PEN = 4.0  # display pixels: the width of the people's pen
SHAKE = 0.8  # display pixels: how far off a hand is, one standard deviation


def human_scribble(rng: np.random.Generator, target: Bools, *, inside: bool) -> list[Points]:
    """The strokes (n, 2) that somebody draws on a target, or outside of it, in drawing order.

    A target's islands are marked one by one, the largest first. Strokes keep to their side but
    for a shaky hand. No strokes where there is nothing on that side. For a correction give the
    region of the error as the target, and `inside=True`.
    """
    side = target if inside else ~target
    if not side.any():
        return []
    unit = DISPLAY / max(target.shape)
    strokes = marked(rng, target, unit=unit) if inside else surrounded(rng, target, unit=unit)
    return [_shaken(rng, path, amount=SHAKE / unit) for path in strokes]


def _shaken(rng: np.random.Generator, path: Points, *, amount: float) -> Points:
    return np.asarray(path + rng.normal(0, amount, path.shape))
