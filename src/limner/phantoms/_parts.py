"""What objects consist of: nucleus and cytoplasm, cortex, necrosis, vessels within an organ.

The picture shows the parts; the target is their union as often as one of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.phantoms._layouts import Field, Labels, smooth
from limner.phantoms._paint import blurred


@dataclass(frozen=True)
class Parts:
    """Objects and the parts that the picture shows.

    objects  int32 (side, side), what is outlined; 0 is none
    shown    int32 (side, side), what is painted; an object's inner part has its label + `step`
    step     the number of labels, so that a label below it is an outer part
    """

    objects: Labels
    shown: Labels
    step: int


def whole(labels: Labels) -> Parts:
    """Objects without parts."""
    return Parts(labels, labels, int(labels.max()) + 1)


def divided(rng: np.random.Generator, labels: Labels) -> Parts:
    """Most objects get an inner part of one kind; outlined are unions, parts, or inner parts."""
    step = int(labels.max()) + 1
    inner = _inner(rng, labels)
    has = rng.random(step) < (1.0 if rng.random() < 0.5 else 0.6)
    has[0] = False
    inner &= has[labels]
    shown = np.where(inner, labels + step, labels).astype(np.int32)
    kind = rng.random()
    if kind < 0.6:
        return Parts(labels, shown, step)
    if kind < 0.8:
        return Parts(shown, shown, step)
    return Parts(np.where(inner, labels, 0).astype(np.int32), shown, step)


def _inner(rng: np.random.Generator, labels: Labels) -> NDArray[np.bool_]:
    """Where the inner parts lie."""
    side = labels.shape[0]
    kind = rng.random()
    if kind < 0.6:
        depth = _depth(labels) + smooth(rng, side, knots=12) * np.float32(rng.uniform(0, 0.12))
        return np.asarray(depth > rng.uniform(0.25, 0.75))
    field = smooth(rng, side, knots=int(rng.integers(6, side // 5)))
    if kind < 0.8:
        return np.asarray(field > rng.uniform(0.3, 1.0))
    down, across = np.gradient(field)
    return np.asarray(np.abs(field) < np.hypot(down, across) * rng.uniform(0.6, 1.5))


def _depth(labels: Labels) -> Field:
    """How deep each pixel lies in its label as a share of its deepest; at half size."""
    small = labels[::2, ::2]
    border = small == 0
    border[1:] |= small[1:] != small[:-1]
    border[:, 1:] |= small[:, 1:] != small[:, :-1]
    away = ndimage.distance_transform_edt(~border).astype(np.float32)
    deepest = np.zeros(int(labels.max()) + 1, np.float32)
    np.maximum.at(deepest, small.ravel(), away.ravel())
    share = away / np.maximum(deepest[small], 1)
    large = share.repeat(2, axis=0).repeat(2, axis=1)[: labels.shape[0], : labels.shape[1]]
    return blurred(large[..., None], sigma=1.0)[..., 0]
