"""Instances matched by hand, against brute force, and where there are none."""

from itertools import permutations

import numpy as np
import pytest

from limner.errors import BadValue, GeometryMismatch
from limner.evaluate import METRICS, Pair
from limner.evaluate.instances import Matching, matching


def strip(text):
    return np.array([[int(each) for each in text]])


def test_by_hand():
    # 1 against 7: 3 shared of 4 together; 2 against 8: 2 of 2; 3 answers nothing; 9 is missed
    found = matching(strip("11110220330"), strip("77700880009"))
    assert found == Matching(3, 3, (0.75, 1.0))
    assert found.average_precision(0.5) == pytest.approx(2 / 4)
    assert found.average_precision(0.75) == pytest.approx(2 / 4)
    assert found.average_precision(0.8) == pytest.approx(1 / 5)


def test_each_is_matched_once():
    # two halves of one object: only one of them can answer it
    found = matching(strip("1122"), strip("3333"))
    assert found == Matching(2, 1, (0.5,))
    assert found.average_precision(0.5) == pytest.approx(1 / 2)


def test_the_sum_of_iou_is_the_largest_there_is():
    rng = np.random.default_rng(0)
    for _ in range(10):
        one, other = rng.integers(0, 4, (2, 6, 6))
        share = np.zeros((3, 3))
        for a in range(3):
            for b in range(3):
                first, second = one == a + 1, other == b + 1
                share[a, b] = (first & second).sum() / max((first | second).sum(), 1)
        best = max(sum(share[a, b] for a, b in enumerate(p)) for p in permutations(range(3)))
        assert sum(matching(one, other).overlaps) == pytest.approx(best)


@pytest.mark.parametrize(
    "predicted, reference, expected", [("00", "00", 1.0), ("10", "00", 0.0), ("00", "01", 0.0)]
)
def test_where_there_is_nothing(predicted, reference, expected):
    found = matching(strip(predicted), strip(reference))
    assert found.average_precision(0.5) == expected


def test_ids_may_be_any():
    assert matching(strip("900"), strip("0400000"[:3])).overlaps == ()
    assert matching(strip("950"), strip("730")) == matching(strip("120"), strip("210"))


def test_refusals():
    with pytest.raises(GeometryMismatch, match="shape"):
        matching(strip("10"), strip("100"))
    with pytest.raises(BadValue, match="below 0"):
        matching(np.array([[-1, 1]]), strip("01"))


def test_the_metric_takes_the_pieces_of_a_mask():
    # one piece of two is found exactly: 1 / 2 at every strictness
    one, two = strip("110000"), strip("110011")
    pair = Pair(one > 0, two > 0)
    assert METRICS.get("ap")(pair) == pytest.approx(0.5)
    # IoU 2 / 3 is right at 0.50, 0.55, 0.60 and 0.65 of the ten
    assert METRICS.get("ap")(Pair(strip("110") > 0, strip("111") > 0)) == pytest.approx(0.4)
    assert METRICS.get("ap")(Pair(strip("110") > 0, strip("111") > 0), at_least=(0.5,)) == 1.0
