"""Best overall responses, row by row of the papers' own tables."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from limner.measure.response.best import best
from limner.measure.response.irecist import IPoint, best_immune

START = date(2026, 1, 5)


@dataclass(frozen=True)
class Point:
    on: date
    overall: str


def points(*responses, days=56):
    """A baseline, and a visit every so many days."""
    every = enumerate(("", *responses))
    return [Point(START + timedelta(days * number), said) for number, said in every]


@pytest.mark.parametrize(
    "first, second, long_enough, too_early",
    [  # Eisenhauer 2009, table 3; what a stable disease of too few days becomes is the last column
        ("CR", "CR", "CR", "CR"),
        ("CR", "PR", "PR", "PR"),  # the paper's footnote: disease was still there, so it was PR
        ("CR", "SD", "SD", "SD"),
        ("CR", "PD", "SD", "PD"),
        ("CR", "NE", "SD", "NE"),
        ("PR", "CR", "PR", "PR"),
        ("PR", "PR", "PR", "PR"),
        ("PR", "SD", "SD", "SD"),
        ("PR", "PD", "SD", "PD"),
        ("PR", "NE", "SD", "NE"),
        ("NE", "NE", "NE", "NE"),
    ],
)
def test_with_confirmation(first, second, long_enough, too_early):
    assert best(points(first, second), confirm=True).response == long_enough
    # the first after 30 days, too early for a stable disease; the second on day 60
    assert best(points(first, second, days=30), confirm=True).response == too_early


@pytest.mark.parametrize(
    "responses, expected",
    [
        (("SD", "PR", "CR", "PD"), "CR"),
        (("SD", "PD", "CR"), "SD"),  # what comes after progression does not count
        (("PD",), "PD"),
        (("NE", "NE"), "NE"),
        ((), "NE"),
    ],
)
def test_without_confirmation(responses, expected):
    assert best(points(*responses)).response == expected


def test_it_says_when():
    found = best(points("SD", "PR", "PD"))
    assert found.on == START + timedelta(112)
    assert found.progressed == START + timedelta(168)


def ipoints(responses):
    told = [("", 0), *((said, 35 * n) for n, said in enumerate(responses, start=1))]
    return tuple(
        IPoint(f"visit {day}", START + timedelta(day), said, None, None, ()) for said, day in told
    )


@pytest.mark.parametrize(
    "responses, expected",
    [  # Seymour 2017, table 3: the eight examples, with one choice of each "or"
        (("iCR", "iUPD", "NE", "iUPD", "iCPD"), "iCR"),
        (("iUPD", "iPR", "iCR", "NE", "iCPD"), "iCR"),
        (("iUPD", "iPR", "iSD", "iUPD", "iCPD"), "iPR"),
        (("iUPD", "NE", "iPR", "iSD", "iCPD"), "iPR"),
        (("iUPD", "iSD", "iUPD", "iCPD", "NE"), "iSD"),
        (("iUPD", "iCPD", "iPR", "iCR", "iSD"), "iCPD"),
        (("iUPD", "iUPD", "iCPD", "iSD", "iSD"), "iCPD"),
        (("iUPD", "NE", "NE", "NE", "NE"), "iUPD"),
    ],
)
def test_the_examples_of_irecist(responses, expected):
    assert best_immune(ipoints(responses), stable_days=35).response == expected


def test_progression_dates_from_the_unconfirmed_one_that_was_confirmed():
    found = best_immune(ipoints(("iUPD", "iSD", "iUPD", "iUPD", "iCPD")))
    assert found.progressed == START + timedelta(3 * 35)
