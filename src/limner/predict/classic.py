"""No weights: outlines anything with an edge, on slices and in volumes, from any prompt.

It looks at a small block round what was said, turns the prompts into a guess of the shape
(the ellipse in a box, a lasso, an earlier mask, the region that grows from a click up to the
steepest edges), and finishes the guess by one of four methods; see `_finish.py`.

A click or a stroke on a volume is answered in the volume. A flat box or a lasso is answered on
its slice. `results/classic_methods.json` compares the methods.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import PromptRefused, UnknownName
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object, Soft
from limner.predict import PREDICTORS, Abilities, Block, Encoded, Prediction, check
from limner.predict._finish import METHODS, Problem
from limner.predict._grow import grown
from limner.predict._working import (
    Bools,
    Floats,
    Working,
    ellipsoid,
    enclosed,
    marked,
    prior_on,
)
from limner.prompt import Prompt
from limner.prompt.box import Box
from limner.prompt.lasso import Lasso
from limner.prompt.prior import Prior
from limner.window import window_of

MARGIN = 0.3  # of a box's sides: the surroundings that are looked at
LEAST = 4  # voxels of surroundings, at least
FIRM = 4.0  # logits in the middle of a box; minus as much at twice its half axes
SHAPED = 3.0  # logits two steps of SOFT inside the outline of a lasso, a prior or a region
SOFT = 0.4  # of the radius of a disc as large as the outline: one such step
DEEP = 1.5  # slices: a box that spans more is answered in the volume
CORE = 0.3  # of a box's half axes: certainly the object
EXPECTED = 0.6  # the Dice that a method without a judge of itself expects

ABILITIES = Abilities(
    prompts={
        "box": (0, 1),
        "click": (0, 1000),
        "stroke": (0, 1000),
        "lasso": (0, 1),
        "prior": (0, 1),
    },
    negative=frozenset({"click", "stroke"}),
    dims=frozenset({2, 3}),
)


@dataclass(frozen=True)
class Classic:
    """See the module.

    method   "walk", "geodesic", "cut" or "level_set"
    """

    method: str = "walk"

    @property
    def card(self) -> str:
        """The name, and the method where it is not the usual one."""
        return "classic" if self.method == "walk" else f"classic, {self.method}"

    @property
    def abilities(self) -> Abilities:
        """Any prompt with a place, in two and three dimensions."""
        return ABILITIES

    def encode(self, image: Image, region: Block | None = None) -> Encoded:
        """The window of the image: blocks are read when a prompt says where."""
        return Encoded(image, region, {"window": window_of(image)})

    def predict(
        self, encoded: Encoded, prompts: Sequence[Prompt], previous: Prediction | None = None
    ) -> Prediction:
        """An answer from all prompts; an earlier answer counts where it has no state."""
        check(self.abilities, prompts, encoded.image)
        groups: dict[tuple[int, int], list[Prompt]] = {}
        for each in prompts:
            groups.setdefault((each.object, each.at_time), []).append(each)
        found = [
            self._answered(encoded, [*_painted(previous, where, told), *told])
            for where, told in sorted(groups.items())
        ]
        return _prediction(found, encoded, prompts, card=self.card)

    def _answered(self, encoded: Encoded, prompts: Sequence[Prompt]) -> Soft:
        """The probability of one object at one time."""
        low, high = _block(encoded, prompts)
        working = Working.of(encoded.grid, low, high)
        time = prompts[0].at_time
        window = encoded.features.get("window") or window_of(encoded.image)
        samples = working.samples(encoded.image, window, time=time)
        problem = _problem(samples, prompts, working)
        answer = self.finished(problem)
        levels = working.levels(np.where(problem.inside, 1, answer).astype(np.float32))
        return _cropped(Soft(prompts[0].object, low, levels, time))

    def finished(self, problem: Problem) -> Floats:
        """The probability of the object in the block, from its guess."""
        return METHODS[self.method](problem)


@PREDICTORS.add
def classic(*, method: str = "walk") -> Classic:
    """Methods without weights. Raises UnknownName for a method that there is not."""
    if method not in METHODS:
        raise UnknownName("method", method, tuple(METHODS))
    return Classic(method)


def _block(encoded: Encoded, prompts: Sequence[Prompt]) -> Block:
    """The voxels that are looked at."""
    grid = encoded.grid
    first, last = encoded.region or ((0, 0, 0), grid.shape)
    number = _only_slice(prompts, grid)
    shaped = [each for each in prompts if isinstance(each, Box | Lasso | Prior)]
    low, high = np.array(first), np.array(last)
    if shaped:
        corners = np.concatenate([_corners(each, grid) for each in prompts])
        sides = np.ptp(corners, axis=0)
        spare = np.maximum(LEAST, sides * MARGIN)
        low = np.clip(np.floor(corners.min(axis=0) - spare).astype(int), first, np.array(last) - 1)
        high = np.clip(np.ceil(corners.max(axis=0) + spare).astype(int) + 1, low + 1, last)
    if number is not None:
        low[0], high[0] = number, number + 1
    (a, b, c), (d, e, f) = low.tolist(), high.tolist()
    return (a, b, c), (d, e, f)


def _only_slice(prompts: Sequence[Prompt], grid: Grid) -> int | None:
    """The slice of a flat box or a lasso; None where the volume is meant.

    Raises PromptRefused for marks on another slice than a flat box or lasso.
    """
    if grid.shape[0] == 1:
        return 0
    numbers = {}
    for each in prompts:
        if isinstance(each, Box):
            low, high = each.faces(grid)
            if high[0] - low[0] <= DEEP:
                numbers[each.kind] = int(np.floor((low[0] + high[0]) / 2 + 0.5))
        elif isinstance(each, Lasso):
            depth = grid.index_at(each.loop_mm)[:, 0].mean()
            numbers[each.kind] = int(np.floor(float(depth) + 0.5))
    if not numbers:
        return None
    kind, number = next(iter(numbers.items()))
    for each in prompts:
        if isinstance(each, Prior):
            continue
        middle = np.mean(grid.index_at(each.places_mm)[:, 0])
        if abs(float(middle) - number) > 0.5 + 1e-6:
            raise PromptRefused(
                f"The {kind} is on slice {number + 1} and a {each.kind} on slice "
                f"{round(float(middle)) + 1}. Give both on one slice, or a box as deep as the "
                "object."
            )
    return min(max(number, 0), grid.shape[0] - 1)


def _corners(prompt: Prompt, grid: Grid) -> NDArray[np.float64]:
    if isinstance(prompt, Box):
        return np.stack(prompt.faces(grid))
    if isinstance(prompt, Prior):
        return grid.index_at(prompt.grid.corners_mm())
    return grid.index_at(prompt.places_mm)


def _problem(samples: Floats, prompts: Sequence[Prompt], working: Working) -> Problem:
    """Prompts as marks and as a guess of the shape.

    A box or a lasso holds the whole object. Marks come in the order they were given: each
    that the guess does not obey yet adds or takes away the region that grows from it.
    """
    inside, outside = np.zeros(working.shape, bool), np.zeros(working.shape, bool)
    beyond = np.zeros(working.shape, bool)
    guess: Floats | None = None
    for each in prompts:
        if isinstance(each, Box):
            beyond |= ~enclosed(each, working)
            apart = ellipsoid(each, working)
            inside |= (apart < CORE) & ~beyond
            guess = np.asarray(FIRM * (1 - apart), np.float32)
        elif isinstance(each, Lasso):
            shape = enclosed(each, working)
            beyond |= ~shape
            guess = _signed(shape)
        elif isinstance(each, Prior):
            guess = _signed(prior_on(each, working) > 0.5)
    marks = [each for each in prompts if each.kind in {"click", "stroke"}]
    positive = _union([marked(each, working) for each in marks if each.inside], working)
    negative = _union([marked(each, working) for each in marks if not each.inside], working)
    positive &= ~negative
    inside = (inside & ~negative) | positive
    outside = (beyond | negative) & ~positive
    if guess is None:
        guess = _signed(grown(samples, positive, negative) & ~negative)
    else:
        missed, taken = positive & (guess <= 0), negative & (guess > 0)
        if missed.any():
            guess = np.maximum(guess, _signed(grown(samples, missed, outside)))
        if taken.any():
            guess = np.minimum(guess, -_signed(grown(samples, taken, inside)))
    return Problem(
        samples=samples,
        inside=inside & ~outside,
        outside=outside,
        guess=np.asarray(guess, np.float32),
        enclosed=bool(beyond.any()),
    )


def _union(each: Sequence[Bools], working: Working) -> Bools:
    together = np.zeros(working.shape, bool)
    for one in each:
        together |= one
    return together


def _signed(shape: Bools) -> Floats:
    """Logits of an outline: above 0 inside, below outside, by the distance from it."""
    from scipy.ndimage import distance_transform_edt

    if not shape.any() or shape.all():
        return np.full(shape.shape, SHAPED if shape.any() else -SHAPED, np.float32)
    flat = shape.shape[0] == 1
    plane = shape[0] if flat else shape
    apart = distance_transform_edt(plane) - distance_transform_edt(~plane)
    radius = np.sqrt(plane.sum() / np.pi) if flat else np.cbrt(plane.sum() * 3 / (4 * np.pi))
    step = max(2.0, SOFT * float(radius))
    return np.asarray(SHAPED * np.clip(apart / step, -2, 2), np.float32).reshape(shape.shape)


def _painted(
    previous: Prediction | None, where: tuple[int, int], told: Sequence[Prompt]
) -> tuple[Prompt, ...]:
    """The earlier mask as a prior, where it comes from a saved session."""
    number, time = where
    if previous is None or previous.state is not None or any(p.kind == "prior" for p in told):
        return ()
    mask = previous.mask
    if number not in mask.ids or time >= mask.times:
        return ()
    flags = mask.where(number, time=time)
    return (Prior.of(flags, mask.grid, object=number, at_time=time),) if flags.any() else ()


def _cropped(soft: Soft) -> Soft:
    """The same without planes of nothing."""
    levels, low = soft.levels, list(soft.low)
    for axis in range(3):
        others = tuple(each for each in range(3) if each != axis)
        some = np.flatnonzero(levels.any(axis=others))
        if not len(some):
            return Soft(soft.object, soft.low, np.zeros((1, 1, 1), np.uint8), soft.time)
        levels = levels.take(range(int(some[0]), int(some[-1]) + 1), axis=axis)
        low[axis] += int(some[0])
    return Soft(soft.object, (low[0], low[1], low[2]), levels, soft.time)


def _prediction(
    found: Sequence[Soft], encoded: Encoded, prompts: Sequence[Prompt], *, card: str
) -> Prediction:
    grid = encoded.grid
    kind = np.min_scalar_type(max(each.object for each in prompts))
    layers: list[NDArray[Any]] = []
    for each in found:
        inside = each.levels > 127
        (a, b, c), (d, e, f) = each.low, each.levels.shape
        place = (each.time, slice(a, a + d), slice(b, b + e), slice(c, c + f))
        home = next((one for one in layers if not one[place][inside].any()), None)
        if home is None:
            home = np.zeros((encoded.image.times, *grid.shape), kind)
            layers.append(home)
        home[place][inside] = each.object
    slices = {number: _slices(prompts, number, grid) for number in {s.object for s in found}}
    objects = tuple(
        Object(number, source="model", rater=card, slices=slices[number])
        for number in sorted(slices)
    )
    together = sorted({one for each in slices.values() for one in each})
    return Prediction(
        mask=Mask(grid, tuple(layers), objects, tuple(found)),
        quality=dict.fromkeys(slices, EXPECTED),
        card=card,
        prompts=tuple(prompts),
        slices=tuple(together) if all(slices.values()) else (),
        state="answered",  # prompts alone give the same again
    )


def _slices(prompts: Sequence[Prompt], number: int, grid: Grid) -> tuple[int, ...]:
    """The slice that an object was answered on; empty for a picture and for a volume."""
    if grid.shape[0] == 1:
        return ()
    only = _only_slice([each for each in prompts if each.object == number], grid)
    return () if only is None else (only,)
