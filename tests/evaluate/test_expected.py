"""Expected against reached Dice: numbers worked by hand."""

import numpy as np
import pytest

from limner.evaluate.expected import reliability


def test_one_who_knows_has_no_error_and_ranks_perfectly():
    told = reliability({"a": [(0.15, 0.15), (0.55, 0.55)], "b": [(0.95, 0.95)]})
    assert (told["error"], told["bias"], told["rank"], told["answers"]) == (0, 0, 1, 3)
    assert told["bins"] == [[0.1, 1, 0.15, 0.15], [0.5, 1, 0.55, 0.55], [0.9, 1, 0.95, 0.95]]


def test_groups_weigh_the_same_in_the_error_and_answers_in_the_bins():
    """a: errors .1 and .3, mean .2; b: .6 three times. Mean over groups .4; bias -.1 and .6."""
    told = reliability({"a": [(0.5, 0.6), (0.5, 0.8)], "b": [(0.9, 0.3)] * 3})
    assert told["error"] == pytest.approx(0.4)
    assert told["bias"] == pytest.approx((-0.2 + 0.6) / 2)
    assert told["bins"] == [[0.5, 2, 0.5, 0.7], [0.9, 3, 0.9, 0.3]]


def test_ranks_are_those_of_all_answers():
    """Ranks 1 2 3 4 against 2 1 4 3: 1 - 6 * 4 / (4 * 15) = 0.6."""
    told = reliability({"a": [(0.1, 0.2), (0.2, 0.1)], "b": [(0.3, 0.9), (0.4, 0.8)]})
    assert told["rank"] == pytest.approx(0.6)


def test_one_who_always_says_the_same_has_no_rank():
    told = reliability({"a": [(0.6, 0.1), (0.6, 0.9)]})
    assert told["rank"] is None
    assert told["error"] == pytest.approx(0.4)


def test_certainty_is_in_the_last_bin():
    told = reliability({"a": [(1.0, 0.5), (0.0, 0.5)]})
    assert [each[0] for each in told["bins"]] == [0.0, 0.9]


def test_nothing_expected_is_nothing_told():
    assert reliability({}) is None
    assert reliability({"a": []}) is None


def test_another_way_to_count():
    rng = np.random.default_rng(0)
    expected = rng.random(200)
    reached = np.clip(expected + rng.normal(0, 0.2, 200), 0, 1)
    told = reliability({"a": list(zip(expected, reached, strict=True))})
    ranks = [np.argsort(np.argsort(each)) for each in (expected, reached)]
    assert told["error"] == pytest.approx(np.abs(expected - reached).mean(), abs=1e-4)
    unique = len(set(reached)) == 200
    if unique:
        assert told["rank"] == pytest.approx(np.corrcoef(*ranks)[0, 1], abs=1e-4)
    assert sum(each[1] for each in told["bins"]) == 200
