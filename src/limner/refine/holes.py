"""Fill what an object encloses."""

import numpy as np
from numpy.typing import NDArray

from limner.mask import Mask
from limner.refine import each_object

Flags = NDArray[np.bool_]


def filled(inside: Flags, *, by_slice: bool = True, largest: int | None = None) -> Flags:
    """The mask with its holes: background that no path over sides leads out of.

    inside     bool (slices, rows, columns)
    by_slice   a hole is closed within its slice; False: it must be closed in space
    largest    voxels of the largest hole that is filled; None fills them all

    What touches the border of the slice is open. No voxel is removed, and filling twice
    changes nothing more.
    """
    from scipy import ndimage

    reach = ndimage.generate_binary_structure(3, 1)
    if by_slice:
        reach[[0, 2]] = False
    labels, count = ndimage.label(~inside, reach)
    if count == 0:
        return inside.copy()
    closed = np.ones(count + 1, bool)
    closed[0] = False
    for axis in range(1 if by_slice or inside.shape[0] == 1 else 0, 3):
        for side in (0, -1):
            closed[np.unique(np.take(labels, side, axis))] = False
    if largest is not None:
        closed &= np.bincount(labels.ravel(), minlength=count + 1) <= largest
    return np.asarray(inside | closed[labels])


def holes(mask: Mask, *, by_slice: bool = True, largest: int | None = None) -> Mask:
    """Every object with its holes filled; another object that lies in one keeps its voxels."""
    return each_object(mask, lambda inside: filled(inside, by_slice=by_slice, largest=largest))
