"""Normalised surface Dice: the share of both boundaries that is near the other one.

Source   Nikolov et al., arXiv:1809.04430. Equal to `compute_surface_dice_at_tolerance` of
         the package surface-distance, and to MONAI's `compute_surface_dice` with
         `use_subvoxels=True` (which works in single precision).
Differs  both empty is 1 (the others give NaN). MONAI without `use_subvoxels`, its default,
         counts voxels instead of surface: another number, which we do not compute. The
         CVPR challenges set it to 0 where Dice is at most 0.2; we do not.
"""

from limner.errors import BadValue
from limner.evaluate.metrics import METRICS, metric
from limner.evaluate.pair import Pair


@METRICS.add
@metric(unit="1", better="higher")
def nsd(pair: Pair, *, tolerance_mm: float = 2.0) -> float:
    """Share from 0 to 1 of surface at most `tolerance_mm` away. Both empty: 1. One: 0.

    A picture without a size has its tolerance in pixels. Raises BadValue for a tolerance
    below zero.
    """
    if not tolerance_mm >= 0:
        raise BadValue(f"The tolerance is {tolerance_mm} mm. Give zero or more.")
    predicted, reference = pair.surfels
    held = float(predicted.weight.sum() + reference.weight.sum())
    near = predicted.within(tolerance_mm) + reference.within(tolerance_mm)
    return near / held if held else 1.0
