"""Dice after a box, and after each of ten clicks that mend the largest error.

Source   clicks: RITM, Sofiiuk et al., ICIP 2022, arXiv:2102.06583, section 3.2: the next click
         is the deepest place of the larger of what is missed and what is too much.
Differs  the larger is told by its pixels, as `robots.next_click` says, not by its depth; a
         place may be clicked twice by a predictor that does not obey; Dice@n instead of the
         number of clicks to a threshold, which hides how good an answer became.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from limner.errors import GeometryMismatch
from limner.evaluate.metrics.dice import dice
from limner.evaluate.pair import Pair
from limner.evaluate.robots import next_click, tight_box
from limner.grid import Grid, vector
from limner.predict import Encoded, Prediction, Predictor
from limner.prompt import Prompt
from limner.prompt.box import Box
from limner.prompt.click import Click

Bools = NDArray[np.bool_]

CLICKS = 10


@dataclass(frozen=True)
class Outcome:
    """How one target went.

    dice      after each prompt; 0 from the call that failed on
    seconds   of each call, without its encoding; none for calls that were not made
    failure   the kind and text of the error that ended it; "" where none did
    """

    dice: tuple[float, ...]
    seconds: tuple[float, ...]
    failure: str = ""


Protocol = Callable[[Predictor, Encoded, Bools], Outcome]


def box(predictor: Predictor, encoded: Encoded, target: Bools) -> Outcome:
    """One call with the smallest box that holds the target."""
    (top, left), (bottom, right) = tight_box(target)
    first, last = (0, top + 0.5, left + 0.5), (0, bottom - 0.5, right - 0.5)
    return _asked(predictor, encoded, target, told=[Box.between(encoded.grid, first, last)])


def clicks(predictor: Predictor, encoded: Encoded, target: Bools) -> Outcome:
    """Up to ten calls, each with one more click; an exact answer needs no further ones."""
    return _asked(predictor, encoded, target, told=None)


# The kind of prompt that a predictor must take, and how it is asked with it.
PROTOCOLS: Mapping[str, Protocol] = MappingProxyType({"box": box, "click": clicks})


def _asked(
    predictor: Predictor, encoded: Encoded, target: Bools, *, told: list[Prompt] | None
) -> Outcome:
    prompts: list[Prompt] = []
    scores: list[float] = []
    seconds: list[float] = []
    answer, previous = np.zeros_like(target), None
    count = CLICKS if told is None else len(told)
    for number in range(count):
        prompt = _click(encoded.grid, answer, target) if told is None else told[number]
        if prompt is None:
            return Outcome((*scores, *[1.0] * (count - number)), tuple(seconds))
        prompts.append(prompt)
        started = perf_counter()
        try:
            previous = predictor.predict(encoded, tuple(prompts), previous)
            seconds.append(perf_counter() - started)
            answer = _answer(previous, encoded.grid)
        except Exception as error:  # noqa: BLE001  # whatever a predictor raises is a 0 in its table
            reason = f"{type(error).__name__}: {error}"
            return Outcome((*scores, *[0.0] * (count - number)), tuple(seconds), reason)
        scores.append(dice(Pair(answer, target)))
    return Outcome(tuple(scores), tuple(seconds))


def _click(grid: Grid, answer: Bools, target: Bools) -> Click | None:
    wrong = next_click(answer, target)
    if wrong is None:
        return None
    row, column = wrong.path[0]
    return Click(vector(grid.position_mm((0, row, column))), inside=wrong.inside)


def _answer(prediction: Prediction, grid: Grid) -> Bools:
    """bool (rows, columns) of object 1. Raises what the predictor did wrong."""
    if not prediction.mask.grid.matches(grid):
        raise GeometryMismatch(
            f"The answer has the grid {prediction.mask.grid.shape} but the image has "
            f"{grid.shape}. Answer on the image's own grid."
        )
    return np.asarray(prediction.mask.where(1)[0])
