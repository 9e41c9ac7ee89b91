"""Numbers that say how alike two masks are: one file each, found by name."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Literal

from limner.evaluate.pair import Pair
from limner.registry import Registry

Better = Literal["higher", "lower", "nearer 0"]


class Metric:
    """A function of a Pair that knows its unit and which way is better.

    unit     UCUM: "1" for a share, "mm" for a distance
    better   "higher", "lower" or "nearer 0"

    Call it with a pair, and with the keywords that its file documents.
    """

    def __init__(self, compute: Callable[..., float], *, unit: str, better: Better) -> None:
        update_wrapper(self, compute)  # its name, text and module: the registry reads those
        self.compute = compute
        self.unit = unit
        self.better: Better = better

    def __call__(self, pair: Pair, **options: Any) -> float:
        """The number for a pair."""
        return float(self.compute(pair, **options))


def metric(*, unit: str, better: Better) -> Callable[[Callable[..., float]], Metric]:
    """Decorator: a function `(pair, *, ...) -> float` as a Metric."""

    def decorate(compute: Callable[..., float]) -> Metric:
        return Metric(compute, unit=unit, better=better)

    return decorate


METRICS: Registry[Metric] = Registry("metric", "limner.evaluate.metrics")
