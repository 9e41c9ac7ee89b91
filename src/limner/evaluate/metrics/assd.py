"""Average symmetric surface distance: how far apart the boundaries are on the whole.

Source   Heimann et al., IEEE TMI 2009, by surface elements: the distances of both
         boundaries together, weighted by area. Equal to the mean of the two numbers of
         surface-distance's `compute_average_surface_distance`, each weighted by its surface.
Differs  both empty is 0. MONAI's `compute_average_surface_distance(symmetric=True)` takes
         voxel centres of one weight: ask for "voxels" to compare with it.
"""

from typing import Literal

from limner.errors import BadValue
from limner.evaluate.metrics import METRICS, metric
from limner.evaluate.pair import Pair


@METRICS.add
@metric(unit="mm", better="lower")
def assd(pair: Pair, *, boundary: Literal["surfels", "voxels"] = "surfels") -> float:
    """Mean distance in mm between the boundaries, both ways. Both empty: 0. One: inf.

    Raises BadValue for another boundary.
    """
    if boundary not in ("surfels", "voxels"):
        raise BadValue(f"The boundary is '{boundary}'. Give 'surfels' or 'voxels'.")
    predicted, reference, _ = pair.sizes
    if not (predicted and reference):
        return float("inf") if predicted or reference else 0.0
    ways = pair.voxels if boundary == "voxels" else pair.surfels
    total = sum(float(way.weight.sum()) for way in ways)
    return sum(float(way.apart_mm @ way.weight) for way in ways) / total
