"""How people mark an object: to and fro, in hatches, round inside its border, along its middle."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.evaluate.robots.extent import framed
from limner.evaluate.robots.sight import FINEST, Sight, axes, piece, thinned
from limner.evaluate.robots.skeleton import branches

Bools = NDArray[np.bool_]
Points = NDArray[np.float64]
Way = Callable[[np.random.Generator, Sight], list[Points]]

MOST = 6  # islands that somebody would mark
LARGE = 60  # display pixels of extent: an island from there on may be marked twice
AGAIN = 0.3  # how often it is
SLENDER = 0.27  # of the extent: the depth under which a region is marked along its middle


def marked(rng: np.random.Generator, target: Bools, *, unit: float) -> list[Points]:
    """Strokes on each island that is large enough to be bothered with; at least one stroke.

    unit  display pixels along one of the plane's
    """
    low, cut = framed(target)
    step = int(np.ceil(max(cut.shape) / FINEST))
    seen = np.pad(cut[step // 2 :: step, step // 2 :: step], 1)
    corner = np.asarray(low - 1 + step // 2 - step, float)
    islands, count = ndimage.label(seen)
    if not count:
        return [np.argwhere(target)[:1].astype(float)]
    sizes = np.bincount(islands.ravel())[1:]
    strokes: list[Points] = []
    for rank, number in enumerate(np.argsort(-sizes, kind="stable")[:MOST]):
        if rank and rng.random() > np.sqrt(sizes[number] / sizes.max()) + 0.1:
            continue
        region = islands == number + 1
        depth = ndimage.distance_transform_edt(region) * step * unit
        sight = Sight(region, depth, corner, step, step * unit)
        strokes += [sight.placed(path) for path in _island(rng, sight)]
    return strokes


def _island(rng: np.random.Generator, sight: Sight) -> list[Points]:
    """One island, in one of the ways that people have."""
    if sight.deepest < 2 * sight.pixel:  # no pen goes round in there
        return _along_the_middle(rng, sight) or [_middle(sight)]
    ways = STOUT if sight.deepest > SLENDER * sight.extent else THIN
    shares = [share for _, share in ways]
    found = ways[int(rng.choice(len(ways), p=shares))][0](rng, sight)
    if sight.extent > LARGE and rng.random() < AGAIN:
        found += ways[int(rng.choice(len(ways), p=shares))][0](rng, sight)
    return found or [_middle(sight)]


def _zigzag(rng: np.random.Generator, sight: Sight) -> list[Points]:
    """A pen that goes to and fro across."""
    chords = _chords(rng, sight)
    ends = [chord[(k + 1) % 2] for k, chord in enumerate(chords)]
    return sight.kept(np.array(ends)) if len(ends) > 1 else chords


def _hatched(rng: np.random.Generator, sight: Sight) -> list[Points]:
    """Several strokes across, beside each other."""
    return _chords(rng, sight)


def _chords(rng: np.random.Generator, sight: Sight) -> list[Points]:
    """Lines (2, 2) across the region, from one end of it towards the other."""
    keep = min(rng.uniform(2.5, 6), 0.5 * sight.deepest)
    places = np.argwhere(sight.depth > keep)
    offset = places - places.mean(axis=0)
    turn = rng.normal(0, 0.3) + (rng.uniform(0, np.pi) if rng.random() < 0.3 else 0)
    along, across = (offset @ axes(offset, turn=turn)).T
    pitch = rng.uniform(6, 14) * (sight.extent / 40) ** 0.6 / sight.pixel
    count = int(np.clip(np.ptp(along) / pitch, 1, 12)) + 1
    cuts = np.linspace(along.min(), along.max(), count + 1)
    cuts += rng.normal(0, 0.12 * (cuts[1] - cuts[0]), len(cuts))
    chords = []
    for at in cuts:
        slab = np.flatnonzero(np.abs(along - at) < 0.75)
        if len(slab):
            order = slab[np.argsort(across[slab])]
            parts = np.split(order, np.flatnonzero(np.diff(across[order]) > 2.5) + 1)
            longest = max(parts, key=len)
            chords.append(places[longest[[0, -1]]].astype(float))
    return chords


def _round_inside(rng: np.random.Generator, sight: Sight) -> list[Points]:
    """A line inside the border at an even depth, all the way round or a part of it."""
    least = min(3.0, 0.8 * sight.deepest)
    loops = sight.contours(max(sight.deepest * rng.uniform(0.25, 0.65), least))
    return [piece(rng, loops[0], whole=0.6)] if loops else []


def _lengthwise(rng: np.random.Generator, sight: Sight) -> list[Points]:
    """A line along the middle, from near one end to near the other."""
    places = np.argwhere(sight.region)
    offset = places - places.mean(axis=0)
    along = offset @ axes(offset, turn=0.0)[:, 0]
    low, high = along.min(), along.max()
    trim = rng.uniform(0.0, 0.15, 2) * (high - low)
    cuts = np.linspace(low + trim[0], high - trim[1], int(rng.integers(4, 8)))
    slab = np.searchsorted(cuts, along, side="right")
    path = []
    for number in range(1, len(cuts)):
        here = places[slab == number]
        if len(here):
            path.append(here[sight.depth[tuple(here.T)].argmax()])
    return sight.kept(np.array(path, float)) if path else []


def _along_the_middle(rng: np.random.Generator, sight: Sight) -> list[Points]:
    """The branches of something slender, the longest first, as far as patience lasts."""
    long = [path for path in branches(sight.region) if len(path) * sight.pixel >= 10]
    return [thinned(path, 8) for path in long[: 1 + int(rng.poisson(3.5))]]


def _middle(sight: Sight) -> Points:
    """The deepest place, as a dot."""
    return np.array([np.unravel_index(int(sight.depth.argmax()), sight.depth.shape)], float)


STOUT: tuple[tuple[Way, float], ...] = (
    (_zigzag, 0.40),
    (_hatched, 0.08),
    (_round_inside, 0.27),
    (_lengthwise, 0.17),
    (_along_the_middle, 0.08),
)
THIN: tuple[tuple[Way, float], ...] = (
    (_zigzag, 0.08),
    (_round_inside, 0.27),
    (_lengthwise, 0.05),
    (_along_the_middle, 0.60),
)
