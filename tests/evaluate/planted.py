"""Predictors of planted behaviour, that prove the scorer: what they deserve is known by hand."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from limner.predict import Abilities, Encoded, Prediction

ANY = Abilities(
    {"box": (0, 1), "click": (0, 99), "stroke": (0, 99)}, negative=frozenset({"click", "stroke"})
)


@dataclass(frozen=True)
class Planted:
    """Answers with what a function (prompts, grid) of the test draws.

    expects   the Dice it says that it expects, by the number of prompts; none for None
    """

    draws: Any
    expects: Any = None
    card: str = "planted"
    abilities: Abilities = ANY

    def encode(self, image, region=None):
        return Encoded(image, region)

    def predict(self, encoded, prompts, previous=None):
        inside = self.draws(prompts, encoded.grid)
        quality = {} if self.expects is None else {1: self.expects(len(prompts))}
        mask = Mask.of(inside[None], encoded.grid)
        return Prediction(mask, quality, self.card, tuple(prompts))


def encoded(target, grid: Grid | None = None):
    """A black picture of a target's shape."""
    return Encoded(Image.of(np.zeros(target.shape, np.uint8), grid))


def part(target, dice):
    """The first pixels of a target that have about that Dice with it: 2a / (a + t) = dice."""
    area = round(dice * target.sum() / (2 - dice))
    inside = np.zeros(target.shape, bool)
    inside.ravel()[np.flatnonzero(target)[:area]] = True
    return inside


def steps(target, dices):
    """Draws a part of the target of the nth Dice after the nth prompt, the last one for ever."""
    return lambda prompts, grid: part(target, dices[min(len(prompts), len(dices)) - 1])


def fails(prompts, grid):
    raise RuntimeError("it broke")
