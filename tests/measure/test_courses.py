"""Courses of disease that were worked out by hand, in `tests/golden/courses.toml`."""

import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest

from limner.measure.response.best import best
from limner.measure.response.course import Course, Finding, Lesion, Size, Visit
from limner.measure.response.irecist import assess_immune, best_immune
from limner.measure.response.recist import assess
from limner.measure.response.who import assess_who

FILE = Path(__file__).parents[1] / "golden" / "courses.toml"
COURSES = tomllib.loads(FILE.read_text(encoding="utf-8"))["course"]
START = date(2026, 1, 5)


def finding(told):
    """What one entry of a row says; see the top of the file."""
    if isinstance(told, list):
        return Finding(sizes=tuple(Size(each, each) for each in told))
    if isinstance(told, str) and told.startswith("-> "):
        return Finding("merged", into=told[3:])
    if isinstance(told, str) and "x" in told:
        long, short = map(float, told.split("x"))
        return Finding(sizes=(Size(long, short),))
    if isinstance(told, str):
        return Finding(told.removesuffix(" +"), grew=told.endswith(" +"))
    return Finding(sizes=(Size(told, told),))


def lesion(name, told):
    role, *organ = told.split()
    node = organ[-1] == "node"
    return Lesion(name, " ".join(organ[: len(organ) - node]), role, node=node)


def course(told):
    lesions = tuple(lesion(name, about) for name, about in told["lesions"].items())
    visits = []
    for number, day in enumerate(told["days"]):
        row = [(each.name, told[each.name][number]) for each in lesions]
        found = tuple((name, finding(entry)) for name, entry in row if entry != ".")
        visits.append(Visit(f"visit {number}", START + timedelta(day), found))
    return Course(lesions, tuple(visits))


@pytest.mark.parametrize("told", COURSES, ids=[each["title"] for each in COURSES])
class TestEveryCourse:
    def test_sums_and_responses(self, told):
        points = assess(course(told))
        assert [("-" if p.sum_mm is None else p.sum_mm) for p in points] == told["sums"]
        assert [p.overall for p in points[1:]] == told["recist"], [p.why for p in points]
        for point in points[1:]:
            assert point.why
            assert all(sentence.endswith(".") for sentence in point.why)

    def test_the_best_of_them(self, told):
        points = assess(course(told))
        if "best" in told:
            assert best(points).response == told["best"]
            assert best(points, confirm=True).response == told["confirmed"]
        if "progressed" in told and "irecist" not in told:
            assert best(points).progressed == START + timedelta(told["progressed"])

    def test_the_immune_responses(self, told):
        points = assess_immune(course(told))
        if "irecist" in told:
            assert [p.overall for p in points[1:]] == told["irecist"], [p.why for p in points]
            found = best_immune(points)
            assert found.response == told["ibest"]
            days = told.get("progressed")
            assert found.progressed == (None if days is None else START + timedelta(days))
        else:  # up to the first progression the two say the same
            for point in points[1:]:
                if point.recist.overall == "PD":
                    assert point.overall == "iUPD"
                    break
                ours = point.recist.overall
                plain = {"non-CR/non-PD": "non-iCR/non-iUPD", "NE": "NE"}
                assert point.overall == plain.get(ours, f"i{ours}")

    def test_the_who(self, told):
        if "who" in told:
            assert [p.overall for p in assess_who(course(told))[1:]] == told["who"]


def test_there_are_thirty_of_them_and_each_says_its_arithmetic():
    assert len(COURSES) >= 30
    assert all(len(each["words"]) > 15 for each in COURSES)
