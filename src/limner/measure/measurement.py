"""What a measure looks at, and the value it returns."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import GeometryMismatch
from limner.grid import Grid, Scale, Shape, Vector
from limner.image import Image
from limner.mask import Mask

Flags = NDArray[np.bool_]

# UCUM; what stands in braces says what the number counts and does not change it. A length
# on a detector is larger than in the patient, and the unit goes wherever the number goes.
LENGTHS: dict[Scale, str] = {
    "patient": "mm",
    "detector": "mm{detector}",
    "ruler": "mm{ruler}",
    "none": "{pixels}",
}
AREAS: dict[Scale, str] = {
    "patient": "mm2",
    "detector": "mm2{detector}",
    "ruler": "mm2{ruler}",
    "none": "{pixels}",
}


@dataclass(frozen=True)
class Measurement:
    """One number of one object, with its unit and how it was found.

    name     "volume", "long_axis", ...
    value    in `unit`; NaN where there was nothing to take it from
    unit     UCUM: "mm", "mm2", "mL", "1"; an image's own unit for intensities
    method   one sentence that a report can print
    slice    the slice it was taken on, from 0; None where it is of the whole object
    ends_mm  the two ends of a caliper, LPS in the image's mm; empty for other measures
    """

    name: str
    value: float
    unit: str
    method: str
    slice: int | None = None
    ends_mm: tuple[Vector, ...] = ()


@dataclass(frozen=True, eq=False)
class Subject:
    """One object that is measured.

    inside   bool (slices, rows, columns): its voxels
    grid     of the mask
    slices   the slices that were looked at, from 0; empty means all of them
    image    for intensities; None where there is none
    time     which frame of the image
    mask     that it is in, for measures against the other objects; None where it is alone
    number   its id there

    Raises GeometryMismatch when the voxels, the grid and the image do not fit together.
    """

    inside: Flags
    grid: Grid
    slices: tuple[int, ...] = ()
    image: Image | None = None
    time: int = 0
    mask: Mask | None = None
    number: int = 0

    def __post_init__(self) -> None:
        """Compare shapes and grids."""
        if self.inside.shape != self.grid.shape:
            raise GeometryMismatch(
                f"The object has shape {self.inside.shape} but the grid has {self.grid.shape}."
            )
        if self.image is not None and not self.image.grid.matches(self.grid):
            raise GeometryMismatch(
                f"The image has shape {self.image.grid.shape} and the mask {self.grid.shape}, or "
                "they lie elsewhere. Bring the mask onto the image's grid first."
            )

    @cached_property
    def box(self) -> tuple[Shape, Shape] | None:
        """The block low <= index < high that holds the object; None where it is empty."""
        block, low, high = self.inside, [], []
        for axis in range(3):  # what is left of the block is looked at only
            others = tuple(a for a in range(3) if a != axis)
            found = np.flatnonzero(block.any(axis=others))
            if not len(found):
                return None
            low.append(int(found[0]))
            high.append(int(found[-1]) + 1)
            block = block[(slice(None),) * axis + (slice(low[-1], high[-1]),)]
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])

    @property
    def flat(self) -> bool:
        """Whether there is one slice, or only one was looked at: then there is no volume."""
        return self.grid.shape[0] == 1 or len(set(self.slices)) == 1

    @property
    def closed(self) -> bool:
        """Whether every slice of the object was looked at, and the ones just past its ends."""
        if not self.slices or self.box is None:
            return True
        first, last = self.box[0][0], self.box[1][0]
        needed = range(max(first - 1, 0), min(last + 1, self.grid.shape[0]))
        return set(needed) <= set(self.slices)

    @property
    def steps(self) -> NDArray[np.float64]:
        """(3, 3): mm of one step along the slices, the rows and the columns."""
        return np.array(self.grid.steps_mm)

    @cached_property
    def plane(self) -> NDArray[np.float64]:
        """(2, 2): in-plane mm of one step down the rows and one along the columns."""
        down, along = (np.array(step) for step in self.grid.steps_mm[1:])
        first = along / np.linalg.norm(along)
        across = down - (down @ first) * first
        return np.array(
            [[down @ first, np.linalg.norm(across)], [float(np.linalg.norm(along)), 0.0]]
        )

    def samples(self) -> NDArray[Any] | None:
        """(voxels, channels) of the image inside the object; None without an image."""
        if self.image is None:
            return None
        if self.box is None:
            return np.zeros((0, self.image.channels))
        low, high = self.box
        block = self.image.block(low, high, time=self.time)
        spans = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        return np.asarray(block[self.inside[spans]])
