"""Every predictor keeps the contract: its abilities are true, and the rest is refused."""

from dataclasses import replace

import numpy as np
import pytest

from limner.errors import PromptRefused
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from limner.predict import PREDICTORS, Prediction
from limner.prompt.box import Box
from limner.prompt.click import Click
from limner.prompt.example import Example
from limner.prompt.lasso import Lasso
from limner.prompt.prior import Prior
from limner.prompt.stroke import Stroke
from limner.prompt.words import Words

GRID = Grid((1, 60, 70), steps_mm=((0, 0, 3), (0, 0.8, 0), (0.8, 0, 0)))
DEEP = Grid((9, 60, 70), steps_mm=((0, 0, 3), (0, 0.8, 0), (0.8, 0, 0)))
KINDS = ("box", "click", "stroke", "lasso", "prior", "words", "example")


def bright(inputs):
    """Stands in for trained weights: what is brighter than midway."""
    grey = inputs["image"][:, 0]
    middle = (grey.max(axis=(1, 2)) + grey.min(axis=(1, 2))) / 2
    logits = (grey - middle[:, None, None]) * 10
    return {"logits": logits[:, None], "quality": np.full(len(grey), 0.7, np.float32)}


def made(name):
    """A predictor without its weights, where it has any."""
    options = {"limner": {"network": bright}}
    return PREDICTORS.get(name)(**options.get(name, {}))


def picture(grid=GRID, *, channels=1):
    """An ellipse at row 30, column 35 with half axes 12 and 18, on every slice."""
    _, rows, columns = np.ogrid[:1, :60, :70]
    inside = ((rows - 30) / 12) ** 2 + ((columns - 35) / 18) ** 2 <= 1
    inside = np.broadcast_to(inside, grid.shape)
    grain = np.random.default_rng(0).normal(0, 8, grid.shape)
    grey = np.clip(60 + 120 * inside + grain, 0, 255).astype(np.uint8)
    return Image.of(np.repeat(grey[..., None], channels, axis=-1), grid), inside


def at(row, column, *, slice_=0, grid=GRID):
    return tuple(grid.position_mm((slice_, row, column)).tolist())


def prompt(kind, inside, *, grid=GRID, slice_=0):
    """One prompt of a kind about the ellipse."""
    first, last = (slice_, 18, 17), (slice_, 42, 53)
    ticks = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    loop = [at(30 + 14 * np.sin(t), 35 + 20 * np.cos(t), slice_=slice_, grid=grid) for t in ticks]
    alone = np.zeros(grid.shape, bool)
    alone[slice_] = inside[slice_]
    return {
        "box": lambda: Box.between(grid, first, last),
        "click": lambda: Click(at(30, 35, slice_=slice_, grid=grid)),
        "stroke": lambda: Stroke(tuple(at(30, n, slice_=slice_, grid=grid) for n in (25, 35, 45))),
        "lasso": lambda: Lasso(tuple(loop)),
        "prior": lambda: Prior.of(alone, grid),
        "words": lambda: Words("lesion"),
        "example": lambda: Example("case 1", "0" * 64),
    }[kind]()


def asked(name, image, prompts, previous=None):
    predictor = made(name)
    return predictor.predict(predictor.encode(image), prompts, previous)


def dice(found, inside, *, number=1):
    answer = found.mask.where(number)
    return 2 * (answer & inside).sum() / (answer.sum() + inside.sum())


@pytest.mark.parametrize("name", PREDICTORS.names())
class TestEveryPredictor:
    @pytest.mark.parametrize("kind", KINDS)
    def test_takes_the_kinds_it_names_and_refuses_the_others(self, name, kind):
        image, inside = picture()
        said = [prompt(kind, inside)]
        if kind in made(name).abilities.prompts:
            assert dice(asked(name, image, said), inside) > 0.85
        else:
            with pytest.raises(PromptRefused, match=f"does not take {kind}"):
                asked(name, image, said)

    @pytest.mark.parametrize("kind", ["box", "click", "stroke", "lasso", "prior"])
    def test_takes_what_is_outside_only_where_it_says_so(self, name, kind):
        image, inside = picture()
        abilities = made(name).abilities
        if kind not in abilities.prompts:
            pytest.skip(f"it does not take a {kind}")
        beside = {
            "click": Click(at(5, 5), inside=False),
            "stroke": Stroke((at(5, 5), at(5, 60)), inside=False),
        }.get(kind, replace(prompt(kind, inside), inside=False))
        said = [prompt("click", inside), beside]
        if kind in abilities.negative:
            found = asked(name, image, said)
            assert not found.mask.where(1)[0, 5, 5]
            assert dice(found, inside) > 0.85
        else:
            with pytest.raises(PromptRefused, match="only for what is inside"):
                asked(name, image, said)

    @pytest.mark.parametrize("channels", [1, 2, 3, 4])
    def test_looks_at_the_channels_it_names(self, name, channels):
        image, inside = picture(channels=channels)
        said = [prompt("box", inside)]
        if channels in made(name).abilities.channels:
            assert dice(asked(name, image, said), inside) > 0.85
        else:
            with pytest.raises(PromptRefused, match=f"{channels} channels"):
                asked(name, image, said)

    @pytest.mark.parametrize("grid", [GRID, DEEP], ids=["picture", "volume"])
    def test_answers_on_the_images_own_grid(self, name, grid):
        image, inside = picture(grid)
        slice_ = grid.shape[0] // 2
        found = asked(name, image, [prompt("box", inside, grid=grid, slice_=slice_)])
        assert isinstance(found, Prediction)
        assert found.mask.grid == image.grid
        assert found.mask.times == 1
        assert found.card == made(name).card
        assert found.mask.find(1).source == "model"
        assert found.mask.find(1).rater == found.card
        assert set(found.quality) == {1}
        assert 0 <= found.quality[1] <= 1
        likely = found.mask.probability(1)
        assert np.array_equal(likely > 127, found.mask.where(1))
        if grid is DEEP:  # a flat box is answered on its slice, and says so
            assert found.slices == found.mask.find(1).slices == (4,)
            assert found.extent == "slice 5 of 9"
            assert not found.mask.where(1)[[0, 1, 2, 3, 5, 6, 7, 8]].any()
        else:
            assert found.extent == "the picture"

    def test_answers_in_three_dimensions_only_if_it_says_so(self, name):
        image, inside = picture(DEEP)
        box = [Box.between(DEEP, (0, 18, 17), (8, 42, 53))]
        if 3 in made(name).abilities.dims:
            found = asked(name, image, box)
            assert found.extent == "the whole volume of 9 slices"
            assert dice(found, inside) > 0.85
        else:
            with pytest.raises(PromptRefused, match="slices deep"):
                asked(name, image, box)

    def test_repeats_itself(self, name):
        image, inside = picture()
        said = [prompt("click", inside), Click(at(5, 5), inside=False)]
        one, other = asked(name, image, said), asked(name, image, said)
        assert one.mask == other.mask
        assert np.array_equal(one.mask.probability(1), other.mask.probability(1))
        assert one.quality == other.quality

    def test_contradictory_clicks_are_refused(self, name):
        image, _ = picture()
        with pytest.raises(PromptRefused, match="Take one of them back"):
            asked(name, image, [Click(at(30, 35)), Click(at(30, 35), inside=False)])

    @pytest.mark.parametrize("kind", ["click", "box", "stroke", "lasso"])
    def test_what_lies_outside_of_the_image_is_refused(self, name, kind):
        image, inside = picture()
        away = Grid(GRID.shape, (500, 0, 0), GRID.steps_mm)
        with pytest.raises(PromptRefused, match="lies outside"):
            asked(name, image, [prompt(kind, inside, grid=away)])

    def test_nothing_said_is_refused(self, name):
        if not made(name).abilities.alone:
            with pytest.raises(PromptRefused, match="no prompt"):
                asked(name, picture()[0], [])

    def test_a_frame_that_there_is_not_is_refused(self, name):
        with pytest.raises(PromptRefused, match="frame 3"):
            asked(name, picture()[0], [Click(at(30, 35), at_time=3)])

    def test_an_earlier_answer_is_not_changed(self, name):
        image, inside = picture()
        first = [prompt("box", inside)]
        before = asked(name, image, first)
        digest, soft = before.mask.digest(), before.mask.probability(1).copy()
        again = asked(name, image, [*first, Click(at(30, 50))], before)
        assert before.mask.digest() == digest
        assert np.array_equal(before.mask.probability(1), soft)
        assert before.prompts == tuple(first)
        assert again.prompts == (*first, Click(at(30, 50)))
        # undo is the earlier prompts with the earlier answer
        assert asked(name, image, first, before).mask == before.mask

    def test_starts_from_a_saved_mask(self, name):
        image, inside = picture()
        saved = Prediction(Mask.of(inside, GRID), {1: 0.9}, "somebody")
        found = asked(name, image, [Click(at(30, 35))], saved)
        assert dice(found, inside) > 0.85

    def test_several_objects_are_answered_each_by_itself(self, name):
        image, inside = picture()
        predictor = made(name)
        small = Box.between(GRID, (0, 25, 25), (0, 35, 45), object=5)
        found = asked(name, image, [prompt("box", inside), small])
        assert found.mask.ids == (1, 5)
        assert set(found.quality) == {1, 5}
        alone = asked(name, image, [prompt("box", inside)])
        assert np.array_equal(found.mask.where(1), alone.mask.where(1))
        other = predictor.predict(predictor.encode(image), [small])
        assert np.array_equal(found.mask.where(5), other.mask.where(5))

    def test_objects_that_no_prompt_names_are_left_out(self, name):
        image, inside = picture()
        first = [prompt("box", inside)]
        before = asked(name, image, first)
        second = replace(prompt("box", inside), object=2)
        assert asked(name, image, [second], before).mask.ids == (2,)

    def test_looks_only_at_the_region_it_is_given(self, name):
        image, inside = picture()
        samples = image.whole()[0].copy()
        samples[:, 60:] = 255  # beyond the region
        other = Image.of(samples[None], GRID)
        predictor = made(name)
        block = ((0, 5, 5), (1, 55, 60))
        one, two = (
            predictor.predict(predictor.encode(each, block), [prompt("click", inside)])
            for each in (image, other)
        )
        assert one.mask == two.mask
