"""Patches by merging superpixels: the merges by hand, and that a disc is among the patches."""

import numpy as np
import pytest

pytest.importorskip("torch")

from limner.learn.granules import granules, merged, neighbours, reduced


def disc(side=96):
    rows, columns = np.mgrid[:side, :side]
    inside = np.hypot(rows - 0.55 * side, columns - 0.45 * side) < 0.2 * side
    noise = np.random.default_rng(0).normal(0, 6, (side, side))
    return np.clip(90 + 80 * inside + noise, 0, 255).astype(np.uint8)[..., None], inside


def test_neighbours_share_a_side():
    labels = np.array([[0, 0, 1], [2, 2, 1]], np.int32)
    assert neighbours(labels).tolist() == [[0, 1], [0, 2], [1, 2]]
    assert neighbours(np.array([[0, 1], [2, 0]], np.int32)).tolist() == [[0, 1], [0, 2]]


def test_the_cheapest_neighbours_are_merged_first():
    # a row of four: 0.0 (1 pixel), 0.1 (1), 1.0 (2), 1.3 (2)
    means = np.array([[0.0], [0.1], [1.0], [1.3]])
    parents, costs, sizes = merged(
        means, np.array([1.0, 1, 2, 2]), np.array([[0, 1], [1, 2], [2, 3]])
    )
    assert parents.tolist() == [4, 4, 5, 5, 6, 6, 6]
    # Ward: 1 * 1 / 2 * 0.01, then 2 * 2 / 4 * 0.09, then 2 * 4 / 6 * (1.15 - 0.05) ** 2
    assert costs == pytest.approx([0, 0, 0, 0, 0.005, 0.09, 8 / 6 * 1.21])
    assert sizes.tolist() == [1, 1, 2, 2, 2, 4, 6]


def test_neighbours_only_are_merged_while_there_are_any():
    means = np.array([[0.0], [5.0], [0.0]])
    parents, _, _ = merged(means, np.ones(3), np.array([[0, 1], [1, 2]]))
    assert parents[0] == parents[1] == 3 or parents[1] == parents[2] == 3


def test_islands_without_neighbours_are_merged_last():
    parents, costs, sizes = merged(np.zeros((3, 1)), np.ones(3), np.array([[0, 2]]))
    assert parents.tolist() == [3, 4, 3, 4, 4]
    assert sizes[-1] == 3
    assert (np.diff(costs) >= 0).all()


def test_reduced_is_the_mean_over_blocks():
    picture = np.arange(24, dtype=np.uint8).reshape(4, 6, 1)
    assert reduced(picture, 2)[0, 0, 0] * 255 == pytest.approx((0 + 1 + 6 + 7) / 4)
    assert reduced(picture, 3).shape == (1, 2, 1)


def test_every_pixel_is_in_a_superpixel_and_every_patch_is_made_of_them():
    found = granules(disc()[0])
    n = found.labels.max() + 1
    assert set(np.unique(found.labels)) == set(range(n))
    assert len(found.parents) == 2 * n - 1
    assert (found.parents[:-1] > np.arange(2 * n - 2)).all()
    assert found.sizes[:n].sum() == pytest.approx(1, abs=1e-5)
    assert found.sizes[-1] == pytest.approx(1, abs=1e-5)


def test_a_disc_is_among_the_patches_and_drawn_often():
    picture, inside = disc()
    found = granules(picture)

    def dice(mask):
        return 2 * (mask & inside).sum() / (mask.sum() + inside.sum())

    assert max(dice(found.patch(k)) for k in range(len(found.parents))) > 0.95
    drawn = [found.drawn(np.random.default_rng(seed)) for seed in range(12)]
    assert sum(dice(mask) > 0.9 for mask in drawn) >= 3


def test_patches_come_in_many_sizes_at_the_size_of_the_picture():
    away = np.abs(np.mgrid[-160:160, -208:208]).max(axis=0)
    tone = np.select([away < 24, away < 60, away < 110], [250, 180, 110], 40)
    noise = np.random.default_rng(1).normal(0, 3, tone.shape)
    found = granules(np.clip(tone + noise, 0, 255).astype(np.uint8)[..., None])
    assert found.factor == 3
    drawn = [found.drawn(np.random.default_rng(seed)) for seed in range(20)]
    assert drawn[0].shape == (318, 414)  # what fills no block of 3 is left off
    shares = np.array([mask.mean() for mask in drawn])
    assert shares.min() < 0.03
    assert shares.max() > 0.1


def test_a_flat_picture_has_nothing_to_draw():
    found = granules(np.full((64, 64, 1), 7, np.uint8))
    assert not found.drawn(np.random.default_rng(0)).any()
