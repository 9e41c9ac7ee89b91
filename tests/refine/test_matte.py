"""Mattes: mixtures of two known tones are unmixed, and nothing is made of nothing."""

import numpy as np
import pytest

from limner.errors import BadValue, GeometryMismatch
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from limner.refine.matte import alpha, matte

SHAPE = (40, 50)


def shares():
    """A disc of radius 11 whose border fades over six pixels, as shares of each pixel."""
    rows, columns = np.indices(SHAPE)
    away = np.hypot(rows - 19.5, columns - 24.5)
    return np.clip((14 - away) / 6, 0, 1).astype(np.float32)


def mixed(share, one=0.8, other=0.3):
    return (share * one + (1 - share) * other).astype(np.float32)[..., None]


def volume(picture):
    """An 8-bit image of two slices that are alike, with its mask on the first alone."""
    grid = Grid((2, *SHAPE))
    samples = np.rint(picture * 255).astype(np.uint8)
    inside = np.zeros(grid.shape, bool)
    inside[0] = shares() > 0.5
    return Image.of(np.stack([samples, samples]), grid), Mask.of(inside, grid)


def test_a_fading_border_is_unmixed():
    share = shares()
    found = alpha(mixed(share), share > 0.5)
    assert np.abs(found - share).max() < 0.12
    assert np.abs(found - share).mean() < 0.2 * np.abs((share > 0.5) - share).mean()


def test_colours_are_unmixed_along_the_line_between_them():
    share = shares()
    tones = np.array([[0.9, 0.3, 0.2], [0.4, 0.3, 0.7]], np.float32)
    picture = share[..., None] * tones[0] + (1 - share[..., None]) * tones[1]
    assert np.abs(alpha(picture, share > 0.5) - share).max() < 0.15


def test_where_both_sides_look_alike_the_masks_border_is_kept():
    inside = shares() > 0.5
    bare = alpha(np.full((*SHAPE, 1), 0.4, np.float32), inside)
    assert np.abs(bare - inside).max() < 0.01


def test_a_hair_in_a_loose_mask_is_found():
    share = np.zeros(SHAPE, np.float32)
    share[19, 10:40] = 0.9
    share[20, 10:40] = 0.3
    loose = np.zeros(SHAPE, bool)
    loose[12:28, 10:40] = True
    found = alpha(mixed(share), loose)
    assert np.abs(found - share).sum() < 0.35 * share.sum()


@pytest.mark.parametrize("inside", [np.zeros(SHAPE, bool), np.ones(SHAPE, bool)])
def test_nothing_and_everything_stay_as_they_are(inside):
    assert np.array_equal(alpha(mixed(shares()), inside), inside)


def test_a_mask_keeps_its_voxels_and_gets_soft_values():
    image, mask = volume(mixed(shares()))
    found = matte(mask, image)
    assert np.array_equal(found.where(1), mask.where(1))
    soft = found.probability(1)
    assert np.abs(soft[0] / 255 - shares()).max() < 0.13
    assert not soft[1].any()


def test_an_empty_object_has_no_soft_values():
    image, mask = volume(mixed(shares()))
    empty = Mask(mask.grid, (np.zeros_like(mask.layers[0]),), mask.objects)
    assert matte(empty, image).soft == ()


def test_another_grid_and_no_reach_are_refused():
    image, mask = volume(mixed(shares()))
    with pytest.raises(GeometryMismatch, match="Give the image"):
        matte(Mask.of(np.ones((1, 3, 3)), Grid((1, 3, 3))), image)
    with pytest.raises(BadValue, match="more than zero"):
        matte(mask, image, reach=0)
