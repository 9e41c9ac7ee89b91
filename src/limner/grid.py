"""Where voxels lie in the patient."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from limner.errors import BadValue, Uncalibrated

Vector = tuple[float, float, float]
Shape = tuple[int, int, int]
Scale = Literal["patient", "detector", "ruler", "none"]

FLAT = 1e-6  # determinant of the unit steps below which they do not span space
SHEARED = 1e-4  # cosine between two axes above which a format without shear cannot hold them


@dataclass(frozen=True)
class Grid:
    """A lattice of voxels in the patient. Axes are in array order, positions are LPS, mm.

    shape       voxels along each axis (slices, rows, columns); one slice for a flat picture
    origin_mm   position of the centre of voxel (0, 0, 0)
    steps_mm    what one step along each axis adds to the position: three vectors
    frame       DICOM Frame of Reference UID; "" where the file names none
    placed      whether the position is one in a patient; False for a picture or a radiograph
    scale       what a millimetre is: "patient", "detector" (a radiograph's detector plane),
                "ruler" (calibrated by a marker in the picture) or "none" (a PNG: its "mm"
                are pixels, and nothing may be reported in mm or mL)

    The steps may be sheared (gantry tilt); they must span space and be finite. Raises
    BadValue where they do not, or where an axis holds no voxel.
    """

    shape: Shape
    origin_mm: Vector = (0.0, 0.0, 0.0)
    steps_mm: tuple[Vector, Vector, Vector] = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
    frame: str = ""
    placed: bool = True
    scale: Scale = "patient"

    def __post_init__(self) -> None:
        """Store plain numbers, so that equality and hash are those of the content."""
        slices, rows, columns = (int(n) for n in self.shape)
        object.__setattr__(self, "shape", (slices, rows, columns))
        object.__setattr__(self, "origin_mm", vector(self.origin_mm))
        first, second, third = self.steps_mm
        object.__setattr__(self, "steps_mm", (vector(first), vector(second), vector(third)))
        if min(self.shape) < 1:
            raise BadValue(f"A grid needs a voxel on every axis, but its shape is {self.shape}.")
        if self.scale not in get_args(Scale):
            raise BadValue(
                f"The scale of a grid is '{self.scale}'. Give one of: {', '.join(get_args(Scale))}."
            )
        steps = np.array(self.steps_mm)
        if not (np.isfinite(steps).all() and np.isfinite(self.origin_mm).all()):
            raise BadValue(
                f"A grid needs finite numbers, but has steps {self.steps_mm} mm "
                f"and origin {self.origin_mm} mm. Repair the file's geometry first."
            )
        sizes = np.linalg.norm(steps, axis=1)
        if (sizes <= 0).any() or abs(np.linalg.det(steps / sizes[:, None])) < FLAT:
            raise BadValue(
                f"The steps of a grid must span space, but they are {self.steps_mm} mm. "
                "Give a spacing above zero on every axis."
            )

    @classmethod
    def picture(cls, rows: int, columns: int, *, slices: int = 1) -> "Grid":
        """The grid of a picture without a size: one "mm" is one pixel, and it is not placed."""
        return cls((slices, rows, columns), placed=False, scale="none")

    def to_json(self) -> dict[str, Any]:
        """Its fields, with lists for tuples."""
        return {
            "shape": list(self.shape),
            "origin_mm": list(self.origin_mm),
            "steps_mm": [list(step) for step in self.steps_mm],
            "frame": self.frame,
            "placed": self.placed,
            "scale": self.scale,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Grid":
        """The inverse of `to_json`. Raises BadValue for what is no grid."""
        try:
            return cls(**told)
        except TypeError as error:
            raise BadValue(f"This is no grid: {error}. It has: {', '.join(told)}.") from error

    @property
    def spacing_mm(self) -> Vector:
        """Distance between neighbours along each axis (slices, rows, columns), mm."""
        return vector(np.linalg.norm(np.array(self.steps_mm), axis=1))

    @property
    def voxel_mm3(self) -> float:
        """The volume of one voxel, mm3; right for sheared grids too."""
        return float(abs(np.linalg.det(np.array(self.steps_mm))))

    @property
    def sheared(self) -> bool:
        """Whether two axes are not at right angles to each other."""
        unit = np.array(self.steps_mm) / np.array(self.spacing_mm)[:, None]
        return bool(np.abs(unit @ unit.T - np.eye(3)).max() > SHEARED)

    @property
    def normal(self) -> Vector:
        """Unit vector across the slices' plane, on the side towards which slices are counted."""
        across = np.cross(self.steps_mm[1], self.steps_mm[2])
        across = across / np.linalg.norm(across)
        return vector(across if across @ np.array(self.steps_mm[0]) > 0 else -across)

    def position_mm(self, index: ArrayLike) -> NDArray[np.float64]:
        """(..., 3) indices to (..., 3) positions, mm. Fractional indices are welcome.

        >>> Grid((1, 4, 4), origin_mm=(10, 0, 0)).position_mm((0, 2, 1)).tolist()
        [11.0, 2.0, 0.0]
        """
        offset = np.matmul(np.asarray(index, float), np.array(self.steps_mm))
        return np.asarray(offset + self.origin_mm, float)

    def index_at(self, position_mm: ArrayLike) -> NDArray[np.float64]:
        """The inverse of `position_mm`: fractional, and not kept inside the grid."""
        offset = np.subtract(position_mm, self.origin_mm)
        return np.asarray(offset @ np.linalg.inv(np.array(self.steps_mm)), float)

    def contains(self, position_mm: ArrayLike) -> NDArray[np.bool_]:
        """(..., 3) positions to (...): whether each lies within the outer faces of the grid."""
        index = self.index_at(position_mm)
        inside = (index >= -0.5) & (index < np.array(self.shape) - 0.5)
        return np.asarray(inside.all(axis=-1))

    def crop(self, low: Shape, high: Shape) -> "Grid":
        """The voxels `low <= index < high`, each where it was. It may leave the grid.

        Raises BadValue when a side is empty.
        """
        slices, rows, columns = (b - a for a, b in zip(low, high, strict=True))
        origin = vector(self.position_mm(low))
        return replace(self, shape=(slices, rows, columns), origin_mm=origin)

    def slice_at(self, number: int) -> "Grid":
        """The grid of one slice, counted from 0."""
        _, rows, columns = self.shape
        return self.crop((number, 0, 0), (number + 1, rows, columns))

    def resized(self, shape: Shape) -> "Grid":
        """The same block of space cut into `shape` voxels: its outer faces stay."""
        scale = np.array(self.shape) / np.array(shape)
        first, second, third = scale[:, None] * np.array(self.steps_mm)
        origin = vector(self.position_mm((scale - 1) / 2))
        steps = (vector(first), vector(second), vector(third))
        return replace(self, shape=shape, origin_mm=origin, steps_mm=steps)

    def turned(self, order: Shape, flips: tuple[bool, bool, bool]) -> "Grid":
        """The same voxels with axes in another order, and some counted from the other end.

        `order` names the old axis of each new one, as numpy.transpose takes it; `flips`
        are along the new axes. Every voxel keeps its position.
        """
        shape = tuple(self.shape[axis] for axis in order)
        steps = [np.array(self.steps_mm[axis]) for axis in order]
        origin = np.array(self.origin_mm)
        for axis, flip in enumerate(flips):
            if flip:
                origin = origin + steps[axis] * (shape[axis] - 1)
                steps[axis] = -steps[axis]
        first, second, third = (vector(step) for step in steps)
        slices, rows, columns = shape
        return replace(
            self,
            shape=(slices, rows, columns),
            origin_mm=vector(origin),
            steps_mm=(first, second, third),
        )

    def corners_mm(self) -> NDArray[np.float64]:
        """(8, 3): the positions of the centres of the corner voxels."""
        return self.position_mm(list(product(*((0, n - 1) for n in self.shape))))

    def apart(self, other: "Grid") -> float:
        """How far the corner that moved most lies from its twin, in smallest steps.

        Infinite where the shapes, the frames (if both are named) or the scales differ.
        """
        strangers = self.frame and other.frame and self.frame != other.frame
        if strangers or self.shape != other.shape or self.scale != other.scale:
            return float("inf")
        moved = np.linalg.norm(self.corners_mm() - other.corners_mm(), axis=1).max()
        return float(moved / min(*self.spacing_mm, *other.spacing_mm))

    def matches(self, other: "Grid", *, tolerance: float = 1e-3) -> bool:
        """Whether the voxels coincide: no corner moves more than `tolerance` smallest steps.

        Steps of a one-voxel axis place nothing but do size the voxel; they are compared too.
        """
        if self.apart(other) > tolerance:
            return False
        steps = np.abs(np.array(self.steps_mm) - np.array(other.steps_mm)).max()
        return bool(steps <= tolerance * min(*self.spacing_mm, *other.spacing_mm))

    def need_size(self, what: str) -> None:
        """Raise Uncalibrated, naming `what`, where the file gave no physical size."""
        if self.scale == "none":
            raise Uncalibrated(
                f"There is no {what} in millimetres: this picture's file gives no pixel size. "
                "Measure in pixels, or give the size with '--spacing'."
            )


def vector(values: ArrayLike) -> Vector:
    """Three plain floats from anything that holds three numbers."""
    x, y, z = np.asarray(values, float).tolist()
    return x + 0.0, y + 0.0, z + 0.0  # -0.0 becomes 0.0, so that equal places hash alike
