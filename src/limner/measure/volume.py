"""Volume: voxels times the volume of one.

Source   the sum of voxels, as in DICOM TID 1411 (volumetric ROI measurements).
"""

import numpy as np

from limner.errors import Uncalibrated
from limner.measure import MEASURES
from limner.measure.measurement import Measurement, Subject


@MEASURES.add
def volume(subject: Subject) -> tuple[Measurement, ...]:
    """The volume in mL; nothing for a single slice, a partly seen object or another scale."""
    if subject.flat or not subject.closed or subject.grid.scale != "patient":
        return ()
    how = f"Count of voxels times {subject.grid.voxel_mm3:.6g} mm3."
    return (Measurement("volume", volume_ml(subject), "mL", how),)


def volume_ml(subject: Subject) -> float:
    """The volume, mL; 0 for nothing.

    Raises Uncalibrated without a size in the patient, and for an object that was looked
    at on too few slices to have a volume.
    """
    if subject.grid.scale != "patient":
        raise Uncalibrated(
            f"There is no volume in mL: the scale of this picture is '{subject.grid.scale}'. "
            "Measure its area, or give a scan with slices."
        )
    if subject.flat or not subject.closed:
        raise Uncalibrated(
            "There is no volume: the object was looked at on too few slices "
            f"({len(set(subject.slices)) or 1} of {subject.grid.shape[0]}). "
            "Measure its area, or outline it on every slice."
        )
    return float(np.count_nonzero(subject.inside)) * subject.grid.voxel_mm3 / 1000
