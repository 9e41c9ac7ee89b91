"""Everything in the box: the least that a method must add to what it was told.

Source   none; the bar under every box-prompted method.
Differs  nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from limner.evaluate.baselines import BASELINES
from limner.evaluate.baselines.plane import answer, encode, the_box
from limner.image import Image
from limner.predict import Abilities, Block, Encoded, Prediction
from limner.prompt import Prompt, draw


@BASELINES.add
@dataclass(frozen=True)
class FilledBox:
    """The box itself."""

    card: ClassVar[str] = "filled box"
    abilities: ClassVar[Abilities] = Abilities({"box": (1, 1)}, objects=1)

    def encode(self, image: Image, region: Block | None = None) -> Encoded:
        """The slice; see `plane.encode`."""
        return encode(image, region)

    def predict(
        self, encoded: Encoded, prompts: Sequence[Prompt], previous: Prediction | None = None
    ) -> Prediction:
        """Every pixel whose centre is in the box."""
        del previous
        low, high = the_box(self.abilities, encoded, prompts)
        inside = draw.box(encoded.grid.shape[1:], low, high) > 0
        return answer(np.asarray(inside), encoded, prompts, card=self.card)
