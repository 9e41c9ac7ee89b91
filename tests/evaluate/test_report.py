"""The report shows the numbers of the file, the right cases, and charts with points in place."""

import re
import xml.etree.ElementTree as ET

import pytest

from limner.evaluate.charts import BOTTOM, LEFT, RIGHT, TALL, TOP, WIDE, curves, reliability
from limner.evaluate.protocols.objects import Entry
from limner.evaluate.report import chosen, page


def entry(name, number):
    return Entry(
        set=name,
        role="dev",
        image=f"images/{number}.png",
        mask="",
        label=1,
        component=None,
        axis=None,
        slice=None,
        area=1,
        thin=False,
        part="choose",
    )


def table(**means):
    """A table of one set, with contestants whose means have columns."""
    return {
        "objects": 7,
        "groups": {"lungs": {"images": 5, "objects": 7}},
        "modalities": {
            "CT": {
                "sets": 1,
                "objects": 7,
                "contestants": {
                    who: {c: v[0] for c, v in own.items()} for who, own in means.items()
                },
            }
        },
        "contestants": {
            who: {"mean": own, "groups": {"lungs": {c: v[0] for c, v in own.items()}}}
            for who, own in means.items()
        },
    }


def told(**more):
    columns = {"box": [0.9, 0.85, 0.95], "5 clicks": [0.8, 0.7, 0.9]}
    return {
        "half": "choose",
        "command": "limner evaluate --model <b>",
        "commit": "abc",
        "date": "2026-01-02T03:04:05",
        "machine": {"cpu": "a cpu", "cores": 2},
        "objects_json": "0" * 64,
        "objects": [{}] * 7,
        "limit": 0,
        "candidate": "",
        "contestants": {"limner": {"failures": []}, "ellipse": {"failures": [{}]}},
        "tables": {"ordinary": table(limner=columns, ellipse={"box": [0.7, 0.6, 0.8]})},
        **more,
    }


def shown(text):
    """The words of a page, without its marks."""
    body = text.partition("<body>")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def test_cases_are_the_best_the_median_and_the_worst():
    scores = [(entry("a", n), dice) for n, dice in enumerate([0.5, 0.9, 0.1, 0.7])]
    scores += [(entry("b", 0), 0.4), (entry("b", 1), 0.6), (entry("c", 0), 0.2)]
    found = {
        name: [(which, dice) for which, _, dice in own] for name, own in chosen(scores).items()
    }
    assert found == {
        "a": [("best", 0.9), ("median", 0.7), ("worst", 0.1)],
        "b": [("best", 0.6), ("worst", 0.4)],
        "c": [("only", 0.2)],
    }


def test_the_page_has_the_numbers_and_the_best_stand_out():
    text = page(told(), cases={}, shown="")
    words = shown(text)
    assert "0.900 0.850–0.950" in words
    assert 'class="best">0.900' in text
    assert 'class="best">0.700' not in text
    assert "lungs 7 0.900 0.700" in words
    assert "CT 7 0.900 0.700" in words
    assert "Calls that failed: ellipse 1." in words
    assert "<b>" not in text.partition("<footer")[2]  # the command line is no HTML
    assert "Best, median and worst" not in words
    assert "https://" not in text


def test_what_is_missing_is_said():
    text = page(told(limit=3, candidate="second"), cases={}, shown="Answers", left_out=4)
    assert "Only 3 objects a set" in text
    assert "Candidate: second." in text
    assert "4 sets are not shown" in text


def test_curves_are_of_every_click_where_they_are_there():
    clicks = {str(n): [0.5 + n / 100, 0.5, 0.7] for n in range(1, 11)}
    words = told(sheets={"curve": table(limner=clicks, ellipse={}), "obeyed": table(limner=clicks)})
    text = page(words, cases={}, shown="")
    assert text.count('class="dot c0"') == 10
    assert "Obeyed, 7 objects" in text
    assert 'class="best"' not in text.partition("Obeyed, 7 objects")[2]  # less may be better
    assert page(told(), cases={}, shown="").count('class="dot c0"') == 1  # the clicks of the table


def test_reliability_is_shown_for_who_expects_something():
    bins = [[0.6, 10, 0.65, 0.5], [0.9, 40, 0.92, 0.95]]
    found = {"answers": 50, "error": 0.0512, "bias": -0.02, "rank": None, "bins": bins}
    text = page(told(expected={"limner": {"every answer": found}}), cases={}, shown="")
    assert "50 answers, mean absolute error 0.051 , bias -0.020, rank correlation –" in shown(text)


def numbers(svg, name):
    tree = ET.fromstring(svg)
    return [each.attrib for each in tree.iter() if each.attrib.get("class") == name]


def test_points_of_a_curve_lie_where_their_numbers_are():
    svg = curves({"a": [(1.0, 0.7, 0.6, 0.8), (2.0, 1.0, 0.9, 1.0)]}, names=("clicks", "Dice"))
    svg = svg.partition("<ul")[0]
    first, second = numbers(svg, "dot c0")
    # the axis runs from 0.5 (a tenth below the lowest interval, 0.58) to 1, and from 0.7 to 2.3
    inner = TALL - TOP - BOTTOM
    assert float(second["cy"]) == pytest.approx(TOP, abs=0.06)
    assert float(first["cy"]) == pytest.approx(TOP + inner * 0.6, abs=0.06)
    assert float(first["cx"]) == pytest.approx(LEFT + (WIDE - LEFT - RIGHT) * 0.3 / 1.6, abs=0.06)


def test_dots_of_reliability_have_areas_that_grow_with_their_answers():
    svg = reliability([[0.0, 1, 0.1, 0.1], [0.5, 4, 0.5, 0.25]], title="x")
    first, second = numbers(svg, "blob c0")
    assert float(second["r"]) - 2.5 == pytest.approx(2 * (float(first["r"]) - 2.5))
    assert float(second["cy"]) > TOP + (TALL - TOP - BOTTOM) * 0.7  # reached less than expected
