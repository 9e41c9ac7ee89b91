"""What is said of a whole target at once: a box, a lasso, somebody else's mask."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.evaluate.robots.extent import tight_box
from limner.evaluate.robots.sight import DISPLAY

Bools = NDArray[np.bool_]
Points = NDArray[np.float64]

HAND = 1.5  # display pixels by which a hand misses an edge, whatever the object's size
SHARE = 0.025  # of the box's side by which the eye misjudges it


def box(rng: np.random.Generator, target: Bools, *, jitter: float = 0.06) -> Points:
    """A hand-drawn box (2, 2): low and high corner on pixel faces, each edge off by chance.

    jitter is the standard deviation of an edge, as a share of the box's side.
    """
    tight = tight_box(target)
    extent = tight[1] - tight[0]
    off = np.clip(rng.normal(0, jitter, (2, 2)), -2 * jitter, 3 * jitter) * extent
    return np.asarray(tight + off * [[-1.0], [1.0]], float)


def hand_box(rng: np.random.Generator, target: Bools) -> Points:
    """A box (2, 2) as a hand draws it: off by some display pixels, and by a share of its side.

    Loose more often than tight, and all four edges together: who is careless is so all round.
    Corners on no grid, in order, at least a pixel apart.
    """
    tight = tight_box(target)
    extent = tight[1] - tight[0]
    careless = float(np.exp(rng.normal(0.0, 0.5)))
    hand = HAND * max(target.shape) / DISPLAY
    spread = careless * (hand + SHARE * extent)
    off = rng.normal(0.5, 1.0, (2, 2)) * spread
    drawn = tight + np.clip(off, -0.2 * extent, 0.5 * extent + hand) * [[-1.0], [1.0]]
    return np.asarray(drawn, float)


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
