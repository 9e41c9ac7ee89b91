"""The generator of made-up people: what its pictures and labels promise."""

import time

import numpy as np
import pytest

from limner.phantoms import _bodies, _sound
from limner.phantoms._anatomy import FANS, FLATS, SECTIONS, anatomy, echo, film, section
from limner.phantoms._canvas import Canvas


@pytest.mark.parametrize("draw", [anatomy, section, echo, film])
def test_pictures_lie_in_0_to_1_and_labels_lie_on_them(draw):
    for seed in range(12):
        picture, labels = draw(np.random.default_rng(seed), 96)
        assert picture.shape == (96, 96, 1)
        assert picture.dtype == np.float32
        assert labels.shape == (96, 96)
        assert labels.dtype == np.int32
        assert 0 <= picture.min() < picture.max() <= 1
        assert labels.min() >= 0


def test_nearly_every_picture_holds_something_to_outline():
    drawn = [anatomy(np.random.default_rng(seed), 96)[1].any() for seed in range(60)]
    assert sum(drawn) >= 54


def test_the_same_generator_draws_the_same():
    for seed in (3, 4):
        one, two = (anatomy(np.random.default_rng(seed), 96) for _ in range(2))
        assert np.array_equal(one[0], two[0])
        assert np.array_equal(one[1], two[1])


def test_a_picture_takes_under_8_milliseconds():
    for seed in range(8):
        anatomy(np.random.default_rng(seed))
    begun = time.process_time()
    for seed in range(40):
        anatomy(np.random.default_rng(seed))
    assert (time.process_time() - begun) / 40 < 0.016  # twice the promise: a busy machine


def test_shares_of_the_sections_are_shares():
    assert sum(share for _, share in SECTIONS) == pytest.approx(1)


@pytest.mark.parametrize("view", dict.fromkeys((*FANS, *FLATS)))
def test_every_tissue_of_a_view_has_an_echo(view):
    for seed in range(10):
        canvas = Canvas(np.random.default_rng(seed), 64, bend=0.1, turn=0.1)
        view(canvas)
        assert set(canvas.tissues) <= set(_sound.ECHOES)


def test_an_unnamed_detail_keeps_the_label_below():
    canvas = Canvas(np.random.default_rng(0), 64, bend=0, turn=0)
    canvas.put(canvas.ellipse((0, 0), (0.5, 0.5)) < 1, "liver")
    before = canvas.labels.copy()
    canvas.dots(canvas.labels == 1, "vein", most=9, size=0.05)
    assert np.array_equal(canvas.labels, before)
    assert len(canvas.tissues) == 3


def test_a_distance_is_1_at_half_an_axis_from_its_centre():
    canvas = Canvas(np.random.default_rng(1), 201, bend=0, turn=0)
    away = canvas.ellipse((0.1, 0), (0.4, 0.2), rough=0, loose=0)
    steps = np.diff(canvas.down[:, 0]).mean(), np.abs(np.diff(canvas.across[0])).mean()
    area = (away < 1).sum() * steps[0] * steps[1]
    assert area == pytest.approx(np.pi * 0.4 * 0.2, rel=0.01)


def test_sound_behind_bone_is_lost():
    canvas = Canvas(np.random.default_rng(2), 96, bend=0, turn=0)
    canvas.put(canvas.down > -9, "liver", named=False)
    canvas.looks[20:26, 30:66] = len(canvas.tissues)
    canvas.tissues.append("compact")
    picture, _ = _sound.sound_picture(np.random.default_rng(3), canvas, _sound.straight(96))
    assert picture[45:80, 38:58].mean() < 0.3 * picture[45:80, 4:20].mean()


@pytest.mark.parametrize("wide", [0.4, 0.7])
@pytest.mark.parametrize("radius", [0.0, 0.3])
def test_a_fan_carries_a_place_in_the_beam_to_its_pixel(wide, radius):
    beam = _sound.fan(128, wide=wide, radius=radius)
    depths = np.repeat(np.linspace(0, 1, 128, dtype=np.float32)[:, None], 128, axis=1)
    seen = beam.seen
    assert np.abs(beam.onto_picture(depths) - beam.depth)[seen].max() < 1e-5
    inside = beam.depth[beam.rows[40, 50], beam.columns[40, 50]]
    assert inside == pytest.approx(40 / 127, abs=0.02)


def test_a_brain_has_its_white_inside_its_grey():
    canvas = Canvas(np.random.default_rng(5), 160, bend=0, turn=0)
    _bodies.brain(canvas)
    grey, white = (canvas.looks == canvas.tissues.index(name) for name in ("grey", "white"))
    middle = np.hypot(canvas.down, canvas.across)
    assert middle[white].mean() < middle[grey].mean()
