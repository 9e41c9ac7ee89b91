"""Which parts of an object may hold its longest diameter: told without looking at them one by one.

Of an object's widths in N evenly spread directions the largest is at least its diameter times the
cosine of a right angle / N. So a dozen widths of every slice, taken of all slices at once, say
which of them come into question; on most objects these are one or two.

Source   the bound is elementary: a chord lies within a right angle / N of one of the directions.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Plane = NDArray[np.float64]

FEW, MANY = 8, 32  # directions: of all slices, and of those that are left then
SLACK = 1e-9  # of a length: no bound is believed more exactly


@dataclass(frozen=True, eq=False)
class Part:
    """Pixels of one slice that touch by a side or a corner.

    place     its slice, and which part of it in the order of their first pixels
    corner    the row and the column of its first pixel
    most_mm   no two of its centres are further apart
    """

    place: tuple[int, int]
    corner: tuple[int, int]
    inside: Flags
    most_mm: float


def likeliest(
    block: Flags, plane: Plane, *, beyond_mm: float
) -> Iterator[tuple[float, Callable[[], list[Part]]]]:
    """A distance that no two centres of a slice exceed, and its parts; the longest first.

    block       bool (slices, rows, columns), each slice by itself
    beyond_mm   what a diameter may be longer than the distance of its centres

    Slices that cannot hold the longest diameter are left out.
    """
    runs = _runs(block)
    numbers, starts = np.unique(runs.slices, return_index=True)
    stops = np.append(starts[1:], len(runs.slices))
    widest, lone = _widest(runs, starts, plane, count=FEW), _lone(runs, starts)
    known = widest[lone].max(initial=0.0)
    left = np.flatnonzero(widest / _lean(FEW) + beyond_mm >= known * (1 - SLACK))
    kept = [np.arange(starts[k], stops[k]) for k in left]
    begins = np.cumsum([0, *(len(each) for each in kept[:-1])])
    narrowed = runs.only(np.concatenate(kept))
    most = _widest(narrowed, begins, plane, count=MANY) / _lean(MANY) * (1 + SLACK)

    def split(k: int, most_mm: float) -> list[Part]:
        number, span = int(numbers[k]), slice(int(starts[k]), int(stops[k]))
        if not lone[k]:
            return _several(block[number], number, plane)
        top, bottom = int(runs.rows[span][0]), int(runs.rows[span][-1]) + 1
        low, high = int(runs.first[span].min()), int(runs.last[span].max()) + 1
        inside = block[number, top:bottom, low:high]
        return [Part((number, 1), (top, low), inside, most_mm)]

    for k in np.argsort(-most, kind="stable").tolist():
        yield float(most[k]), partial(split, int(left[k]), float(most[k]))


@dataclass(frozen=True, eq=False)
class _Runs:
    """Neighbouring pixels of a row, in order: where they are, their first and last column."""

    slices: NDArray[np.intp]
    rows: NDArray[np.intp]
    first: NDArray[np.intp]
    last: NDArray[np.intp]

    def only(self, which: NDArray[np.intp]) -> "_Runs":
        """Those of them."""
        return _Runs(self.slices[which], self.rows[which], self.first[which], self.last[which])


def _runs(block: Flags) -> _Runs:
    slices, rows, columns = block.shape
    edged = np.zeros((slices, rows, columns + 1), bool)
    edged[..., :columns] = block
    edged[..., 1:] ^= block
    at = np.flatnonzero(edged)  # where a run begins and just after it ends, by turns
    line, first = np.divmod(at[::2], columns + 1)
    number, row = np.divmod(line, rows)
    return _Runs(number, row, first, at[1::2] - 1 - line * (columns + 1))


def _widest(
    runs: _Runs, starts: NDArray[np.intp], plane: Plane, *, count: int
) -> NDArray[np.float64]:
    """Of each slice, the largest of its widths in so many directions, mm."""
    turns = np.arange(count) * np.pi / count
    widest = np.zeros(len(starts))
    for down, along in (plane @ np.array([np.cos(turns), np.sin(turns)])).T:
        low, high = (runs.first, runs.last) if along >= 0 else (runs.last, runs.first)
        least = np.minimum.reduceat(runs.rows * down + low * along, starts)
        most = np.maximum.reduceat(runs.rows * down + high * along, starts)
        np.maximum(widest, most - least, out=widest)
    return widest


def _lean(count: int) -> float:
    """What share of a length is left of it in the nearest of so many directions."""
    return float(np.cos(np.pi / 2 / count))


def _lone(runs: _Runs, starts: NDArray[np.intp]) -> Flags:
    """Of each slice, whether it has one run a row, each touching the next: then one part."""
    together = np.ones(len(runs.rows), bool)
    together[1:] = (
        (np.diff(runs.rows) == 1)
        & (runs.first[1:] <= runs.last[:-1] + 1)
        & (runs.last[1:] >= runs.first[:-1] - 1)
    )
    together[starts] = True
    return np.asarray(np.logical_and.reduceat(together, starts))


def _several(flat: Flags, number: int, plane: Plane) -> list[Part]:
    """The parts of one slice, in the order of their first pixels."""
    from scipy import ndimage

    labels, _ = ndimage.label(flat, np.ones((3, 3)))
    found = []
    for value, (down, along) in enumerate(ndimage.find_objects(labels), start=1):
        inside = labels[down, along] == value
        sides = np.array(inside.shape) - 1
        ways = sides[0] * plane[0] + sides[1] * plane[1], sides[0] * plane[0] - sides[1] * plane[1]
        most = max(float(np.linalg.norm(way)) for way in ways)
        found.append(Part((number, value), (down.start, along.start), inside, most))
    return found
