"""Scribbles in numbers, so that people's and robots' can be compared.

Distances are in display pixels, of which the larger side of the plane has 256.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.evaluate.robots.human import PEN
from limner.evaluate.robots.sight import DISPLAY
from limner.evaluate.robots.skeleton import branches
from limner.prompt import draw

Bools = NDArray[np.bool_]
Points = NDArray[np.float64]

EDGE = 0.1  # pixels: of a stroke that is drawn
EITHER_SIDE = 3  # pixels of a path between which its direction is taken


@dataclass(frozen=True)
class Look:
    """What a scribble on one side of a target's edge looks like.

    strokes     pieces that hang together, by a side or a corner
    length      of all strokes, over the target's extent (the root of its area)
    width       of the pen
    turning     of the direction, degrees a display pixel
    near        the distance to the target's edge that a tenth of the middle line is closer than
    middle      the same for a half
    far         and for nine tenths
    spill       the share of what was drawn that lies on the other side of the edge
    cover       what was drawn over the target's area
    """

    strokes: float
    length: float
    width: float
    turning: float
    near: float
    middle: float
    far: float
    spill: float
    cover: float


def look(drawn: Bools, target: Bools, *, inside: bool) -> Look:
    """The look of what was drawn, of which and of the target there is some."""
    unit = DISPLAY / max(target.shape)
    paths = branches(drawn)
    lines = np.zeros_like(drawn)
    for path in paths:
        lines[tuple(path.astype(int).T)] = True
    lengths = [_length(path) for path in paths]
    side = target if inside else ~target
    apart = ndimage.distance_transform_edt(side)[lines] * unit
    near, middle, far = np.percentile(apart, (10, 50, 90))
    return Look(
        strokes=float(ndimage.label(drawn, np.ones((3, 3)))[1]),
        length=float(sum(lengths) / np.sqrt(target.sum())),
        width=float(drawn.sum() / sum(lengths) * unit),
        turning=float(sum(_turned(path) for path in paths) / (sum(lengths) * unit)),
        near=float(near),
        middle=float(middle),
        far=float(far),
        spill=float((drawn & ~side).sum() / drawn.sum()),
        cover=float(drawn.sum() / target.sum()),
    )


def penned(shape: tuple[int, int], strokes: Sequence[Points]) -> Bools:
    """Strokes drawn with the people's pen."""
    radius = PEN / 2 * max(shape) / DISPLAY - 1.18 * EDGE  # where a Gaussian is at half height
    drawn = np.zeros(shape, bool)
    for path in strokes:
        drawn |= draw.line(shape, path, sigma=EDGE, radius=radius) > 0.5
    return drawn


def _length(path: Points) -> float:
    smooth = ndimage.gaussian_filter1d(path, 1.0, axis=0, mode="nearest")
    return float(np.hypot(*np.diff(smooth, axis=0).T).sum()) + 1


def _turned(path: Points) -> float:
    """Degrees, all turns to either side added up."""
    if len(path) < 2 * EITHER_SIDE + 1:
        return 0.0
    steps = path[EITHER_SIDE:] - path[:-EITHER_SIDE]
    angle = np.unwrap(np.arctan2(*steps.T))
    smooth = ndimage.gaussian_filter1d(angle, 1.5, mode="nearest")
    return float(np.degrees(np.abs(np.diff(smooth)).sum()))
