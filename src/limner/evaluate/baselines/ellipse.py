"""The ellipse in the box: many things in the body are round.

Source   `research/peers.md`: the best of the classic baselines for a tight box.
Differs  nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from limner.evaluate.baselines import BASELINES
from limner.evaluate.baselines.plane import answer, ellipse, encode, the_box
from limner.image import Image
from limner.predict import Abilities, Block, Encoded, Prediction
from limner.prompt import Prompt


@BASELINES.add
@dataclass(frozen=True)
class Ellipse:
    """The ellipse that touches the four sides of the box."""

    card: ClassVar[str] = "ellipse in the box"
    abilities: ClassVar[Abilities] = Abilities({"box": (1, 1)}, objects=1)

    def encode(self, image: Image, region: Block | None = None) -> Encoded:
        """The slice; see `plane.encode`."""
        return encode(image, region)

    def predict(
        self, encoded: Encoded, prompts: Sequence[Prompt], previous: Prediction | None = None
    ) -> Prediction:
        """Every pixel whose centre is in the ellipse."""
        del previous
        low, high = the_box(self.abilities, encoded, prompts)
        inside = ellipse(encoded.grid.shape[1:], low, high)
        return answer(inside, encoded, prompts, card=self.card)
