"""Scribbles as people draw them: several strokes on an object, and round it and beside it.

Lengths that a hand chooses (how far a pen keeps from an edge, how close its turns are) are
told in *display pixels*, of which the larger side of the plane has 256: people were seen to
keep about the same distance on the screen whatever the object's size.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import find_contours
from skimage.morphology import skeletonize

from limner.evaluate.robots.extent import framed

Bools = NDArray[np.bool_]
Points = NDArray[np.float64]
Floats = NDArray[np.float64]

DISPLAY = 256  # pixels across the screen on which the people's scribbles were drawn
FINEST = 96  # pixels across what is looked at: a hand is not finer, and this keeps it quick
MOST = 6  # islands that somebody would mark


@dataclass(frozen=True)
class _Sight:
    """A region as a hand sees it, at most `FINEST` pixels across.

    region  True on what is to be marked
    depth   to the outside of the region, display pixels
    low     the place in the plane of pixel (0, 0)
    step    pixels of the plane along one of the sight's
    pixel   display pixels along one of the sight's
    """

    region: Bools
    depth: Floats
    low: Points
    step: float
    pixel: float

    @property
    def extent(self) -> float:
        """The side of a square of the region's area, display pixels."""
        return float(np.sqrt(self.region.sum())) * self.pixel

    def placed(self, path: Points) -> Points:
        """A path of the sight in the plane."""
        return np.asarray(self.low + path * self.step)


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
    strokes = _on(rng, target, unit=unit) if inside else _off(rng, target, unit=unit)
    return [path + _shake(rng, len(path)) / unit for path in strokes]


def _on(rng: np.random.Generator, target: Bools, *, unit: float) -> list[Points]:
    """Strokes on each island that is large enough to be bothered with."""
    low, cut = framed(target)
    step = int(np.ceil(max(cut.shape) / FINEST))
    seen = cut[step // 2 :: step, step // 2 :: step] if step > 1 else cut
    seen = np.pad(seen, 1)
    if not seen.any():
        return [np.argwhere(target)[:1].astype(float)]
    corner = np.asarray(low - 1 + step // 2 - step, float)
    islands, count = ndimage.label(seen)
    sizes = np.bincount(islands.ravel(), minlength=count + 1)[1:]
    strokes: list[Points] = []
    for rank, number in enumerate(np.argsort(-sizes)[:MOST]):
        if rank and rng.random() > np.sqrt(sizes[number] / sizes.max()) + 0.1:
            continue
        region = islands == number + 1
        depth = ndimage.distance_transform_edt(region) * step * unit
        sight = _Sight(region, depth, corner, step, step * unit)
        strokes += [sight.placed(path) for path in _marked(rng, sight)]
    return strokes


def _marked(rng: np.random.Generator, sight: _Sight) -> list[Points]:
    """One island, in one of the ways that people have."""
    slender = float(sight.depth.max()) / sight.extent  # 0.56 for a disc, 0.2 for a ring
    shares = np.array([0.30, 0.08, 0.27, 0.35, 0.0])
    if slender < 0.27:
        shares = np.array([0.05, 0.0, 0.30, 0.10, 0.55])
    ways: tuple[Callable[[np.random.Generator, _Sight], list[Points]], ...]
    ways = (_zigzag, _hatched, _round_inside, _lengthwise, _along_the_middle)
    found = ways[int(rng.choice(len(ways), p=shares))](rng, sight)
    return found or [_middle(sight)]


def _zigzag(rng: np.random.Generator, sight: _Sight) -> list[Points]:
    """A pen that goes to and fro across."""
    chords = _chords(rng, sight)
    first = int(rng.integers(2))
    return [np.array([c[(k + first) % 2] for k, c in enumerate(chords)])] if chords else []


def _hatched(rng: np.random.Generator, sight: _Sight) -> list[Points]:
    """Several strokes across, beside each other."""
    return _chords(rng, sight)


def _chords(rng: np.random.Generator, sight: _Sight) -> list[Points]:
    """Lines (2, 2) across the region, from one end of it towards the other."""
    keep = min(rng.uniform(2.5, 6), 0.5 * float(sight.depth.max()))
    places = np.argwhere(sight.depth > keep)
    offset = places - places.mean(axis=0)
    turn = rng.normal(0, 0.3) + (rng.uniform(0, np.pi) if rng.random() < 0.3 else 0)
    along, across = (offset @ _axes(offset, turn)).T
    pitch = rng.uniform(5, 11) * (sight.extent / 40) ** 0.6 / sight.pixel
    count = int(np.clip(np.ptp(along) / pitch, 1, 12)) + 1
    cuts = np.linspace(along.min(), along.max(), count + 1)
    cuts = cuts + rng.normal(0, 0.12 * (cuts[1] - cuts[0]), len(cuts))
    chords = []
    for at in cuts:
        slab = np.flatnonzero(np.abs(along - at) < 0.75)
        if len(slab) == 0:
            continue
        run = slab[np.argsort(across[slab])]
        parts = np.split(run, np.flatnonzero(np.diff(across[run]) > 2.5) + 1)
        longest = max(parts, key=len)
        chords.append(places[longest[[0, -1]]].astype(float))
    return chords


def _round_inside(rng: np.random.Generator, sight: _Sight) -> list[Points]:
    """A line that runs inside the border at an even depth, all the way round or a part of it."""
    level = float(sight.depth.max()) * rng.uniform(0.3, 0.7)
    loops = find_contours(sight.depth, max(level, min(3.0, 0.8 * float(sight.depth.max()))))
    if not loops:
        return []
    return [_piece(rng, max(loops, key=len), whole=0.6)]


def _lengthwise(rng: np.random.Generator, sight: _Sight) -> list[Points]:
    """A line along the middle from near one end to near the other."""
    places = np.argwhere(sight.region)
    offset = places - places.mean(axis=0)
    along = offset @ _axes(offset, 0.0)[:, 0]
    low, high = along.min(), along.max()
    trim = rng.uniform(0.08, 0.3, 2) * (high - low)
    cuts = np.linspace(low + trim[0], high - trim[1], int(rng.integers(4, 8)))
    slab = np.searchsorted(cuts, along, side="right")
    path = []
    for number in range(1, len(cuts)):
        here = places[slab == number]
        if len(here):
            path.append(here[sight.depth[tuple(here.T)].argmax()])
    return [np.array(path, float)] if path else []


def _along_the_middle(rng: np.random.Generator, sight: _Sight) -> list[Points]:
    """The branches of something slender, the longest first, as far as patience lasts."""
    branches = _branches(skeletonize(sight.region))
    enough = [path for path in branches if len(path) * sight.pixel >= 10]
    kept = enough[: 1 + int(rng.poisson(2.0))]
    return [_thinned(path, 6) for path in kept]


def _branches(lines: Bools) -> list[Points]:
    """The lines of a skeleton as paths (n, 2), the longest first; each pixel is in one."""
    left = set(map(tuple, np.argwhere(lines).tolist()))
    paths = []
    while left:
        start = min(left, key=lambda at: len(_beside(left, at)))
        path = [start]
        left.remove(start)
        while ahead := _beside(left, path[-1]):
            back = path[max(0, len(path) - 4)]
            path.append(max(ahead, key=lambda at: (at[0] - back[0]) ** 2 + (at[1] - back[1]) ** 2))
            left.remove(path[-1])
        paths.append(np.array(path, float))
    return sorted(paths, key=len, reverse=True)


def _beside(left: set[tuple[int, ...]], at: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The eight neighbours of a place that are left."""
    row, column = at
    around = [(row + r, column + c) for r in (-1, 0, 1) for c in (-1, 0, 1)]
    return [each for each in around if each in left]


def _off(rng: np.random.Generator, target: Bools, *, unit: float) -> list[Points]:
    """Strokes round a target, in its holes, and now and then far from it."""
    step = int(np.ceil(max(target.shape) / FINEST))
    rows, columns = (-(-n // step) * step for n in target.shape)
    grown = np.zeros((rows, columns), bool)
    grown[: target.shape[0], : target.shape[1]] = target
    blocks = grown.reshape(rows // step, step, columns // step, step).any(axis=(1, 3))
    pixel = step * unit
    extent = float(np.sqrt(target.sum())) * unit
    filled = ndimage.binary_fill_holes(blocks)
    apart = ndimage.distance_transform_edt(~filled) * pixel
    corner = np.full(2, (step - 1) / 2)
    sight = _Sight(np.asarray(~filled), np.asarray(apart), corner, step, pixel)
    strokes: list[Points] = []
    clear = float(np.exp(rng.normal(np.log(2.6 * max(extent, 10) ** 0.38), 0.3)))
    if filled.any() and not filled.all():
        strokes += _round_outside(rng, sight, clear=clear)
    if rng.random() < 0.35 and float(apart.max()) > 3 * clear:
        strokes += _far(rng, sight, clear=clear)
    strokes = [sight.placed(path) for path in strokes]
    holes = filled & ~blocks
    if holes.sum() * pixel**2 > 60 and rng.random() < 0.9:
        full = np.zeros_like(grown)
        full[:] = np.kron(holes, np.ones((step, step), bool)) & ~grown
        strokes += _on(rng, full[: target.shape[0], : target.shape[1]], unit=unit)
    return strokes or [np.argwhere(~target)[:1].astype(float)]


def _round_outside(rng: np.random.Generator, sight: _Sight, *, clear: float) -> list[Points]:
    """A line round a target, broken or not, as near as the hand dares."""
    level = min(clear, 0.7 * float(sight.depth.max()))
    loops = sorted(find_contours(sight.depth, level), key=len, reverse=True)
    strokes: list[Points] = []
    for loop in loops[:MOST]:
        if strokes and len(loop) < 0.25 * len(loops[0]):
            break
        strokes += _broken(rng, loop)
    return strokes


def _broken(rng: np.random.Generator, loop: Points) -> list[Points]:
    """A line in one go, in two or three, or in part."""
    pieces = int(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1]))
    if pieces == 1:
        return [_piece(rng, loop, whole=0.6)]
    begin = int(rng.integers(len(loop)))
    turned = np.roll(loop[:-1], -begin, axis=0) if np.array_equal(loop[0], loop[-1]) else loop
    parts = np.array_split(turned, pieces)
    return [_piece(rng, part, whole=0.3) for part in parts if len(part) > 3]


def _far(rng: np.random.Generator, sight: _Sight, *, clear: float) -> list[Points]:
    """One or two long lines over the background, well away from the target."""
    free = np.argwhere(sight.depth > 2 * clear).astype(float)
    strokes = []
    for _ in range(int(rng.integers(1, 3))):
        path = [free[rng.integers(len(free))]]
        for _ in range(int(rng.integers(2, 7))):
            ahead = free[rng.integers(len(free), size=4)]
            for end in ahead:
                line = np.rint(np.linspace(path[-1], end, 24)).astype(int)
                if (sight.depth[tuple(line.T)] > clear).all():
                    path.append(end)
                    break
        if len(path) > 1:
            strokes.append(np.array(path))
    return strokes


def _piece(rng: np.random.Generator, loop: Points, *, whole: float) -> Points:
    """A loop from a place by chance, all of it with that chance or else a part, in few points."""
    if len(loop) > 2 and np.array_equal(loop[0], loop[-1]):
        loop = np.roll(loop[:-1], -int(rng.integers(len(loop))), axis=0)
    share = rng.uniform(0.9, 1.0) if rng.random() < whole else rng.uniform(0.5, 0.9)
    kept = loop[: max(2, int(share * len(loop)))]
    return _thinned(kept, 20)


def _thinned(path: Points, most: int) -> Points:
    """A path through at most about `most` of its points, smoothed over what lies between."""
    every = max(1, round(len(path) / most))
    if every > 1:
        path = ndimage.gaussian_filter1d(path, every / 2, axis=0, mode="nearest")
    rest = path[::every]
    return rest if len(path) % every == 1 or every == 1 else np.concatenate([rest, path[-1:]])


def _middle(sight: _Sight) -> Points:
    """The deepest place, as a dot."""
    return np.array([np.unravel_index(int(sight.depth.argmax()), sight.depth.shape)], float)


def _axes(offset: Points, turn: float) -> Points:
    """The long axis of places and the one across it, as columns, turned by that much."""
    long_axis = (
        np.linalg.eigh(offset.T @ offset)[1][:, 1] if len(offset) > 1 else np.array([1.0, 0])
    )
    cosine, sine = np.cos(turn), np.sin(turn)
    along = np.array([[cosine, -sine], [sine, cosine]]) @ long_axis
    return np.stack([along, [-along[1], along[0]]], axis=1)


def _shake(rng: np.random.Generator, count: int) -> Points:
    """How far off a hand is at each point, display pixels."""
    return np.asarray(rng.normal(0, 0.7, (count, 2)))
