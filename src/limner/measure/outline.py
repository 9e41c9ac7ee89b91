"""The outline of a flat object, and the longest chords of it.

An object is known only by which pixel centres are inside it, so an outline is a convention.
Ours passes a quarter of a pixel outside the outermost centres: wherever an inside pixel has
an outside one beside it, above or below, a point lies a quarter of the way from the first
centre to the second. `docs/explanation/diameters.md` has the measurements behind that
quarter: points at the centres make objects too small, points on the pixels' faces or
corners too large.

Points are (rows, columns), pixel centres at integers; `plane` (2, 2) turns them into mm in
the plane of the slice (see `Subject.plane`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Points = NDArray[np.float64]

BEYOND = 0.25  # pixels from the outermost centres to the outline
ROUND, SLENDER = 0.15, 0.45  # the same at the ends of a long axis, see `tips`
GAIN = 0.15  # what each whole number in the ratio of the spreads adds to it
FINE = 40  # parts of a pixel in which it is counted
THINNEST = 40.0  # a spread of less than this share of a pixel's area is taken for it
TIE = 1e-9  # share of a length by which one chord must be longer to count as longer
AT_ONCE = 2**22  # crossings of lines and outline that are looked at together
CLOSE = 1e-7  # pixels
FEW = 24  # lines that are looked at first, where the hull leaves most room
STEEP = 1e3  # a side of the hull that is steeper bounds no line: rounding would have a say
STRIDES = (1, 2, 5)  # between rows whose ends are compared, before the hull is built

RING = np.array([(0, 0), (0, 1), (1, 1), (1, 0)], float)  # the corners of a cell, in order


def segments(inside: Flags) -> NDArray[np.float64]:
    """(n, 2, 2): the outline as straight pieces, each from one (row, column) to another.

    What lies outside the array is outside the object. Two pixels that touch by a corner
    have an outline each.
    """
    padded = np.pad(inside, 1)
    rows, columns = (n - 1 for n in padded.shape)
    code = np.zeros((rows, columns), np.uint8)
    for bit, (down, along) in enumerate(((0, 0), (0, 1), (1, 1), (1, 0))):
        corner = padded[down : down + rows, along : along + columns]
        code |= corner.view(np.uint8) << bit
    cells = np.flatnonzero((code != 0) & (code != 15))
    codes = code.ravel()[cells]
    at = np.stack(np.divmod(cells, columns), axis=1) - 1.0
    table, several = _table()
    second = several[codes]
    return np.concatenate(
        [
            at[:, None] + table[codes, 0],
            at[second][:, None] + table[codes[second], 1],
        ]
    )


@cache
def _table() -> tuple[NDArray[np.float64], Flags]:
    """(16, 2, 2, 2): the pieces of every kind of cell; and which have a second one."""
    table, several = np.zeros((16, 2, 2, 2)), np.zeros(16, bool)
    for code in range(1, 15):
        for place, piece in enumerate(_pieces(code)):
            table[code, place] = piece
            several[code] = place > 0
    return table, several


def _pieces(code: int) -> list[Points]:
    """The pieces of outline in one cell whose corners inside are the bits of `code`."""
    flags = [bool(code >> corner & 1) for corner in range(4)]
    crossed = [side for side in range(4) if flags[side] != flags[(side + 1) % 4]]
    if len(crossed) == 2:
        pairs = [(crossed[0], crossed[1])]
    else:
        pairs = [((corner - 1) % 4, corner) for corner in range(4) if flags[corner]]
    return [np.array([_crossing(one, flags), _crossing(other, flags)]) for one, other in pairs]


def _crossing(side: int, flags: list[bool]) -> Points:
    start, end = side, (side + 1) % 4
    share = BEYOND if flags[start] else 1 - BEYOND
    return np.asarray(RING[start] + share * (RING[end] - RING[start]))


def tips(inside: Flags, plane: Points) -> float:
    """How far beyond the outermost centres a long axis is taken to reach, in pixels.

    A quarter of a pixel suits the sides of an object, not the ends of its long axis: the tip
    of a slender one falls between centres and is cut short, and of the many directions of a
    round one the longest is that in which the pixels happen to reach furthest. So it grows
    with the ratio of the object's spreads, from ROUND to SLENDER, in steps of 1 / FINE. A
    quarter for fewer than three pixels, which have no shape.
    """
    spread = _spread(inside)
    if spread is None:
        return BEYOND
    (a, b), (_, c) = (plane.T @ spread @ plane).tolist()
    (d, e), (f, g) = plane.tolist()
    wide = (a + c) / 2 + hypot((a - c) / 2, b)  # the eigenvalues of the two by two
    narrow = (a * c - b * b) / wide
    least = abs(d * g - e * f) / THINNEST  # a row of pixels has no spread across
    ratio = sqrt(wide / max(narrow, least))
    return round(min(max(ROUND + GAIN * (ratio - 1), ROUND), SLENDER) * FINE) / FINE


def _spread(inside: Flags) -> Points | None:
    """(2, 2): the covariance of the places of the pixels; None of fewer than three."""
    rows, columns = (np.arange(float(n)) for n in inside.shape)
    counts, along = inside.sum(axis=1, dtype=float), inside.sum(axis=0, dtype=float)
    count = counts.sum()
    if count < 3:
        return None
    rows -= counts @ rows / count
    columns -= along @ columns / count
    mixed = rows @ (inside @ columns)
    square = [[counts @ rows**2, mixed], [mixed, along @ columns**2]]
    return np.asarray(np.array(square) / (count - 1))


def hull(inside: Flags, beyond: float = BEYOND) -> Points:
    """(n, 2): the corners of the convex hull of the outline, in order round it.

    beyond   pixels from the outermost centres to the outline; a multiple of 1 / FINE

    The object must not be empty. The hull of the outline is that of the outermost centres
    of every row, each with its four points `beyond` away; in fortieths of a pixel these are
    whole numbers, so that turns are decided exactly.
    """
    reach = round(beyond * FINE)
    around = ((reach, 0), (-reach, 0), (0, reach), (0, -reach))
    points = sorted(
        {(r * FINE + a, c * FINE + b) for r, c in _tips(RowEnds.of(inside)) for a, b in around}
    )
    lower, upper = _chain(points), _chain(points[::-1])
    return np.array(lower[:-1] + upper[:-1], float) / FINE


@dataclass(frozen=True, eq=False)
class RowEnds:
    """(n,) each: the rows that hold pixels, and the columns of their first and last one."""

    rows: NDArray[np.intp]
    first: NDArray[np.intp]
    last: NDArray[np.intp]

    @classmethod
    def of(cls, inside: Flags) -> "RowEnds":
        """Those of an object."""
        rows = np.flatnonzero(inside.any(axis=1))
        last = inside.shape[1] - 1 - inside[rows, ::-1].argmax(axis=1)
        return cls(rows, inside[rows].argmax(axis=1), last)


def _tips(ends: RowEnds) -> list[tuple[int, int]]:
    """The corners of the convex hull of the centres, rows and columns. Some come twice."""
    left, right = _chain(_bent(ends.rows, ends.first)), _chain(_bent(ends.rows, -ends.last))
    return [*((row, column) for row, column in left), *((row, -column) for row, column in right)]


def farthest(ends: RowEnds, plane: Points, beyond: float) -> tuple[float, Points]:
    """The longest distance between two points of the outline, mm, and the two, (2, 2).

    ends     of the object's rows: all that a longest distance depends on
    beyond   pixels from the outermost centres to the outline

    As `longest` of `hull`, without building that: two ends lie `beyond` outside two corners of
    the hull of the centres, away from each other and on one axis of the pixels, since a
    distance is convex in the place of either end. Of equal ones the first in order wins.
    """
    centres = np.array(_tips(ends), float)
    gap = beyond * np.eye(2)
    down, along = (centres @ plane).T
    step = 2 * gap @ plane  # what two ends that part on the rows, or on the columns, gain
    square = (down[:, None] - down + step[:, 0, None, None]) ** 2
    square += (along[:, None] - along + step[:, 1, None, None]) ** 2
    length = sqrt(float(square.max()))
    axes, ones, others = np.nonzero(square >= (length * (1 - TIE)) ** 2)
    chords = np.stack([centres[ones] + gap[axes], centres[others] - gap[axes]], axis=1)
    chord = min(sorted(each) for each in np.round(chords * FINE).tolist())
    return length, np.array(chord) / FINE


def _bent(rows: NDArray[np.intp], columns: NDArray[np.intp]) -> list[list[int]]:
    """Without points that lie on or right of the line between two others, one in each row.

    They are no corners of the hull's left side. It is asked of neighbours near and far.
    """
    for step in STRIDES:
        if len(rows) <= 2 * step:
            break
        before, after = slice(None, -2 * step), slice(2 * step, None)
        here = slice(step, -step)
        turn = (columns[here] - columns[before]) * (rows[after] - rows[before])
        turn -= (columns[after] - columns[before]) * (rows[here] - rows[before])
        kept = np.ones(len(rows), bool)
        kept[here] = turn < 0
        rows, columns = rows[kept], columns[kept]
    return np.stack([rows, columns], axis=1).tolist()  # type: ignore[no-any-return]


def _chain(points: Sequence[Sequence[int]]) -> list[Sequence[int]]:
    """One side of the hull of sorted points (Andrew, Information Processing Letters 1979)."""
    chain: list[Sequence[int]] = []
    for point in points:
        row, column = point
        while len(chain) > 1:
            (a, b), (c, d) = chain[-2], chain[-1]
            if (c - a) * (column - b) - (d - b) * (row - a) > 0:
                break
            chain.pop()
        chain.append(point)
    return chain


def bridges(inside: Flags, corners: Points) -> NDArray[np.float64]:
    """(n, 2, 2): the sides of the hull that span nothing but the steps of pixels.

    A slanting edge is drawn as steps, and an outline that follows them is too low on the
    whole. A side of the hull under which no outside centre lies is therefore outline too; a
    side with an outside centre under it spans a real hollow and is not. Closed holes are no
    hollows.
    """
    sides = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
    within = _within(inside, corners)
    if not within.any():
        return sides
    from scipy import ndimage

    labels, _ = ndimage.label(within)
    # Where a step leads out of the hull, or out of the array: a closed hole has no such place.
    beyond = np.pad(~(inside | within), 1, constant_values=True)
    beside = beyond[:-2, 1:-1] | beyond[2:, 1:-1] | beyond[1:-1, :-2] | beyond[1:-1, 2:]
    # A hollow is least deep at an end of one of its rows: depth is concave along a row.
    edge = np.pad(within, ((0, 0), (1, 1)))
    ends = within & ~(edge[:, :-2] & edge[:, 2:]) & np.isin(labels, labels[beside & within])
    rows, columns = np.nonzero(ends)
    near, under = _depths(rows, columns, sides)
    # The mouth of a hollow is the side that its outermost centre lies under.
    hollow = labels[rows, columns]
    order = np.lexsort((near, hollow))
    _, first = np.unique(hollow[order], return_index=True)
    spans = np.ones(len(sides), bool)
    spans[under[order[first]]] = False
    return sides[spans]


def _within(inside: Flags, corners: Points) -> Flags:
    """The outside centres within the convex hull, those on its edge left out."""
    turn = int(np.argmax(corners[:, 0] * 1e6 + corners[:, 1]))  # the last of the lower side
    side, other = corners[: turn + 1], np.concatenate([corners[turn:], corners[:1]])[::-1]
    rows = np.arange(inside.shape[0])
    one, two = (np.interp(rows, each[:, 0], each[:, 1]) for each in (side, other))
    # A centre beside the edge is further from it than this: both are fractions of whole numbers.
    low, high = np.minimum(one, two) + CLOSE, np.maximum(one, two) - CLOSE
    first, last = np.ceil(low).astype(int), np.floor(high).astype(int)
    columns = np.arange(inside.shape[1])
    return np.asarray((first[:, None] <= columns) & (columns <= last[:, None]) & ~inside)


def _depths(
    rows: NDArray[np.intp], columns: NDArray[np.intp], sides: NDArray[np.float64]
) -> tuple[Points, NDArray[np.intp]]:
    """How deep each centre lies under the nearest side, and which that is."""
    near, under = np.empty(len(rows)), np.empty(len(rows), np.intp)
    (a, b), (c, d) = sides[:, 0].T, sides[:, 1].T
    reach = np.hypot(c - a, d - b)
    step = max(1, AT_ONCE // len(sides))
    for low in range(0, len(rows), step):
        row, column = rows[low : low + step, None], columns[low : low + step, None]
        depth = ((c - a) * (column - b) - (d - b) * (row - a)) / reach
        under[low : low + step] = depth.argmin(axis=1)
        near[low : low + step] = depth.min(axis=1)
    return near, under


def longest(corners: Points, plane: Points) -> tuple[float, Points]:
    """The longest distance between two corners, mm, and the two, (2, 2).

    All pairs are looked at: a hull has few corners. Of equal ones the first in order wins.
    """
    down, along = (corners @ plane).T
    square = (down[:, None] - down) ** 2 + (along[:, None] - along) ** 2
    length = float(np.sqrt(square.max()))
    ones, others = np.nonzero(square >= (length * (1 - TIE)) ** 2)
    ties = np.stack([ones, others], axis=1)[ones <= others]
    one, other = min(ties.tolist(), key=lambda tie: sorted(corners[tie].tolist()))
    return length, corners[sorted((one, other), key=lambda each: corners[each].tolist())]


def across(
    pieces: NDArray[np.float64], chord: Points, plane: Points, *, around: Points | None = None
) -> tuple[float, Points]:
    """The longest chord of an outline at right angles to another, mm, and its ends (2, 2).

    It joins the outermost crossings of the pieces with one line at right angles to
    `chord`, so that its ends lie on the outline; in between it may leave a hollow object,
    as the longest diameter may. It lies where a corner of the outline does, since between
    two corners the width is a convex function; every corner is tried.

    around   (n, 2): the corners of a convex polygon round the pieces, in order. Lines on which it
             leaves less room than the best chord needs are not tried: quicker, the same answer
    """
    start, end = chord @ plane
    along = (end - start) / np.linalg.norm(end - start)
    turned = np.array([-along[1], along[0]])
    places = pieces @ plane - start
    where, height = places @ along, places @ turned
    tries = np.unique(where)
    most = np.full(len(tries), np.inf)
    if around is not None:
        far = around @ plane - start
        most = _room(tries, np.stack([far @ along, far @ turned], axis=1))
    widths = np.full(len(tries), -np.inf)
    bottom, top = np.zeros(len(tries)), np.zeros(len(tries))
    step, left = FEW, np.argsort(-most, kind="stable")
    while len(left):
        some, left = left[:step], left[step:]
        bottom[some], top[some] = _widths(tries[some], where, height)
        widths[some] = top[some] - bottom[some]
        left = left[most[left] > widths.max() - 2 * TIE]
        step = max(FEW, AT_ONCE // len(pieces))
    number = int(np.argmax(np.round(widths / TIE) * TIE))
    span = (float(bottom[number]), float(top[number]))
    ends = np.array([start + tries[number] * along + each * turned for each in span])
    return float(widths[number]), np.asarray(ends @ np.linalg.inv(plane))


def _room(tries: Points, corners: Points) -> Points:
    """(n,): how far apart two sides of a convex polygon are on each line; or a little more.

    corners   (n, 2): place along the chord and height over it, in order round the polygon
    """
    step = np.roll(corners, -1, axis=0) - corners
    steep = np.abs(step[:, 1]) > STEEP * np.abs(step[:, 0])
    places, step = corners[~steep], step[~steep]
    slope = step[:, 1] / step[:, 0]
    start = places[:, 1] - slope * places[:, 0]
    inner = corners.mean(axis=0)
    above = start + slope * inner[0] > inner[1]
    top, bottom = (start[each] + np.multiply.outer(tries, slope[each]) for each in (above, ~above))
    return np.asarray(top.min(axis=1, initial=np.inf) - bottom.max(axis=1, initial=-np.inf))


def _widths(tries: Points, where: Points, height: Points) -> tuple[Points, Points]:
    """The lowest and the highest crossing (n,) of the outline with each line of `tries`."""
    (a, b), (c, d) = where.T, height.T
    met = (np.minimum(a, b) <= tries[:, None]) & (tries[:, None] <= np.maximum(a, b))
    level = np.abs(b - a) < TIE
    share = np.clip((tries[:, None] - a) / np.where(level, 1, b - a), 0, 1)
    crossing = c + share * (d - c)
    low = np.where(level, np.minimum(c, d), crossing)
    high = np.where(level, np.maximum(c, d), crossing)
    return np.where(met, low, np.inf).min(axis=1), np.where(met, high, -np.inf).max(axis=1)
