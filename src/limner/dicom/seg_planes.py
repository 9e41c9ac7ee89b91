"""The planes that a SEG of a mask has frames on: those of the scan's own slices.

Where a scan was opened as it is, the planes are the slices of the mask. Where its slices lay
at uneven steps, it was opened resampled; then the mask goes back to the slices that were
measured, each taking the nearest slice of the mask, and how far off that is is told.
"""

from dataclasses import dataclass

import numpy as np

from limner.dicom.derived import Origin
from limner.grid import Grid, Vector, vector
from limner.image import SliceSource

ALIGNED = 1e-3  # of a pixel: planes whose pixels lie on each other
OFF = 0.06  # of a step: a slice rounded to even steps is still that slice (dicom.layout)


@dataclass(frozen=True)
class Plane:
    """One plane of frames.

    number        the slice of the mask that is written there
    position_mm   the centre of its first pixel
    shown         the image of the scan that lies there, if one does
    """

    number: int
    position_mm: Vector
    shown: SliceSource | None = None


@dataclass(frozen=True)
class Planes:
    """All planes in order.

    whole       whether empty planes are written too, so that a reader knows where they are
    error_mm    how far the slice that was taken lies from its plane, at most
    """

    planes: tuple[Plane, ...]
    whole: bool = False
    error_mm: float = 0.0


def planes(scan: Origin) -> Planes:
    """Where the frames of a mask on `scan.grid` lie."""
    back = _measured(scan)
    if back is not None:
        return back
    grid = scan.grid
    every = []
    for number, shown in enumerate(scan.slices):
        place = vector(grid.position_mm((number, 0, 0)))
        if shown is not None and grid.placed:
            place = shown.position_mm
        every.append(Plane(number, place, shown))
    return Planes(tuple(every))


def _measured(scan: Origin) -> Planes | None:
    """The planes of the measured slices; None where the slices of the mask are theirs."""
    grid = scan.grid
    if not (scan.listed and grid.placed and scan.frames):
        return None
    index = grid.index_at([each.position_mm for each in scan.frames])
    beside = np.abs(index[:, 1:]).max(axis=1) > ALIGNED
    inside = (index[:, 0] > -0.5) & (index[:, 0] < grid.shape[0] - 0.5)
    off = np.abs(index[:, 0] - np.rint(index[:, 0])) > OFF
    if beside.any() or not (off & inside).any():
        return None
    found = []
    for k in np.argsort(index[:, 0], kind="stable"):
        if inside[k]:
            shown = scan.frames[int(k)]
            found.append(Plane(round(float(index[k, 0])), shown.position_mm, shown))
    apart = np.abs(index[inside, 0] - np.rint(index[inside, 0])).max()
    return Planes(tuple(found), whole=True, error_mm=float(apart) * thickness(grid))


def thickness(grid: Grid) -> float:
    """How far apart the planes of neighbouring slices are, along the normal, mm."""
    return float(np.array(grid.steps_mm[0]) @ np.array(grid.normal))
