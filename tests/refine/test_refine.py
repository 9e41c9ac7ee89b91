"""Refinements and their laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import array_shapes, arrays

from limner.errors import BadValue, UnknownName
from limner.grid import Grid
from limner.mask import Mask, Object
from limner.prompt.box import Box
from limner.prompt.click import Click
from limner.prompt.stroke import Stroke
from limner.refine import each_object
from limner.refine.holes import filled, holes
from limner.refine.islands import islands, touched
from limner.refine.smooth import smooth, smoothed
from limner.refine.specks import cleaned, specks

MASKS = arrays(bool, array_shapes(min_dims=3, max_dims=3, max_side=6))
SPACING = (2.0, 1.0, 1.0)
GRID = Grid((1, 9, 9))


def drawn(*rows):
    return np.array([[c == "#" for c in row] for row in rows])[None]


@given(inside=MASKS, seed=some.integers(0, 99))
def test_islands_only_removes_whole_parts_and_is_done_at_once(inside, seed):
    index = np.random.default_rng(seed).uniform(-1, 7, (3, 3))
    kept = touched(inside, index)
    assert not (kept & ~inside).any()
    assert np.array_equal(touched(kept, index), kept)
    assert kept.any() == inside.any()


@given(inside=MASKS, by_slice=some.booleans(), largest=some.none() | some.integers(0, 9))
def test_holes_never_removes_and_is_done_at_once(inside, by_slice, largest):
    whole = filled(inside, by_slice=by_slice, largest=largest)
    assert not (inside & ~whole).any()
    assert np.array_equal(filled(whole, by_slice=by_slice, largest=largest), whole)


@given(inside=MASKS)
def test_holes_agrees_with_scipy(inside):
    from scipy import ndimage

    assert np.array_equal(filled(inside, by_slice=False), scipy_filled(inside, ndimage))
    by_slice = np.stack([ndimage.binary_fill_holes(flat) for flat in inside])
    assert np.array_equal(filled(inside), by_slice)


def scipy_filled(inside, ndimage):
    """A single slice has no top and bottom to be closed by."""
    if inside.shape[0] == 1:
        return ndimage.binary_fill_holes(inside[0])[None]
    return ndimage.binary_fill_holes(inside)


@given(inside=MASKS, least=some.integers(0, 30))
def test_specks_never_adds_never_empties_and_is_done_at_once(inside, least):
    kept = cleaned(inside, least=least)
    assert not (kept & ~inside).any()
    assert kept.any() == inside.any()
    assert np.array_equal(cleaned(kept, least=least), kept)


@given(inside=MASKS, sigma=some.floats(0, 3))
def test_smooth_never_empties_and_ignores_direction(inside, sigma):
    rounded = smoothed(inside, SPACING, sigma_mm=sigma)
    assert rounded.any() == inside.any()
    turned = smoothed(inside[::-1, ::-1, ::-1], SPACING, sigma_mm=sigma)
    near = np.count_nonzero(turned[::-1, ::-1, ::-1] != rounded)
    assert near <= 2 * np.count_nonzero(inside)  # equal but for levels at one half
    assert np.array_equal(smoothed(inside, SPACING, sigma_mm=0), inside)


@pytest.mark.parametrize("sigma", [0.4, 1.0, 2.5])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_smooth_leaves_a_straight_face_where_it_is(sigma, axis):
    inside = np.zeros((12, 12, 12), bool)
    inside[(slice(None),) * axis + (slice(5, None),)] = True
    assert np.array_equal(smoothed(inside, SPACING, sigma_mm=sigma), inside)


def test_smooth_rounds_off_a_spike_and_closes_a_notch():
    inside = drawn(
        "...........",
        "......#....",
        "......#....",
        "###########",
        "####.######",
        "###########",
        "###########",
    )
    told = smoothed(inside, (1.0, 1.0, 1.0), sigma_mm=1.0)[0]
    assert not told[1].any()
    assert told[4, 4]


def test_smooth_refuses_less_than_nothing():
    with pytest.raises(BadValue, match="-1"):
        smoothed(drawn("#"), SPACING, sigma_mm=-1)


def test_the_part_under_a_click_or_a_stroke_is_kept():
    inside = drawn("##..#...#", "##......#") | np.zeros((1, 2, 9), bool)
    grid = Grid((1, 2, 9), (10.0, 0.0, 0.0))
    mask = Mask.of(inside, grid)
    kept = islands(mask, [Click((10.2, 0.9, 0.0)), Stroke(((17.6, 0.0, 0.0), (18.2, 1.0, 0.0)))])
    assert kept.where(1).astype(int).tolist() == [[[1, 1, 0, 0, 0, 0, 0, 0, 1]] * 2]


@pytest.mark.parametrize(
    "prompts",
    [
        [],
        [Click((14.0, 0.0, 0.0), inside=False)],
        [Click((14.0, 0.0, 0.0), object=2)],
        [Click((12.0, 0.0, 0.0))],
        [Click((99.0, 0.0, 0.0))],
        [Box((14.0, 0.0, 0.0), ((0, 0, 0.5), (0, 0.5, 0), (0.5, 0, 0)))],
    ],
    ids=["none", "outside", "another object", "beside", "off the image", "a box"],
)
def test_what_points_at_no_part_changes_nothing(prompts):
    inside = drawn("##..#...#", "##......#")
    mask = Mask.of(inside, Grid((1, 2, 9), (10.0, 0.0, 0.0)))
    assert islands(mask, prompts) == mask


def test_a_diagonal_vessel_stays_whole():
    inside = drawn("#...", ".#..", "..#.", "...#")
    assert np.array_equal(touched(inside, [(0, 0, 0)]), inside)


def test_holes_of_a_size_and_of_a_slice():
    inside = drawn("#####", "#.#.#", "###.#", "#####")
    assert filled(inside, largest=1).sum() == inside.sum() + 1
    assert filled(inside).all()
    tube = np.repeat(drawn("###", "#.#", "###"), 3, axis=0)
    assert filled(tube).all()
    assert not filled(tube, by_slice=False)[1, 1, 1]


def test_a_hole_that_holds_another_object_is_left_to_it():
    ring = drawn("#####", "#...#", "#...#", "#####")
    core = drawn(".....", ".#...", ".....", ".....")
    mask = Mask.of(ring, Grid((1, 4, 5))).with_object(core, Object(2))
    told = holes(mask)
    assert np.array_equal(told.where(2), core)
    assert told.voxels(1) == 20 - 1
    assert not told.overlap


def test_specks_of_a_mask():
    mask = Mask.of(drawn("#.##.###", "....#...."[:8]), Grid((1, 2, 8)))
    told = specks(mask, least=2)
    assert told.where(1)[0, 0, 0] == False  # noqa: E712
    assert told.voxels(1) == mask.voxels(1) - 1


def test_a_refinement_keeps_the_object_and_leaves_others_alone():
    one, other = np.zeros(GRID.shape, bool), np.zeros(GRID.shape, bool)
    one[0, 1:4, 1:4] = other[0, 6:8, 6:8] = True
    one[0, 2, 2] = other[0, 0, 0] = False
    about = Object(3, "cyst", name="left one", rater="A", slices=(0,))
    mask = Mask.of(other, GRID).with_object(one, about)
    told = each_object(mask, filled, objects=(3,))
    assert told.find(3) == about
    assert told.where(3)[0, 2, 2]
    assert np.array_equal(told.where(1), other)
    assert np.array_equal(mask.where(3), one)
    assert smooth(mask, sigma_mm=0.5).ids == mask.ids
    with pytest.raises(UnknownName):
        each_object(mask, filled, objects=(9,))
