"""Hausdorff distance, 95th percentile: how far apart the boundaries are, but for the worst 5 %.

Source   Huttenlocher et al., IEEE PAMI 1993. By surfels equal to `compute_robust_hausdorff`
         of the package surface-distance; by voxels equal to MONAI's
         `compute_hausdorff_distance(percentile=95)`.
Differs  both empty is 0 (the others give infinity and NaN). The two conventions are
         different numbers: surface-distance takes surface elements weighted by area and the
         first distance that reaches 95 %, MONAI takes voxel centres of one weight and
         interpolates. We follow surface-distance, as the challenges do; ask for "voxels" to
         compare with figures made with MONAI. Both take the larger of the two directions.
"""

from typing import Literal

import numpy as np

from limner.errors import BadValue
from limner.evaluate.metrics import METRICS, metric
from limner.evaluate.pair import Pair


@METRICS.add
@metric(unit="mm", better="lower")
def hd95(
    pair: Pair, *, percent: float = 95.0, boundary: Literal["surfels", "voxels"] = "surfels"
) -> float:
    """Distance in mm within which `percent` of each boundary lies. Both empty: 0. One: inf.

    percent=100 is the Hausdorff distance. Raises BadValue for another boundary.
    """
    if boundary not in ("surfels", "voxels"):
        raise BadValue(f"The boundary is '{boundary}'. Give 'surfels' or 'voxels'.")
    predicted, reference, _ = pair.sizes
    if not (predicted and reference):
        return float("inf") if predicted or reference else 0.0
    if boundary == "voxels":
        return max(float(np.percentile(way.apart_mm, percent)) for way in pair.voxels)
    return max(way.percentile_mm(percent) for way in pair.surfels)
