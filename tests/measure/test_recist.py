"""What RECIST refuses, and the rules at their edges; whole courses are in `test_courses.py`."""

from datetime import date, timedelta
from math import log

import pytest

from limner.errors import BadValue, UnknownName
from limner.measure.response.course import Course, Finding, Lesion, Size, Visit
from limner.measure.response.healing import advance_mm_a_week, reduction
from limner.measure.response.recist import Rules, assess, check_targets, measurable, overall
from limner.measure.response.volumetric import (
    GROWN,
    SHRUNK,
    SMALL_ML,
    assess_volume,
    doubling_days,
    pace,
)
from limner.measure.response.who import product_mm2

START = date(2026, 1, 5)


def size(long, short=None, volume=None):
    return Finding(sizes=(Size(long, short, volume),))


def course(lesions, *rows, slice_mm=None):
    """Visits six weeks apart; a row is what was found of every lesion."""
    visits = tuple(
        Visit(
            f"visit {number}",
            START + timedelta(42 * number),
            tuple((e.name, f) for e, f in zip(lesions, row, strict=True) if f is not None),
            slice_mm,
        )
        for number, row in enumerate(rows)
    )
    return Course(tuple(lesions), visits)


def livers(count, organ="organ {}"):
    return [Lesion(f"T{n}", organ.format(n)) for n in range(count)]


class TestTargets:
    def test_six_are_refused(self):
        with pytest.raises(BadValue, match="There are 6 targets"):
            check_targets(course(livers(6), [size(20)] * 6))

    def test_five_are_taken(self):
        check_targets(course(livers(5), [size(20)] * 5))

    def test_three_of_an_organ_are_refused(self):
        with pytest.raises(BadValue, match="3 targets lie in one organ, liver: T0, T1, T2"):
            check_targets(course(livers(3, "liver"), [size(20)] * 3))

    @pytest.mark.parametrize("organs", [("left lung", "right lung", "lung"), ("Lung, left",) * 3])
    def test_left_and_right_are_one_organ(self, organs):
        lesions = [Lesion(f"T{n}", organ) for n, organ in enumerate(organs)]
        with pytest.raises(BadValue, match="in one organ, lung"):
            check_targets(course(lesions, [size(20)] * 3))

    def test_all_nodes_are_one_organ(self):
        lesions = [Lesion(n, n, node=True) for n in ("axilla", "neck", "groin")]
        with pytest.raises(BadValue, match="in one organ, lymph nodes"):
            check_targets(course(lesions, [size(30, 20)] * 3))

    @pytest.mark.parametrize(
        "lesion, told, slice_mm, why",
        [
            (Lesion("A", "liver"), (10.0, 3.0), None, ""),
            (Lesion("A", "liver"), (9.9, 9.9), None, "9.9 mm and needs 10 mm"),
            (Lesion("A", "liver"), (10.0, 8.0), 5.0, ""),
            (Lesion("A", "liver"), (13.9, 8.0), 7.0, "needs 14 mm, 2 slices of 7 mm"),
            (Lesion("A", "liver"), (14.0, 8.0), 7.0, ""),
            (Lesion("N", "neck", node=True), (30.0, 15.0), 7.0, ""),
            (Lesion("N", "neck", node=True), (30.0, 14.9), None, "short axis is 14.9 mm"),
            (Lesion("A", "liver"), (None, 12.0), None, "was not measured"),
        ],
    )
    def test_measurable(self, lesion, told, slice_mm, why):
        said = measurable(lesion, Size(*told), slice_mm=slice_mm)
        assert why in said
        assert bool(said) == bool(why)

    def test_one_that_is_too_small_is_refused(self):
        with pytest.raises(BadValue, match="'T0' is not measurable.*8.0 mm and needs 10 mm"):
            assess(course(livers(1), [size(8)]))

    def test_what_was_only_seen_is_no_target(self):
        with pytest.raises(BadValue, match="it is 'present'"):
            assess(course(livers(1), [Finding("present")]))

    def test_a_course_of_nothing(self):
        with pytest.raises(BadValue, match="no lesion at the baseline"):
            assess(course([Lesion("X", "liver", "new")], [None]))


class TestCourse:
    def test_dates_go_up(self):
        early, late = (Visit(n, START + timedelta(d)) for n, d in (("a", 0), ("b", 0)))
        with pytest.raises(BadValue, match="in the order of their dates"):
            Course((), (early, late))

    def test_names_are_there_once(self):
        with pytest.raises(BadValue, match="Two lesions are called 'A'"):
            Course((Lesion("A", "x"), Lesion("A", "y")), (Visit("a", START),))

    def test_strangers_are_refused(self):
        with pytest.raises(UnknownName, match="lesion called 'B'"):
            Course((Lesion("A", "x"),), (Visit("a", START, (("B", size(3)),)),))

    def test_a_new_lesion_is_not_there_at_the_baseline(self):
        with pytest.raises(BadValue, match="called new, but was found"):
            course([Lesion("X", "liver", "new")], [size(10)])

    def test_a_target_is(self):
        with pytest.raises(BadValue, match="is 'gone' at the baseline"):
            course(livers(1), [Finding("gone")])

    def test_what_merged_needs_a_size_of_both(self):
        with pytest.raises(BadValue, match="another role"):
            course(
                [Lesion("A", "x"), Lesion("B", "x", "non-target")],
                [size(20), Finding("present")],
                [Finding("merged", into="B"), Finding("present")],
            )

    def test_sizes_are_rounded_to_what_is_printed(self):
        assert Size(9.96, 9.94).long_mm == 10.0
        assert Size(9.96, 9.94).short_mm == 9.9
        with pytest.raises(BadValue, match="from 0 up"):
            Size(-1.0)

    def test_states_and_sizes_belong_together(self):
        with pytest.raises(BadValue, match="has 1 sizes"):
            Finding("gone", (Size(3.0),))
        with pytest.raises(UnknownName, match="Did you mean 'gone'"):
            Finding("gon")  # misspelt


@pytest.mark.parametrize(
    "target, other, new, expected",
    [  # tables 1 and 2 of the paper, row by row
        ("CR", "CR", False, "CR"),
        ("CR", "", False, "CR"),
        ("CR", "non-CR/non-PD", False, "PR"),
        ("CR", "NE", False, "PR"),
        ("PR", "non-CR/non-PD", False, "PR"),
        ("PR", "NE", False, "PR"),
        ("SD", "non-CR/non-PD", False, "SD"),
        ("SD", "NE", False, "SD"),
        ("NE", "non-CR/non-PD", False, "NE"),
        ("PD", "CR", False, "PD"),
        ("SD", "PD", False, "PD"),
        ("CR", "CR", True, "PD"),
        ("NE", "NE", True, "PD"),
        ("", "CR", False, "CR"),
        ("", "non-CR/non-PD", False, "non-CR/non-PD"),
        ("", "NE", False, "NE"),
        ("", "PD", False, "PD"),
        ("", "CR", True, "PD"),
    ],
)
def test_the_tables_of_overall_responses(target, other, new, expected):
    assert overall(target, other, new=new) == expected


def test_without_ongoing_a_sum_above_seventy_per_cent_is_stable():
    told = course(livers(1), *([size(each)] for each in (100, 70, 70, 80)))
    assert [p.overall for p in assess(told)][1:] == ["PR", "PR", "PR"]
    assert [p.overall for p in assess(told, rules=Rules(ongoing=False))][1:] == ["PR", "PR", "SD"]


def test_reasons_name_what_decided():
    lesions = [Lesion("A", "liver"), Lesion("X", "lung", "new")]
    points = assess(course(lesions, [size(30), None], [size(37), size(9)]))
    assert points[1].why == (
        "The sum is 37.0 mm, +7.0 mm (+23 %) from the least, 30.0 mm.",
        "'X' is new.",
    )


class TestVolume:
    def test_thresholds_are_those_of_a_sphere(self):
        assert pytest.approx(0.657) == SHRUNK
        assert pytest.approx(0.728) == GROWN
        assert pytest.approx(0.0654, abs=1e-4) == SMALL_ML

    def test_responses(self):
        rows = [[size(20, 20, v)] for v in (10.0, 4.0, 3.4, 6.0)]
        told = course(livers(1), *rows)
        # -60 % is stable, -66 % a response, 6.0 / 3.4 = +76 % progression
        assert [p.overall for p in assess_volume(told)] == ["", "SD", "PR", "PD"]

    def test_doubling(self):
        assert doubling_days(1.0, 2.0, 90) == pytest.approx(90)
        assert doubling_days(1.0, 8.0, 90) == pytest.approx(30)
        assert doubling_days(2.0, 1.0, 90) == pytest.approx(-90)
        assert doubling_days(1.0, 1.5, 100) == pytest.approx(100 * log(2) / log(1.5))
        with pytest.raises(BadValue, match="two volumes and a time above 0"):
            doubling_days(0.0, 1.0, 90)

    def test_the_pace_of_a_nodule(self):
        assert pace(1.0, 1.2, 30) == "stable"
        assert pace(1.0, 2.0, 300) == "fast"
        assert pace(1.0, 2.0, 500) == "in between"
        assert pace(1.0, 2.0, 700) == "slow"


def test_the_who_product_of_parts():
    assert product_mm2(Finding(sizes=(Size(20.0, 10.0), Size(5.0, 4.0)))) == 220
    assert product_mm2(Finding("gone")) == 0
    assert product_mm2(Finding("too small")) is None
    assert product_mm2(Finding(sizes=(Size(20.0),))) is None


def test_a_wound_that_heals():
    assert reduction(400, 100) == 0.75
    # a square of 20 mm becomes one of 10 mm in two weeks: 300 mm2 over 60 mm
    assert advance_mm_a_week((400, 100), (80, 40), days=14) == pytest.approx(2.5)
    with pytest.raises(BadValue, match="above 0"):
        reduction(0, 3)
    with pytest.raises(BadValue, match="give no advance"):
        advance_mm_a_week((4, 3), (0, 0), days=7)
