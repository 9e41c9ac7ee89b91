"""Remove small parts."""

import numpy as np
from numpy.typing import NDArray

from limner.mask import Mask
from limner.refine import each_object

Flags = NDArray[np.bool_]


def cleaned(inside: Flags, *, least: int) -> Flags:
    """The mask without connected parts of fewer than `least` voxels; the largest always stays.

    inside   bool (slices, rows, columns)

    Parts are connected by sides, edges and corners; of equally large ones the first in
    array order stays. No voxel is added, and cleaning twice changes nothing more.
    """
    from scipy import ndimage

    labels, count = ndimage.label(inside, np.ones((3, 3, 3)))
    if count < 2:
        return inside.copy()
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    kept = sizes >= max(least, 1)
    kept[sizes.argmax()] = True
    return np.asarray(kept[labels])


def specks(mask: Mask, *, least: int) -> Mask:
    """Every object without its parts of fewer than `least` voxels; never without all of them."""
    return each_object(mask, lambda inside: cleaned(inside, least=least))
