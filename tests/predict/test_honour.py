"""Clicks as conditions: obeyed where they lie, spread to what is alike, and nothing more."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from limner.grid import Grid
from limner.predict._honour import JITTER, PINNED, Kernel, described, honoured, obeying
from limner.prompt.click import Click
from limner.prompt.stroke import Stroke

SHAPE = (20, 30)


def flat(value=-3.0, shape=SHAPE):
    return np.full(shape, value, np.float32)


def bands():
    """Features (1, 20, 30): three bands of 10 columns, of which the outer ones are alike."""
    features = np.zeros((1, *SHAPE), np.float32)
    features[:, :, 10:20] = 1
    return features


def at(logits, places):
    return map_coordinates(logits, np.asarray(places, float).T, order=1, mode="nearest")


def test_without_clicks_or_with_obeyed_ones_nothing_changes():
    logits = flat()
    assert honoured(logits, bands(), [], inside=[]) is logits
    assert np.array_equal(honoured(logits, bands(), [(3, 4)], inside=[False]), logits)
    assert np.array_equal(honoured(logits, bands(), [(-2, 4)], inside=[True]), logits)


def test_one_click_moves_every_pixel_by_its_likeness():
    kernel = Kernel(margin=1.0, alike=0.5, wide=20.0, share=0.0)
    changed = honoured(flat(), bands(), [(10, 5)], inside=[True], kernel=kernel) - flat()
    # what is lacking is 4; the other band is one over the features' spread apart in them
    weight = 4 / (1 + JITTER)
    apart = 1 / bands().std()
    assert changed[10, 5] == pytest.approx(weight, rel=1e-4)
    assert changed[10, 8] == pytest.approx(weight * np.exp(-3 / 20), rel=1e-4)
    assert changed[10, 12] == pytest.approx(
        weight * np.exp(-7 / 20 - apart**2 / (2 * 0.25)), rel=1e-3
    )


def test_what_a_click_says_reaches_like_pixels_beyond_unlike_ones():
    answer = honoured(flat(-0.5), bands(), [(10, 5)], inside=[True], kernel=Kernel(wide=60.0))
    assert answer[10, 24] > answer[10, 15] + 0.3


@pytest.mark.parametrize("seed", range(4))
def test_every_click_is_obeyed_between_pixels_too(seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 4, SHAPE).astype(np.float32)
    features = rng.normal(0, 1, (5, *SHAPE)).astype(np.float32)
    # one to a cell of three by three pixels, so that no two share a pixel
    cells = rng.permutation(60)[:25]
    places = np.stack([cells // 10, cells % 10], axis=1) * 3 + rng.uniform(0.1, 1.4, (25, 2))
    inside = rng.random(25) < 0.5
    answer = honoured(logits, features, places, inside=inside)
    assert (np.where(inside, 1, -1) * at(answer, places) >= PINNED - 1e-4).all()


def test_neighbours_that_say_opposite_things_are_both_obeyed_and_little_else_moves():
    places = [(10, 5), (10, 6)]
    answer = honoured(flat(), bands(), places, inside=[True, False])
    assert answer[10, 5] > 0 > answer[10, 6]
    assert np.abs(answer - flat()).max() < 12
    assert (answer[:, 15:] < 0).all()


def test_of_two_clicks_on_a_pixel_the_later_counts():
    answer = honoured(flat(), bands(), [(4, 4), (4, 4)], inside=[True, False])
    assert np.array_equal(answer, flat())
    assert honoured(flat(), bands(), [(4, 4), (4, 4)], inside=[False, True])[4, 4] > 0


def test_more_clicks_than_the_kernel_takes_are_obeyed_all():
    places = [(row, column) for row in range(0, 20, 2) for column in range(0, 30, 2)]
    inside = [(row + column) % 4 == 0 for row, column in places]
    answer = honoured(flat(), bands(), places, inside=inside)
    assert np.array_equal(at(answer, places) > 0, inside)


def test_grey_is_one_colour_and_colours_are_three():
    grey = np.ones((3, *SHAPE), np.float32) * np.linspace(0, 1, 30, dtype=np.float32)
    assert described(grey, flat()).shape == (3, *SHAPE)
    colour = np.stack([grey[0], grey[0] * 2, grey[0]])
    assert described(colour, flat()).shape == (7, *SHAPE)


def test_clicks_and_strokes_are_placed_by_the_grid():
    grid = Grid((1, *SHAPE), (5.0, 7.0, 0.0), ((0, 0, 1), (0, 0.5, 0), (0.5, 0, 0)))

    def mm(row, column):
        return tuple(grid.position_mm((0, row, column)).tolist())

    said = [Click(mm(3, 4)), Stroke((mm(10, 20), mm(10, 24))), Click(mm(15, 5), inside=False)]
    sight = np.zeros((3, *SHAPE), np.float32)
    answer = obeying(flat(), sight, prompts=said, grid=grid, kernel=Kernel(wide=2.0))
    assert (at(answer, [(3, 4), (10, 20), (10, 24)]) > 0).all()
    assert answer[15, 5] < 0
    assert obeying(answer, sight, prompts=[], grid=grid) is answer
    obeyed = flat()
    assert obeying(obeyed, sight, prompts=said[2:], grid=grid) is obeyed


def test_only_what_a_disobeyed_mark_reaches_is_read_of_a_large_slice():
    shape = (900, 700)
    grid = Grid((1, *shape), (0.0, 0.0, 0.0), ((0, 0, 1), (0, 1, 0), (1, 0, 0)))
    rng = np.random.default_rng(3)
    sight = np.repeat(rng.normal(0, 1, (1, *shape)).astype(np.float32), 3, axis=0)
    sight[:, 600:] = np.nan  # it would spread if it were read
    logits = flat(shape=shape)
    disobeyed = Click((120.0, 130.0, 0.0))
    obeyed = Click((650.0, 880.0, 0.0), inside=False)
    beyond = Click((5.0, 2000.0, 0.0))  # on no pixel
    answer = obeying(logits, sight, prompts=[disobeyed, obeyed, beyond], grid=grid)
    moved = np.argwhere(answer != logits)
    assert answer[130, 120] > 0
    assert np.abs(moved - (130, 120)).max() <= 120
    assert np.isfinite(answer).all()
    assert obeying(logits, sight, prompts=[obeyed, beyond], grid=grid) is logits
