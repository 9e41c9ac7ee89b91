"""Crops: the geometry against scipy, the standardisation by hand."""

import numpy as np
import pytest
from scipy import ndimage

pytest.importorskip("torch")

from limner.learn.crops import (  # torch first
    SIDE,
    View,
    cut,
    places,
    restyled,
    solid,
)
from limner.predict._look import standardised


def chance():
    return np.random.default_rng(0)


def ramp(rows=200, columns=160):
    """A picture whose samples say where they are: row and column at pixel centres."""
    index = np.indices((rows, columns)).transpose(1, 2, 0) + 0.5
    return index.astype(np.float32)


def test_a_straight_view_reads_the_place_it_names():
    at = places(View((100.0, 80.0), 64.0), chance())
    assert at[0, 0] == pytest.approx((68.25, 48.25))
    assert at[-1, -1] == pytest.approx((131.75, 111.75))
    crop, inside = cut(ramp(), at)
    assert inside.all()
    assert np.abs(crop - at).max() < 1e-3


def test_a_turned_mirrored_view_reads_the_place_it_names():
    at = places(View((100.0, 80.0), 64.0, 0.7, mirrored=True), chance())
    crop, inside = cut(ramp(), at)
    assert inside.all()
    assert np.abs(crop - at).max() < 1e-3


def test_a_mirror_turns_columns_round():
    plain = places(View((100.0, 80.0), 64.0), chance())
    mirrored = places(View((100.0, 80.0), 64.0, mirrored=True), chance())
    assert np.allclose(mirrored, plain[:, ::-1])


def test_a_coarse_view_averages_blocks():
    # 512 pixels on 128: every sample of the crop is the mean of 4 x 4 pixels
    picture = chance().random((512, 512, 1)).astype(np.float32)
    crop, _ = cut(picture, places(View((256.0, 256.0), 512.0), chance()))
    means = picture.reshape(128, 4, 128, 4).mean(axis=(1, 3))
    assert np.abs(crop[..., 0] - means).max() < 1e-5


def test_samples_between_pixels_are_scipys():
    picture = chance().random((60, 50, 3)).astype(np.float32)
    at = places(View((30.0, 25.0), 30.0, 0.4), chance())
    crop, _ = cut(picture, at)
    index = (at - 0.5).transpose(2, 0, 1)
    for channel in range(3):
        expected = ndimage.map_coordinates(picture[..., channel], index, order=1, mode="nearest")
        assert np.abs(crop[..., channel] - expected).max() < 1e-4


def test_pixels_beyond_the_picture_are_told_apart():
    at = places(View((0.0, 0.0), 64.0), chance())
    _, inside = cut(ramp(), at)
    assert inside[64:, 64:].all()
    assert inside.sum() == 64 * 64


def test_a_bent_view_bends_about_as_far_as_it_says():
    plain = places(View((100.0, 80.0), 64.0), chance())
    bent = places(View((100.0, 80.0), 64.0, bend=0.02), chance())
    assert (bent - plain).std() == pytest.approx(0.02 * 64, rel=0.2)


def test_thin_things_keep_their_area():
    share = np.zeros((SIDE, SIDE), np.float32)
    share[:, 60] = 0.45  # a vessel narrower than a pixel
    assert solid(share).sum() == SIDE
    share = np.zeros((SIDE, SIDE), np.float32)
    share[20:80, 20:80] = 1
    share[19, 20:80] = 0.45
    assert solid(share).sum() == 60 * 60


class TestStandardised:
    def test_by_hand(self):
        crop = np.array([[[1.0], [3.0]], [[5.0], [100.0]]], np.float32)
        inside = np.array([[True, True], [True, False]])
        found = standardised(crop, inside)
        # mean 3, sd sqrt(8 / 3) over the three pixels inside
        assert found.shape == (3, 2, 2)
        assert found[0] == pytest.approx(np.array([[-1.224745, 0], [1.224745, 0]]), abs=1e-5)
        assert np.array_equal(found[0], found[2])

    def test_colours_share_one_mean_and_one_sd(self):
        crop = chance().random((8, 8, 3)) + np.arange(3)
        found = standardised(crop.astype(np.float32), np.ones((8, 8), bool))
        assert found.mean() == pytest.approx(0, abs=1e-5)
        assert found.std() == pytest.approx(1, abs=1e-5)
        assert found[0].mean() < -0.8 < 0.8 < found[2].mean()

    def test_a_flat_crop_and_an_empty_one_are_zeros(self):
        flat = np.full((4, 4, 1), 0.3, np.float32)
        assert np.abs(standardised(flat, np.ones((4, 4), bool))).max() < 1e-4
        assert not standardised(flat, np.zeros((4, 4), bool)).any()


@pytest.mark.parametrize("channels", [1, 3])
def test_restyling_keeps_the_shape_and_stays_finite(channels):
    crop = chance().random((64, 64, channels)).astype(np.float32)
    for seed in range(60):
        found = restyled(crop, np.random.default_rng(seed))
        assert found.shape[:2] == (64, 64)
        assert found.shape[2] in (1, channels)
        assert np.isfinite(found).all()
        assert found.std() > 0


def test_the_predictor_cuts_the_same_crop():
    """What is shown in use is what was shown in training (predict/_look.py says so)."""
    from limner.image import Image, Window
    from limner.predict._look import Look, Scene

    picture = chance().integers(0, 256, (90, 120), dtype=np.uint8)
    scene = Scene(Image.of(picture[None]), Window(0, 255), (0, 0), (90, 120))
    for centre, extent in (((40.0, 50.0), 30.0), ((20.0, 100.0), 90.0), ((45.0, 60.0), 150.0)):
        seen = scene.sight(Look(0, centre, (extent, extent)))
        at = places(View((centre[0] + 0.5, centre[1] + 0.5), extent), chance())
        crop, inside = cut(picture[..., None], at)
        assert np.abs(seen - standardised(crop / 255, inside)).max() < 2e-3
