"""What holds for every grid, not only for the ones we thought of."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from limner.errors import BadValue, Uncalibrated
from limner.grid import Grid
from tests.laws.values import MM, ORIENTATIONS, grids

AXES = some.permutations(range(3)).map(tuple)
FLIPS = some.tuples(some.booleans(), some.booleans(), some.booleans())


@given(grids(), some.tuples(MM, MM, MM))
def test_index_at_undoes_position_mm(grid, index):
    assert grid.index_at(grid.position_mm(index)) == pytest.approx(index, abs=1e-6)


@given(grids(), some.integers(0, 8), some.integers(0, 2))
def test_one_step_along_an_axis_adds_that_axis_step(grid, start, axis):
    index = np.full(3, start, float)
    beyond = index + np.eye(3)[axis]
    moved = grid.position_mm(beyond) - grid.position_mm(index)
    assert moved == pytest.approx(grid.steps_mm[axis], abs=1e-9)


@given(grids())
def test_resizing_keeps_the_outer_faces(grid):
    other = grid.resized((7, 5, 3))
    for corner in (np.full(3, -0.5), np.array(grid.shape) - 0.5):
        there = other.index_at(grid.position_mm(corner))
        wanted = np.where(corner < 0, -0.5, np.array(other.shape) - 0.5)
        assert there == pytest.approx(wanted, abs=1e-6)
    assert other.resized(grid.shape).matches(grid)


@given(grids(), AXES, FLIPS)
def test_turning_keeps_every_voxel_where_it_was(grid, order, flips):
    turned = grid.turned(order, flips)
    numbers = np.arange(np.prod(grid.shape)).reshape(grid.shape).transpose(order)
    numbers = np.flip(numbers, [axis for axis, flip in enumerate(flips) if flip])
    places = {}
    for index in np.ndindex(grid.shape):
        places[int(np.ravel_multi_index(index, grid.shape))] = grid.position_mm(index)
    for index in np.ndindex(turned.shape):
        assert turned.position_mm(index) == pytest.approx(places[numbers[index]], abs=1e-6)


@given(grids(), some.data())
def test_cropping_keeps_every_voxel_where_it_was(grid, data):
    low = tuple(data.draw(some.integers(0, n - 1)) for n in grid.shape)
    part = grid.crop(low, grid.shape)
    assert part.position_mm((0, 0, 0)) == pytest.approx(grid.position_mm(low), abs=1e-9)
    assert part.steps_mm == grid.steps_mm


@given(grids())
def test_a_grid_matches_itself_and_survives_json(grid):
    assert grid.matches(grid)
    assert Grid.from_json(grid.to_json()) == grid
    assert hash(Grid.from_json(grid.to_json())) == hash(grid)


@given(grids(), some.floats(0.002, 10), some.integers(0, 2))
def test_a_grid_moved_by_more_than_a_thousandth_of_a_step_matches_no_more(grid, share, axis):
    moved = np.array(grid.origin_mm)
    moved[axis] += share * min(grid.spacing_mm)
    assert not grid.matches(replace(grid, origin_mm=tuple(moved)))


@given(grids())
def test_the_tolerance_is_in_steps_not_in_millimetres(grid):
    small = [tuple(1e-3 * each for each in step) for step in grid.steps_mm]
    tiny = replace(grid, origin_mm=(0, 0, 0), steps_mm=tuple(small))
    half_a_step = 0.5 * min(tiny.spacing_mm)
    assert not tiny.matches(replace(tiny, origin_mm=(half_a_step, 0, 0)))


@given(grids())
def test_volume_and_normal(grid):
    assert grid.voxel_mm3 == pytest.approx(abs(np.linalg.det(grid.steps_mm)))
    normal = np.array(grid.normal)
    assert np.linalg.norm(normal) == pytest.approx(1)
    assert normal @ grid.steps_mm[1] == pytest.approx(0, abs=1e-6)
    assert normal @ grid.steps_mm[2] == pytest.approx(0, abs=1e-6)
    assert normal @ grid.steps_mm[0] > 0


@given(grids(sheared=True))
def test_a_tilted_grid_says_so(grid):
    assert grid.sheared


@pytest.mark.parametrize("axes", ORIENTATIONS, ids=str)
def test_no_orientation_is_sheared_and_all_are_told_apart(axes):
    grid = Grid((2, 3, 4), steps_mm=tuple(map(tuple, axes)))
    assert not grid.sheared
    same = [each for each in ORIENTATIONS if grid.matches(replace(grid, steps_mm=each))]
    assert len(same) == 1


@pytest.mark.parametrize("name", [field.name for field in fields(Grid)])
def test_grids_that_differ_in_one_field_differ(name):
    one = Grid((2, 3, 4), frame="1.2.3")
    other = {
        "shape": (2, 3, 5),
        "origin_mm": (0.0, 0.0, 1.0),
        "steps_mm": ((0, 0, 2), (0, 1, 0), (1, 0, 0)),
        "frame": "1.2.4",
        "placed": False,
        "scale": "none",
    }
    two = replace(one, **{name: other[name]})
    assert one != two
    assert one.matches(two) == (name == "placed")  # being placed is not a place


def test_one_slice_twice_as_thick_is_another_grid():
    one = Grid((1, 3, 4))
    assert not one.matches(replace(one, steps_mm=((0, 0, 2), (0, 1, 0), (1, 0, 0))))


@pytest.mark.parametrize(
    "wrong",
    [
        {"shape": (0, 3, 4)},
        {"steps_mm": ((0, 0, 0), (0, 1, 0), (1, 0, 0))},
        {"steps_mm": ((0, 1, 0), (0, 1, 0), (1, 0, 0))},
        {"steps_mm": ((0, 0, float("nan")), (0, 1, 0), (1, 0, 0))},
        {"origin_mm": (float("inf"), 0, 0)},
        {"scale": "inches"},
    ],
    ids=str,
)
def test_what_is_no_grid_is_refused_in_a_sentence(wrong):
    with pytest.raises(BadValue, match=r"\."):
        Grid(**{"shape": (2, 3, 4), **wrong})


def test_a_picture_has_no_millimetres():
    grid = Grid.picture(4, 5)
    assert (grid.shape, grid.scale, grid.placed) == ((1, 4, 5), "none", False)
    with pytest.raises(Uncalibrated, match="no diameter in millimetres"):
        grid.need_size("diameter")
    Grid((1, 4, 5)).need_size("diameter")


def test_contains_reaches_to_the_outer_faces():
    grid = Grid((1, 2, 2))
    places = [(-0.5, -0.5, 0), (-0.51, 0, 0), (1.49, 1.49, 0.49), (1.5, 0, 0)]
    assert grid.contains(places).tolist() == [True, False, True, False]
