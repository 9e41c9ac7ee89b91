"""The fit finds again what was taken off, and what a network expects too much."""

import pytest

from benchmarks.calibration import fitted, thought_over
from limner.predict._ask import Calibration


def expecting(rosy, taken):
    """How far apart expected and reached Dice are for a network that is so rosy."""
    return {
        n: (rosy.over - taken.over) * thought_over(n) + rosy.after(n) - taken.after(n)
        for n in (0, 1, 3, 5, 10)
    }


@pytest.mark.parametrize("taken", [Calibration(), Calibration(over=0.02, shy=0.1, one=1.1)])
def test_it_finds_how_rosy_a_network_is_whatever_was_taken_off(taken):
    rosy = Calibration(over=0.031, shy=0.07, one=1.4)
    found = fitted(expecting(rosy, taken), taken)
    assert vars(found) == pytest.approx(vars(rosy), abs=2e-3)
    assert all(abs(gap) < 1e-3 for gap in expecting(rosy, found).values())


def test_a_box_and_the_second_and_third_click_are_thought_over():
    assert [n for n in range(6) if thought_over(n)] == [0, 2, 3]
