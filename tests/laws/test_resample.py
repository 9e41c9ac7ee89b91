"""What holds when samples move between grids: places stay, and linear things stay linear."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.resample import between, mask_onto, onto, samples_onto
from tests.laws.values import grids, masks

AXES = some.permutations(range(3)).map(tuple)
FLIPS = some.tuples(some.booleans(), some.booleans(), some.booleans())


@given(grids(), AXES, FLIPS, some.integers(0, 1))
def test_turning_by_resampling_is_turning(grid, order, flips, degree):
    samples = np.random.default_rng(1).random(grid.shape).astype(np.float32)
    turned = np.flip(samples.transpose(order), [a for a in range(3) if flips[a]])
    found = onto(Image.of(samples, grid), grid.turned(order, flips), order=degree)
    assert found.whole()[..., 0] == pytest.approx(turned, abs=1e-4)


@given(grids(), some.integers(0, 2**32 - 1))
def test_a_linear_image_stays_linear_wherever_it_is_asked(grid, seed):
    rng = np.random.default_rng(seed)
    slope = rng.normal(size=3)
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1)
    image = Image.of((grid.position_mm(index) @ slope).astype(np.float64), grid)
    inner = grid.resized(tuple(2 * n for n in grid.shape))
    found = samples_onto(image, inner)[..., 0]
    places = inner.position_mm(
        np.stack(np.meshgrid(*map(np.arange, inner.shape), indexing="ij"), axis=-1)
    )
    within = (
        (grid.index_at(places) >= 0) & (grid.index_at(places) <= np.array(grid.shape) - 1)
    ).all(axis=-1)
    scale = np.abs(places @ slope).max() + 1
    assert found[within] == pytest.approx((places @ slope)[within], abs=1e-4 * scale)


@given(masks(), AXES, FLIPS)
def test_a_mask_turned_and_turned_back_is_the_same(mask, order, flips):
    there = mask_onto(mask, mask.grid.turned(order, flips))
    back = mask_onto(there, mask.grid)
    for number in mask.ids:
        assert np.array_equal(back.where(number), mask.where(number))
        assert there.voxels(number) == mask.voxels(number)


def test_outside_of_the_image_is_what_was_asked():
    image = Image.of(np.ones((2, 3, 4), np.float32), Grid((2, 3, 4)))
    far = Grid((1, 2, 2), origin_mm=(100, 100, 100))
    assert (onto(image, far, outside=-1000).whole() == -1000).all()


def test_nearest_keeps_the_type_of_the_samples():
    image = Image.of(np.ones((2, 3, 4), np.int16), Grid((2, 3, 4)))
    assert onto(image, image.grid, order=0).pixels.dtype == np.int16


def test_only_the_block_that_is_covered_is_read():
    asked = []

    class Watched:
        shape = (1, 50, 60, 70, 1)
        dtype = np.dtype(np.int16)
        levels = ((50, 60, 70),)

        def read(self, low, high, *, time=0, level=0):
            asked.append((low, high))
            return np.zeros([b - a for a, b in zip(low, high, strict=True)] + [1], np.int16)

    image = Image(Watched(), Grid((50, 60, 70)))
    samples_onto(image, image.grid.crop((10, 20, 30), (11, 24, 34)))
    ((low, high),) = asked
    assert low >= (8, 18, 28)
    assert high <= (13, 26, 36)


def test_objects_and_classes_stay():
    mask = Mask.of(np.ones((1, 4, 4), bool), Grid((1, 4, 4)), label="liver", name="one")
    moved = mask_onto(mask, Grid((1, 8, 8), steps_mm=((0, 0, 1), (0, 0.5, 0), (0.5, 0, 0))))
    assert moved.find(1) == Object(1, "liver", name="one")
    assert moved.schema == mask.schema


def test_samples_between_two_places_are_theirs_in_proportion():
    samples = np.array([[0, 10, 30]], np.float32)
    found = between(samples, np.array([-1, 0, 0.25, 1.5, 2, 9]), axis=1)
    assert found.tolist() == [[0, 0, 2.5, 20, 30, 30]]
