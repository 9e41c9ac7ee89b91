"""What holds for every course of disease."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as some

from limner.measure.response.course import Course, Finding, Lesion, Size, Visit
from limner.measure.response.irecist import assess_immune
from limner.measure.response.recist import assess

START = date(2026, 1, 5)
TENTHS = some.integers(0, 900)


@some.composite
def courses(draw, visits=5):
    """One to five targets that are measured, gone, too small or missing."""
    count = draw(some.integers(1, 5))
    nodes = (
        [False] * count
        if count > 3
        else draw(
            some.lists(some.booleans(), min_size=count, max_size=count).filter(
                lambda n: sum(n) <= 2
            )
        )
    )
    lesions = tuple(Lesion(f"T{n}", f"organ {n}", node=node) for n, node in enumerate(nodes))
    made = []
    for number in range(visits):
        row = []
        for each in lesions:
            least = (150 if each.node else 100) if number == 0 else 0
            kind = 0 if number == 0 else draw(some.integers(0, 7))
            size = max(draw(TENTHS), least) / 10
            state = {6: "gone", 7: "too small", 5: "missing"}.get(kind)
            row.append((each.name, Finding(state) if state else Finding(sizes=(Size(size, size),))))
        made.append(Visit(f"v{number}", START + timedelta(42 * number), tuple(row)))
    return Course(lesions, tuple(made))


def by_hand(course):
    """The targets' responses in whole tenths and fractions, without what goes on or comes back."""
    sums, said = [], []
    for visit in course.visits:
        tenths, missing, left = 0, False, False
        for lesion in course.lesions:
            finding = visit.of(lesion.name)
            if finding.state == "missing":
                missing = True
            elif finding.state == "too small":
                tenths, left = tenths + 50, left or not lesion.node
            elif finding.state == "measured":
                size = round(finding.sizes[0].long_mm * 10)
                tenths += size
                left = left or not lesion.node or size >= 100
        if not sums:
            said.append("")
        else:
            least = min(each for each in sums if each is not None)
            if Fraction(tenths) >= Fraction(6, 5) * least and tenths - least >= 50:
                said.append("PD")
            elif missing:
                said.append("NE")
            elif not left:
                said.append("CR")
            else:
                said.append("PR" if Fraction(tenths) <= Fraction(7, 10) * sums[0] else "SD")
        sums.append(None if missing else tenths)
    return said


@settings(max_examples=150, deadline=None)
@given(courses())
def test_targets_are_judged_as_by_a_second_way(course):
    points, other = assess(course), by_hand(course)
    for number, (point, expected) in enumerate(zip(points, other, strict=True)):
        if number and points[number - 1].overall == "CR" and point.target == "PD":
            continue  # what comes back after a complete response
        goes_on = point.target == "PR" and "goes on" in " ".join(point.why)
        assert point.target == ("PR" if goes_on else expected)
        assert not goes_on or expected == "SD"


@settings(max_examples=60, deadline=None)
@given(courses(), some.randoms(use_true_random=False))
def test_the_order_of_lesions_changes_nothing(course, random):
    order = list(course.lesions)
    random.shuffle(order)
    other = replace(course, lesions=tuple(order))
    assert [p.overall for p in assess(course)] == [p.overall for p in assess(other)]


@settings(max_examples=60, deadline=None)
@given(courses())
def test_a_visit_more_changes_no_response_before_it(course):
    for count in range(1, len(course.visits)):
        shorter = replace(course, visits=course.visits[:count])
        assert assess(shorter) == assess(course)[:count]
        assert assess_immune(shorter) == assess_immune(course)[:count]


@settings(max_examples=60, deadline=None)
@given(courses())
def test_confirmed_progression_stays_and_follows_an_unconfirmed_one(course):
    said = [point.overall for point in assess_immune(course)]
    if "iCPD" in said:
        first = said.index("iCPD")
        assert set(said[first:]) == {"iCPD"}
        assert "iUPD" in said[:first]
