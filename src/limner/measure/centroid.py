"""Centroid: the mean place of the voxels."""

import numpy as np

from limner.grid import Vector, vector
from limner.measure import MEASURES
from limner.measure.measurement import LENGTHS, Measurement, Subject


@MEASURES.add
def centroid(subject: Subject) -> tuple[Measurement, ...]:
    """Three numbers in a patient (to the left, the back and the head), else row and column.

    Nothing for an empty object. It may lie outside the object, as in a ring.
    """
    if subject.box is None:
        return ()
    how = "Mean of the voxel centres."
    if subject.grid.placed:
        names = ("centroid_left", "centroid_posterior", "centroid_superior")
        values = zip(names, centroid_mm(subject), strict=True)
        return tuple(Measurement(name, value, "mm", how) for name, value in values)
    _, row, column = _index(subject)
    _, down, along = subject.grid.spacing_mm
    unit = LENGTHS[subject.grid.scale]
    how = "Mean of the pixel centres, from the centre of the first pixel."
    return (
        Measurement("centroid_row", row * down, unit, how),
        Measurement("centroid_column", column * along, unit, how),
    )


def centroid_mm(subject: Subject) -> Vector:
    """The mean of the voxel centres, LPS mm; NaN for an empty object."""
    return vector(subject.grid.position_mm(_index(subject)))


def _index(subject: Subject) -> Vector:
    """The mean index (slice, row, column), from sums along axes: no list of voxels."""
    total = np.count_nonzero(subject.inside)
    if not total:
        return (float("nan"),) * 3
    means = []
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        counts = np.count_nonzero(subject.inside, axis=others)
        means.append(float(counts @ np.arange(len(counts))) / total)
    return means[0], means[1], means[2]
