"""Round off what is smaller than a given size."""

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue
from limner.mask import Mask
from limner.refine import each_object

Flags = NDArray[np.bool_]


def smoothed(inside: Flags, spacing_mm: tuple[float, float, float], *, sigma_mm: float) -> Flags:
    """The voxels that are more inside than outside after a Gaussian blur.

    inside       bool (slices, rows, columns); an object on one slice is blurred within it
    spacing_mm   of those axes
    sigma_mm     standard deviation of the blur; 0 changes nothing

    A straight face stays where it is, whatever the sigma; what lies outside the array is
    like the voxel at its border. An object too thin to survive is returned as it is.
    Raises BadValue for a sigma below zero.
    """
    from scipy import ndimage

    if not 0 <= sigma_mm < float("inf"):
        raise BadValue(f"The smoothing is {sigma_mm} mm. Give zero or more.")
    held = np.flatnonzero(inside.any(axis=(1, 2)))
    if sigma_mm == 0 or not len(held):
        return inside.copy()
    sigma = sigma_mm / np.array(spacing_mm)
    if len(held) == 1:
        sigma[0] = 0.0
    blurred = ndimage.gaussian_filter(inside.astype(np.float32), sigma, mode="nearest")
    rounded = np.asarray(blurred > 0.5)
    return rounded if rounded.any() else inside.copy()


def smooth(mask: Mask, *, sigma_mm: float = 1.0) -> Mask:
    """Every object rounded off at about `sigma_mm`; pixels where the picture has no size."""
    spacing = mask.grid.spacing_mm
    return each_object(mask, lambda inside: smoothed(inside, spacing, sigma_mm=sigma_mm))
