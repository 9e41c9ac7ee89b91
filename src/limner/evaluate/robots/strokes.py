"""Single quick strokes inside a region, cheap enough for every round of training."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.evaluate.robots.extent import framed

Bools = NDArray[np.bool_]
Points = NDArray[np.float64]


def stroke(rng: np.random.Generator, region: Bools) -> Points:
    """A scribble (n, 2) inside a region: a straight line, its centre line, or along its border."""
    kind = rng.integers(3)
    path = (_straight, _centre_line, _along_border)[kind](rng, region)
    wobble = rng.normal(0, 0.4, path.shape)
    return path + wobble


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
    low, window = framed(region)
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
    low, window = framed(region)
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
