"""The worst and the best place for one click, found by asking again and again.

Source   that the gap between the worst and the best input measures robustness: TETRIS,
         Moskalenko et al., AAAI 2024, arXiv:2402.06132, section 3.
Differs  for predictors whose gradients nobody has: places by chance first, then a search with
         a step that halves, from the worst and from the best of them. A gradient's search is
         `limner.learn.tetris`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.evaluate.robots.clicks import deepest

Bools = NDArray[np.bool_]
Points = NDArray[np.float64]

ASIDE = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)])


@dataclass(frozen=True, eq=False)
class Extremes:
    """What the place of one click is worth: the scores at the centre, the worst and the best.

    The places are (2,) pixels, and `asked` is how many were tried.
    """

    centre: float
    worst: float
    best: float
    worst_at: Points
    best_at: Points
    asked: int

    @property
    def gap(self) -> float:
        """How much a click's place decides: the best score less the worst."""
        return self.best - self.worst

    @property
    def loss(self) -> float:
        """What the usual click at the centre hides: its score less the worst."""
        return self.centre - self.worst


def extremes(
    rng: np.random.Generator,
    region: Bools,
    score: Callable[[Points], float],
    *,
    first: int = 12,
    halvings: int = 3,
) -> Extremes:
    """The extremes over the pixels of a region, which has some, asking each at most once.

    score  of an answer to a click at a pixel (2,): higher is better
    first  places tried by chance, before the search goes on from the worst and the best
    """
    told: dict[tuple[int, ...], float] = {}

    def ask(place: Points) -> float:
        key = tuple(int(each) for each in place)
        if key not in told:
            told[key] = score(np.array(key, float))
        return told[key]

    places = np.argwhere(region).astype(float)
    centre = ask(deepest(region))
    for number in rng.choice(len(places), size=min(first, len(places)), replace=False):
        ask(places[number])
    reach = max(1.0, np.sqrt(region.sum()) / 4)
    for sign in (1.0, -1.0):
        at = np.array(min(told, key=lambda key: sign * told[key]), float)
        for halving in range(halvings):
            step = max(1, round(reach / 2**halving))
            near = [at + step * way for way in ASIDE]
            within = [each for each in near if _holds(region, each)]
            at = min([at, *within], key=lambda each: sign * ask(each))
    worst, best = min(told, key=told.__getitem__), max(told, key=told.__getitem__)
    return Extremes(
        centre, told[worst], told[best], np.array(worst, float), np.array(best, float), len(told)
    )


def _holds(region: Bools, place: Points) -> bool:
    row, column = (int(each) for each in place)
    inside = 0 <= row < region.shape[0] and 0 <= column < region.shape[1]
    return inside and bool(region[row, column])
