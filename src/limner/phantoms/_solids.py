"""Bodies in three dimensions: ellipsoids known exactly, and the block of voxels they fill."""

from dataclasses import dataclass, field
from functools import cached_property
from math import pi

import numpy as np
from numpy.typing import ArrayLike, NDArray

from limner.grid import Grid, Vector

Flags = NDArray[np.bool_]
Floats = NDArray[np.float32]
Span = tuple[slice, slice, slice]
EVERYWHERE = (slice(None), slice(None), slice(None))

KNOTS = 7  # bends of the wandering of borders, over `REACH_MM`
REACH_MM = 700.0  # wider than any body


@dataclass(frozen=True)
class Ellipsoid:
    """A solid whose volume and whose chord along any ray are known in closed form.

    at_mm    centre, LPS
    half_mm  half axes before turning: to the left, to the back, to the head
    turn     about the head axis, radians
    tilt     about the back axis, radians, after the turn
    """

    at_mm: Vector
    half_mm: Vector
    turn: float = 0.0
    tilt: float = 0.0

    @property
    def volume_ml(self) -> float:
        """Four thirds pi times the half axes."""
        return 4 / 3 * pi * float(np.prod(self.half_mm)) / 1000

    @cached_property
    def form(self) -> NDArray[np.float64]:
        """(3, 3) matrix of the quadratic form that is 1 on the border."""
        turned = np.array(
            [
                [np.cos(self.turn), -np.sin(self.turn), 0],
                [np.sin(self.turn), np.cos(self.turn), 0],
                [0, 0, 1],
            ]
        )
        tilted = np.array(
            [
                [np.cos(self.tilt), 0, -np.sin(self.tilt)],
                [0, 1, 0],
                [np.sin(self.tilt), 0, np.cos(self.tilt)],
            ]
        )
        axes = tilted @ turned
        return np.asarray(axes @ np.diag(np.array(self.half_mm) ** -2.0) @ axes.T)

    def path_mm(self, start_mm: ArrayLike, end_mm: ArrayLike) -> NDArray[np.float64]:
        """The length inside of rays (..., 3) that run through both places and on."""
        start, along = np.asarray(start_mm, float), np.subtract(end_mm, start_mm)
        along = along / np.linalg.norm(along, axis=-1, keepdims=True)
        away = start - self.at_mm
        square = np.einsum("...i,ij,...j->...", along, self.form, along)
        mixed = np.einsum("...i,ij,...j->...", along, self.form, away)
        rest = np.einsum("...i,ij,...j->...", away, self.form, away) - 1
        return np.asarray(2 * np.sqrt(np.maximum(mixed**2 - square * rest, 0)) / square)


@dataclass(eq=False)
class Block:
    """Voxels that solids are put into, one after another; the later cover the earlier.

    grid     axes along the body's own (slices to the head, rows to the back, columns left)
    rng      where borders wander; drawn from before anything else, whatever the grid
    looks    numbers into `tissues`, 0 is air
    labels   numbers into `names`, 0 is nothing to be outlined
    """

    grid: Grid
    rng: np.random.Generator
    tissues: list[str] = field(default_factory=lambda: ["air"])
    names: list[str] = field(default_factory=lambda: [""])

    def __post_init__(self) -> None:
        self.looks = np.zeros(self.grid.shape, np.uint8)
        self.labels = np.zeros(self.grid.shape, np.uint8)
        slices, rows, columns = self.grid.shape
        left, back, head = self.grid.origin_mm
        up, deep, wide = self.grid.spacing_mm
        self.x = (left + wide * np.arange(columns, dtype=np.float32))[None, None, :]
        self.y = (back + deep * np.arange(rows, dtype=np.float32))[None, :, None]
        self.z = (head + up * np.arange(slices, dtype=np.float32))[:, None, None]
        self.wander = self._wander()

    def _wander(self) -> Floats:
        """Smooth noise of mean 0 and sd about 1 at every voxel, the same wherever the grid lies."""
        knots = self.rng.standard_normal((KNOTS + 3,) * 3, np.float32)
        waves = [_cubic(axis.ravel()) for axis in (self.z, self.y, self.x)]
        field = np.tensordot(waves[0], knots, axes=1)
        field = np.einsum("yb,zbc->zyc", waves[1], field, optimize=True)
        return np.asarray(field @ waves[2].T / 0.33, np.float32)

    def square(self, solid: Ellipsoid, span: Span = EVERYWHERE) -> Floats:
        """The quadratic form of a solid at the voxels of a span: 0 amid it, 1 on its border."""
        form = solid.form.astype(np.float32)
        left, back, head = (np.float32(at) for at in solid.at_mm)
        x = self.x[:, :, span[2]] - left
        y = self.y[:, span[1]] - back
        z = self.z[span[0]] - head
        flat = form[0, 0] * x * x + form[1, 1] * y * y + 2 * form[0, 1] * x * y
        out = flat + (form[2, 2] * z * z + 2 * form[0, 2] * x * z)
        if form[1, 2]:
            out += 2 * form[1, 2] * y * z
        return np.asarray(out, np.float32)

    def inside(self, solid: Ellipsoid, *, rough: float = 0.0) -> Flags:
        """The voxels whose centres lie in a solid; its border wanders by the share `rough`."""
        span = self._span(solid, 1 + 4 * rough)
        border: Floats | float = 1.0
        if rough:
            border = np.square(np.maximum(1 + np.float32(rough) * self.wander[span], 0))
        where = np.zeros(self.grid.shape, bool)
        where[span] = self.square(solid, span) < border
        return where

    def _span(self, solid: Ellipsoid, share: float) -> Span:
        """The voxels that a solid, grown by a share, can reach."""
        reach = np.sqrt(np.diag(np.linalg.inv(solid.form)))[::-1] * share
        middle = self.grid.index_at(solid.at_mm)
        steps = np.array(self.grid.spacing_mm)
        low = np.maximum(np.floor(middle - reach / steps), 0).astype(int).tolist()
        high = np.maximum(np.ceil(middle + reach / steps) + 1, 0).astype(int).tolist()
        return (slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2]))

    def put(self, where: Flags, tissue: str, *, name: str = "") -> None:
        """Cover voxels with a tissue; one without a name keeps the labels below."""
        if tissue not in self.tissues:
            self.tissues.append(tissue)
        np.putmask(self.looks, where, self.tissues.index(tissue))
        if name:
            if name not in self.names:
                self.names.append(name)
            np.putmask(self.labels, where, self.names.index(name))

    def branches(self, start_mm: Vector, within: Flags, tissue: str, *, count: int) -> None:
        """Thin unnamed vessels that wander out from a place and are seen inside `within`."""
        steps, pace_mm = 40, 3.0
        heading = self.rng.standard_normal((count, 3))
        bends = self.rng.standard_normal((steps, count, 3)) * 0.35
        heading = heading + np.cumsum(bends, axis=0)
        heading /= np.linalg.norm(heading, axis=-1, keepdims=True)
        places = np.cumsum(heading * pace_mm, axis=0) + start_mm
        index = np.rint(self.grid.index_at(places.reshape(-1, 3))).astype(int)
        index = index[((index >= 0) & (index < self.grid.shape)).all(axis=1)]
        where = np.zeros(self.grid.shape, bool)
        where[tuple(index.T)] = True
        self.put(where & within, tissue)


def _cubic(places_mm: Floats) -> Floats:
    """(n, knots + 3) weights of cubic B-splines at places along one axis of the body."""
    at = (places_mm / REACH_MM + 0.5) * KNOTS
    far = np.abs(at[:, None] - np.arange(-1, KNOTS + 2)[None, :])
    near = 2 / 3 - far**2 + far**3 / 2
    tail = np.where(far < 2, (2 - np.minimum(far, 2)) ** 3 / 6, 0)
    return np.asarray(np.where(far < 1, near, tail), np.float32)
