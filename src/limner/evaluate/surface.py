"""How far two boundaries lie apart, measured once and used by every surface metric.

Two conventions are in use, and they give different numbers for the same masks:

surfels   The boundary is cut into surface elements, one in every cell between 2 x 2 (x 2)
          voxel centres that holds some of it, placed at the middle of the cell and weighted
          by its area (in the plane, its length). The package surface-distance and the
          challenges that use it; MONAI's surface Dice with `use_subvoxels`. Ours, unless
          another is asked for.
voxels    The boundary is the voxels of the mask with a face neighbour outside, at their
          centres, all of one weight. MONAI's Hausdorff and average distances.

What lies outside the array is outside the mask: an object that touches the border has a
boundary there.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.evaluate.surfels import areas_mm2, lengths_mm

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]

SLAB = 2**23  # voxels looked at together: bounds the memory to some tens of MB


@dataclass(frozen=True, eq=False)
class Distances:
    """From every element of one boundary to the nearest of the other, sorted.

    apart_mm   (n,) distances, rising; all infinite where the other mask is empty
    weight     (n,) what each element counts: mm2 in space, mm in the plane, or 1
    """

    apart_mm: Numbers
    weight: Numbers

    def within(self, tolerance_mm: float) -> float:
        """The weight of the elements that are at most `tolerance_mm` away."""
        return float(self.weight[self.apart_mm <= tolerance_mm].sum())

    def percentile_mm(self, percent: float) -> float:
        """The least distance within which `percent` of the boundary lies; it must not be empty."""
        share = np.cumsum(self.weight) / self.weight.sum()
        place = int(np.searchsorted(share, percent / 100))
        return float(self.apart_mm[min(place, len(share) - 1)])


def surfel_distances(
    predicted: Flags, reference: Flags, spacing_mm: tuple[float, ...]
) -> tuple[Distances, Distances]:
    """From the predicted boundary to the reference and back, by surface elements.

    predicted, reference   bool, of one shape, two or three axes; `spacing_mm` as many
    """
    one, other = _surfels(predicted, spacing_mm), _surfels(reference, spacing_mm)
    return _between(one, other, spacing_mm), _between(other, one, spacing_mm)


def voxel_distances(
    predicted: Flags, reference: Flags, spacing_mm: tuple[float, ...]
) -> tuple[Distances, Distances]:
    """From the predicted boundary to the reference and back, by voxels of weight 1."""
    one, other = _voxels(predicted), _voxels(reference)
    return _between(one, other, spacing_mm), _between(other, one, spacing_mm)


@dataclass(frozen=True, eq=False)
class _Boundary:
    """Where the elements lie, as indices (n, axes) and as numbers (n,), and their weights."""

    index: NDArray[np.int64]
    key: NDArray[np.int64]
    weight: Numbers


def _surfels(mask: Flags, spacing_mm: tuple[float, ...]) -> _Boundary:
    """Cells are counted so that cell i lies between the voxels i - 1 and i."""
    shape = tuple(n + 1 for n in mask.shape)
    if mask.ndim == 3:
        table = areas_mm2((spacing_mm[0], spacing_mm[1], spacing_mm[2]))
    else:
        table = lengths_mm((spacing_mm[0], spacing_mm[1]))
    keys, codes = [], []
    for first, code in _cells(mask):
        found = np.flatnonzero((code != 0) & (code != len(table) - 1))
        codes.append(code.ravel()[found])
        keys.append(found + first * int(np.prod(shape[1:])))
    key = np.concatenate(keys)
    index = np.stack(np.unravel_index(key, shape), axis=1)
    return _Boundary(index, key, table[np.concatenate(codes)])


def _cells(mask: Flags) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """The codes of all cells, some layers at a time: the first layer's number and the codes."""
    layers = max(1, SLAB // int(np.prod([n + 2 for n in mask.shape[1:]])))
    total = mask.shape[0]
    for first in range(0, total + 1, layers):
        last = min(first + layers, total + 1)
        code = np.zeros((last - first + 1, *(n + 2 for n in mask.shape[1:])), np.uint8)
        low, high = max(first - 1, 0), min(last, total)
        core = (slice(1, -1),) * (mask.ndim - 1)
        code[(slice(low - first + 1, high - first + 1), *core)] = mask[low:high]
        for turn, axis in enumerate(reversed(range(mask.ndim))):
            before = np.take(code, range(code.shape[axis] - 1), axis)
            after = np.take(code, range(1, code.shape[axis]), axis)
            code = before | after << (1 << turn)
        yield first, code


def _voxels(mask: Flags) -> _Boundary:
    from scipy import ndimage

    edge = mask & ~ndimage.binary_erosion(mask)
    key = np.flatnonzero(edge)
    index = np.stack(np.unravel_index(key, mask.shape), axis=1)
    return _Boundary(index, key, np.ones(len(key)))


def _between(one: _Boundary, other: _Boundary, spacing_mm: tuple[float, ...]) -> Distances:
    """Exact Euclidean distances; what both boundaries share is 0 without being looked up."""
    from scipy.spatial import KDTree

    apart = np.zeros(len(one.key))
    if len(other.key) == 0:
        apart[:] = np.inf
    else:
        away = ~np.isin(one.key, other.key, assume_unique=True)
        if away.any():
            tree = KDTree(other.index * np.array(spacing_mm), leafsize=32, balanced_tree=False)
            apart[away] = tree.query(one.index[away] * np.array(spacing_mm))[0]
    order = np.argsort(apart, kind="stable")
    return Distances(apart[order], one.weight[order])
