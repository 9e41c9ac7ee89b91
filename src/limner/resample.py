"""Samples and masks carried from one grid to another."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.grid import Grid, Shape
from limner.image import ArrayPixels, Image
from limner.mask import Mask

ALIGNED = 1e-6  # an off-diagonal term below this share of a voxel moves nothing


def onto(image: Image, grid: Grid, *, order: int = 1, outside: float = 0.0) -> Image:
    """The image on another grid: linear (order 1) or nearest (order 0) interpolation.

    Samples come back as float32 for order 1 and in their own type for order 0; what lies
    outside the image is `outside`. Only the block that the new grid covers is read. No
    smoothing is done before shrinking: use `resized` grids of at most half the size, or
    average yourself. The source keeps what does not depend on slices.
    """
    times = [
        samples_onto(image, grid, order=order, outside=outside, time=time)
        for time in range(image.times)
    ]
    source = replace(image.source, slices=(), regions=())
    return Image(ArrayPixels(np.stack(times)), grid, image.unit, image.times_s, source)


def samples_onto(
    image: Image, grid: Grid, *, order: int = 1, outside: float = 0.0, time: int = 0
) -> NDArray[Any]:
    """(slices, rows, columns, channels) of one time on another grid; see `onto`."""
    low, high = _covered(image.grid, grid)
    kind = np.float32 if order else image.pixels.dtype
    if any(a >= b for a, b in zip(low, high, strict=True)):
        return np.full((*grid.shape, image.channels), outside, kind)
    block = image.block(low, high, time=time)
    part = image.grid.crop(low, high)
    return carried(block.astype(kind, copy=False), part, grid, order=order, outside=outside)


def carried(
    samples: NDArray[Any], grid: Grid, target: Grid, *, order: int = 1, outside: float = 0.0
) -> NDArray[Any]:
    """Samples (slices, rows, columns[, channels]) on `grid` as they are on `target`."""
    from scipy.ndimage import affine_transform

    matrix, offset = _mapping(grid, target)
    planes = samples[..., None] if samples.ndim == 3 else samples
    answer = np.empty((*target.shape, planes.shape[3]), planes.dtype)
    straight = np.abs(matrix - np.diag(np.diag(matrix))).max() < ALIGNED
    how = np.diag(matrix) if straight else matrix  # a diagonal one is several times quicker
    for channel in range(planes.shape[3]):
        affine_transform(
            planes[..., channel],
            how,
            offset=offset,
            output_shape=target.shape,
            output=answer[..., channel],
            order=order,
            mode="grid-constant",
            cval=outside,
        )
    return answer[..., 0] if samples.ndim == 3 else answer


def between(
    samples: NDArray[np.float32], at: NDArray[np.float64], *, axis: int
) -> NDArray[np.float32]:
    """Samples interpolated linearly along an axis; beyond the first and last they stay."""
    last = samples.shape[axis] - 1
    kept = np.clip(at, 0, last)
    below = np.minimum(kept.astype(np.int64), max(last - 1, 0))
    shape = [1] * samples.ndim
    shape[axis] = len(at)
    share = (kept - below).astype(np.float32).reshape(shape)
    under = samples.take(below, axis=axis)
    over = samples.take(np.minimum(below + 1, last), axis=axis)
    over -= under
    over *= share
    over += under
    return np.asarray(over, np.float32)


def mask_onto(mask: Mask, grid: Grid) -> Mask:
    """The mask on another grid, nearest voxel; objects, classes and ids stay.

    `Object.slices` are counted in the old grid: carry a mask only between grids that share
    their slices when objects were answered on some of them.
    """
    if mask.grid.matches(grid):
        return replace(mask, grid=grid)
    layers = tuple(
        np.stack([carried(layer[time], mask.grid, grid, order=0) for time in range(mask.times)])
        for layer in mask.layers
    )
    return replace(mask, grid=grid, layers=layers, soft=())


def _mapping(grid: Grid, target: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What takes an index of `target` to one of `grid`: index @ matrix.T + offset."""
    offset = grid.index_at(target.position_mm((0, 0, 0)))
    matrix = np.array(target.steps_mm) @ np.linalg.inv(np.array(grid.steps_mm))
    return matrix.T, offset


def _covered(grid: Grid, target: Grid) -> tuple[Shape, Shape]:
    """The block of `grid` that voxels of `target` can draw from, one voxel wider."""
    index = grid.index_at(target.corners_mm())
    low = np.clip(np.floor(index.min(axis=0)).astype(int) - 1, 0, grid.shape)
    high = np.clip(np.ceil(index.max(axis=0)).astype(int) + 2, 0, grid.shape)
    (a, b, c), (d, e, f) = low.tolist(), high.tolist()
    return (a, b, c), (d, e, f)
