"""One click or stroke grown to a region: how far it goes is told by the edges round it.

Source   geodesic distances from the mark; of the level lines of the distance, the one along
         which the picture is steepest is taken (the "best contour" of watershed and of
         stabilised region growing: Revol and Jourlin, Pattern Recognition Letters 1997).
Differs  the distance also counts how unlike the mark's colour a voxel is; a line that runs
         along the picture's border is taken less readily.
"""

import numpy as np
from numpy.typing import NDArray

from limner.predict._finish import distance, steepness

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

LEVELS = 36  # level lines that are looked at
LEAST, MOST = 0.0006, 0.55  # shares of the block that a region may fill
FEWEST = 12  # voxels


def grown(samples: Floats, seeds: Bools, against: Bools) -> Bools:
    """The region of a mark, nowhere nearer to the marks `against` it."""
    near = distance(samples, seeds, unlike=_unlike(samples, seeds))
    region = _steepest(near, steepness(samples), against)
    if against.any():
        region &= near < distance(samples, against, unlike=_unlike(samples, against))
    return np.asarray(region | seeds)


def _unlike(samples: Floats, seeds: Bools) -> Floats:
    """How far from the colour of the nearest-coloured seed each voxel is."""
    from scipy.ndimage import gaussian_filter

    sigma = [1.5 if count > 1 else 0.0 for count in samples.shape[:3]]
    even = gaussian_filter(samples, (*sigma, 0))
    if not seeds.any():
        return np.zeros(seeds.shape, np.float32)
    colours = even[seeds]
    colours = colours[np.linspace(0, len(colours) - 1, min(len(colours), 12)).astype(int)]
    apart = np.min([np.sqrt(np.square(even - one).sum(axis=-1)) for one in colours], axis=0)
    return np.asarray(apart / max(float(apart.std()), 1e-3), np.float32)


def _steepest(near: Floats, steep: Floats, against: Bools) -> Bools:
    from scipy.ndimage import binary_dilation, binary_erosion

    ordered = np.sort(near.ravel())
    limit = float(near[against].min()) if against.any() else np.inf
    cross = _cross(near.shape)
    # the border of the picture is no edge of the object
    border = _border(near.shape)
    best, found = -np.inf, near <= ordered[min(FEWEST, len(ordered) - 1)]
    least = min(max(FEWEST, LEAST * len(ordered)), MOST * len(ordered))
    for place in np.geomspace(least, MOST * len(ordered), LEVELS).astype(int):
        if ordered[place] >= limit:
            break
        region = near <= ordered[place]
        rim = region & ~binary_erosion(region, cross, border_value=1)
        beyond = binary_dilation(region, cross) & ~region
        if not (rim.any() and beyond.any()):
            break
        runs_out = float((region & border).sum()) / float(rim.sum())
        worth = (float(steep[rim].mean()) + float(steep[beyond].mean())) / 2 - runs_out
        if worth > best:
            best, found = worth, region
    return np.asarray(found)


def _cross(shape: tuple[int, ...]) -> Bools:
    """Neighbours that share a face; none across the slices of a flat block."""
    from scipy.ndimage import generate_binary_structure

    cross = generate_binary_structure(3, 1)
    if shape[0] == 1:
        cross[[0, 2]] = False
    return np.asarray(cross)


def _border(shape: tuple[int, ...]) -> Bools:
    border = np.zeros(shape, bool)
    for axis, count in enumerate(shape):
        if count > 1:
            np.moveaxis(border, axis, 0)[[0, -1]] = True
    return border
