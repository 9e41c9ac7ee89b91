"""Area: pixels of one slice times the area of one.

Source   the sum of pixels, as in DICOM TID 1410 (planar ROI measurements).
"""

import numpy as np

from limner.measure import MEASURES
from limner.measure.measurement import AREAS, Measurement, Subject


@MEASURES.add
def area(subject: Subject) -> tuple[Measurement, ...]:
    """The area on the slice where it is the largest; nothing for an empty object.

    In mm2; "{pixels}" where the picture has no size.
    """
    counts = np.count_nonzero(subject.inside, axis=(1, 2))
    if not counts.any():
        return ()
    number = int(counts.argmax())
    sized = subject.grid.scale != "none"
    pixel = pixel_mm2(subject) if sized else 1.0
    how = f"Count of pixels times {pixel:.6g} mm2." if sized else "Count of pixels."
    if not subject.flat:
        how = f"On the slice where it is the largest. {how}"
    unit = AREAS[subject.grid.scale]
    return (Measurement("area", float(counts[number]) * pixel, unit, how, number),)


def area_mm2(subject: Subject) -> float:
    """The largest area on a slice, mm2; 0 for nothing. Raises Uncalibrated without a size."""
    subject.grid.need_size("area")
    counts = np.count_nonzero(subject.inside, axis=(1, 2))
    return float(counts.max()) * pixel_mm2(subject)


def pixel_mm2(subject: Subject) -> float:
    """The area of one pixel of the slices' plane, right for sheared grids too."""
    return float(abs(np.linalg.det(subject.plane)))
