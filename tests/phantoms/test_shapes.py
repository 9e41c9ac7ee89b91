"""The generator: what its layouts and its painting promise."""

import numpy as np
import pytest
from scipy import ndimage

from limner.phantoms import PHANTOMS
from limner.phantoms._layouts import LAYOUTS, curve, smooth
from limner.phantoms._paint import blurred, paint
from limner.phantoms.shapes import scene


@pytest.mark.parametrize("layout", [layout for layout, _ in LAYOUTS])
class TestEveryLayout:
    def test_fills_a_square_with_labels_from_0(self, layout):
        for seed in range(8):
            labels = layout(np.random.default_rng(seed), 96)
            assert labels.shape == (96, 96)
            assert labels.dtype == np.int32
            assert labels.min() >= 0

    def test_mostly_draws_something(self, layout):
        drawn = [len(np.unique(layout(np.random.default_rng(seed), 96))) for seed in range(10)]
        assert sum(count > 1 for count in drawn) >= 8


def test_shares_of_the_layouts_are_shares():
    assert sum(share for _, share in LAYOUTS) == pytest.approx(1)


def test_pictures_lie_in_0_to_1_and_use_that_range():
    for seed in range(20):
        picture, labels = scene(np.random.default_rng(seed))
        assert picture.dtype == np.float32
        assert picture.shape[:2] == labels.shape == (160, 160)
        assert picture.shape[2] in (1, 3)
        assert picture.min() >= 0
        assert picture.max() <= 1
        assert np.ptp(picture) > 0.5


def test_a_label_is_seen_where_it_lies_as_a_rule():
    # the mean difference between a label and its surroundings, against the noise around
    seen = 0
    for seed in range(30):
        picture, labels = scene(np.random.default_rng(seed))
        inside = labels == labels.max()
        around = ndimage.binary_dilation(inside, iterations=6) & ~inside
        if inside.sum() < 20 or around.sum() < 20:
            continue
        one, two = picture[inside].mean(axis=0), picture[around].mean(axis=0)
        seen += np.abs(one - two).max() > 0.05
    assert seen >= 15


def test_smooth_noise_has_mean_about_0_and_sd_1_and_is_smooth():
    field = smooth(np.random.default_rng(0), 128, knots=4)
    assert field.std() == pytest.approx(1, abs=1e-3)
    assert np.abs(np.diff(field, axis=0)).max() < 0.3
    line = curve(np.random.default_rng(0), 128, knots=4)
    assert line.std() == pytest.approx(1, abs=1e-3)


def test_blur_is_scipys_inside_and_keeps_a_constant_at_the_border():
    picture = np.random.default_rng(0).random((64, 48, 1)).astype(np.float32)
    theirs = ndimage.gaussian_filter(picture[..., 0], 1.5, truncate=12)
    ours = blurred(picture, sigma=1.5)[..., 0]
    assert np.abs(ours - theirs)[10:-10, 10:-10].max() < 1e-4
    flat = blurred(np.full((20, 20, 3), 0.4, np.float32), sigma=2.0)
    assert np.allclose(flat, 0.4, atol=1e-6)


def test_painting_changes_with_the_generator_only():
    labels = LAYOUTS[1][0](np.random.default_rng(4), 96)
    one, two = (paint(np.random.default_rng(5), labels) for _ in range(2))
    assert np.array_equal(one, two)


def test_a_sample_holds_the_scene_as_a_file_would():
    sample = PHANTOMS.get("shapes")(11)
    picture, labels = scene(np.random.default_rng(11))
    assert sample.image.grid.scale == "none"
    assert set(sample.mask.ids) == set(np.unique(labels)) - {0}
    held = sample.image.block((0, 0, 0), sample.image.grid.shape)
    assert held.reshape(picture.shape) == pytest.approx(np.rint(picture * 255))
