"""Clicks that are not in the middle: anywhere in the error, beside the middle, the worst of five.

Source   that real clicks score worse than centred ones: RClicks, Antonov et al., NeurIPS 2024,
         arXiv:2410.11722; the worst of many inputs: TETRIS, Moskalenko et al., AAAI 2024.
Differs  the clicks are drawn by chance, not from a model of people and not by optimisation
         (`robots` has that); the worst is that of five first clicks anywhere in the target.
         Chance begins at a number made from the object's name, so that nobody is luckier.
"""

from collections.abc import Callable
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.evaluate.protocols.prompted import Outcome, Person, asked, click_at
from limner.evaluate.robots.extent import framed
from limner.grid import Grid
from limner.predict import Encoded, Predictor
from limner.prompt import Prompt

Bools = NDArray[np.bool_]
Place = NDArray[np.int64]

FEW = 5  # clicks
WORST_OF = 5  # first clicks
SHAKE = 0.5  # of the depth of the error: how far beside the middle, as a standard deviation
TRIES = 20  # before somebody who keeps missing the error aims well


def random_clicks(predictor: Predictor, encoded: Encoded, target: Bools, *, name: str) -> Outcome:
    """Five clicks, each at any pixel of the larger kind of error."""
    rng = _chance("random", name)
    return _asked(predictor, encoded, target, aim=lambda wrong: _anywhere(rng, wrong))


def jittered_clicks(predictor: Predictor, encoded: Encoded, target: Bools, *, name: str) -> Outcome:
    """Five clicks, each a little beside the middle of the larger kind of error."""
    rng = _chance("jittered", name)
    return _asked(predictor, encoded, target, aim=lambda wrong: _beside(rng, wrong))


def worst_clicks(predictor: Predictor, encoded: Encoded, target: Bools, *, name: str) -> Outcome:
    """Five first clicks at any pixels of the target, each asked alone: Dice after each."""
    rng = _chance("worst", name)
    places = [_anywhere(rng, target) for _ in range(WORST_OF)]
    alone = [
        asked(predictor, encoded, target, person=_always(encoded.grid, place), most=1)
        for place in places
    ]
    return Outcome.together(alone)


def _chance(kind: str, name: str) -> np.random.Generator:
    return np.random.default_rng(crc32(f"{kind} {name}".encode()))


def _always(grid: Grid, place: Place) -> Person:
    said: tuple[Prompt, ...] = (click_at(grid, place, inside=True),)
    return lambda _, __: said


def _asked(
    predictor: Predictor, encoded: Encoded, target: Bools, *, aim: Callable[[Bools], Place]
) -> Outcome:
    """`FEW` clicks, each where somebody aims in the larger kind of error."""

    def says(answer: Bools, _: int) -> tuple[Prompt, ...]:
        missed, extra = target & ~answer, answer & ~target
        inside = bool(missed.sum() >= extra.sum())
        wrong = missed if inside else extra
        return (click_at(encoded.grid, aim(wrong), inside=inside),) if wrong.any() else ()

    return asked(predictor, encoded, target, person=says, most=FEW)


def _anywhere(rng: np.random.Generator, region: Bools) -> Place:
    """Any pixel (2,) of a region."""
    flat = np.flatnonzero(region)
    return np.array(np.unravel_index(flat[rng.integers(len(flat))], region.shape))


def _beside(rng: np.random.Generator, region: Bools) -> Place:
    """A pixel (2,) near the deepest one of a region, still of the region."""
    middle, depth = _middle(region)
    for _ in range(TRIES):
        place = np.rint(rng.normal(middle, SHAKE * depth)).astype(np.int64)
        if (place >= 0).all() and (place < region.shape).all() and region[tuple(place)]:
            return place
    return middle


def _middle(region: Bools) -> tuple[Place, float]:
    """The deepest pixel (2,) of a region, and how far it is from the outside."""
    low, window = framed(region)
    depth = ndimage.distance_transform_edt(window)
    place = np.array(np.unravel_index(int(depth.argmax()), depth.shape))
    return low + place - 1, float(depth.max())
