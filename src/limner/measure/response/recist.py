"""RECIST 1.1: the response at every visit, by the sum of diameters of at most five lesions.

Source   Eisenhauer et al., European Journal of Cancer 2009, 45, 228-247: sections 3 and 4,
         tables 1 and 2, appendix II; the working group's answers at recist.eortc.org.
Differs  diameters are rounded to a tenth of a millimetre before they are compared, so that
         a reader can check every step by hand. A partial response that was seen at two
         visits running goes on until progression (the working group's answer on "managing
         PR"), not until the sum is again above 70 % of the baseline's; `ongoing=False` turns
         that off. Tumour markers are not read: where they count, call a non-target 'present'.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from limner.errors import BadValue
from limner.measure.response.course import Course, Finding, Lesion, Size, Visit, listed, percent

Target = Literal["CR", "PR", "SD", "PD", "NE", ""]
NonTarget = Literal["CR", "non-CR/non-PD", "PD", "NE", ""]
Overall = Literal["CR", "PR", "SD", "non-CR/non-PD", "PD", "NE", ""]
EXACT = 1e-6  # mm; sums of tenths are not exact in binary


@dataclass(frozen=True)
class Rules:
    """The thresholds, with the paper's values; mm and shares of 1.

    most_targets       section 3.2: at most five targets in all
    most_of_an_organ   section 3.2: at most two of one organ
    least_mm           section 3.1.1: the least long axis of a measurable lesion on CT or MRI
    least_node_mm      section 3.1.1: the least short axis of a measurable node
    normal_node_mm     section 3.1.1: nodes of a shorter axis are normal
    thick_mm           section 3.1.1: slices above this thickness
    slices             appendix II: need a long axis of at least this many of them
    small_mm           section 4.3.2: given to what is seen but too small to measure
    shrunk             section 4.3.1: partial response, of the baseline's sum
    grown, grown_mm    section 4.3.1: progression, of the smallest sum, and at least so many mm
    ongoing            see the top of this file
    """

    most_targets: int = 5
    most_of_an_organ: int = 2
    least_mm: float = 10.0
    least_node_mm: float = 15.0
    normal_node_mm: float = 10.0
    thick_mm: float = 5.0
    slices: float = 2.0
    small_mm: float = 5.0
    shrunk: float = 0.30
    grown: float = 0.20
    grown_mm: float = 5.0
    ongoing: bool = True


PAPER = Rules()


@dataclass(frozen=True)
class Point:
    """The response at one visit, and why.

    sum_mm        of the targets' diameters; None where one is missing or there is no target
    least_sum_mm  the smallest sum before this visit; None at the baseline
    change        of the sum since the baseline, as a share; None where there is no sum
    from_least    the same since the smallest sum
    new           the new lesions that count
    new_since     when the first of them was seen, in doubt or not
    why           sentences that a report can print
    """

    visit: str
    on: date
    sum_mm: float | None
    least_sum_mm: float | None
    change: float | None
    from_least: float | None
    target: Target
    non_target: NonTarget
    new: tuple[str, ...]
    new_since: date | None
    overall: Overall
    why: tuple[str, ...]


def measurable(lesion: Lesion, size: Size, *, slice_mm: float | None, rules: Rules = PAPER) -> str:
    """Why a lesion is too small to be a target, in words; "" where it is large enough.

    slice_mm   the thickness of the slices; None where unknown, which asks for nothing more
    """
    if lesion.node:
        need, found, axis = rules.least_node_mm, size.short_mm, "short axis"
    else:
        thick = slice_mm is not None and slice_mm > rules.thick_mm
        need = rules.slices * slice_mm if thick and slice_mm else rules.least_mm
        need, found, axis = max(need, rules.least_mm), size.long_mm, "long axis"
    if found is None:
        return f"its {axis} was not measured"
    if found + EXACT >= need:
        return ""
    thicker = not lesion.node and need > rules.least_mm
    beside = f", {rules.slices:g} slices of {slice_mm:g} mm" if thicker else ""
    return f"its {axis} is {found:.1f} mm and needs {need:g} mm{beside}"


def check_targets(course: Course, *, rules: Rules = PAPER) -> None:
    """Raise BadValue where there are too many targets, or one is not measurable."""
    targets = course.of_role("target")
    if len(targets) > rules.most_targets:
        raise BadValue(
            f"There are {len(targets)} targets: {', '.join(t.name for t in targets)}. RECIST 1.1 "
            f"takes at most {rules.most_targets}. Make the others non-target."
        )
    organs = Counter(each.counted_as for each in targets)
    for organ, count in organs.items():
        if count > rules.most_of_an_organ:
            names = ", ".join(each.name for each in targets if each.counted_as == organ)
            raise BadValue(
                f"{count} targets lie in one organ, {organ}: {names}. RECIST 1.1 takes at most "
                f"{rules.most_of_an_organ}. Make the others non-target."
            )
    first = course.baseline
    for lesion, finding in course.found(first, "target"):
        if finding.state != "measured":
            why = f"it is '{finding.state}'"
        else:
            every = [
                measurable(lesion, size, slice_mm=first.slice_mm, rules=rules)
                for size in finding.sizes
            ]
            why = next((each for each in every if each), "")
        if why:
            raise BadValue(
                f"The target '{lesion.name}' is not measurable at the baseline: {why}. "
                "Make it non-target."
            )


def assess(course: Course, *, rules: Rules = PAPER) -> tuple[Point, ...]:
    """The response at every visit; the baseline has sums and no response.

    Raises BadValue for targets that RECIST does not allow, and for a course of no lesion.
    """
    if not course.of_role("target") and not course.of_role("non-target"):
        raise BadValue("There is no lesion at the baseline. Name at least one to be followed.")
    check_targets(course, rules=rules)
    points: list[Point] = []
    for visit in course.visits:
        points.append(_point(course, visit, points, rules=rules))
    return tuple(points)


def _point(course: Course, visit: Visit, before: list[Point], *, rules: Rules) -> Point:
    total, missing, why = _sum(course, visit, rules)
    whole = None if missing or not course.of_role("target") else total
    if not before:
        return Point(visit.name, visit.on, whole, None, None, None, "", "", (), None, "", ())
    base = before[0].sum_mm
    least = min((p.sum_mm for p in before if p.sum_mm is not None), default=None)
    judged = [point.overall for point in before if point.overall != "NE"]
    again = _back(course, visit, rules) if judged[-1] == "CR" else []
    target: Target = ""
    if base is not None and least is not None:
        target, told = _target(
            (total, bool(missing)),
            (base, least),
            before=before,
            rules=rules,
            clear=_clear(course, visit, rules),
        )
        why.append(told)
    non_target, said = _non_target(course, visit, rules)
    why += said
    if again:
        why.append(f"After a complete response, {listed(again)} can be seen again.")
        roles = {each.name: each.role for each in course.lesions}
        if any(roles[name] == "target" for name in again):
            target = "PD"
        if any(roles[name] == "non-target" for name in again):
            non_target = "PD"
    new, since, said = _new(course, visit, rules)
    why += said
    return Point(
        visit=visit.name,
        on=visit.on,
        sum_mm=whole,
        least_sum_mm=least,
        change=None if whole is None or not base else (whole - base) / base,
        from_least=None if whole is None or not least else (whole - least) / least,
        target=target,
        non_target=non_target,
        new=new,
        new_since=since,
        overall=overall(target, non_target, new=bool(new)),
        why=tuple(why),
    )


def _sum(course: Course, visit: Visit, rules: Rules) -> tuple[float, list[str], list[str]]:
    """The sum of what was measured, what is missing of it, and what is to be said."""
    total, missing, why = 0.0, [], []
    for lesion, finding in course.found(visit, "target"):
        found = lesion.diameter_mm(finding)
        if finding.state == "too small":
            total += rules.small_mm
            why.append(f"'{lesion.name}' is too small to measure: {rules.small_mm:g} mm.")
        elif finding.state == "measured" and found is not None:
            total += found
            if len(finding.sizes) > 1:
                why.append(f"'{lesion.name}' is now {len(finding.sizes)} parts, which are added.")
        elif finding.state == "merged":
            why.append(f"'{lesion.name}' has merged into '{finding.into}', whose size holds both.")
        elif finding.state != "gone":
            missing.append(lesion.name)
    if missing:
        why.append(f"{listed(missing)} {'was' if len(missing) == 1 else 'were'} not measured.")
    return round(total, 1), missing, why


def _clear(course: Course, visit: Visit, rules: Rules) -> bool:
    """Whether every target is gone and every node among them normal."""
    return all(_normal(lesion, found, rules) for lesion, found in course.found(visit, "target"))


def _normal(lesion: Lesion, finding: Finding, rules: Rules) -> bool:
    """Whether no disease is left of a lesion."""
    if finding.state == "gone":
        return True
    if not lesion.node:
        return False
    found = lesion.diameter_mm(finding)
    return finding.state == "too small" or (found is not None and found < rules.normal_node_mm)


def _back(course: Course, visit: Visit, rules: Rules) -> list[str]:
    """Lesions of the baseline that are there after a complete response."""
    return [
        lesion.name
        for role in ("target", "non-target")
        for lesion, finding in course.found(visit, role)
        if finding.seen and not _normal(lesion, finding, rules)
    ]


def _target(
    found: tuple[float, bool],
    against: tuple[float, float],
    *,
    before: list[Point],
    rules: Rules,
    clear: bool,
) -> tuple[Target, str]:
    """The targets' response.

    found     the sum of what was measured, and whether something is missing of it
    against   the baseline's sum and the smallest one
    """
    (total, missing), (base, least) = found, against
    more = total - least
    grown = total + EXACT >= least * (1 + rules.grown)
    if grown and more + EXACT >= rules.grown_mm:
        share = f" ({percent(more / least)})" if least else ""
        known = "What was measured sums to" if missing else "The sum is"
        return (
            "PD",
            f"{known} {total:.1f} mm, {more:+.1f} mm{share} from the least, {least:.1f} mm.",
        )
    if missing:
        return "NE", "There is no sum, and what was measured is no progression."
    if clear:
        normal = f"{rules.normal_node_mm:g} mm"
        return "CR", f"Every target is gone, and every node among them is below {normal}."
    change = (total - base) / base if base else 0.0
    said = f"The sum is {total:.1f} mm, {percent(change)} from the baseline, {base:.1f} mm"
    if total - EXACT <= base * (1 - rules.shrunk):
        return "PR", f"{said}."
    if rules.ongoing and _responded(before):
        return "PR", f"{said}; the response was seen twice and goes on until progression."
    near = f" The growth of {more:.1f} mm is below {rules.grown_mm:g} mm." if grown and more else ""
    return "SD", f"{said}: neither response nor progression.{near}"


def _responded(before: list[Point]) -> bool:
    """Whether two visits running, but for ones not evaluable, had a response, and none PD."""
    run = [p.target for p in before[1:] if p.target != "NE"]
    if "PD" in run:
        return False
    return any({a, b} <= {"CR", "PR"} for a, b in pairwise(run))


def _non_target(course: Course, visit: Visit, rules: Rules) -> tuple[NonTarget, list[str]]:
    every = list(course.found(visit, "non-target"))
    if not every:
        return "", []
    worse = [lesion.name for lesion, finding in every if finding.state == "progressed"]
    if worse:
        return "PD", [f"{listed(worse)} {'has' if len(worse) == 1 else 'have'} grown beyond doubt."]
    missing = [lesion.name for lesion, finding in every if finding.state == "missing"]
    if missing:
        return "NE", [f"{listed(missing)} {'was' if len(missing) == 1 else 'were'} not looked at."]
    left = [lesion.name for lesion, finding in every if not _normal(lesion, finding, rules)]
    if not left:
        return "CR", ["No non-target is left."]
    return "non-CR/non-PD", [f"{listed(left)} {'is' if len(left) == 1 else 'are'} still there."]


def _new(
    course: Course, visit: Visit, rules: Rules
) -> tuple[tuple[str, ...], date | None, list[str]]:
    """The new lesions that count at a visit, when the first was seen, and what is to be said."""
    until = course.visits[: course.visits.index(visit) + 1]
    names, dates, why = [], [], []
    for lesion in course.of_role("new"):
        told = [(each, found) for each in until if (found := each.of(lesion.name)) is not None]
        if not told or told[-1][1].state == "gone":
            continue
        here = visit.of(lesion.name)
        if all(not f.seen or _normal(lesion, f, rules) for _, f in told):
            if here is not None and here.state == "equivocal":
                why.append(f"'{lesion.name}' may be a new lesion: look again.")
            elif here is not None and here.seen:
                why.append(f"'{lesion.name}' is a node below {rules.normal_node_mm:g} mm: normal.")
            continue
        names.append(lesion.name)
        dates.append(next(v.on for v, f in told if f.seen or f.state == "equivocal"))
        if here is None:
            why.append(f"'{lesion.name}', new before, is not spoken of.")
        else:
            why.append(f"'{lesion.name}' is {'new' if len(told) == 1 else 'still there'}.")
    return tuple(names), min(dates, default=None), why


def overall(target: Target, non_target: NonTarget, *, new: bool) -> Overall:
    """The row of table 1, or of table 2 where there is no target.

    >>> overall("CR", "non-CR/non-PD", new=False)
    'PR'
    """
    if new or "PD" in (target, non_target):
        return "PD"
    if target == "":
        return non_target
    if target == "CR":
        return "CR" if non_target in {"CR", ""} else "PR"
    return target
