"""Dice after a box, and after each of ten clicks that mend the largest error; clicks to a bar.

Source   clicks: RITM, Sofiiuk et al., ICIP 2022, arXiv:2102.06583, section 3.2: the next click
         is the deepest place of the larger of what is missed and what is too much; the number
         of clicks (NoC) to an IoU of 80, 85 and 90 %, at most 20.
Differs  the larger is told by its pixels, as `robots.next_click` says, not by its depth; a
         place may be clicked twice by a predictor that does not obey; beside the number of
         clicks, Dice@n, without which nobody sees how good an answer became.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike, NDArray

from limner.errors import GeometryMismatch
from limner.evaluate.metrics.dice import dice
from limner.evaluate.pair import Pair
from limner.evaluate.protocols.mark import MISSING, Judge, Mark
from limner.evaluate.robots import next_click, tight_box
from limner.grid import Grid, vector
from limner.predict import Encoded, Prediction, Predictor
from limner.prompt import Prompt
from limner.prompt.box import Box
from limner.prompt.click import Click

Bools = NDArray[np.bool_]

CLICKS = 10
CAP = 20  # clicks after which a bar counts as not reached
BARS = (0.80, 0.85, 0.90)  # IoU

# What somebody says next: from the answer so far (rows, columns) and how many calls there were.
# Nothing, where there is nothing left to say.
Person = Callable[[Bools, int], tuple[Prompt, ...]]


@dataclass(frozen=True)
class Outcome:
    """How one target went.

    dice      after each prompt; 0 from the call that failed on
    seconds   of each call, without its encoding; none for calls that were not made
    failure   the kind and text of the error that ended it; "" where none did
    marks     what else each answer is judged by, as many as `dice`
    """

    dice: tuple[float, ...]
    seconds: tuple[float, ...]
    failure: str = ""
    marks: tuple[Mark, ...] = ()

    @classmethod
    def together(cls, alone: Sequence["Outcome"]) -> "Outcome":
        """Calls that had nothing to do with each other, in their order."""
        return cls(
            tuple(score for each in alone for score in each.dice),
            tuple(second for each in alone for second in each.seconds),
            next((each.failure for each in alone if each.failure), ""),
            tuple(mark for each in alone for mark in each.marks),
        )

    def first(self, count: int) -> "Outcome":
        """What it was after `count` prompts. A failure after them is forgotten."""
        marks = self.marks[:count]
        failure = self.failure if MISSING in marks else ""
        return Outcome(self.dice[:count], self.seconds[:count], failure, marks)


def box(predictor: Predictor, encoded: Encoded, target: Bools) -> Outcome:
    """One call with the smallest box that holds the target."""
    told = (box_round(encoded.grid, target),)
    return asked(predictor, encoded, target, person=lambda _, __: told, most=1)


def clicks(predictor: Predictor, encoded: Encoded, target: Bools) -> Outcome:
    """Ten calls, each with one more click; an exact answer needs no further ones."""
    return asked(predictor, encoded, target, person=centre(encoded.grid, target), most=CLICKS)


def many_clicks(predictor: Predictor, encoded: Encoded, target: Bools) -> Outcome:
    """`clicks`, and on to `CAP` of them where the highest bar was not reached by then."""
    bar = dice_of(BARS[-1])
    person = centre(encoded.grid, target)
    return asked(predictor, encoded, target, person=person, most=CAP, enough=(CLICKS, bar))


def centre(grid: Grid, target: Bools) -> Person:
    """Somebody who clicks the deepest place of the larger kind of error."""

    def says(answer: Bools, _: int) -> tuple[Prompt, ...]:
        wrong = next_click(answer, target)
        return () if wrong is None else (click_at(grid, wrong.path[0], inside=wrong.inside),)

    return says


def box_round(grid: Grid, target: Bools) -> Box:
    """The smallest box that holds a target (rows, columns) of a one-slice grid."""
    (top, left), (bottom, right) = tight_box(target)
    return Box.between(grid, (0, top + 0.5, left + 0.5), (0, bottom - 0.5, right - 0.5))


def click_at(grid: Grid, place: ArrayLike, *, inside: bool) -> Click:
    """A click at (row, column) of a one-slice grid."""
    row, column = np.asarray(place, float)
    return Click(vector(grid.position_mm((0, row, column))), inside=inside)


def dice_of(iou: float) -> float:
    """The Dice that goes with an IoU of one pair of masks.

    >>> dice_of(0.5)
    0.6666666666666666
    """
    return 2 * iou / (1 + iou)


def asked(
    predictor: Predictor,
    encoded: Encoded,
    target: Bools,
    *,
    person: Person,
    most: int,
    enough: tuple[int, float] | None = None,
) -> Outcome:
    """Up to `most` calls, each with all that the person has said so far.

    enough   (calls, Dice): after so many calls none is made once that Dice was reached
    """
    judge = Judge.of(target)
    told: list[Prompt] = []
    scores: list[float] = []
    seconds: list[float] = []
    marks: list[Mark] = []
    answer, previous = np.zeros_like(target), None
    for number in range(most):
        left = most - number
        if enough and number >= enough[0] and max(scores) >= enough[1]:
            break
        said = person(answer, number)
        if not said:
            rest = marks[-1:] * left or [replace(MISSING, apart=None)] * left
            return Outcome((*scores, *[1.0] * left), tuple(seconds), "", (*marks, *rest))
        told += said
        started = perf_counter()
        try:
            previous = predictor.predict(encoded, tuple(told), previous)
            seconds.append(perf_counter() - started)
            answer = _answer(previous, encoded.grid)
        except Exception as error:  # noqa: BLE001  # whatever a predictor raises is a 0 in its table
            reason = f"{type(error).__name__}: {error}"
            rest = [MISSING] * left
            return Outcome((*scores, *[0.0] * left), tuple(seconds), reason, (*marks, *rest))
        scores.append(dice(Pair(answer, target)))
        expected = previous.quality.get(1)
        marks.append(judge.mark(answer, told, encoded.grid, expected=expected))
    return Outcome(tuple(scores), tuple(seconds), "", tuple(marks))


def _answer(prediction: Prediction, grid: Grid) -> Bools:
    """bool (rows, columns) of object 1. Raises what the predictor did wrong."""
    if not prediction.mask.grid.matches(grid):
        raise GeometryMismatch(
            f"The answer has the grid {prediction.mask.grid.shape} but the image has "
            f"{grid.shape}. Answer on the image's own grid."
        )
    return np.asarray(prediction.mask.where(1)[0])
