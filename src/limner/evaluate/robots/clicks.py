"""Clicks, and corrections of an answer: a click, or now and then a stroke, on what is wrong."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.evaluate.robots.extent import framed, largest_island
from limner.evaluate.robots.strokes import stroke

Bools = NDArray[np.bool_]
Points = NDArray[np.float64]

TRIES = 20  # before somebody who keeps missing aims well


@dataclass(frozen=True)
class Correction:
    """Where somebody pointed, (n, 2) places along one stroke or click, and whether as inside."""

    path: Points
    inside: bool


def next_click(mask: Bools, target: Bools) -> Correction | None:
    """The evaluation's click: the deepest place of the larger of the two kinds of error.

    The larger of the missed and the wrongly covered pixels is taken (missed on a tie), and
    the first pixel in array order whose distance to the outside of that error is largest;
    the picture's border counts as outside. None where mask and target agree.

    Source: users.md 4.10 (RITM's rule). The rule weighs *kinds* of error, not islands.
    """
    missed, extra = target & ~mask, mask & ~target
    inside = bool(missed.sum() >= extra.sum())
    wrong = missed if inside else extra
    if not wrong.any():
        return None
    return Correction(deepest(wrong)[None, :], inside)


def deepest(region: Bools) -> Points:
    """The pixel (2,) furthest from the outside of a region; the picture's border is outside."""
    low, window = framed(region)
    depth = ndimage.distance_transform_edt(window)
    place = np.unravel_index(int(depth.argmax()), depth.shape)
    return np.asarray(low + np.asarray(place) - 1, float)


def click_in(rng: np.random.Generator, region: Bools) -> Points:
    """A pixel (2,) that a person might hit: mostly deep inside, at times anywhere or at the rim."""
    low, window = framed(region)
    depth = ndimage.distance_transform_edt(window)
    kind = rng.random()
    if kind < 0.5:
        allowed = depth >= depth.max() * rng.uniform(0.6, 1.0)
    elif kind < 0.85:
        allowed = window
    else:
        allowed = window & (depth <= max(2.0, depth.max() * 0.3))
    places = np.argwhere(allowed)
    return np.asarray(low + places[rng.integers(len(places))] - 1, float)


def random_click(rng: np.random.Generator, region: Bools) -> Points:
    """Any pixel (2,) of a region."""
    flat = np.flatnonzero(region)
    return np.array(np.unravel_index(flat[rng.integers(len(flat))], region.shape), float)


def rim_click(rng: np.random.Generator, region: Bools, *, share: float = 0.2) -> Points:
    """A pixel (2,) no deeper than that share of the deepest, or at the very edge."""
    low, window = framed(region)
    depth = ndimage.distance_transform_edt(window)
    places = np.argwhere(window & (depth <= max(1.0, share * depth.max())))
    return np.asarray(low + places[rng.integers(len(places))] - 1, float)


def jittered_click(rng: np.random.Generator, region: Bools, *, share: float = 0.5) -> Points:
    """A pixel (2,) of a region beside its deepest one.

    share  the standard deviation along rows and columns, of the largest depth
    """
    low, window = framed(region)
    depth = ndimage.distance_transform_edt(window)
    middle = np.array(np.unravel_index(int(depth.argmax()), depth.shape))
    for _ in range(TRIES):
        place = np.rint(rng.normal(middle, share * depth.max())).astype(np.int64)
        if ((place >= 0) & (place < window.shape)).all() and window[tuple(place)]:
            return np.asarray(low + place - 1, float)
    return np.asarray(low + middle - 1, float)


def correction(rng: np.random.Generator, mask: Bools, target: Bools) -> Correction | None:
    """The next click or stroke of somebody who mostly mends the largest error first."""
    missed, extra = target & ~mask, mask & ~target
    total = int(missed.sum()) + int(extra.sum())
    if total == 0:
        return None
    first = missed.sum() >= extra.sum()
    inside = bool(first) if rng.random() < 0.85 else bool(rng.random() < missed.sum() / total)
    wrong = missed if inside else extra
    if not wrong.any():
        inside, wrong = not inside, (extra if inside else missed)
    if rng.random() < 0.7:
        wrong = largest_island(wrong)
    if rng.random() < 0.15 and wrong.sum() > 12:
        return Correction(stroke(rng, wrong), inside)
    return Correction(click_in(rng, wrong)[None, :], inside)
