"""GrabCut in the box: two colour mixtures and a graph cut, refitted a few times.

Source   Rother, Kolmogorov and Blake, SIGGRAPH 2004; OpenCV's `grabCut`.
Differs  the picture is cut to the box and its surroundings and shrunk to `side` pixels; with
         `start="ellipse"` the first guess is an ellipse, whose core is certain, instead of
         the whole rectangle, and islands and holes are mended after.
Tuned    on four objects a set of `choose`: `core` from 0.5 to 0.9, `guess` 0.9 and 1, `around`
         0.1 to 0.5, `side` 96 and 160, `rounds` 1 and 3, for the ellipse; `around` and
         `rounds` for the rectangle, which is best with `around=0.5` and stays behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.errors import extra
from limner.evaluate.baselines import BASELINES
from limner.evaluate.baselines.plane import Bools, View, answer, ellipse, encode, the_box
from limner.image import Image
from limner.predict import Abilities, Block, Encoded, Prediction
from limner.prompt import Prompt, draw


@BASELINES.add
@dataclass(frozen=True)
class GrabCut:
    """OpenCV's GrabCut.

    start     what is first taken for the object: the "rectangle" or an "ellipse" in it
    around    how much of the surroundings is seen, as a share of the box's sides
    side      pixels that the longer side is shrunk to
    rounds    how often the mixtures are fitted again
    guess     axes of the first guess, as a share of the box
    core      axes of what is certain, as a share of the box; 0 for none
    """

    start: Literal["rectangle", "ellipse"] = "ellipse"
    around: float = 0.25
    side: int = 160
    rounds: int = 3
    guess: float = 0.9
    core: float = 0.8

    abilities: ClassVar[Abilities] = Abilities({"box": (1, 1)}, objects=1)

    @property
    def card(self) -> str:
        """The name and every option."""
        return str(self)

    def encode(self, image: Image, region: Block | None = None) -> Encoded:
        """The slice; see `plane.encode`."""
        return encode(image, region)

    def predict(
        self, encoded: Encoded, prompts: Sequence[Prompt], previous: Prediction | None = None
    ) -> Prediction:
        """The cut within the box; the first guess where one side of it is empty."""
        del previous
        low, high = the_box(self.abilities, encoded, prompts)
        reach = self.around * (high - low) + 2
        view = View.of(encoded.features["shown"], low - reach, high + reach, side=self.side)
        trimap = self._trimap(view.shape, view.inward(low), view.inward(high))
        inside = self._cut(view.samples, trimap)
        return answer(view.outward(inside.astype(np.float32)), encoded, prompts, card=self.card)

    def _trimap(self, shape: tuple[int, int], low: Any, high: Any) -> NDArray[np.uint8]:
        """0 certainly not, 1 certainly, 2 probably not, 3 probably: OpenCV's values."""
        within = draw.box(shape, low, high) > 0
        if self.start == "rectangle":
            return np.where(within, 3, 0).astype(np.uint8)
        guess = ellipse(shape, low, high, scale=self.guess) & within
        core = ellipse(shape, low, high, scale=self.core) & within if self.core else guess & False
        return np.select([core, guess, within], [1, 3, 2], 0).astype(np.uint8)

    def _cut(self, samples: NDArray[np.float32], trimap: NDArray[np.uint8]) -> Bools:
        maybe = np.isin(trimap, (1, 3))
        if maybe.all() or maybe.sum() < 2 or (~maybe).sum() < 2:
            return maybe  # a mixture needs pixels on either side
        with extra("evaluate"):
            import cv2
        cv2.setRNGSeed(0)
        colour = np.rint(np.broadcast_to(samples, (*trimap.shape, 3)) * 255).astype(np.uint8)
        cut = trimap.copy()
        outer, inner = np.zeros((1, 65)), np.zeros((1, 65))  # room for the two mixtures
        rounds, how = self.rounds, cv2.GC_INIT_WITH_MASK
        cv2.grabCut(colour, cut, (0, 0, 1, 1), outer, inner, rounds, how)
        inside = np.isin(cut, (1, 3))
        return _tidied(inside) if inside.any() else maybe


def _tidied(inside: Bools) -> Bools:
    """The largest island with its holes filled."""
    islands, count = ndimage.label(inside)
    if count > 1:
        inside = islands == np.bincount(islands.ravel())[1:].argmax() + 1
    return np.asarray(ndimage.binary_fill_holes(inside))
