"""How good an answer is: pairs of masks, the metrics, and tables of them."""

from limner.evaluate.metrics import METRICS, Metric
from limner.evaluate.pair import Pair
from limner.evaluate.score import Score, score

__all__ = ["METRICS", "Metric", "Pair", "Score", "score"]
