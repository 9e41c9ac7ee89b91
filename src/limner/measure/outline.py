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
        code |= corner.astype(np.uint8) << bit
    found = [np.zeros((0, 2, 2))]
    for number in range(1, 15):
        at = np.argwhere(code == number) - 1.0
        found += [at[:, None, :] + piece for piece in _pieces(number)]
    return np.concatenate(found)


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
    places = np.argwhere(inside) @ plane
    if len(places) < 3:
        return BEYOND
    narrow, wide = np.linalg.eigvalsh(np.cov(places.T))
    least = abs(float(np.linalg.det(plane))) / THINNEST  # a row of pixels has no spread across
    ratio = float(np.sqrt(wide / max(float(narrow), least)))
    reach = np.clip(ROUND + GAIN * (ratio - 1), ROUND, SLENDER)
    return round(float(reach) * FINE) / FINE


def hull(inside: Flags, beyond: float = BEYOND) -> Points:
    """(n, 2): the corners of the convex hull of the outline, in order round it.

    beyond   pixels from the outermost centres to the outline; a multiple of 1 / FINE

    The object must not be empty. The hull of the outline is that of the outermost centres
    of every row, each with its four points `beyond` away; in fortieths of a pixel these are
    whole numbers, so that turns are decided exactly.
    """
    rows = np.flatnonzero(inside.any(axis=1))
    first = inside[rows].argmax(axis=1)
    last = inside.shape[1] - 1 - inside[rows, ::-1].argmax(axis=1)
    ends = np.concatenate([np.stack([rows, first], 1), np.stack([rows, last], 1)])
    reach = round(beyond * FINE)
    around = [(reach, 0), (-reach, 0), (0, reach), (0, -reach)]
    points = np.unique(np.concatenate([ends * FINE + step for step in around]), axis=0).tolist()
    lower, upper = _chain(points), _chain(points[::-1])
    return np.array(lower[:-1] + upper[:-1], float) / FINE


def _chain(points: list[list[int]]) -> list[list[int]]:
    """One side of the hull of sorted points (Andrew, Information Processing Letters 1979)."""
    chain: list[list[int]] = []
    for row, column in points:
        while len(chain) > 1:
            (a, b), (c, d) = chain[-2], chain[-1]
            if (c - a) * (column - b) - (d - b) * (row - a) > 0:
                break
            chain.pop()
        chain.append([row, column])
    return chain


def bridges(inside: Flags, corners: Points) -> NDArray[np.float64]:
    """(n, 2, 2): the sides of the hull that span nothing but the steps of pixels.

    A slanting edge is drawn as steps, and an outline that follows them is too low on the
    whole. A side of the hull under which no outside centre lies is therefore outline too; a
    side with an outside centre under it spans a real hollow and is not. Closed holes are no
    hollows.
    """
    from scipy import ndimage

    sides = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
    outside = ~ndimage.binary_fill_holes(inside)
    rows, columns = np.nonzero(outside)
    near = np.full(len(rows), np.inf)
    under = np.zeros(len(rows), int)
    for number, ((a, b), (c, d)) in enumerate(sides):
        depth = ((c - a) * (columns - b) - (d - b) * (rows - a)) / np.hypot(c - a, d - b)
        under[depth < near] = number
        near = np.minimum(near, depth)
    hollow = np.zeros(inside.shape, bool)
    hollow[rows, columns] = near > TIE
    labels, count = ndimage.label(hollow)
    spans = np.ones(len(sides), bool)
    if count:
        # The mouth of a hollow is the side that its outermost centre lies under.
        within = labels[rows, columns]
        mouths = ndimage.minimum_position(near, within, range(1, count + 1))
        spans[under[[place[0] for place in mouths]]] = False
    return sides[spans]


def longest(corners: Points, plane: Points) -> tuple[float, Points]:
    """The longest distance between two corners, mm, and the two, (2, 2).

    All pairs are looked at: a hull has few corners. Of equal ones the first in order wins.
    """
    places = corners @ plane
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    length = float(apart.max())
    ties = np.argwhere(np.triu(apart) >= length * (1 - TIE))
    one, other = min(ties.tolist(), key=lambda tie: sorted(corners[tie].tolist()))
    return length, corners[sorted((one, other), key=lambda each: corners[each].tolist())]


def across(pieces: NDArray[np.float64], chord: Points, plane: Points) -> tuple[float, Points]:
    """The longest chord of an outline at right angles to another, mm, and its ends (2, 2).

    It joins the outermost crossings of the pieces with one line at right angles to
    `chord`, so that its ends lie on the outline; in between it may leave a hollow object,
    as the longest diameter may. It lies where a corner of the outline does, since between
    two corners the width is a convex function; every corner is tried.
    """
    start, end = chord @ plane
    along = (end - start) / np.linalg.norm(end - start)
    turned = np.array([-along[1], along[0]])
    places = pieces @ plane - start
    where, height = places @ along, places @ turned
    tries = np.unique(where)
    best, at, span = -1.0, 0.0, (0.0, 0.0)
    step = max(1, AT_ONCE // len(pieces))
    for low in range(0, len(tries), step):
        some = tries[low : low + step]
        bottom, top = _widths(some, where, height)
        number = int(np.argmax(np.round((top - bottom) / TIE) * TIE))
        if top[number] - bottom[number] > best + TIE:
            best = float(top[number] - bottom[number])
            at, span = float(some[number]), (float(bottom[number]), float(top[number]))
    ends = np.array([start + at * along + each * turned for each in span])
    return best, np.asarray(ends @ np.linalg.inv(plane))


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
