"""The middle lines of a region, as paths."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Points = NDArray[np.float64]
Place = tuple[int, int]


def branches(region: Bools) -> list[Points]:
    """The lines of a region's skeleton as paths (n, 2), the longest first.

    Each pixel of it is in one path; at a crossing a path goes straight on.
    """
    from skimage.morphology import skeletonize

    thin: Callable[[Bools], Bools] = skeletonize
    left: set[Place] = {(int(r), int(c)) for r, c in np.argwhere(thin(region))}
    starts = sorted(left, key=lambda at: (len(_beside(left, at)), at))
    paths = [_walk(left, start) for start in starts if start in left]
    return sorted(paths, key=len, reverse=True)


def _walk(left: set[Place], start: Place) -> Points:
    """The path from a pixel on, straight ahead where there is a choice, taken out of `left`."""
    path = [start]
    left.remove(start)
    while ahead := _beside(left, path[-1]):
        back = path[max(0, len(path) - 4)]
        path.append(max(ahead, key=lambda at: (at[0] - back[0]) ** 2 + (at[1] - back[1]) ** 2))
        left.remove(path[-1])
    return np.array(path, float)


def _beside(left: set[Place], at: Place) -> list[Place]:
    """The neighbours of a place that are left, diagonal ones too."""
    row, column = at
    around = [(row + r, column + c) for r in (-1, 0, 1) for c in (-1, 0, 1)]
    return [each for each in around if each in left]
