"""What the bed of uneven grounds promises: blobs that stand out, and that no threshold parts."""

import numpy as np
from scipy import ndimage

from limner.phantoms.uneven import CONTRAST, NOISE, scene


def best_threshold(picture, inside):
    """The largest Dice of any threshold, on either side."""
    levels = np.quantile(picture, np.linspace(0.02, 0.98, 49))
    answers = [side for level in levels for side in (picture > level, picture <= level)]
    return max(2 * (each & inside).sum() / (each.sum() + inside.sum()) for each in answers)


def test_no_threshold_parts_them():
    found = [best_threshold(*scene(np.random.default_rng(seed))) for seed in range(12)]
    assert np.mean(found) < 0.8


def test_a_blob_stands_out_from_the_ground_beside_it():
    for seed in range(12):
        picture, inside = scene(np.random.default_rng(seed))
        core = ndimage.binary_erosion(inside, iterations=2)
        rim = ndimage.binary_dilation(inside, iterations=5)
        beside = rim & ~ndimage.binary_dilation(inside, iterations=2)
        apart = abs(float(picture[core].mean() - picture[beside].mean()))
        assert 0.6 * CONTRAST < apart < 1.5 * CONTRAST


def test_size_and_noise():
    for seed in range(12):
        picture, inside = scene(np.random.default_rng(seed))
        assert picture.shape == inside.shape == (64, 64)
        assert 0.02 < inside.mean() < 0.5
        grain = picture - ndimage.gaussian_filter(picture, 1.5)
        # a blur of 1.5 leaves 1 / (4 pi 1.5 ** 2) of the variance, and takes as much twice over
        assert NOISE[0] * 0.8 < grain.std() < NOISE[1] * 1.2
