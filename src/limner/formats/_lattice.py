"""A mask that lies on the voxels of its scan, put onto the scan's own grid.

Other programs crop a mask to its objects, or store its axes in another order or direction.
Nothing is resampled here: where the voxels of the two do not coincide, the mask stays.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.formats._record import SAME
from limner.grid import Grid, Shape
from limner.mask import Mask, Soft

WHOLE = 0.02  # voxels: half of it at each end of the longest axis would still be nobody's doubt


def fitted(mask: Mask, grid: Grid) -> Mask:
    """The mask on `grid` where every voxel of it is one of that grid's; else unchanged.

    What lies outside `grid` is cut off only where nothing is drawn there.
    """
    own = replace(mask.grid, frame=grid.frame, scale=grid.scale, placed=grid.placed)
    if own.matches(grid, tolerance=SAME):
        return replace(mask, grid=grid)
    turn = _turn(own, grid)
    if turn is None:
        return mask
    order, flips = turn
    turned = own.turned(order, flips)
    low = np.rint(grid.index_at(turned.origin_mm)).astype(int)
    spans = [_span(a, n, m) for a, n, m in zip(low, turned.shape, grid.shape, strict=True)]
    layers = []
    for layer in mask.layers:
        moved = _moved(layer, order, flips)
        kept = moved[:, *(inside for inside, _ in spans)]
        if np.count_nonzero(kept) < np.count_nonzero(moved):
            return mask
        full = np.zeros((mask.times, *grid.shape), layer.dtype)
        full[:, *(place for _, place in spans)] = kept
        layers.append(full)
    objects = mask.objects
    if any(each.slices for each in objects) and (order[0] != 0 or flips[0] or low[0]):
        objects = tuple(replace(each, slices=()) for each in objects)
    soft = () if mask.grid.shape != grid.shape else _soft(mask, order, flips)
    return replace(mask, grid=grid, layers=tuple(layers), objects=objects, soft=soft)


def _turn(own: Grid, grid: Grid) -> tuple[Shape, tuple[bool, bool, bool]] | None:
    """How to turn `own` so that its axes run as those of `grid`; None where they cannot."""
    steps = np.array(own.steps_mm) @ np.linalg.inv(np.array(grid.steps_mm))
    whole = np.rint(steps)
    reach = WHOLE / max(own.shape)
    square = np.abs(whole).sum(axis=0).tolist() == [1, 1, 1] == np.abs(whole).sum(axis=1).tolist()
    if not square or np.abs(steps - whole).max() > reach:
        return None
    start = grid.index_at(own.origin_mm)
    if np.abs(start - np.rint(start)).max() > WHOLE:
        return None
    first, second, third = np.abs(whole).argmax(axis=0).tolist()
    order = (first, second, third)
    a, b, c = (bool(whole[old, new] < 0) for new, old in enumerate(order))
    return order, (a, b, c)


def _moved(layer: NDArray[Any], order: Shape, flips: tuple[bool, bool, bool]) -> NDArray[Any]:
    """The array (times, slices, rows, columns) with its last three axes turned: a view."""
    turned = layer.transpose(0, *(axis + 1 for axis in order))
    return turned[:, *(slice(None, None, -1 if flip else 1) for flip in flips)]


def _soft(mask: Mask, order: Shape, flips: tuple[bool, bool, bool]) -> tuple[Soft, ...]:
    return tuple(
        replace(
            each,
            low=(0, 0, 0),
            levels=_moved(each.within(mask.grid.shape)[None], order, flips)[0],
        )
        for each in mask.soft
    )


def _span(low: int, length: int, full: int) -> tuple[slice, slice]:
    """Which part of an axis lies inside the full one, and where it goes there."""
    first, last = max(low, 0), max(min(low + length, full), low, 0)
    return slice(first - low, last - low), slice(first, last)
