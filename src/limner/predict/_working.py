"""A block of an image at a small working size, prompts marked in it, and answers brought back.

Methods without weights look at every voxel several times, so they look at blocks of voxels:
at most 176 along a side on a slice and 72 in a volume, about as long as wide in mm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from limner.grid import Grid, Shape
from limner.image import Image, Window
from limner.prompt import Prompt, draw
from limner.prompt.box import Box
from limner.prompt.lasso import Lasso
from limner.prompt.prior import Prior
from limner.prompt.stroke import Stroke
from limner.resample import between, carried

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

FLAT_SIDE = 176  # working voxels along the longest side of one slice
DEEP_SIDE = 72  # the same in a volume


@dataclass(frozen=True)
class Working:
    """Which voxels are looked at, and how many of them make one working voxel.

    low, high   the block of the image, half open
    factors     voxels averaged along each axis; the last block may be smaller
    """

    grid: Grid
    low: Shape
    high: Shape
    factors: Shape

    @classmethod
    def of(cls, grid: Grid, low: Shape, high: Shape) -> "Working":
        """The block, shrunk to the working size."""
        spacing = np.array(grid.spacing_mm)
        sizes = np.subtract(high, low)
        most = FLAT_SIDE if sizes[0] == 1 else DEEP_SIDE
        step = max(float((sizes * spacing)[sizes > 1].max(initial=0)) / most, float(spacing.min()))
        factors = np.clip(np.ceil(step / spacing - 1e-6), 1, sizes).astype(int)
        while (-(-sizes // factors) > most).any():
            factors = np.where(-(-sizes // factors) > most, factors + 1, factors)
        a, b, c = factors.tolist()
        return cls(grid, low, high, (a, b, c))

    @property
    def shape(self) -> Shape:
        """Working voxels (slices, rows, columns)."""
        a, b, c = (
            -(-(h - low) // f) for low, h, f in zip(self.low, self.high, self.factors, strict=True)
        )
        return a, b, c

    @property
    def spacing_mm(self) -> NDArray[np.float64]:
        """Of the working voxels."""
        return np.array(self.grid.spacing_mm) * self.factors

    def samples(self, image: Image, window: Window, *, time: int) -> Floats:
        """(slices, rows, columns, channels) in 0..1: the means of the blocks."""
        thick = self.factors[0]
        slabs = []
        for first in range(self.low[0], self.high[0], thick):
            last = min(first + thick, self.high[0])
            block = image.block((first, *self.low[1:]), (last, *self.high[1:]), time=time)
            shown = window.apply(block).mean(axis=0)
            spare = -np.array(shown.shape[:2]) % self.factors[1:]
            shown = np.pad(shown, ((0, spare[0]), (0, spare[1]), (0, 0)), mode="edge")
            _, rows, columns = self.shape
            split = (rows, self.factors[1], columns, self.factors[2], -1)
            slabs.append(shown.reshape(split).mean(axis=(1, 3)))
        return np.stack(slabs)

    def at(self, places_mm: Sequence[tuple[float, float, float]]) -> NDArray[np.float64]:
        """(n, 3) fractional working index of positions."""
        index = self.grid.index_at(places_mm)
        return np.asarray((index - self.low + 0.5) / self.factors - 0.5)

    def levels(self, probability: Floats) -> NDArray[np.uint8]:
        """uint8 (slices, rows, columns) of the image's own voxels in the block."""
        answer = probability
        for axis in range(3):
            count = self.high[axis] - self.low[axis]
            at = (np.arange(count) + 0.5) / self.factors[axis] - 0.5
            answer = between(answer, at, axis=axis)
        return np.rint(np.clip(answer, 0, 1) * 255).astype(np.uint8)


def marked(prompt: Prompt, working: Working) -> Bools:
    """Where a click or a stroke is: the working voxels that it goes through."""
    flags = np.zeros(working.shape, bool)
    points = working.at(prompt.places_mm)
    if isinstance(prompt, Stroke) and len(points) > 1:
        steps = [
            start
            + np.linspace(0, 1, int(np.ceil(np.abs(end - start).max() * 2)) + 1)[:, None]
            * (end - start)
            for start, end in pairwise(points)
        ]
        points = np.concatenate(steps)
    last = np.array(working.shape) - 1
    flags[tuple(np.clip(np.rint(points), 0, last).astype(int).T)] = True
    return flags


def enclosed(prompt: Prompt, working: Working) -> Bools:
    """What a box or a lasso encloses; at least the voxel in its middle."""
    flags = np.zeros(working.shape, bool)
    if isinstance(prompt, Box):
        corners = working.at(prompt.corners_mm)
        low, high = corners.min(axis=0), corners.max(axis=0)
        first = np.clip(np.ceil(low - 1e-6), 0, np.array(working.shape) - 1).astype(int)
        last = np.clip(np.ceil(high - 1e-6), first + 1, working.shape).astype(int)
        flags[first[0] : last[0], first[1] : last[1], first[2] : last[2]] = True
    elif isinstance(prompt, Lasso):
        loop = working.at(prompt.loop_mm)
        number = int(np.clip(np.rint(loop[:, 0].mean()), 0, working.shape[0] - 1))
        flags[number] = draw.polygon(working.shape[1:], loop[:, 1:]) > 0
    if not flags.any():
        middle = working.at(prompt.places_mm).mean(axis=0)
        flags[tuple(np.clip(np.rint(middle), 0, np.array(working.shape) - 1).astype(int))] = True
    return flags


def ellipsoid(box: Box, working: Working) -> Floats:
    """How far each voxel is from the middle of a box: 1 on the ellipsoid that touches it."""
    corners = working.at(box.corners_mm)
    low, high = corners.min(axis=0), corners.max(axis=0)
    flat = working.shape[0] == 1 or (high - low)[0] <= 1 + 1e-6
    total = np.zeros(working.shape, np.float32)
    for axis in range(3):
        if axis == 0 and flat:
            continue
        ticks = np.arange(working.shape[axis]) - (low[axis] + high[axis]) / 2
        shape = [1, 1, 1]
        shape[axis] = -1
        total = total + ((ticks / max((high - low)[axis] / 2, 0.5)) ** 2).reshape(shape)
    return np.asarray(np.sqrt(total), np.float32)


def prior_on(prior: Prior, working: Working) -> Floats:
    """A prior in 0..1 at the working size."""

    grid = working.grid.crop(working.low, working.high).resized(working.shape)
    return np.asarray(carried(prior.flags().astype(np.float32), prior.grid, grid), np.float32)
