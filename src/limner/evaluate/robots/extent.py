"""Where a target lies: its box, the window round it, its largest part."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Bools = NDArray[np.bool_]
Points = NDArray[np.float64]


def tight_box(target: Bools) -> Points:
    """The smallest box (2, 2) that holds a target, corners on pixel faces."""
    rows, columns = np.flatnonzero(target.any(axis=1)), np.flatnonzero(target.any(axis=0))
    low = [rows[0] - 0.5, columns[0] - 0.5]
    return np.array([low, [rows[-1] + 0.5, columns[-1] + 0.5]])


def largest_island(region: Bools) -> Bools:
    """The largest 4-connected part of a region (the first of several)."""
    islands, count = ndimage.label(region)
    if count < 2:
        return region
    sizes = np.bincount(islands.ravel())
    sizes[0] = 0
    return np.asarray(islands == sizes.argmax())


def framed(region: Bools) -> tuple[NDArray[np.int64], Bools]:
    """The region cut to its box with a rim of one pixel of outside, and the box's low corner."""
    tight = tight_box(region) + 0.5
    low, high = tight.astype(np.int64)
    return low, np.pad(region[low[0] : high[0], low[1] : high[1]], 1)
