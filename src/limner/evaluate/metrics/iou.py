"""Intersection over union: what two masks share, over what either holds.

Source   Jaccard, New Phytologist 1912. iou = dice / (2 - dice).
Differs  both empty is 1, an exact answer.
"""

from limner.evaluate.metrics import METRICS, metric
from limner.evaluate.pair import Pair


@METRICS.add
@metric(unit="1", better="higher")
def iou(pair: Pair) -> float:
    """Overlap from 0 (none) to 1 (the same voxels). Both empty: 1. One empty: 0."""
    predicted, reference, both = pair.sizes
    either = predicted + reference - both
    return both / either if either else 1.0
