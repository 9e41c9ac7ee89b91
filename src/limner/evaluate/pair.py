"""Two masks of one thing, made ready to be compared."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, GeometryMismatch
from limner.evaluate.surface import Distances, surfel_distances, voxel_distances

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Pair:
    """What was predicted and what it should have been. Metrics take a pair.

    predicted, reference   bool or integer arrays of one shape: (rows, columns) or (slices,
                           rows, columns); not 0 is inside. A single slice is a picture: it
                           has a contour and no top and bottom.
    spacing_mm             distance between neighbours along each axis; 1 where it is not
                           given. The distances of a picture without a size are pixels.

    Counts and boundaries are found on first use and kept, so several metrics of one pair
    cost little more than one. Raises GeometryMismatch when the shapes differ, BadValue for
    a spacing that is not above zero or not one number for each axis.
    """

    predicted: Flags
    reference: Flags
    spacing_mm: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check, and drop the slice axis of a single slice."""
        if self.predicted.shape != self.reference.shape:
            raise GeometryMismatch(
                f"The predicted mask has shape {self.predicted.shape} but the reference has "
                f"{self.reference.shape}. Bring them onto one grid first."
            )
        axes = self.predicted.ndim
        spacing = tuple(float(step) for step in self.spacing_mm) or (1.0,) * axes
        if axes not in (2, 3):
            raise BadValue(f"The masks have {axes} axes. Give two or three.")
        if len(spacing) != axes or not all(0 < step < float("inf") for step in spacing):
            raise BadValue(f"The spacing is {spacing} mm. Give {axes} numbers above zero.")
        flat = axes == 3 and self.predicted.shape[0] == 1
        for name in ("predicted", "reference"):
            inside = np.asarray(getattr(self, name)).astype(bool, copy=False)
            object.__setattr__(self, name, inside[0] if flat else inside)
        object.__setattr__(self, "spacing_mm", spacing[1:] if flat else spacing)

    @cached_property
    def sizes(self) -> tuple[int, int, int]:
        """How many voxels are in the predicted mask, in the reference, and in both."""
        predicted, reference = self._cropped
        both = int(np.count_nonzero(predicted & reference))
        return int(np.count_nonzero(predicted)), int(np.count_nonzero(reference)), both

    @cached_property
    def surfels(self) -> tuple[Distances, Distances]:
        """By surface elements: from the predicted boundary to the reference, and back."""
        return surfel_distances(*self._cropped, self.spacing_mm)

    @cached_property
    def voxels(self) -> tuple[Distances, Distances]:
        """By boundary voxels: from the predicted boundary to the reference, and back."""
        return voxel_distances(*self._cropped, self.spacing_mm)

    @cached_property
    def _cropped(self) -> tuple[Flags, Flags]:
        """Views of the smallest block that holds both masks."""
        spans = []
        for axis in range(self.predicted.ndim):
            others = tuple(a for a in range(self.predicted.ndim) if a != axis)
            held = self.predicted.any(axis=others) | self.reference.any(axis=others)
            found = np.flatnonzero(held)
            spans.append(slice(found[0], found[-1] + 1) if len(found) else slice(0, 1))
        return self.predicted[tuple(spans)], self.reference[tuple(spans)]
