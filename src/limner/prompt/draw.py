"""Prompts drawn as channels, in index space: (rows, columns), voxel centres at integers.

Training and prediction draw with these same functions, so that a network meets the very
shapes it was trained with. Every function returns float32 in 0..1 of the shape asked for;
what lies outside the picture is cut off.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Plane = NDArray[np.float32]
Shape = tuple[int, int]

REACH = 4.0  # a Gaussian is under 4e-4 beyond four standard deviations


def spots(shape: Shape, index: ArrayLike, *, sigma: float = 1.5) -> Plane:
    """Gaussian spots of height 1 at `index` (n, 2); where they meet, the higher one.

    sigma is in pixels. No points give an empty plane.
    """
    plane = np.zeros(shape, np.float32)
    for row, column in np.asarray(index, float).reshape(-1, 2):
        _stamp(plane, (row, column), (row, column), sigma=sigma, radius=0.0)
    return plane


def line(shape: Shape, path: ArrayLike, *, sigma: float = 1.5, radius: float = 0.0) -> Plane:
    """A pen stroke along `path` (n, 2): 1 within `radius` pixels, then falling as a Gaussian.

    A path of one point is a spot. No points give an empty plane.
    """
    plane = np.zeros(shape, np.float32)
    points = np.asarray(path, float).reshape(-1, 2)
    starts, ends = (points, points) if len(points) == 1 else (points[:-1], points[1:])
    for start, end in zip(starts, ends, strict=True):
        _stamp(plane, start, end, sigma=sigma, radius=radius)
    return plane


def polygon(shape: Shape, corners: ArrayLike) -> Plane:
    """The inside of a closed polygon `corners` (n, 2), even-odd rule, 1 where a centre is in.

    Fewer than three corners enclose nothing.
    """
    plane = np.zeros(shape, np.float32)
    points = np.asarray(corners, float).reshape(-1, 2)
    if len(points) < 3:
        return plane
    low = np.maximum(np.floor(points.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(points.max(axis=0)) + 1, shape).astype(int)
    if (low >= high).any():
        return plane
    rows = np.arange(low[0], high[0], dtype=float)[:, None]
    columns = np.arange(low[1], high[1], dtype=float)[None, :]
    inside = np.zeros((len(rows), columns.shape[1]), bool)
    for (row_a, column_a), (row_b, column_b) in zip(points, np.roll(points, -1, 0), strict=True):
        if row_a == row_b:
            continue  # an edge along a row is crossed by no other row
        crosses = (rows >= min(row_a, row_b)) & (rows < max(row_a, row_b))
        at_column = column_a + (rows - row_a) * (column_b - column_a) / (row_b - row_a)
        inside ^= crosses & (columns < at_column)
    plane[low[0] : high[0], low[1] : high[1]] = inside
    return plane


def box(shape: Shape, low: ArrayLike, high: ArrayLike) -> Plane:
    """A filled rectangle between two corners given at voxel faces: centres in [low, high).

    The pixel (r, c) reaches from r - 0.5 to r + 0.5; a box from (1.5, 1.5) to (3.5, 3.5)
    fills the four pixels (2, 2) to (3, 3).
    """
    plane = np.zeros(shape, np.float32)
    first = np.clip(np.ceil(np.asarray(low, float)), 0, shape).astype(int)
    last = np.clip(np.ceil(np.asarray(high, float)), 0, shape).astype(int)
    plane[first[0] : last[0], first[1] : last[1]] = 1
    return plane


def _stamp(plane: Plane, start: ArrayLike, end: ArrayLike, *, sigma: float, radius: float) -> None:
    """Raise `plane` to the profile of one segment, touching only the pixels it can reach."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    reach = radius + REACH * sigma
    low = np.maximum(np.floor(np.minimum(a, b) - reach), 0).astype(int)
    high = np.minimum(np.ceil(np.maximum(a, b) + reach) + 1, plane.shape).astype(int)
    if (low >= high).any():
        return
    rows = np.arange(low[0], high[0], dtype=float)[:, None] - a[0]
    columns = np.arange(low[1], high[1], dtype=float)[None, :] - a[1]
    along = b - a
    length = float(along @ along)
    share = np.clip((rows * along[0] + columns * along[1]) / length, 0, 1) if length else 0.0
    apart = np.hypot(rows - share * along[0], columns - share * along[1])
    profile = np.exp(-0.5 * (np.maximum(apart - radius, 0) / sigma) ** 2)
    window = plane[low[0] : high[0], low[1] : high[1]]
    np.maximum(window, profile, out=window, casting="same_kind")
