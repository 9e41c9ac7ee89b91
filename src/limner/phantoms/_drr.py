"""Radiographs of volumes: what a ray from a point source, or a parallel one, meets.

Every coronal plane of the volume throws a magnified picture onto the detector; those
pictures, weighted with the way that the ray has in the plane, are added up. Labels go the
same way: an object's shadow is where rays meet it.

Source   P. M. Joseph, IEEE Transactions on Medical Imaging 1 (1982), 192 (one interpolation
         a plane, weighted by the slant); attenuation of water: NIST XCOM, 60 keV, rounded.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue
from limner.grid import Grid

Floats = NDArray[np.float32]

WATER_PER_MM = 0.0206  # at 60 keV


@dataclass(frozen=True)
class Tube:
    """Where the source and the detector are; the beam runs along the rows' axis, to the front.

    source_mm    from the source to the detector; 0 for parallel rays
    detector_mm  from the middle of the volume to the detector, in front of the patient
    shape        rows and columns of the detector; its first row is towards the head
    pixel_mm     on the detector
    centre_mm    (left, head): where the central ray passes, LPS
    """

    source_mm: float = 1800.0
    detector_mm: float = 180.0
    shape: tuple[int, int] = (128, 128)
    pixel_mm: float = 3.2
    centre_mm: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        """Refuse a source that is neither far away nor behind the detector."""
        if self.source_mm < 0 or 0 < self.source_mm <= self.detector_mm:
            raise BadValue(
                f"The source is {self.source_mm} mm from the detector and the volume's middle "
                f"{self.detector_mm} mm. Give more than that, or 0 for parallel rays."
            )

    @property
    def offsets_mm(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """How far each detector row lies to the head, each column to the left, of the middle."""
        rows, columns = self.shape
        up = ((rows - 1) / 2 - np.arange(rows)) * self.pixel_mm
        return up, (np.arange(columns) - (columns - 1) / 2) * self.pixel_mm

    def places_mm(self, middle_mm: float) -> NDArray[np.float64]:
        """(rows, columns, 3) positions of the detector's pixels, LPS.

        middle_mm  where the middle of the volume lies along the beam (to the back)
        """
        up, left = self.offsets_mm
        front = middle_mm - self.detector_mm
        across, along = np.meshgrid(left + self.centre_mm[0], up + self.centre_mm[1])
        return np.stack([across, np.full_like(across, front), along], axis=-1)

    def source_place_mm(self, middle_mm: float) -> NDArray[np.float64]:
        """The position of the point source, LPS."""
        back = middle_mm - self.detector_mm + self.source_mm
        return np.array([self.centre_mm[0], back, self.centre_mm[1]])


def middle_mm(grid: Grid) -> float:
    """Where the middle of a grid lies along the beam, LPS."""
    return float(grid.position_mm((np.array(grid.shape) - 1) / 2)[1])


def projected(volume: NDArray[np.generic], grid: Grid, tube: Tube) -> Floats:
    """Line integrals (..., rows, columns) of a volume along the rays, in its unit times mm.

    volume  (..., slices to the head, rows to the back, columns to the left), 0 outside

    Raises BadValue for a grid whose axes are others.
    """
    spacing = np.array(grid.spacing_mm)
    if not np.allclose(np.array(grid.steps_mm)[:, ::-1], np.diag(spacing)):
        raise BadValue(
            f"The axes of the volume step by {grid.steps_mm} mm. Turn it first, so that slices "
            "run to the head, rows to the back and columns to the left."
        )
    up, left = tube.offsets_mm
    front = middle_mm(grid) - tube.detector_mm
    total = np.zeros((*volume.shape[:-3], *tube.shape), np.float32)
    for row in range(grid.shape[1]):
        plane = np.asarray(volume[..., row, :], np.float32)
        if not plane.any():
            continue
        away = grid.origin_mm[1] + row * spacing[1] - front  # from the detector
        shrunk = 1.0 - away / tube.source_mm if tube.source_mm else 1.0
        heads = (tube.centre_mm[1] + up * shrunk - grid.origin_mm[2]) / spacing[0]
        lefts = (tube.centre_mm[0] + left * shrunk - grid.origin_mm[0]) / spacing[2]
        total += _between(heads, grid.shape[0]) @ plane @ _between(lefts, grid.shape[2]).T
    return np.asarray(total * spacing[1] * _slant(tube), np.float32)


def _slant(tube: Tube) -> Floats:
    """The way of each ray from plane to plane, against that of the central one."""
    up, left = tube.offsets_mm
    if not tube.source_mm:
        return np.ones(tube.shape, np.float32)
    square = up[:, None] ** 2 + left[None, :] ** 2
    return np.asarray(np.sqrt(1 + square / tube.source_mm**2), np.float32)


def _between(places: NDArray[np.float64], count: int) -> Floats:
    """(places, count) weights of linear interpolation; nothing outside the samples."""
    apart = np.abs(places[:, None] - np.arange(count)[None, :])
    return np.asarray(np.maximum(1 - apart, 0), np.float32)


def attenuation(hounsfield: NDArray[np.generic]) -> Floats:
    """What a mm of each voxel takes, from HU: 0 for air, never below."""
    density = np.maximum(1 + np.asarray(hounsfield, np.float32) / 1000, 0)
    return np.asarray(density * np.float32(WATER_PER_MM), np.float32)


def exposed(met: Floats, rng: np.random.Generator, *, photons: float, scatter: float) -> Floats:
    """What the detector reads of the line integrals, as minus the logarithm of what arrives.

    photons  per pixel without a patient; inf for no noise
    scatter  share of the mean that falls everywhere alike
    """
    arriving = np.exp(-met.astype(np.float64))
    arriving = arriving + scatter * arriving.mean()
    if np.isfinite(photons):
        arriving = rng.poisson(arriving * photons) / photons
        arriving = np.maximum(arriving, 0.5 / photons)
    return np.asarray(-np.log(arriving), np.float32)
