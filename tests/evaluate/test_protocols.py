"""The scorer is right when predictors whose answers are known get the scores they deserve."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from limner.evaluate.protocols.prompted import CLICKS, box, clicks
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from limner.predict import Abilities, Encoded, Prediction
from limner.prompt.box import Box
from limner.prompt.click import Click

BOTH = Abilities({"box": (0, 1), "click": (0, 99)}, negative=frozenset({"click"}))


@dataclass(frozen=True)
class Planted:
    """Answers with what a function (prompts, grid) of the test draws."""

    draws: Any
    card: str = "planted"
    abilities: Abilities = BOTH

    def encode(self, image, region=None):
        return Encoded(image, region)

    def predict(self, encoded, prompts, previous=None):
        inside = self.draws(prompts, encoded.grid)
        return Prediction(Mask.of(inside[None], encoded.grid), {}, self.card, tuple(prompts))


def disc(radius=6, *, shape=(32, 40), centre=(14, 21)):
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 <= radius**2


def encoded(target, grid=None):
    return Encoded(Image.of(np.zeros(target.shape, np.uint8), grid))


def places(prompts, grid):
    return [tuple(np.rint(grid.index_at(each.at_mm)).astype(int)[1:]) for each in prompts]


def only_clicks(prompts, grid):
    """The clicked pixels that are said to be inside, and no others."""
    inside = np.zeros(grid.shape[1:], bool)
    for each, place in zip(prompts, places(prompts, grid), strict=True):
        inside[place] |= each.inside
    return inside


def test_a_perfect_predictor_scores_one_and_is_asked_once():
    target = disc()
    perfect = Planted(lambda prompts, grid: target)
    assert box(perfect, encoded(target), target).dice == (1.0,)
    found = clicks(perfect, encoded(target), target)
    assert found.dice == (1.0,) * CLICKS
    assert len(found.seconds) == 1
    assert found.failure == ""


def test_the_filled_box_scores_the_dice_of_the_box():
    target = np.zeros((20, 20), bool)
    target[3:9, 4:14] = True
    target[3:6, 4:9] = False  # 60 pixels less 15, in a box of 60

    def filled(prompts, grid):
        low, high = (np.ceil(each[1:]).astype(int) for each in prompts[0].faces(grid))
        inside = np.zeros(grid.shape[1:], bool)
        inside[low[0] : high[0], low[1] : high[1]] = True
        return inside

    assert box(Planted(filled), encoded(target), target).dice == (2 * 45 / (45 + 60),)


def test_the_box_is_tight_and_in_millimetres():
    target = disc()
    grid = Grid(
        (1, *target.shape), origin_mm=(5, -7, 30), steps_mm=((0, 0, 4), (0, 0.5, 0), (0.25, 0, 0))
    )
    seen = []
    box(Planted(lambda prompts, _: seen.extend(prompts) or target), encoded(target, grid), target)
    assert isinstance(seen[0], Box)
    low, high = seen[0].faces(grid)
    np.testing.assert_allclose(low, (-0.5, 14 - 6.5, 21 - 6.5), atol=1e-9)
    np.testing.assert_allclose(high, (0.5, 14 + 6.5, 21 + 6.5), atol=1e-9)


def test_one_that_ignores_later_clicks_has_a_flat_curve():
    target = disc()
    half = target & (np.arange(40) < 21)
    found = clicks(Planted(lambda prompts, grid: half), encoded(target), target)
    assert len(set(found.dice)) == 1
    assert found.dice[0] == 2 * half.sum() / (half.sum() + target.sum())
    assert len(found.seconds) == CLICKS


def test_one_that_fails_counts_as_nothing_and_says_why():
    target = disc()

    def fails_third(prompts, grid):
        if len(prompts) == 3:
            raise RuntimeError("no more")
        return only_clicks(prompts, grid)

    found = clicks(Planted(fails_third), encoded(target), target)
    assert found.dice[0] > 0
    assert found.dice[2:] == (0.0,) * 8
    assert found.failure == "RuntimeError: no more"
    assert len(found.seconds) == 2


def test_one_that_answers_the_clicks_alone_grows_by_a_pixel_a_click():
    target = disc()
    found = clicks(Planted(only_clicks), encoded(target), target)
    sizes = np.arange(1, CLICKS + 1)
    np.testing.assert_allclose(found.dice, 2 * sizes / (sizes + target.sum()))


def test_clicks_are_the_deepest_place_of_the_larger_error():
    target = disc()
    seen = []

    def grows(prompts, grid):
        seen.append(prompts[-1])
        return disc(4) if len(prompts) == 1 else disc(12)

    start = encoded(target)
    clicks(Planted(grows), start, target)
    assert places(seen[:1], start.grid) == [(14, 21)]
    assert [each.inside for each in seen[:4]] == [True, True, False, False]
    missed = np.hypot(*np.subtract(places(seen[1:2], start.grid)[0], (14, 21)))
    extra = np.hypot(*np.subtract(places(seen[2:3], start.grid)[0], (14, 21)))
    assert 4 < missed <= 6
    assert 8 <= extra <= 10


def test_all_prompts_so_far_and_the_answer_before_are_handed_over():
    target = disc()
    counts, before = [], []

    @dataclass(frozen=True)
    class Watched(Planted):
        def predict(self, encoded, prompts, previous=None):
            counts.append(len(prompts))
            before.append(previous)
            return super().predict(encoded, prompts, previous)

    clicks(Watched(only_clicks), encoded(target), target)
    assert counts == list(range(1, CLICKS + 1))
    assert before[0] is None
    assert [each.mask.voxels(1) for each in before[1:]] == counts[:-1]


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda answer: replace(answer, mask=Mask(answer.mask.grid)),
        lambda answer: replace(answer, mask=Mask.of(np.ones((1, 2, 2)), Grid((1, 2, 2)))),
    ],
    ids=["no object", "another grid"],
)
def test_an_answer_of_another_form_counts_as_nothing(spoilt):
    target = disc()

    @dataclass(frozen=True)
    class Spoilt(Planted):
        def predict(self, encoded, prompts, previous=None):
            return spoilt(super().predict(encoded, prompts, previous))

    for protocol in (box, clicks):
        found = protocol(Spoilt(lambda prompts, grid: target), encoded(target), target)
        assert set(found.dice) == {0.0}
        assert found.failure


def test_an_empty_answer_scores_nothing_and_is_clicked_again():
    target = disc()
    empty = Planted(lambda prompts, grid: np.zeros(grid.shape[1:], bool))
    found = clicks(empty, encoded(target), target)
    assert found.dice == (0.0,) * CLICKS
    assert found.failure == ""


def test_clicks_are_of_the_kind_that_was_registered():
    target = disc()
    seen = []
    clicks(Planted(lambda p, grid: seen.append(p[-1]) or ~target), encoded(target), target)
    assert all(isinstance(each, Click) for each in seen)
