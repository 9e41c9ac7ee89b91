"""What a network sees of a slice, held to training's own code and to hand-worked numbers."""

import numpy as np
import pytest

from limner.grid import Grid
from limner.image import Image
from limner.predict._look import SIDE, Look, Scene, carried, levels, standardised
from limner.window import window_of


def scene_of(samples, grid=None, *, low=(0, 0), high=None):
    image = Image.of(samples, grid)
    return Scene(image, window_of(image), low, high or image.grid.shape[1:])


def seen_in_training(picture, centre, extent):
    """The crop as `learn.crops` makes it, for a square that is neither turned nor bent."""
    crops = pytest.importorskip("limner.learn.crops")
    view = crops.View((centre[0] + 0.5, centre[1] + 0.5), extent)  # it counts from faces
    crop, inside = crops.cut(picture, crops.places(view, np.random.default_rng(0)))
    return standardised(crop / np.float32(255), inside)


@pytest.mark.parametrize(
    ("centre", "extent"),
    [
        ((60.0, 70.0), 100.0),  # finer than the picture
        ((80.3, 90.7), 140.0),  # about as fine
        ((150.0, 200.0), 390.0),  # blocks of three pixels, beyond two borders
        ((150.0, 170.5), 900.0),  # blocks of seven, all of the picture and more
        ((5.0, 330.0), 60.0),  # in a corner
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_sees_what_it_was_trained_on(centre, extent, channels):
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 255, (300, 340, channels)).astype(np.uint8)
    trained = seen_in_training(picture, centre, extent)
    found = scene_of(picture[None]).sight(Look(0, centre, (extent, extent)))
    assert np.abs(found - trained).max() < 2e-3


def test_a_square_in_mm_is_a_rectangle_of_pixels():
    grid = Grid((3, 40, 60), steps_mm=((0, 0, 5), (0, 2, 0), (0.5, 0, 0)))
    look = Look(1, (10.0, 20.0), (16.0, 64.0))
    drawn = look.on(grid)
    assert drawn.shape == (1, SIDE, SIDE)
    assert drawn.spacing_mm[1] == pytest.approx(drawn.spacing_mm[2]) == 0.25
    middle = drawn.position_mm((0, (SIDE - 1) / 2, (SIDE - 1) / 2))
    assert grid.index_at(middle) == pytest.approx((1, 10, 20))
    # its outer faces are those of the look
    corner = drawn.position_mm((0, -0.5, -0.5))
    assert grid.index_at(corner) == pytest.approx((1, *look.low))


def test_a_ramp_stays_a_ramp():
    ramp = np.tile(np.arange(200, dtype=np.uint8), (200, 1))
    found = scene_of(ramp[None]).sight(Look(0, (100.0, 100.0), (64.0, 64.0)))[0]
    steps = np.diff(found[64])
    assert steps == pytest.approx(np.full(SIDE - 1, steps[0]), abs=1e-5)
    assert found.mean() == pytest.approx(0, abs=1e-5)
    assert found.std() == pytest.approx(1, abs=1e-4)


def test_beyond_the_image_is_zero():
    samples = np.random.default_rng(0).integers(0, 255, (1, 50, 50)).astype(np.uint8)
    found = scene_of(samples).sight(Look(0, (24.5, 24.5), (100.0, 100.0)))
    inside = np.zeros((SIDE, SIDE), bool)
    inside[32:96, 32:96] = True
    assert (found[:, ~inside] == 0).all()
    assert (found[:, inside] != 0).mean() > 0.99


def test_beyond_the_region_is_not_read():
    samples = np.full((1, 90, 90), 7, np.uint8)
    samples[:, 30:60, 30:60] = np.random.default_rng(1).integers(0, 255, (30, 30))
    whole = scene_of(samples, low=(30, 30), high=(60, 60))
    alone = scene_of(samples[:, 30:60, 30:60])
    one = whole.sight(Look(0, (44.5, 44.5), (60.0, 60.0)))
    other = alone.sight(Look(0, (14.5, 14.5), (60.0, 60.0)))
    assert np.array_equal(one, other)


def test_a_picture_of_one_value_is_zero():
    assert not scene_of(np.full((1, 40, 40), 9, np.uint8)).sight(Look(0, (20, 20), (20, 20))).any()
    assert not standardised(np.ones((4, 4, 1), np.float32), np.zeros((4, 4), bool)).any()


def test_nan_is_black():
    samples = np.zeros((1, 40, 40), np.float32)
    samples[0, 10:20, 10:20] = 1
    samples[0, 0, 0] = np.nan
    assert np.isfinite(scene_of(samples).sight(Look(0, (20, 20), (40, 40)))).all()


def test_carried_moves_a_plane_with_its_place():
    before, after = Look(0, (50.0, 50.0), (64.0, 64.0)), Look(0, (58.0, 50.0), (64.0, 64.0))
    plane = np.zeros((SIDE, SIDE), np.float32)
    plane[60:70, 60:70] = 1
    moved = carried(plane, before, after)
    assert np.array_equal(moved[44:54, 60:70], np.ones((10, 10)))  # 8 pixels are 16 of the crop
    assert moved.sum() == pytest.approx(100)
    assert np.array_equal(carried(plane, before, before), plane)


def test_carried_keeps_the_area_where_it_is_coarser():
    before, after = Look(0, (50.0, 50.0), (30.0, 30.0)), Look(0, (50.0, 50.0), (120.0, 120.0))
    plane = np.zeros((SIDE, SIDE), np.float32)
    plane[33:35, 20:90] = 1  # a line thinner than a pixel of the coarser look
    assert carried(plane, before, after).sum() == pytest.approx(2 * 70 / 16, rel=0.05)
    assert carried(np.ones_like(plane), before, after).sum() == pytest.approx(32**2)


def test_levels_come_back_to_the_slices_own_pixels():
    scene = scene_of(np.zeros((1, 300, 300), np.uint8))
    look = Look(0, (149.5, 119.5), (256.0, 256.0))  # two pixels to one of the crop
    logits = np.full((SIDE, SIDE), -20, np.float32)
    logits[20:40, 30:90] = 20
    (row, column), found = levels(logits, look, scene)
    inside = np.zeros((300, 300), bool)
    inside[row : row + found.shape[0], column : column + found.shape[1]] = found > 127
    # the crop begins with row 22 and column -8: 20 and 30 of its pixels on lie 62 and 52
    expected = np.zeros_like(inside)
    expected[62:102, 52:172] = True
    assert np.array_equal(inside, expected)
    assert found.max() == 255


def test_levels_are_the_linear_interpolation_of_logits():
    scene = scene_of(np.zeros((1, 90, 90), np.uint8))
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (SIDE, SIDE)).astype(np.float32)
    look = Look(0, (40.2, 47.9), (50.0, 70.0))
    (row, column), found = levels(logits, look, scene)
    from scipy.ndimage import map_coordinates

    rows = (np.arange(row, row + found.shape[0]) - look.low[0]) / 50 * SIDE - 0.5
    columns = (np.arange(column, column + found.shape[1]) - look.low[1]) / 70 * SIDE - 0.5
    grid = np.meshgrid(rows, columns, indexing="ij")
    expected = 255 / (1 + np.exp(-map_coordinates(logits, grid, order=1, mode="nearest")))
    assert np.abs(found - expected).max() < 0.51


def test_nothing_gives_one_zero():
    scene = scene_of(np.zeros((1, 30, 30), np.uint8))
    _, found = levels(np.full((SIDE, SIDE), -9, np.float32), Look(0, (15, 15), (20, 20)), scene)
    assert found.tolist() == [[0]]
