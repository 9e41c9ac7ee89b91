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

from limner.measure.outline import RowEnds

Flags = NDArray[np.bool_]
Plane = NDArray[np.float64]

FEW, MANY = 8, 16  # directions: of all slices, and of those that are left then
SLACK = 1e-9  # of a length: no bound is believed more exactly


@dataclass(frozen=True, eq=False)
class Part:
    """Pixels of one slice that touch by a side or a corner.

    place     its slice, and which part of it in the order of their first pixels
    corner    the row and the column of its first pixel
    ends      of its rows, counted from that
    most_mm   no two of its centres are further apart
    """

    place: tuple[int, int]
    corner: tuple[int, int]
    inside: Flags
    ends: RowEnds
    most_mm: float


def likeliest(
    block: Flags, plane: Plane, *, beyond_mm: float
) -> Iterator[tuple[float, Callable[[], list[Part]]]]:
    """A distance that no two centres of a slice exceed, and its parts; the longest first.

    block       bool (slices, rows, columns), each slice by itself
    beyond_mm   what a diameter may be longer than the distance of its centres

    Slices that cannot hold the longest diameter are left out.
    """
    ends = _Ends.of(block)
    most = ends.widest(plane, count=FEW) / _lean(FEW)
    left = np.argsort(-most, kind="stable")
    # A slice of one part has a diameter at least as long as its widths.
    sure = next((k for k in left.tolist() if ends.lone(block[k], k)), None)
    if sure is not None:
        left = left[most[left] + beyond_mm >= most[sure] * _lean(FEW) * (1 - SLACK)]
    most = ends.only(left).widest(plane, count=MANY) / _lean(MANY) * (1 + SLACK)
    for place in np.argsort(-most, kind="stable").tolist():
        number, most_mm = int(left[place]), float(most[place])
        yield (
            most_mm,
            partial(_split, block[number], ends, plane=plane, number=number, most_mm=most_mm),
        )


@dataclass(frozen=True, eq=False)
class _Ends:
    """(slices, rows): whether there are pixels, and the first and the last column of them."""

    some: Flags
    first: NDArray[np.intp]
    last: NDArray[np.intp]

    @classmethod
    def of(cls, block: Flags) -> "_Ends":
        """Those of every slice."""
        first = block.argmax(axis=2)
        some = np.take_along_axis(block, first[..., None], axis=2)[..., 0]
        return cls(some, first, block.shape[2] - 1 - block[..., ::-1].argmax(axis=2))

    def only(self, which: NDArray[np.intp]) -> "_Ends":
        """Those of some slices."""
        return _Ends(self.some[which], self.first[which], self.last[which])

    def widest(self, plane: Plane, *, count: int) -> NDArray[np.float64]:
        """(slices,): the largest of the widths in so many directions, mm; 0 of none."""
        # A row without pixels takes the place of one with pixels, so that it widens nothing.
        row = np.where(self.some, np.arange(self.some.shape[1]), self.some.argmax(axis=1)[:, None])
        first = np.take_along_axis(self.first, row, axis=1).astype(float)
        last = np.take_along_axis(self.last, row, axis=1).astype(float)
        row = row.astype(float)
        turns = np.arange(count) * np.pi / count
        widest = np.zeros(len(row))
        for down, along in (plane @ np.array([np.cos(turns), np.sin(turns)])).T:
            high, low = (last, first) if along >= 0 else (first, last)
            height = row * down
            wide = (height + high * along).max(axis=1) - (height + low * along).min(axis=1)
            np.maximum(widest, wide, out=widest)
        return np.where(self.some.any(axis=1), widest, 0.0)

    def lone(self, flat: Flags, number: int) -> bool:
        """Whether a slice has one run a row, each touching the next: then it is one part."""
        rows = np.flatnonzero(self.some[number])
        if not len(rows) or rows[-1] - rows[0] + 1 != len(rows):
            return False
        first, last = self.first[number][rows], self.last[number][rows]
        if np.count_nonzero(flat) != int((last - first + 1).sum()):
            return False
        return bool(((first[1:] <= last[:-1] + 1) & (last[1:] >= first[:-1] - 1)).all())


def _lean(count: int) -> float:
    """What share of a length is left of it in the nearest of so many directions."""
    return float(np.cos(np.pi / 2 / count))


def _split(flat: Flags, ends: _Ends, *, plane: Plane, number: int, most_mm: float) -> list[Part]:
    """The parts of a slice; nothing of an empty one."""
    rows = np.flatnonzero(ends.some[number])
    if not len(rows):
        return []
    if not ends.lone(flat, number):
        return _several(flat, number, plane)
    first, last = ends.first[number][rows], ends.last[number][rows]
    top, low = int(rows[0]), int(first.min())
    inside = flat[top : int(rows[-1]) + 1, low : int(last.max()) + 1]
    own = RowEnds(rows - top, first - low, last - low)
    return [Part((number, 1), (top, low), inside, own, most_mm)]


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
        found.append(
            Part((number, value), (down.start, along.start), inside, RowEnds.of(inside), most)
        )
    return found
