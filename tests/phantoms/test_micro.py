"""The small and the surface: what the kinds of picture and their outlines promise."""

import time

import numpy as np
import pytest
from scipy import ndimage

from limner.phantoms._micro import KINDS, micro
from limner.phantoms._outlines import Form, branches, cells, crowd, scattered, stroked


def drawn(kind, seed, side=160):
    return kind(np.random.default_rng(seed), side)


@pytest.mark.parametrize("kind", [kind for kind, _ in KINDS], ids=lambda kind: kind.__name__)
class TestEveryKind:
    def test_a_picture_and_its_labels_lie_upon_one_another(self, kind):
        for seed in range(4):
            picture, labels = drawn(kind, seed, side=96)
            assert picture.shape[:2] == labels.shape == (96, 96)
            assert picture.shape[2] in (1, 3)
            assert np.isfinite(picture).all()
            assert labels.dtype == np.int32
            assert labels.min() >= 0

    def test_mostly_draws_something_that_does_not_fill_the_picture(self, kind):
        shares = [(drawn(kind, seed)[1] > 0).mean() for seed in range(12)]
        assert sum(0.002 < share < 0.98 for share in shares) >= 10

    def test_its_objects_are_seen_as_a_rule(self, kind):
        # over the pictures: a like share of the variance of brightness lies between inside and rim
        seen = []
        for seed in range(16):
            picture, labels = drawn(kind, seed)
            inside = labels == np.bincount(labels[labels > 0]).argmax() if labels.any() else None
            if inside is None:
                continue
            around = ndimage.binary_dilation(inside, iterations=5) & (labels == 0)
            if inside.sum() > 20 and around.sum() > 20:
                apart = picture[inside].mean(axis=0) - picture[around].mean(axis=0)
                seen.append(np.abs(apart).max() > 0.03)
        assert len(seen) >= 8
        assert np.mean(seen) > 0.7


def test_shares_of_the_kinds_are_shares():
    assert sum(share for _, share in KINDS) == pytest.approx(1)


def test_micro_is_a_recorded_picture_and_repeats_itself():
    for seed in range(12):
        picture, labels = micro(np.random.default_rng(seed), 128)
        again, same = micro(np.random.default_rng(seed), 128)
        assert picture.dtype == np.float32
        assert 0 <= picture.min() <= picture.max() <= 1
        assert np.array_equal(picture, again)
        assert np.array_equal(labels, same)


def test_micro_takes_less_than_eight_milliseconds():
    for seed in range(40):
        micro(np.random.default_rng(seed))
    begun = time.process_time()
    for seed in range(60):
        micro(np.random.default_rng(seed))
    assert time.process_time() - begun < 60 * 0.008 * 2  # twice, for a busy machine


def test_a_star_that_is_a_disc_has_the_area_and_the_depth_of_a_disc():
    form = Form(rough=0.0, slim=0.0)
    one = crowd(np.random.default_rng(0), 64, np.array([[31.3, 30.6]]), radii=[12.0], form=form)
    assert one.labels.sum() == pytest.approx(np.pi * 144, rel=0.02)
    assert one.depth[31, 31] == pytest.approx(1 - np.hypot(0.3, 0.4) / 12, abs=1e-4)
    assert one.depth[31, 36] == pytest.approx(1 - np.hypot(0.3, 5.4) / 12, abs=1e-4)


def test_the_first_of_a_crowd_lies_on_top_and_the_border_cuts():
    places = np.array([[5.0, 5.0], [5.0, 9.0], [-40.0, 5.0]])
    form = Form(rough=0.0, slim=0.0)
    found = crowd(np.random.default_rng(0), 20, places, radii=[4.0, 4.0, 4.0], form=form)
    assert set(np.unique(found.labels)) == {0, 1, 2}
    assert found.labels[5, 7] == 1


def test_cells_are_the_nearest_places_by_brute_force():
    rng = np.random.default_rng(3)
    places = rng.uniform(0, 40, (9, 2))
    labels, apart = cells(40, places, stretch=np.ones((9, 2)), reach=99)
    at = np.stack(np.mgrid[:40, :40], axis=-1)
    away = np.linalg.norm(at[:, :, None] - places, axis=-1)
    ranked = np.sort(away, axis=-1)
    assert np.array_equal(labels, away.argmin(axis=-1) + 1)
    assert apart == pytest.approx((ranked[..., 1] - ranked[..., 0]) / 2, abs=1e-3)


def test_a_stroke_is_as_wide_as_it_says():
    points = np.stack([np.full(200, 30.25), np.linspace(-5, 70, 200)], axis=-1)
    for radius in (0.4, 1.0, 3.3):
        cover = stroked(60, points, radii=np.full(200, radius))
        assert cover[:, 20:40].sum(axis=0).mean() == pytest.approx(2 * radius, rel=0.15)


def test_branches_thin_out_and_start_where_they_should():
    rng = np.random.default_rng(1)
    start = np.array([[10.0, 10.0], [50.0, 50.0]])
    points, radii = branches(rng, start, turns=np.array([0.0, 1.0]), radius=3.0, steps=60)
    assert len(points) == len(radii) > 120
    assert radii.max() == pytest.approx(3.0)
    assert np.linalg.norm(points[0] - start[0]) == pytest.approx(1.0, abs=1e-6)


def test_scattered_places_keep_apart_on_the_mean():
    places = scattered(np.random.default_rng(0), 200, spacing=20.0, share=1.0)
    away = np.linalg.norm(places[:, None] - places[None], axis=-1) + 1e9 * np.eye(len(places))
    assert 10 < away.min(axis=1).mean() < 20
