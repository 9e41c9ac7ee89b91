"""Shape features of a volume: from a mesh, from the spread of its voxels, from its hull.

Source   Zwanenburg et al., Radiology 2020, 295, 328 (the Image Biomarker Standardisation
         Initiative): morphological features; its reference manual, arXiv:1612.07003, section 3.1.
Differs  the boxes and ellipsoids of least volume, which have no reference value, are left out,
         and so are Moran's I and Geary's C. The area of the enclosing ellipsoid is the manual's
         series, for the sake of its reference value; that series is not an ellipsoid's surface
         (for the digital phantom it is 4 % less).
"""

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from limner.measure import FURTHER
from limner.measure.measurement import Measurement, Subject

Places = NDArray[np.float64]
UNITS = {
    "volume": "mm3",
    "voxel_volume": "mm3",
    "surface": "mm2",
    "surface_to_volume": "/mm",
    "centre_of_mass_shift": "mm",
    "longest_3d": "mm",
    "major_axis": "mm",
    "minor_axis": "mm",
    "least_axis": "mm",
}


@FURTHER.add
def shape(subject: Subject) -> tuple[Measurement, ...]:
    """Sphericity and its like; nothing for one slice, a partly seen object or another scale."""
    known = not subject.flat and subject.closed and subject.grid.scale == "patient"
    if not known or subject.box is None:
        return ()
    how = "IBSI, of a mesh half way between voxel centres, or of those centres."
    return tuple(
        Measurement(f"shape_{name}", value, UNITS.get(name, "1"), how)
        for name, value in features(subject).items()
    )


@dataclass(frozen=True)
class Mesh:
    """Triangles round an object; places (n, 3) in mm, corners (m, 3) of places."""

    places: Places
    corners: NDArray[np.int64]

    @property
    def surface_mm2(self) -> float:
        """The area of all triangles."""
        one, two, three = self._sides()
        return float(np.linalg.norm(np.cross(two - one, three - one), axis=1).sum()) / 2

    @property
    def volume_mm3(self) -> float:
        """What the triangles enclose, as a sum of tetrahedra."""
        one, two, three = self._sides()
        return abs(float(np.einsum("ij,ij->", one, np.cross(two, three)))) / 6

    def _sides(self) -> tuple[Places, Places, Places]:
        middle = self.places - self.places.mean(axis=0)
        return middle[self.corners[:, 0]], middle[self.corners[:, 1]], middle[self.corners[:, 2]]


def mesh(subject: Subject) -> Mesh:
    """The surface of an object, which must not be empty; right on turned and sheared grids."""
    from skimage.measure import marching_cubes

    (a, b, c), (d, e, f) = _box(subject)
    block = np.pad(subject.inside[a:d, b:e, c:f], 1).astype(np.float32)
    places, corners, _, _ = marching_cubes(block, 0.5)  # type: ignore[no-untyped-call]
    return Mesh(places @ np.array(subject.grid.steps_mm), corners.astype(np.int64))


def features(subject: Subject) -> dict[str, float]:
    """IBSI's morphological features (HCUG) by name, of an object that is not empty.

    The elongation and the flatness of a single voxel are left out, as are densities of what
    has no volume.
    """
    round_it = mesh(subject)
    surface, volume = round_it.surface_mm2, round_it.volume_mm3
    (a, b, c), (d, e, f) = _box(subject)
    index = np.argwhere(subject.inside[a:d, b:e, c:f]).astype(np.float64)
    centres = index @ np.array(subject.grid.steps_mm)
    sides = np.array([d - a, e - b, f - c]) * np.array(subject.grid.spacing_mm)
    found = {
        "volume": volume,
        "voxel_volume": len(index) * subject.grid.voxel_mm3,
        "surface": surface,
        "surface_to_volume": surface / volume,
        "compactness_1": volume / sqrt(pi * surface**3),
        "compactness_2": 36 * pi * volume**2 / surface**3,
        "spherical_disproportion": surface / (36 * pi * volume**2) ** (1 / 3),
        "sphericity": (36 * pi * volume**2) ** (1 / 3) / surface,
        "asphericity": (surface**3 / (36 * pi * volume**2)) ** (1 / 3) - 1,
        "volume_density_box": volume / float(sides.prod()),
        "area_density_box": surface / float(2 * (sides.prod() / sides).sum()),
    }
    found |= _hulled(round_it.places, volume=volume, surface=surface)
    found |= _spread(centres, volume=volume, surface=surface)
    return found | _shift(subject, centres)


def _box(subject: Subject) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    if subject.box is None:
        raise ValueError("An empty object has no surface.")
    return subject.box


def _hulled(places: Places, *, volume: float, surface: float) -> dict[str, float]:
    from scipy.spatial import ConvexHull
    from scipy.spatial.distance import pdist

    hull = ConvexHull(places)
    return {
        "longest_3d": float(pdist(places[hull.vertices]).max()),
        "volume_density_hull": volume / float(hull.volume),
        "area_density_hull": surface / float(hull.area),
    }


def _spread(centres: Places, *, volume: float, surface: float) -> dict[str, float]:
    """From the covariance of the voxel centres, divided by n - 1; nothing for one voxel."""
    if len(centres) < 2:
        return {}
    apart = centres - centres.mean(axis=0)
    spreads = np.linalg.eigvalsh(apart.T @ apart / (len(apart) - 1)).clip(0)[::-1]
    major, minor, least = (4 * np.sqrt(spreads)).tolist()
    found = {"major_axis": major, "minor_axis": minor, "least_axis": least}
    if major > 0:
        found |= {"elongation": minor / major, "flatness": least / major}
    if least > 0:
        halves = major / 2, minor / 2, least / 2
        found["volume_density_ellipsoid"] = volume / (
            4 / 3 * pi * halves[0] * halves[1] * halves[2]
        )
        found["area_density_ellipsoid"] = surface / ellipsoid_mm2(*halves)
    return found


def ellipsoid_mm2(first: float, second: float, third: float) -> float:
    """The manual's series (RDD2) for half axes, the longest first, to the power of 20.

    >>> round(ellipsoid_mm2(1.0, 1.0, 1.0) / (4 * pi), 6)
    1.0
    """
    from numpy.polynomial.legendre import legval

    one, other = sqrt(1 - (second / first) ** 2), sqrt(1 - (third / first) ** 2)
    product = one * other
    if not product:  # a sphere, or one that is flattened: the limits of the terms are needed
        return 4 * pi * first * second * _flattened(other)
    powers = np.arange(TERMS + 1)
    terms = product**powers / (1 - 4 * powers**2)
    return 4 * pi * first * second * float(legval((one**2 + other**2) / (2 * product), terms))


TERMS = 20


def _flattened(other: float) -> float:
    """The sum of the series where the two longest axes are equal."""
    total, share = 0.0, 1.0
    for power in range(TERMS + 1):
        total += share * other ** (2 * power) / (1 - 4 * power**2)
        share *= (2 * power + 1) / (2 * power + 2)
    return total


def _shift(subject: Subject, centres: Places) -> dict[str, float]:
    """How far the centre of what the voxels hold lies from the centre of the voxels, mm."""
    samples = subject.samples()
    if samples is None or samples.shape[1] != 1:
        return {}
    values = np.asarray(samples[:, 0], np.float64)
    if not np.isfinite(values).all() or not values.sum():
        return {}
    heavy = (centres * values[:, None]).sum(axis=0) / values.sum()
    return {"centre_of_mass_shift": float(np.linalg.norm(heavy - centres.mean(axis=0)))}
