"""Conversations about toy organs: whoever answers, the same simulated person corrects it."""

from collections.abc import Mapping, Sequence
from time import process_time
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from limner.evaluate import robots
from limner.evaluate.metrics.dice import dice
from limner.evaluate.pair import Pair
from limner.learn.trials._toy_organs import Scene

Bools = NDArray[np.bool_]
Places = NDArray[np.float64]

MOST = 20  # clicks after which an organ counts as not reached
GOOD = 0.9  # the Dice that is asked for
STROKES = 3  # scribble rounds


class Answerer(Protocol):
    """Whoever answers what is said of one scene."""

    def told(self, path: Places, *, inside: bool) -> Bools:
        """The mask (side, side) after one more click or stroke (n, 2)."""
        ...


def clicked(answerer: Answerer, scene: Scene) -> dict[str, float]:
    """How one organ went under clicks that mend the larger error.

    noc90 is the number of clicks to a Dice of 0.9, and 21 where 20 are not enough; violations
    is the share of clicked places that an answer contradicts, over all answers.
    """
    mask = np.zeros_like(scene.target)
    scores: list[float] = []
    places: list[tuple[int, int, bool]] = []
    asked = disobeyed = 0
    seconds = []
    while len(scores) < MOST and not (len(scores) >= 10 and max(scores) >= GOOD):
        said = robots.next_click(mask, scene.target)
        if said is None:
            scores += [1.0] * (MOST - len(scores))
            break
        begun = process_time()
        mask = answerer.told(said.path, inside=said.inside)
        seconds.append(process_time() - begun)
        scores.append(dice(Pair(mask, scene.target)))
        row, column = said.path[0].astype(int).tolist()
        places = [each for each in places if each[:2] != (row, column)]
        places.append((row, column, said.inside))
        asked += len(places)
        disobeyed += sum(mask[r, c] != inside for r, c, inside in places)
    first = next((n for n, score in enumerate(scores, start=1) if score >= GOOD), MOST + 1)
    return {
        "noc90": float(first),
        **{f"dice{n}": scores[n - 1] for n in (1, 3, 5, 10)},
        "violations": disobeyed / asked,
        "click_ms": 1000 * float(np.median(seconds)),
    }


def scribbled(answerer: Answerer, scene: Scene, rng: np.random.Generator) -> dict[str, float]:
    """How one organ went under rounds of scribbles: on the object and beside it, then on errors."""
    mask = np.zeros_like(scene.target)
    scores: list[float] = []
    longest = 0.0
    for number in range(STROKES):
        begun = process_time()
        for path, inside in _strokes(rng, mask, scene.target, first=number == 0):
            within = np.clip(path, 0, np.array(mask.shape) - 1)  # a wobbly hand may leave it
            mask = answerer.told(within, inside=inside)
        longest = max(longest, process_time() - begun)
        scores.append(dice(Pair(mask, scene.target)))
    told = {f"scribble_dice{n}": score for n, score in enumerate(scores, start=1)}
    return {**told, "scribble_ms": 1000 * longest}


def _strokes(
    rng: np.random.Generator, mask: Bools, target: Bools, *, first: bool
) -> list[tuple[Places, bool]]:
    """What a person draws in one round: one stroke on each kind of error that there is."""
    if first:
        return [(robots.stroke(rng, target), True), (robots.stroke(rng, ~target), False)]
    wrong = ((target & ~mask, True), (mask & ~target, False))
    return [
        (robots.stroke(rng, robots.largest_island(region)), inside)
        for region, inside in wrong
        if region.any()
    ]


def averaged(told: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of every number over the organs."""
    return {name: float(np.mean([each[name] for each in told])) for name in told[0]}
