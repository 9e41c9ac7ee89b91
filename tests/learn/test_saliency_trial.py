"""The trial of the saliency-driven contour: what it counts, and its one opponent."""

import numpy as np
import pytest

from limner.errors import UnknownName
from limner.learn.study import TRIALS
from limner.learn.trials.saliency_contour import _either, _start

measure = TRIALS.get("saliency_contour")


def test_either_side_of_a_contour_may_be_the_object():
    inside = np.zeros((4, 4), bool)
    inside[:2, :2] = True
    answer = np.zeros((4, 4), bool)
    answer[:2] = True  # 8 pixels, 4 of them right: 2 * 4 / (8 + 4)
    assert _either(answer, inside) == pytest.approx(2 / 3)
    assert _either(~answer, inside) == pytest.approx(2 / 3)
    assert _either(~inside, inside) == 1


def test_starts_are_anywhere_and_of_any_size():
    rng = np.random.default_rng(0)
    starts = np.stack([_start(rng, 64) for _ in range(60)])
    assert starts.any(axis=0).mean() > 0.95
    shares = starts.mean(axis=(1, 2))
    assert shares.min() > 0
    assert shares.max() > 0.3


def test_a_measurement_repeats_itself_and_holds_every_number():
    one, two = (measure(7, contours=3) for _ in range(2))
    assert one == two
    assert set(one) == {"dice", "spread", "worst", "alike", "stands_out"}
    assert one["worst"] <= one["dice"] <= 1
    assert one["alike"] > 0.98


def test_its_opponent_depends_on_where_it_starts():
    assert measure(7, method="chan_vese", contours=3)["alike"] < 0.95


def test_another_method_is_refused():
    with pytest.raises(UnknownName, match="Did you mean 'chan_vese'"):
        measure(7, method="chan_veze")  # misspelt
