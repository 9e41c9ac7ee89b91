"""One rule a modality, and it is said."""

from dataclasses import replace

import numpy as np
import pytest

from limner.errors import BadValue, UnknownName
from limner.image import Image, Window
from limner.window import rule, window_of, windowed


def picture(samples, unit=""):
    return Image.of(np.asarray(samples), unit=unit)


def test_the_rules():
    assert rule(picture(np.zeros((4, 4), np.int16), "HU")) == Window(
        -160, 240, "CT soft-tissue window, -160 to 240 HU"
    )
    assert (rule(picture(np.zeros((4, 4), np.float32), "SUVbw"))).high == 10
    assert rule(picture(np.zeros((4, 4), np.uint8))).high == 255
    assert rule(picture(np.zeros((4, 4), bool))).high == 1


def test_percentiles_leave_the_background_out():
    samples = np.zeros((100, 100), np.uint16)
    samples[:50] = np.arange(5000).reshape(50, 100) + 1000
    window = rule(picture(samples))
    kept = samples[samples > 0]
    assert (window.low, window.high) == pytest.approx(np.percentile(kept, [0.5, 99.5]))
    assert "percentiles" in window.rule


def test_what_is_not_finite_moves_no_window():
    samples = np.linspace(0, 1, 10000).reshape(100, 100)
    broken = samples.copy()
    broken[50, 50:60] = np.nan, np.inf, -np.inf, *[np.nan] * 7
    one, two = rule(picture(samples)), rule(picture(broken))
    assert (two.low, two.high) == pytest.approx((one.low, one.high), abs=1e-3)
    assert rule(picture(np.full((3, 3), np.nan))).high == 1
    assert rule(picture(np.full((3, 3), 7.0))).low == 7


def test_a_person_decides():
    image = picture(np.zeros((4, 4), np.int16), "HU")
    assert window_of(windowed(image, "lung")).low == -1350
    assert window_of(windowed(image, "-100, 50.5")).high == 50.5
    assert window_of(windowed(image, "-100 50")).rule == "asked for, -100 to 50"
    own = Window(1, 2, "mine")
    assert window_of(windowed(image, own)) == own
    kept = replace(image, source=replace(image.source, window=own))
    assert windowed(kept).source.window == own


@pytest.mark.parametrize(
    ("unit", "told", "kind", "sentence"),
    [
        ("HU", "lungs", UnknownName, "Did you mean 'lung'"),
        ("", "lung", BadValue, "is in HU, but this image's unit is 'arbitrary'"),
        ("HU", "40", BadValue, "not two numbers"),
        ("HU", "40,x", BadValue, "not two numbers"),
        ("HU", "50,40", BadValue, "is empty"),
    ],
)
def test_what_is_no_window_is_refused(unit, told, kind, sentence):
    with pytest.raises(kind, match=sentence):
        windowed(picture(np.zeros((4, 4), np.int16), unit), told)
