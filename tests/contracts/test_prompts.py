"""What every kind of prompt owes us. A new file in `prompt/` is tested by being there."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from limner.errors import BadValue, LimnerError, UnknownName
from limner.grid import Grid
from limner.prompt import CHANNELS, PROMPTS, from_json, to_map
from limner.prompt.box import Box
from limner.prompt.click import Click
from limner.prompt.example import Example
from limner.prompt.lasso import Lasso
from limner.prompt.prior import Prior
from limner.prompt.stroke import Stroke
from limner.prompt.words import Words
from tests.laws.values import MM, grids

FLAGS = np.zeros((2, 6, 7), bool)
FLAGS[1, 2:4, 3:6] = True

# One of each kind with every field away from its default; a new kind adds its line here.
ONE_OF_EACH = {
    "click": Click((1, 2, 3), inside=False, object=2, at_time=4),
    "box": Box.between(Grid((1, 9, 9)), (0, 1, 2), (0, 4, 8), object=3, at_time=1),
    "stroke": Stroke(((1, 2, 3), (4, 5, 6)), pen_mm=2.5, inside=False, object=2),
    "lasso": Lasso(((0, 0, 0), (9, 0, 0), (5, 8, 0)), normal_mm=(0, 0, -1), object=2),
    "prior": Prior.of(FLAGS, Grid((2, 6, 7), origin_mm=(5, 6, 7)), object=2, at_time=1),
    "words": Words("linke Niere", language="de", object=2),
    "example": Example("case 7", "00ff", label="kidney", object=2),
}


@pytest.mark.parametrize("name", PROMPTS.names())
class TestEveryKind:
    def test_survives_json(self, name):
        prompt = ONE_OF_EACH[name]
        again = from_json(json.loads(json.dumps(prompt.to_json())))
        assert again == prompt
        assert hash(again) == hash(prompt)
        assert prompt.to_json()["kind"] == name

    def test_draws_four_channels_between_0_and_1(self, name):
        planes = ONE_OF_EACH[name].to_map(Grid((1, 12, 15)))
        assert planes.shape == (len(CHANNELS), 12, 15)
        assert planes.dtype == np.float32
        assert planes.min() >= 0
        assert planes.max() <= 1

    def test_gives_tokens_of_one_length(self, name):
        tokens = ONE_OF_EACH[name].to_tokens(Grid((1, 12, 15)))
        assert tokens.index.shape == (len(tokens.kind), 3)

    def test_refuses_a_field_it_does_not_have(self, name):
        with pytest.raises(UnknownName, match="insid"):
            from_json({**ONE_OF_EACH[name].to_json(), "insid": True})

    def test_refuses_to_lack_what_it_needs(self, name):
        with pytest.raises(LimnerError):
            from_json({"kind": name})

    def test_refuses_an_object_that_is_none(self, name):
        with pytest.raises(BadValue, match="Objects count from 1"):
            from_json({**ONE_OF_EACH[name].to_json(), "object": 0})


@given(grids(), some.data())
def test_a_click_is_highest_where_it_is(grid, data):
    plane = grid.slice_at(0)
    row = data.draw(some.integers(0, grid.shape[1] - 1))
    column = data.draw(some.integers(0, grid.shape[2] - 1))
    click = Click(tuple(plane.position_mm((0, row, column))))
    drawn = click.to_map(plane)[CHANNELS.index("inside")]
    assert drawn[row, column] == pytest.approx(1, abs=1e-5)
    assert np.unravel_index(drawn.argmax(), drawn.shape) == (row, column)


@given(grids(), some.data())
def test_a_box_between_two_voxels_holds_exactly_the_voxels_between(grid, data):
    low = [data.draw(some.integers(0, n - 1)) for n in grid.shape]
    high = [data.draw(some.integers(a, n - 1)) for a, n in zip(low, grid.shape, strict=True)]
    box = Box.between(grid, high, low)
    first, last = box.faces(grid)
    assert first == pytest.approx(np.array(low) - 0.5, abs=1e-6)
    assert last == pytest.approx(np.array(high) + 0.5, abs=1e-6)
    drawn = box.to_map(grid.slice_at(low[0]))[CHANNELS.index("region")]
    wanted = np.zeros(grid.shape[1:])
    wanted[low[1] : high[1] + 1, low[2] : high[2] + 1] = 1
    assert np.array_equal(drawn, wanted)


@given(grids(), some.tuples(MM, MM, MM))
def test_a_box_in_mm_keeps_its_corners_and_takes_a_whole_slice(grid, place):
    other = grid.position_mm(grid.index_at(place) + np.array([0, 3.3, 4.7]))
    low, high = Box.between_mm(grid, place, other).faces(grid)
    assert high[0] - low[0] == pytest.approx(1)
    assert (high - low)[1:] == pytest.approx([3.3, 4.7], abs=1e-5)


@given(grids(), some.integers(0, 2**32 - 1))
def test_a_prior_comes_back_voxel_by_voxel(grid, seed):
    flags = np.random.default_rng(seed).random(grid.shape) < 0.3
    if not flags.any():
        with pytest.raises(BadValue, match="prior mask is empty"):
            Prior.of(flags, grid)
        return
    assert np.array_equal(Prior.of(flags, grid).on(grid) > 0.5, flags)


def test_a_lasso_fills_what_it_encloses():
    square = Lasso(((1.5, 1.5, 0), (5.5, 1.5, 0), (5.5, 4.5, 0), (1.5, 4.5, 0)))
    drawn = square.to_map(Grid((1, 8, 8)))[CHANNELS.index("region")]
    wanted = np.zeros((8, 8))
    wanted[2:5, 2:6] = 1
    assert np.array_equal(drawn, wanted)


def test_a_stroke_covers_its_path_and_its_pen():
    grid = Grid((1, 9, 20))
    thin = Stroke(((2, 4, 0), (16, 4, 0))).to_map(grid)[CHANNELS.index("inside")]
    assert thin[4, 2:17] == pytest.approx(np.ones(15))
    assert thin[5, 9] == pytest.approx(np.exp(-0.5 * (1 / 1.5) ** 2))
    thick = Stroke(((2, 4, 0), (16, 4, 0)), pen_mm=5).to_map(grid)[CHANNELS.index("inside")]
    assert thick[2:7, 9] == pytest.approx(np.ones(5))


def test_together_the_highest_wins():
    grid = Grid((1, 9, 9))
    prompts = [Click((2, 2, 0)), Click((6, 6, 0)), Click((4, 4, 0), inside=False)]
    together = to_map(prompts, grid)
    apart = np.max([each.to_map(grid) for each in prompts], axis=0)
    assert np.array_equal(together, apart)


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: Stroke(()), "scribble has no points"),
        (lambda: Lasso(((0, 0, 0), (1, 1, 0), (2, 2, 0))), "encloses nothing"),
        (lambda: Click((float("nan"), 0, 0)), "three finite numbers"),
        (lambda: Click((1, 2)), "Give three numbers in mm"),
        (lambda: Box((0, 0, 0), ((0, 0, 1), (0, 0, 0), (1, 0, 0))), "one has no length"),
        (lambda: Words("  "), "words of a prompt are empty"),
        (lambda: Example("", ""), "needs the id of a sample"),
        (lambda: Prior(Grid((2, 2, 2)), b"junk"), "prior mask is damaged"),
        (lambda: from_json({"kind": "clik"}), "Did you mean 'click'"),
        (lambda: from_json([1, 2]), "is an object with a 'kind'"),
    ],
)
def test_what_says_nothing_is_refused_in_a_sentence(build, sentence):
    with pytest.raises(LimnerError, match=sentence):
        build()
