"""Which pixels of a slice lie inside closed polygons.

A pixel is inside where its centre is, by the even-odd rule, or where its centre lies on the
outline: programs that trace the outermost pixel centres (OpenCV's `findContours`) mean those
pixels too. Seams of keyholes are walked twice and cancel; several polygons combine by XOR.
Points are (row, column), pixel centres at integers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.dicom.contours import Flags, Points, spread

ON = 1e-3  # pixels from the outline within which a centre counts as on it


@dataclass(frozen=True, eq=False)
class Patch:
    """What one polygon covers, in the box of pixels that it can reach.

    low       (row, column) of the box's first pixel
    odd       bool (rows, columns): centres that the outline winds round an odd number of times
    on        bool (rows, columns): centres on the outline
    crossed   whether it winds round a centre more than once or both ways: it crosses itself
    cut       whether it leaves the slice
    """

    low: tuple[int, int]
    odd: Flags
    on: Flags
    crossed: bool
    cut: bool

    @property
    def spans(self) -> tuple[slice, slice]:
        """Its place in the slice."""
        (row, column), (rows, columns) = self.low, self.odd.shape
        return slice(row, row + rows), slice(column, column + columns)

    @property
    def covered(self) -> Flags:
        """What the polygon alone covers."""
        return self.odd | self.on


def patch(polygon: Points, shape: tuple[int, int]) -> Patch:
    """What a polygon covers of a slice of (rows, columns) pixels."""
    least, most = polygon.min(axis=0), polygon.max(axis=0)
    low = np.clip(np.ceil(least - ON), 0, shape).astype(int)
    high = np.clip(np.floor(most + ON) + 1, low, shape).astype(int)
    cut = bool((least < -0.5 - ON).any() or (most > np.array(shape) - 0.5 + ON).any())
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    own = polygon - low
    winding = _winding(own, size)
    turned = winding if winding.sum() >= 0 else -winding
    crossed = bool((turned < 0).any() or (turned > 1).any())
    return Patch((int(low[0]), int(low[1])), winding % 2 > 0, _on(own, size), crossed, cut)


def combined(patches: list[Patch], shape: tuple[int, int]) -> Flags:
    """bool (rows, columns): inside an odd number of polygons, or on an outline."""
    odd, on = np.zeros(shape, bool), np.zeros(shape, bool)
    for each in patches:
        odd[each.spans] ^= each.odd
        on[each.spans] |= each.on
    return odd | on


def overlapping(patches: list[Patch], shape: tuple[int, int]) -> bool:
    """Whether two polygons share centres though neither lies within the other."""
    depth = np.zeros(shape, np.int32)
    for each in patches:
        depth[each.spans] += each.odd
    shared = [each for each in patches if (depth[each.spans][each.odd] > 1).any()]
    return any(_overlap(one, other) for k, one in enumerate(shared) for other in shared[:k])


def _overlap(one: Patch, other: Patch) -> bool:
    low = np.maximum(one.low, other.low)
    high = np.minimum(np.add(one.low, one.odd.shape), np.add(other.low, other.odd.shape))
    if (low >= high).any():
        return False
    mine, theirs = (
        each.odd[tuple(map(slice, low - each.low, high - each.low))] for each in (one, other)
    )
    common = int(np.count_nonzero(mine & theirs))
    return bool(0 < common < min(np.count_nonzero(one.odd), np.count_nonzero(other.odd)))


def _winding(polygon: Points, size: tuple[int, int]) -> NDArray[np.int_]:
    """How many times the polygon winds round each centre; a row belongs to its upper end."""
    rows, columns = size
    start, end = polygon, np.roll(polygon, -1, axis=0)
    # From the upper end down, whichever way it was walked, so that seams cancel exactly.
    down = start[:, 0] <= end[:, 0]
    upper, lower = np.where(down[:, None], start, end), np.where(down[:, None], end, start)
    first = np.clip(np.ceil(upper[:, 0]), 0, rows).astype(int)
    last = np.clip(np.ceil(lower[:, 0]) - 1, -1, rows - 1).astype(int)
    side, row = spread(first, last)
    share = (row - upper[side, 0]) / (lower[side, 0] - upper[side, 0])
    met = upper[side, 1] + share * (lower[side, 1] - upper[side, 1])
    column = np.clip(np.ceil(met), 0, columns).astype(int)
    turns = np.bincount(
        row * (columns + 1) + column,
        weights=np.where(down[side], 1.0, -1.0),
        minlength=rows * (columns + 1),
    )
    counts = np.rint(turns).astype(int).reshape(rows, columns + 1)
    return np.cumsum(counts, axis=1)[:, :columns]


def _on(polygon: Points, size: tuple[int, int]) -> Flags:
    """The centres on the outline, found along whichever axis each side is longer."""
    start, end = polygon, np.roll(polygon, -1, axis=0)
    found = np.zeros(size, bool)
    steep = np.abs(end - start)[:, 0] >= np.abs(end - start)[:, 1]
    for along, chosen in ((0, steep), (1, ~steep)):
        one, two = start[chosen], end[chosen]
        flipped = one[:, along] > two[:, along]
        low, high = np.where(flipped[:, None], two, one), np.where(flipped[:, None], one, two)
        first = np.clip(np.ceil(low[:, along] - ON), 0, size[along]).astype(int)
        last = np.clip(np.floor(high[:, along] + ON), -1, size[along] - 1).astype(int)
        side, place = spread(first, last)
        length = high[side, along] - low[side, along]
        share = np.clip((place - low[side, along]) / np.where(length > 0, length, 1), 0, 1)
        across = low[side, 1 - along] + share * (high[side, 1 - along] - low[side, 1 - along])
        beside = np.rint(across)
        near = np.abs(across - beside) <= ON
        index = np.empty((np.count_nonzero(near), 2), int)
        index[:, along] = place[near]
        index[:, 1 - along] = np.clip(beside[near], -1, size[1 - along])
        index = index[((index >= 0) & (index < size)).all(axis=1)]
        found[index[:, 0], index[:, 1]] = True
    return found
