"""The random walker: a pixel joins the seeds that a walker from it would meet first.

Source   Grady, IEEE PAMI 28(11), 2006; weights as in scikit-image's `random_walker`.
Differs  the picture is cut to a window and shrunk to `side` pixels. What is certainly not the
         object is the outside of a box or, for clicks, the border of the window and the
         outside clicks; a pixel joins above `share`, not above a half, because one spot
         against a whole border is an uneven start. Strokes are seeds as wide as their pen, and
         where there are some outside too, the window is the picture and its border says nothing.
Tuned    on `choose`. For boxes, four objects a set: `beta` 30 to 1500, `core` 0.5 to 0.9,
         `inbox` 0.3 to 0.5. For clicks, two or three objects a set: `share` 0.1 to 0.4, `reach`
         0.14 to 0.25, `spot` 2 and 4; `beta` as for boxes. For strokes inside and outside, one
         drawing of each picture that people drew on: `sharp` 300 to 10000, `drawn` 0.35 to 0.65.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from limner.evaluate.baselines import BASELINES
from limner.evaluate.baselines.plane import Bools, Points, View, answer, ellipse, encode
from limner.image import Image
from limner.predict import Abilities, Block, Encoded, Prediction, check
from limner.predict._walker import walked
from limner.prompt import Prompt, draw
from limner.prompt.box import Box
from limner.prompt.click import Click
from limner.prompt.stroke import Stroke

ANY = 1000  # clicks
EDGE = 0.1  # pixels: the soft edge of a drawn line, so narrow that it adds nothing to its width


@BASELINES.add
@dataclass(frozen=True)
class RandomWalker:
    """A random walker, seeded by a box or by clicks.

    beta     how much an edge hinders the walker
    side     pixels that the longer side of the window round clicks is shrunk to
    within   the same for the window round a box
    core     axes of the ellipse that is certain in a box, as a share of the box
    inbox    share above which a pixel joins, for a box
    reach    of the window round clicks, as a share of the picture's shorter side
    spot     radius of a click's seed, in pixels of the window
    share    share above which a pixel joins, for clicks
    sharp    `beta` where there are strokes both inside and outside
    drawn    `share` for those
    across   pixels that the longer side of the picture is shrunk to for those
    """

    beta: float = 500.0
    side: int = 64
    within: int = 96
    core: float = 0.8
    inbox: float = 0.4
    reach: float = 0.2
    spot: float = 2.0
    share: float = 0.3
    sharp: float = 3000.0
    drawn: float = 0.5
    across: int = 128

    abilities: ClassVar[Abilities] = Abilities(
        {"box": (0, 1), "click": (0, ANY), "stroke": (0, ANY)},
        negative=frozenset({"click", "stroke"}),
        objects=1,
    )

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
        """What the walkers say, seeded by the box where there is one, and by every click."""
        del previous
        check(self.abilities, prompts, encoded.image)
        plane = encoded.features["shown"]
        box = next((each for each in prompts if isinstance(each, Box)), None)
        side, level, beta = self.side, self.share, self.beta
        if box is not None:
            low, high = (each[1:] for each in box.faces(encoded.grid))
            low, high = low - 0.1 * (high - low) - 2, high + 0.1 * (high - low) + 2
            side, level = self.within, self.inbox
        elif _enclosing(prompts):
            low, high = np.zeros(2), np.array(encoded.grid.shape[1:], float)
            side, level, beta = self.across, self.drawn, self.sharp
        else:
            low, high = self._window(encoded, prompts)
        view = View.of(plane, low, high, side=side)
        seeds = self._seeds(encoded, prompts, view)
        inside = view.outward(walked(view.samples, seeds, beta=beta) * (0.5 / level))
        return answer(inside, encoded, prompts, card=self.card)

    def _window(self, encoded: Encoded, prompts: Sequence[Prompt]) -> tuple[Points, Points]:
        """Faces of the window: round what is said to be inside, or round the rest if nothing is."""
        places = _places(encoded, prompts, inside=True)
        if not len(places):
            places = _places(encoded, prompts, inside=False)
        margin = self.reach * min(encoded.grid.shape[1:])
        return places.min(axis=0) - margin, places.max(axis=0) + margin

    def _seeds(self, encoded: Encoded, prompts: Sequence[Prompt], view: View) -> NDArray[np.int8]:
        """0 unknown, 1 inside, 2 outside; clicks and strokes count before everything else."""
        box = next((each for each in prompts if isinstance(each, Box)), None)
        if box is None and _enclosing(prompts):
            seeds = np.zeros(view.shape, np.int8)
        elif box is None:
            seeds = np.full(view.shape, 2, np.int8)
            seeds[1:-1, 1:-1] = 0
        else:
            low, high = (view.inward(each[1:]) for each in box.faces(encoded.grid))
            seeds = np.where(draw.box(view.shape, low, high) > 0, 0, 2).astype(np.int8)
            seeds[ellipse(view.shape, low, high, scale=self.core)] = 1
        for inside, value in ((False, 2), (True, 1)):
            clicks = [each for each in prompts if isinstance(each, Click)]
            places = view.inward(_places(encoded, clicks, inside=inside))
            seeds[_discs(view.shape, places, radius=self.spot)] = value
            seeds[_drawn(encoded, prompts, view, inside=inside)] = value
        return seeds


def _enclosing(prompts: Sequence[Prompt]) -> bool:
    """Whether strokes say both what is inside and what is outside."""
    return {each.inside for each in prompts if isinstance(each, Stroke)} == {True, False}


def _places(encoded: Encoded, prompts: Sequence[Prompt], *, inside: bool) -> Points:
    """(n, 2) rows and columns of the clicks, and points of strokes, that say so."""
    said = [
        place
        for each in prompts
        if isinstance(each, Click | Stroke) and each.inside == inside
        for place in each.places_mm
    ]
    return encoded.grid.index_at(said)[:, 1:] if said else np.zeros((0, 2))


def _drawn(encoded: Encoded, prompts: Sequence[Prompt], view: View, *, inside: bool) -> Bools:
    """The pixels of the view that a pen went over, at least one wide."""
    over = np.zeros(view.shape, bool)
    for each in prompts:
        if isinstance(each, Stroke) and each.inside == inside:
            path = view.inward(encoded.grid.index_at(each.path_mm)[:, 1:])
            width = each.pen_mm / min(encoded.grid.spacing_mm[1:]) / view.factor
            over |= draw.line(view.shape, path, sigma=EDGE, radius=max(width / 2, 0.5)) > 0.5
    return over


def _discs(shape: tuple[int, int], places: Points, *, radius: float) -> Bools:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    inside = np.zeros(shape, bool)
    for row, column in np.rint(places):
        inside |= (rows - row) ** 2 + (columns - column) ** 2 <= radius**2
    return inside
