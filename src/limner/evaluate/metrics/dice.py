"""Dice: twice what two masks share, over what they hold.

Source   Dice, Ecology 1945. Equal to MONAI's `compute_dice` and to surface-distance's
         `compute_dice_coefficient`.
Differs  both empty is 1, an exact answer; MONAI and surface-distance give NaN there.
"""

from limner.evaluate.metrics import METRICS, metric
from limner.evaluate.pair import Pair


@METRICS.add
@metric(unit="1", better="higher")
def dice(pair: Pair) -> float:
    """Overlap from 0 (none) to 1 (the same voxels). Both empty: 1. One empty: 0."""
    predicted, reference, both = pair.sizes
    held = predicted + reference
    return 2 * both / held if held else 1.0
