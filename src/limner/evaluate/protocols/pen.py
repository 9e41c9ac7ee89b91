"""Scribbles as pens draw them: a drawing's pixels as strokes, and the longest line in a region.

Paths are (n, 2) rows and columns, pixel centres at integers.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from skimage import measure, morphology

from limner.evaluate.protocols.mark import TOUCHING
from limner.evaluate.robots.extent import framed
from limner.grid import Grid, vector
from limner.prompt.stroke import Stroke

Bools = NDArray[np.bool_]
Points = NDArray[np.float64]

OFF = 0.5  # pixels by which a path may be beside the pixels it was drawn through


def strokes(drawn: Bools, grid: Grid, *, inside: bool) -> tuple[Stroke, ...]:
    """A drawing (rows, columns) on a one-slice grid as strokes that cover it.

    Each connected part has its own pen: as wide as gives the part's area along its middle line,
    but no wider than the part is anywhere.
    """
    parts, count = ndimage.label(drawn, TOUCHING)
    found = []
    for number in range(1, count + 1):
        low, part = framed(np.asarray(parts == number))
        left = _middle(part)
        depth = ndimage.distance_transform_edt(part)
        width = max(1.0, min(float(part.sum()) / _length(left), 2 * float(depth.max()) - 1))
        while left.any():
            path = longest(left)
            found.append(stroke(grid, path + low - 1, width=width, inside=inside))
            left &= _away(path, left.shape, reach=width / 2)
    return tuple(found)


def stroke(grid: Grid, path: Points, *, width: float, inside: bool) -> Stroke:
    """A stroke of a pen so many pixels wide, on a one-slice grid."""
    kept: Points = path
    if len(path) > 2:
        kept = measure.approximate_polygon(path, OFF)  # type: ignore[no-untyped-call]
    places = tuple(vector(grid.position_mm((0, row, column))) for row, column in kept)
    return Stroke(places, width * min(grid.spacing_mm[1:]), inside=inside)


def middle_line(region: Bools) -> Points:
    """The longest way along the middle of the largest part of a region, in pixels of it."""
    parts, _ = ndimage.label(region, TOUCHING)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    low, window = framed(np.asarray(parts == sizes.argmax()))
    return longest(_middle(window)) + low - 1


def longest(line: Bools) -> Points:
    """The longest shortest way through a thin line, or through the part with its first pixel.

    It is found by two walks, each to the place that is furthest: exact without loops.
    """
    places = np.argwhere(line)
    rows, columns = line.shape
    number = np.full((rows + 2, columns + 2), -1)
    here = number[1:-1, 1:-1]
    here[line] = np.arange(len(places))
    begin, end, far = [], [], []
    for row, column in ((0, 1), (1, 0), (1, 1), (1, -1)):
        there = number[1 + row : 1 + row + rows, 1 + column : 1 + column + columns]
        both = (here >= 0) & (there >= 0)
        begin.append(here[both])
        end.append(there[both])
        far.append(np.full(int(both.sum()), np.hypot(row, column)))
    ways = coo_array(
        (np.concatenate(far), (np.concatenate(begin), np.concatenate(end))),
        shape=(len(places), len(places)),
    ).tocsr()
    first = _furthest(ways, 0)[0]
    last, before = _furthest(ways, first)
    path = [last]
    while path[-1] != first:
        path.append(int(before[path[-1]]))
    return places[path[::-1]].astype(float)


def _middle(part: Bools) -> Bools:
    """The line of pixels in the middle of a part."""
    line: Bools = morphology.skeletonize(part)  # type: ignore[no-untyped-call]
    return line


def _length(line: Bools) -> float:
    """How long a thin line is, its ends half a pixel beyond their pixels."""
    along = (line[1:] & line[:-1]).sum() + (line[:, 1:] & line[:, :-1]).sum()
    slanted = (line[1:, 1:] & line[:-1, :-1]).sum() + (line[1:, :-1] & line[:-1, 1:]).sum()
    return float(along + np.sqrt(2) * slanted + 1)


def _furthest(ways: coo_array, start: int) -> tuple[int, NDArray[np.int32]]:
    """The place furthest along the ways, and for each the one before it."""
    apart, before = dijkstra(ways, directed=False, indices=start, return_predecessors=True)
    return int(np.where(np.isfinite(apart), apart, -1).argmax()), before


def _away(path: Points, shape: tuple[int, ...], *, reach: float) -> Bools:
    """Where a pen along the path does not reach."""
    free = np.ones(shape, bool)
    free[tuple(path.astype(int).T)] = False
    return np.asarray(ndimage.distance_transform_edt(free) > reach)
