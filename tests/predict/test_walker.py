"""The walk between lines: scikit-image's, and the same from wherever it begins."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.segmentation import random_walker

from limner.image import Image
from limner.predict._look import Look, Scene
from limner.predict._walker import between, walked
from limner.prompt.stroke import Stroke
from limner.window import window_of


def problem(channels):
    random = np.random.default_rng(1)
    rough = random.random((20, 24, channels))
    samples = gaussian_filter(rough, (2, 2, 0)).astype(np.float32)
    seeds = np.zeros((20, 24), np.int8)
    seeds[4:6, 5:8], seeds[-1], seeds[12, 3] = 1, 2, 2
    return samples, seeds


@pytest.mark.parametrize("channels", [1, 3])
def test_it_is_scikit_images(channels):
    samples, seeds = problem(channels)
    ours = walked(samples, seeds, beta=2000)
    theirs = random_walker(
        samples.astype(float), seeds, beta=2000, mode="bf", return_full_prob=True, channel_axis=-1
    )
    np.testing.assert_allclose(ours, theirs[0], atol=5e-3)


def test_a_first_guess_changes_the_way_and_not_the_end():
    samples, seeds = problem(1)
    guess = np.random.default_rng(2).random(seeds.shape, np.float32)
    begun = walked(samples, seeds, beta=2000, start=guess)
    np.testing.assert_allclose(begun, walked(samples, seeds, beta=2000), atol=5e-3)


@pytest.mark.parametrize("value", [0, 1, 2])
def test_with_seeds_of_one_kind_nobody_walks(value):
    seeds = np.zeros((6, 6), np.int8)
    seeds[2, 2] = value
    share = walked(np.zeros((6, 6, 1), np.float32), seeds, beta=100)
    np.testing.assert_array_equal(share, seeds == 1)


def test_lines_are_as_wide_as_their_pens_and_edges_stop_the_walk():
    flat = np.full((64, 64), 20, np.uint8)
    flat[16:40, 20:50] = 180
    image = Image.of(flat)
    scene = Scene(image, window_of(image), (0, 0), (64, 64))
    look = Look(0, (31.5, 31.5), (64.0, 64.0), 64)
    inside = Stroke(((25, 28, 0), (44, 28, 0)), 5.0)
    outside = Stroke(((5, 5, 0), (58, 5, 0)), 1.0, inside=False)
    share = between((inside, outside), look, scene, time=0)
    assert (share[26:31, 25:45] == 1).all()
    assert (share[5, 5:59] == 0).all()
    np.testing.assert_array_equal(share > 0.5, flat > 100)
