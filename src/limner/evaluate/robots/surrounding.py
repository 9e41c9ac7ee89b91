"""How people mark what is not the object: round it, in its holes, and far from it."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.evaluate.robots.marking import marked
from limner.evaluate.robots.sight import FINEST, Sight, piece, thinned, turned

Bools = NDArray[np.bool_]
Points = NDArray[np.float64]

HOLE = 60  # square display pixels: a smaller hole is not marked
MOST = 6  # lines round islands
FAR = 0.3  # how often somebody draws far from the object, of two times
WARP = 0.25  # of the distance kept: how much it varies along a line
LEGS = np.linspace(0, 1, 10)[:, None]


def surrounded(rng: np.random.Generator, target: Bools, *, unit: float) -> list[Points]:
    """Strokes outside a target that does not fill the plane; at least one.

    unit  display pixels along one of the plane's
    """
    blocks, step = _blocks(target)
    filled = ndimage.binary_fill_holes(blocks)
    apart = ndimage.distance_transform_edt(~filled) * (step * unit)
    corner = np.full(2, (step - 1) / 2)
    sight = Sight(np.asarray(~filled), np.asarray(apart), corner, step, step * unit)
    extent = float(np.sqrt(target.sum())) * unit
    clear = float(np.exp(rng.normal(np.log(2.4 * max(extent, 10.0) ** 0.38), 0.35)))
    strokes: list[Points] = []
    if target.any() and not filled.all():
        strokes += _round_outside(rng, sight, clear=clear)
        if sight.deepest > 3 * clear:
            for _ in range(int(rng.binomial(2, FAR))):
                strokes += _far(rng, sight, clear=clear)
    strokes = [sight.placed(path) for path in strokes]
    holes = filled & ~blocks
    if holes.sum() * sight.pixel**2 > HOLE and rng.random() < 0.9:
        whole = np.kron(holes, np.ones((step, step), bool))
        strokes += marked(rng, whole[: target.shape[0], : target.shape[1]] & ~target, unit=unit)
    return strokes or [np.argwhere(~target)[:1].astype(float)]


def _blocks(target: Bools) -> tuple[Bools, int]:
    """The target in blocks, True where any pixel of one is, and their side in pixels."""
    step = int(np.ceil(max(target.shape) / FINEST))
    rows, columns = (-(-n // step) for n in target.shape)
    whole = np.zeros((rows * step, columns * step), bool)
    whole[: target.shape[0], : target.shape[1]] = target
    held = whole.reshape(rows, step, columns, step).any(axis=(1, 3))
    return np.asarray(held), step


def _round_outside(rng: np.random.Generator, sight: Sight, *, clear: float) -> list[Points]:
    """A line round each large island, broken or not."""
    loops = sight.contours(min(max(clear, 1.5 * sight.pixel), 0.7 * sight.deepest))
    strokes: list[Points] = []
    for loop in loops[:MOST]:
        if len(loop) >= 0.25 * len(loops[0]):
            strokes += _broken(rng, loop)
    return [part for path in strokes for part in _warped(rng, sight, path, by=WARP * clear)]


def _warped(rng: np.random.Generator, sight: Sight, path: Points, *, by: float) -> list[Points]:
    """A line that comes nearer and goes further by so many display pixels, never at the target."""
    noise = ndimage.gaussian_filter1d(rng.normal(size=path.shape), 1.5, axis=0, mode="wrap")
    return sight.kept(path + noise * (2.3 * by / sight.pixel))  # 2.3: what smoothing took


def _broken(rng: np.random.Generator, loop: Points) -> list[Points]:
    """A line in one go, in two or three, or in part."""
    pieces = int(rng.choice([1, 2, 3], p=[0.68, 0.24, 0.08]))
    if pieces == 1:
        return [piece(rng, loop, whole=0.85)]
    parts = np.array_split(turned(rng, loop), pieces)
    return [piece(rng, part, whole=0.5) for part in parts if len(part) > 3]


def _far(rng: np.random.Generator, sight: Sight, *, clear: float) -> list[Points]:
    """A second line round, far off, or lines over the background, side by side or wandering."""
    kind = rng.random()
    if kind < 0.4:
        loops = sight.contours(min(clear * rng.uniform(2.5, 6), 0.7 * sight.deepest))
        return [piece(rng, loops[0], whole=0.5)] if loops else []
    if kind < 0.7:
        return _side_by_side(rng, sight, clear=clear)
    return _wandering(rng, sight, clear=clear)


def _side_by_side(rng: np.random.Generator, sight: Sight, *, clear: float) -> list[Points]:
    """A few lines over the plane that run about the same way, broken at the target."""
    shape = np.array(sight.depth.shape)
    turn = rng.uniform(0, np.pi)
    along = np.array([np.sin(turn), np.cos(turn)])
    strokes = []
    for _ in range(int(rng.integers(2, 6))):
        middle = rng.uniform(0.1, 0.9, 2) * shape
        reach = rng.uniform(0.2, 0.5) * shape.max()
        line = middle + np.linspace(-reach, reach, 9)[:, None] * along
        line += np.cumsum(rng.normal(0, 0.01 * shape.max(), line.shape), axis=0)
        line = line[((line >= 1) & (line <= shape - 2)).all(axis=1)]
        strokes += sight.kept(line, least=clear) if len(line) > 1 else []
    return strokes


def _wandering(rng: np.random.Generator, sight: Sight, *, clear: float) -> list[Points]:
    """One long bent line over the background."""
    free = np.argwhere(sight.depth > 2 * clear).astype(float)
    path = [free[rng.integers(len(free))]]
    for _ in range(int(rng.integers(2, 6))):
        for end in free[rng.integers(len(free), size=4)]:
            if len(sight.kept(np.array([path[-1], end]), least=clear)):
                path.append(end)
                break
    if len(path) < 2:
        return []
    dense = np.concatenate([a + LEGS * (b - a) for a, b in pairwise(path)])
    smooth = ndimage.gaussian_filter1d(dense, 3.0, axis=0, mode="nearest")
    return sight.kept(thinned(smooth), least=0.7 * clear)
