"""Relative volume error: how much too large or too small a mask is.

Source   Heimann et al., IEEE TMI 2009, with its sign kept.
"""

from limner.evaluate.metrics import METRICS, metric
from limner.evaluate.pair import Pair


@METRICS.add
@metric(unit="1", better="nearer 0")
def volume_error(pair: Pair) -> float:
    """(predicted - reference) / reference: 0.1 is 10 % too large. Both empty: 0.

    An empty prediction gives -1; something where nothing should be gives infinity. In a
    single slice it is the error of the area.
    """
    predicted, reference, _ = pair.sizes
    if reference == 0:
        return float("inf") if predicted else 0.0
    return (predicted - reference) / reference
