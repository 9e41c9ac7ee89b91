"""A predictor that needs no weights: boxes are filled, a click is a square of seven pixels.

`python -m tests.cli.fake ARGUMENTS` is the command line with that predictor, called 'fake'.
"""

from dataclasses import dataclass

import numpy as np

from limner.image import Image
from limner.mask import Mask, Object
from limner.predict import PREDICTORS, Abilities, Encoded, Prediction, check
from limner.prompt import to_map

ABILITIES = Abilities(
    {"box": (0, 1), "click": (0, 9), "stroke": (0, 9), "lasso": (0, 9), "prior": (0, 1)},
    negative=frozenset({"click"}),
)


@dataclass(frozen=True)
class Fake:
    """Everything within three pixels of an inside mark, or in the region; never at an outside."""

    card: str = "fake@1"
    abilities: Abilities = ABILITIES

    def encode(self, image: Image, region=None) -> Encoded:
        return Encoded(image, region)

    def predict(self, encoded, prompts, previous=None) -> Prediction:
        check(self.abilities, prompts, encoded.image)
        grid = encoded.grid
        mask = Mask(grid)
        answered = set()
        for number in sorted({each.object for each in prompts}):
            mine = [each for each in prompts if each.object == number]
            slices = {round(float(grid.index_at(p)[0])) for e in mine for p in e.places_mm}
            inside = np.zeros(grid.shape, bool)
            for one in slices:
                here = grid.slice_at(one)
                marks = [e for e in mine if on_slice(e, grid, one)]
                region, near, far, prior = to_map(marks, here)
                inside[one] = ((region > 0) | (near > 0.1) | (prior > 0.5)) & (far < 0.1)
            answered |= slices
            told = () if grid.shape[0] == 1 else tuple(sorted(slices))
            mask = mask.with_object(inside, Object(number, source="model", slices=told))
        quality = dict.fromkeys(mask.ids, 0.9)
        return Prediction(mask, quality, self.card, tuple(prompts), tuple(sorted(answered)))


def on_slice(prompt, grid, number) -> bool:
    return any(round(float(grid.index_at(place)[0])) == number for place in prompt.places_mm)


def register() -> None:
    """Make it a predictor by the name of 'fake', for this process."""
    from limner.registry import _points

    class Point:
        name = "fake"

        @staticmethod
        def load():
            return Fake

    import limner.registry

    known = _points.__wrapped__ if hasattr(_points, "__wrapped__") else _points

    def points(group):
        return (*known(group), Point) if group == PREDICTORS.group else known(group)

    limner.registry._points = points


if __name__ == "__main__":
    from limner.cli import main

    register()
    main()
