"""Which lesion of one visit is which of the next: nearest pairs, splits and merges.

Source   pairs of least total distance: Kuhn, Naval Research Logistics Quarterly 1955, 2, 83.
Differs  what is left over joins a lesion in whose place it lies: it is a part of one that has
         split, or has merged into one. Only what lies in nobody's place is new, or gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.grid import Vector, vector
from limner.measure.measurement import Subject

REACH_MM = 15.0  # that the middle of one lesion may move between visits, once they are aligned
MARGIN_MM = 3.0  # that a part may lie outside of the place of what it was a part of
POINTS = 400  # of a lesion that its place is told by


@dataclass(frozen=True)
class Place:
    """Where one object lies: its middle and some of its voxels, LPS mm."""

    id: int
    middle_mm: Vector
    points_mm: tuple[Vector, ...]

    @classmethod
    def of(cls, id: int, subject: Subject) -> "Place":
        """The place of an object that is not empty, by at most 400 of its voxels."""
        index = np.argwhere(subject.inside)
        kept = index[:: max(1, len(index) // POINTS)]
        points = subject.grid.position_mm(kept)
        middle = vector(subject.grid.position_mm(index.mean(axis=0)))
        return cls(id, middle, tuple(vector(each) for each in points))

    def away_mm(self, at_mm: Vector) -> float:
        """The distance of a position from the nearest of its voxels."""
        return float(np.linalg.norm(np.subtract(self.points_mm, at_mm), axis=1).min())


@dataclass(frozen=True)
class Matched:
    """What became of the lesions of one visit at the next, by their ids.

    after   (before, the ids it is now): none where it is gone, several where it has split
    merged  (before, the one it merged into): that one's object holds both
    new     ids that were nobody before
    """

    after: tuple[tuple[int, tuple[int, ...]], ...]
    merged: tuple[tuple[int, int], ...]
    new: tuple[int, ...]


def matched(
    before: Sequence[Place], after: Sequence[Place], *, reach_mm: float = REACH_MM
) -> Matched:
    """The lesions of one visit as those of the next; both in the same space, LPS mm.

    Middles of a pair lie within `reach_mm`, or within one another's voxels.
    """
    pairs = _pairs(before, after, reach_mm)
    now = {one.id: [other.id] for one, other in pairs}
    taken = {other.id for _, other in pairs}
    new = []
    for other in after:
        if other.id in taken:
            continue
        home = _home(other, [one for one, _ in pairs])
        if home is None:
            new.append(other.id)
        else:
            now[home.id].append(other.id)
    merged = []
    for one in before:
        if one.id in now:
            continue
        into = _home(one, [other for _, other in pairs])
        if into is not None:
            merged.append((one.id, next(a.id for a, b in pairs if b is into)))
    gone: tuple[int, ...] = ()
    told = tuple((one.id, tuple(sorted(now[one.id])) if one.id in now else gone) for one in before)
    return Matched(told, tuple(merged), tuple(new))


def _pairs(
    before: Sequence[Place], after: Sequence[Place], reach_mm: float
) -> list[tuple[Place, Place]]:
    """As many pairs as there can be, of the least total distance."""
    from scipy.optimize import linear_sum_assignment

    if not before or not after:
        return []
    costs = np.array([[_cost(one, other, reach_mm) for other in after] for one in before])
    far = 1e6  # dearer than any chain of pairs that are near
    rows, columns = linear_sum_assignment(np.where(np.isinf(costs), far, costs))
    chosen: NDArray[np.int64] = np.stack([rows, columns], axis=1)
    return [(before[a], after[b]) for a, b in chosen.tolist() if np.isfinite(costs[a, b])]


def _cost(one: Place, other: Place, reach_mm: float) -> float:
    apart = float(np.linalg.norm(np.subtract(one.middle_mm, other.middle_mm)))
    within = min(one.away_mm(other.middle_mm), other.away_mm(one.middle_mm)) <= MARGIN_MM
    return apart if within or apart <= reach_mm else float("inf")


def _home(part: Place, wholes: Sequence[Place]) -> Place | None:
    """The whole in whose place a part lies; the nearest where there are several."""
    near = [(whole.away_mm(part.middle_mm), number) for number, whole in enumerate(wholes)]
    best = min(near, default=None)
    return wholes[best[1]] if best is not None and best[0] <= MARGIN_MM else None
