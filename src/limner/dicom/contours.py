"""Outlines of a flat mask as closed polygons, along the edges of its pixels or smoothed.

Points are (row, column) of one slice with pixel centres at integers, so that the edges of
pixels lie at halves. A polygon is (n, 2) and does not repeat its first point. Outer ones
turn one way round and holes the other: `signed_area` is above zero for the outer ones.
Both kinds of outline have every pixel centre on its right side: what `contours_fill` makes
of them is the mask they came from.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Points = NDArray[np.float64]

BLUR = 1.0  # sd in pixels of the Gaussian that rounds a smoothed outline
SURE = 0.15  # how far from the half a centre's blurred value is kept, on its own side
NW, NE, SW, SE = 1, 2, 4, 8  # the pixels round a corner of the lattice that are inside


def signed_area(polygon: Points) -> float:
    """In pixels; above zero where the way from rows to columns is the way round."""
    row, column = (polygon - polygon[0]).T
    after_row, after_column = np.roll(row, -1), np.roll(column, -1)
    return float((column * after_row - after_column * row).sum() / 2)


def edge_loops(inside: Flags) -> list[Points]:
    """The outlines along the edges of the pixels; straight runs have no points in between.

    Pixels that touch only by a corner have outlines of their own; two parts of a hole that
    do are one polygon that touches itself. Every second step of a polygon is along a row.
    """
    padded = np.pad(inside, 1).astype(np.uint8)
    code = NW * padded[:-1, :-1] + NE * padded[:-1, 1:] + SW * padded[1:, :-1]
    code = code + SE * padded[1:, 1:]
    turning = ~np.isin(code, (0, NW + NE, SW + SE, NW + SW, NE + SE, NW + NE + SW + SE))
    at = np.argwhere(turning)
    kinds = code[turning]
    # Where two pixels touch by a corner two outlines turn: the corner is there twice, first
    # the one that comes along the row from the left, then the one that goes on to the right.
    twice = np.isin(kinds, (NW + SE, NE + SW))
    which = np.repeat(np.arange(len(at)), 1 + twice)
    second = np.concatenate([[0], which[1:] == which[:-1]]).astype(int) if len(at) else which
    row, column = at[which].T
    downwards = np.where(kinds[which] == NE + SW, 1 - second, second)
    order = np.lexsort((downwards, row, column))
    vertical = np.empty(len(order), int)
    vertical[order[0::2]], vertical[order[1::2]] = order[1::2], order[0::2]
    places = np.stack([row, column], axis=1) - 0.5
    within = (kinds[which] & SE) > 0
    return [places[loop] if within[loop[0]] else places[loop][::-1] for loop in _cycles(vertical)]


def _cycles(vertical: NDArray[np.int_]) -> list[NDArray[np.int_]]:
    """The closed ways over the corners, each begun at its topmost, of those the leftmost.

    Corners are in the order of rows, so along a row each even one ends at the next odd one;
    `vertical` names the other end along a column.
    """
    after = vertical.tolist()
    left = bytearray(b"\1") * len(after)
    found = []
    for start in range(len(after)):
        if not left[start]:
            continue
        way, at = [], start
        while left[at]:
            way += [at, at ^ 1]
            left[at] = left[at ^ 1] = 0
            at = after[at ^ 1]
        found.append(np.array(way))
    return found


def smooth_loops(inside: Flags) -> list[Points]:
    """Rounded outlines; a pixel and a hole of one pixel keep an outline of their own.

    The mask is blurred, but no centre is let across the half: the outline passes between
    every centre inside and its neighbour outside, as far from each as the blur allows.
    """
    from scipy import ndimage
    from skimage.measure import find_contours

    if not inside.any():
        return []
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    low = np.array([rows[0], columns[0]])
    cut = np.pad(inside[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 4)
    blurred = ndimage.gaussian_filter(cut.astype(float), BLUR)
    field = np.where(cut, np.maximum(blurred, 0.5 + SURE), np.minimum(blurred, 0.5 - SURE))
    find: Callable[..., list[Points]] = find_contours
    found = find(field, 0.5, fully_connected="low", positive_orientation="low")
    return [np.asarray(each[:-1], float) - 4 + low for each in found]


def keyholed(loops: Sequence[Points]) -> list[Points]:
    """The outer polygons with their holes joined to them, each by a seam of no width.

    The seam runs along a row from the hole's leftmost point to the next outline on its
    left, through nothing but the inside, there and back on the same points.
    """
    outers = [k for k, each in enumerate(loops) if signed_area(each) > 0]
    holes = [k for k, each in enumerate(loops) if signed_area(each) <= 0]
    if not holes:
        return [loops[k] for k in outers]
    begun = {k: _from_leftmost(loops[k]) for k in holes} | {k: loops[k] for k in outers}
    # A seam ends further left than it begins, so holes from the left each find their host
    # done; joined from the right, each takes along those that hang on it.
    holes.sort(key=lambda k: float(begun[k][0, 1]))
    sides = _Sides([begun[k] for k in sorted(begun)])
    hanging: dict[int, list[tuple[int, float, Points]]] = {k: [] for k in begun}
    for k in reversed(holes):
        host, side, end = sides.leftwards(begun[k][0])
        whole = _joined(begun[k], hanging[k])
        seam = np.concatenate([[end], whole, whole[:1], [end]])
        share = float(np.linalg.norm(end - begun[host][side]))
        hanging[host].append((side, share, seam))
    return [_joined(begun[k], hanging[k]) for k in outers]


def _from_leftmost(polygon: Points) -> Points:
    """The same, begun at its leftmost point, of those the topmost."""
    start = int(np.lexsort((polygon[:, 0], polygon[:, 1]))[0])
    return np.roll(polygon, -start, axis=0)


def _joined(polygon: Points, hanging: list[tuple[int, float, Points]]) -> Points:
    parts, done = [], 0
    for side, _, seam in sorted(hanging, key=lambda each: each[:2]):
        parts += [polygon[done : side + 1], seam]
        done = side + 1
    whole = np.concatenate([*parts, polygon[done:]])
    stays = (whole == np.roll(whole, 1, axis=0)).all(axis=1)
    return np.asarray(whole[~stays])


class _Sides:
    """The sides of polygons, found by the rows that they cross."""

    def __init__(self, polygons: list[Points]) -> None:
        self.start = np.concatenate(polygons)
        self.end = np.concatenate([np.roll(each, -1, axis=0) for each in polygons])
        sizes = [len(each) for each in polygons]
        self.owner = np.repeat(np.arange(len(polygons)), sizes)
        self.number = np.concatenate([np.arange(n) for n in sizes])
        upright = np.flatnonzero(self.start[:, 0] != self.end[:, 0])
        ends = np.sort(np.stack([self.start[upright, 0], self.end[upright, 0]]), axis=0)
        first, last = np.floor(ends).astype(int)
        which, row = spread(first, last)
        order = np.argsort(row, kind="stable")
        self.rows, self.sides = row[order], upright[which[order]]

    def leftwards(self, point: Points) -> tuple[int, int, Points]:
        """The polygon, its side and the point that a ray to the left meets first."""
        row, column = point
        low, high = np.searchsorted(self.rows, (np.floor(row), np.floor(row) + 1))
        near = self.sides[low:high]
        start, end = self.start[near], self.end[near]
        crossed = (np.minimum(start[:, 0], end[:, 0]) <= row) & (
            row <= np.maximum(start[:, 0], end[:, 0])
        )
        share = (row - start[:, 0]) / (end[:, 0] - start[:, 0])
        met = start[:, 1] + share * (end[:, 1] - start[:, 1])
        met[~crossed | (met >= column)] = -np.inf
        best = int(met.argmax())
        side = int(near[best])
        return int(self.owner[side]), int(self.number[side]), np.array([row, met[best]])


def spread(first: NDArray[Any], last: NDArray[Any]) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """For ranges `first` to `last` (with both ends): which range each whole number is of, and it.

    >>> [each.tolist() for each in spread(np.array([3, 7]), np.array([4, 6]))]
    [[0, 0], [3, 4]]
    """
    counts = np.maximum(last - first + 1, 0)
    which = np.repeat(np.arange(len(counts)), counts)
    offset = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    return which, first[which] + offset
