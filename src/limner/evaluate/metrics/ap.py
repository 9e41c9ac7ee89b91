"""AP: how many of the separate pieces were found, and no others, mean over ten strictnesses.

Source   TP / (TP + FP + FN) at IoU 0.50, 0.55, ... 0.95, as the 2018 Data Science Bowl scored
         nuclei (Caicedo et al., Nature Methods 2019).
Differs  the pieces of a mask are its connected parts (faces, and in pictures edges, not corners);
         for ids that touch, match label maps with `limner.evaluate.instances`.
"""

import numpy as np
from scipy import ndimage

from limner.evaluate.instances import matching
from limner.evaluate.metrics import METRICS, metric
from limner.evaluate.pair import Pair

STEPS = tuple(round(0.5 + 0.05 * number, 2) for number in range(10))


@METRICS.add
@metric(unit="1", better="higher")
def ap(pair: Pair, *, at_least: tuple[float, ...] = STEPS) -> float:
    """From 0 to 1 (every piece, and no other). Both empty: 1. One empty: 0."""
    predicted, _ = ndimage.label(pair.predicted)
    reference, _ = ndimage.label(pair.reference)
    found = matching(predicted, reference)
    return float(np.mean([found.average_precision(each) for each in at_least]))
