"""Simulated people: what somebody would click, draw or box to get a known target.

Everything is in index space, (rows, columns) with pixel centres at integers, on one plane,
and drawn from a numpy Generator, so that a run repeats. Boxes have their corners on pixel
faces. `next_click` is the fixed click of the evaluation and uses no chance.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Bools = NDArray[np.bool_]
Points = NDArray[np.float64]


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
    low, window = _window(region)
    depth = ndimage.distance_transform_edt(window)
    place = np.unravel_index(int(depth.argmax()), depth.shape)
    return np.asarray(low + np.asarray(place) - 1, float)


def click_in(rng: np.random.Generator, region: Bools) -> Points:
    """A pixel (2,) that a person might hit: mostly deep inside, at times anywhere or at the rim."""
    low, window = _window(region)
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


def largest_island(region: Bools) -> Bools:
    """The largest 4-connected part of a region (the first of several)."""
    islands, count = ndimage.label(region)
    if count < 2:
        return region
    sizes = np.bincount(islands.ravel())
    sizes[0] = 0
    return np.asarray(islands == sizes.argmax())


def box(rng: np.random.Generator, target: Bools, *, jitter: float = 0.06) -> Points:
    """A hand-drawn box (2, 2): low and high corner on pixel faces, each edge off by chance.

    jitter is the standard deviation of an edge, as a share of the box's side.
    """
    tight = tight_box(target)
    extent = tight[1] - tight[0]
    off = np.clip(rng.normal(0, jitter, (2, 2)), -2 * jitter, 3 * jitter) * extent
    return np.asarray(tight + off * [[-1.0], [1.0]], float)


def tight_box(target: Bools) -> Points:
    """The smallest box (2, 2) that holds a target, corners on pixel faces."""
    rows, columns = np.flatnonzero(target.any(axis=1)), np.flatnonzero(target.any(axis=0))
    low = [rows[0] - 0.5, columns[0] - 0.5]
    return np.array([low, [rows[-1] + 0.5, columns[-1] + 0.5]])


def stroke(rng: np.random.Generator, region: Bools) -> Points:
    """A scribble (n, 2) inside a region: a straight line, its centre line, or along its border."""
    kind = rng.integers(3)
    path = (_straight, _centre_line, _along_border)[kind](rng, region)
    wobble = rng.normal(0, 0.4, path.shape)
    return path + wobble


def lasso(rng: np.random.Generator, target: Bools) -> Points:
    """A loose closed outline (n, 2) drawn round a target, never far inside of it."""
    places = np.argwhere(target).astype(float)
    centre = places.mean(axis=0)
    offset = places - centre
    bins = int(rng.integers(14, 40))
    angle = np.arctan2(offset[:, 0], offset[:, 1])
    sector = ((angle + np.pi) / (2 * np.pi) * bins).astype(int) % bins
    radius = np.zeros(bins)
    np.maximum.at(radius, sector, np.hypot(*offset.T))
    radius = np.maximum(radius, ndimage.maximum_filter1d(radius, 3, mode="wrap") * 0.8) + 0.7
    radius *= rng.uniform(1.0, 1.2) + np.abs(rng.normal(0, 0.04, bins))
    turn = (np.arange(bins) + 0.5) / bins * 2 * np.pi - np.pi
    rays = np.stack([np.sin(turn), np.cos(turn)], axis=1)
    return np.asarray(centre + radius[:, None] * rays, float)


def wrong_mask(rng: np.random.Generator, target: Bools) -> Bools:
    """An answer to be mended: the target grown, shrunk, moved, cut, or joined to a neighbour."""
    extent = float(np.sqrt(target.sum()))
    mask = target
    for kind in rng.choice(5, size=int(rng.integers(1, 3)), replace=False):
        if kind < 2:
            reach = rng.uniform(0.03, 0.25) * extent
            mask = _grown(mask, reach if kind == 0 else -reach)
        elif kind == 2:
            shift = np.rint(rng.normal(0, 0.15 * extent, 2)).astype(int)
            mask = ndimage.shift(mask.astype(np.uint8), shift, order=0) > 0
        else:
            disc = _disc(rng, mask if mask.any() else target, extent=extent)
            mask = (mask & ~disc) if kind == 3 else (mask | disc)
    return mask if mask.any() else target


def _window(region: Bools) -> tuple[NDArray[np.int64], Bools]:
    """The region cut to its box with a rim of one pixel of outside, and the box's low corner."""
    tight = tight_box(region) + 0.5
    low, high = tight.astype(np.int64)
    return low, np.pad(region[low[0] : high[0], low[1] : high[1]], 1)


def _straight(rng: np.random.Generator, region: Bools) -> Points:
    """The longest of a few straight lines that stay inside the region."""
    places = np.argwhere(region).astype(float)
    best = places[rng.integers(len(places))][None, :]
    for _ in range(4):
        start, end = places[rng.integers(len(places), size=2)]
        count = int(np.ceil(np.hypot(*(end - start)))) + 1
        path = start + np.linspace(0, 1, count)[:, None] * (end - start)
        kept = region[tuple(np.rint(path).astype(int).T)]
        path = path[: count if kept.all() else int(kept.argmin())]
        best = path if len(path) > len(best) else best
    return np.asarray(best[:: max(1, len(best) // 6)])


def _centre_line(rng: np.random.Generator, region: Bools) -> Points:
    """The deepest pixel of each slab across the region's long axis, or of a part of it."""
    low, window = _window(region)
    depth = ndimage.distance_transform_edt(window)
    places = np.argwhere(window)
    offset = places - places.mean(axis=0)
    long_axis = np.linalg.svd(offset.T @ offset)[0][:, 0]
    along = offset @ long_axis
    cuts = np.linspace(along.min(), along.max() + 1e-6, int(rng.integers(4, 10)))
    slab = np.searchsorted(cuts, along, side="right")
    path = [
        places[slab == number][depth[tuple(places[slab == number].T)].argmax()]
        for number in np.unique(slab)
    ]
    first = int(rng.integers(0, max(1, len(path) // 2)))
    kept = np.asarray(path[first : first + int(rng.integers(2, 9))], float)
    return np.asarray(kept + low - 1, float)


def _along_border(rng: np.random.Generator, region: Bools) -> Points:
    """A piece of a line that runs inside the border at an even depth."""
    low, window = _window(region)
    depth = ndimage.distance_transform_edt(window)
    level = max(1.0, depth.max() * rng.uniform(0.2, 0.7))
    places = np.argwhere(window & (np.abs(depth - level) < 0.8)).astype(float)
    if len(places) == 0:
        return _straight(rng, region)
    seed = places[rng.integers(len(places))]
    reach = rng.uniform(0.2, 0.6) * np.sqrt(window.sum())
    near = places[np.hypot(*(places - seed).T) < max(2.0, reach)] - seed
    axis = np.linalg.svd(near.T @ near)[0][:, 0]
    order = np.argsort(near @ axis)
    kept = near[order][:: max(1, len(near) // 6)]
    return np.asarray(kept + seed + low - 1)


def _grown(mask: Bools, reach: float) -> Bools:
    """The mask grown by `reach` pixels, or shrunk where it is negative."""
    if reach > 0:
        return np.asarray(ndimage.distance_transform_edt(~mask) <= reach)
    return np.asarray(ndimage.distance_transform_edt(mask) > -reach)


def _disc(rng: np.random.Generator, mask: Bools, *, extent: float) -> Bools:
    """A disc centred on a pixel of the mask."""
    places = np.argwhere(mask)
    centre = places[rng.integers(len(places))]
    radius = rng.uniform(0.15, 0.5) * extent
    rows, columns = np.ogrid[: mask.shape[0], : mask.shape[1]]
    return np.asarray(np.hypot(rows - centre[0], columns - centre[1]) <= radius)
