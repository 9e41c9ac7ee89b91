"""iRECIST: progression under immunotherapy is unconfirmed until a later visit bears it out.

Source   Seymour et al., Lancet Oncology 2017, 18, e143-e152 (tables 2 and 3, author manuscript
         PMC5648544); the working group's answers at recist.eortc.org/irecist.
Differs  a further growth is counted from the visit of the unconfirmed progression, so that
         several small ones add up (the working group's answer on new lesions). A scan later
         than eight weeks still confirms, and it is said. Where new lesions neither grow nor
         go, a response counts only if it is better than at the unconfirmed progression
         (scenarios B and F of the working group).
"""

from dataclasses import dataclass, replace
from datetime import date

from limner.measure.response.best import STABLE_DAYS, Best
from limner.measure.response.course import Course, Lesion, Visit
from limner.measure.response.recist import (
    EXACT,
    PAPER,
    NonTarget,
    Point,
    Rules,
    Target,
    assess,
    measurable,
)

ORDER = ("PD", "NE", "SD", "PR", "CR")


@dataclass(frozen=True)
class Immune:
    """What iRECIST adds to RECIST's thresholds.

    further_mm   growth of targets, or of new lesions that are measurable, that confirms
    soonest_days, latest_days   four to eight weeks after the unconfirmed progression
    slack_days   a scan may be so much earlier (recist.eortc.org, scans before four weeks)
    """

    further_mm: float = 5.0
    soonest_days: int = 28
    latest_days: int = 56
    slack_days: int = 2


@dataclass(frozen=True)
class IPoint:
    """The immune response at one visit.

    recist       the same visit by RECIST 1.1
    new_sum_mm   of the new lesions that are measurable, which stay out of the targets' sum
    """

    visit: str
    on: date
    overall: str
    recist: Point
    new_sum_mm: float | None
    why: tuple[str, ...]


@dataclass(frozen=True)
class _Open:
    """A progression that waits for its confirmation."""

    at: Visit
    causes: frozenset[str]
    point: Point


SEEMING = Immune()


@dataclass(frozen=True)
class _Scene:
    """One visit, and what it is judged by."""

    course: Course
    visit: Visit
    point: Point
    rules: Rules
    immune: Immune

    def at(self, waiting: _Open) -> "_Scene":
        """The same at the visit of an unconfirmed progression."""
        return replace(self, visit=waiting.at, point=waiting.point)


def assess_immune(
    course: Course, *, rules: Rules = PAPER, immune: Immune = SEEMING
) -> tuple[IPoint, ...]:
    """The immune response at every visit; the baseline has none. Raises as `assess` does."""
    points: list[IPoint] = []
    waiting: _Open | None = None
    done = False
    for visit, point in zip(course.visits, assess(course, rules=rules), strict=True):
        known = {name for each in points for name in each.recist.new}
        causes = _causes(point, known)
        why: list[str] = []
        if not points:
            said = ""
        elif done:
            said = "iCPD"
        elif waiting is None:
            said = "iUPD" if causes else _plain(point)
        else:
            said, why = _after(_Scene(course, visit, point, rules, immune), waiting, causes)
        if said == "iUPD" and waiting is None:
            waiting = _Open(visit, causes, point)
            why.append(f"Progression by {_listed(causes)}, to be confirmed.")
        elif said not in {"iUPD", "NE"}:
            waiting = None
        done = done or said == "iCPD"
        new = sum(_new_sizes(_Scene(course, visit, point, rules, immune)).values())
        points.append(
            IPoint(visit.name, visit.on, said, point, round(new, 1) or None, (*point.why, *why))
        )
    return tuple(points)


def _causes(point: Point, known: set[str]) -> frozenset[str]:
    """The categories that progress at a visit by RECIST 1.1."""
    found = {
        "targets": point.target == "PD",
        "non-targets": point.non_target == "PD",
        "new lesions": bool(set(point.new) - known),
    }
    return frozenset(name for name, there in found.items() if there)


def _listed(causes: frozenset[str]) -> str:
    return " and ".join(sorted(causes))


def _after(scene: _Scene, waiting: _Open, causes: frozenset[str]) -> tuple[str, list[str]]:
    """What a visit is after an unconfirmed progression."""
    point, immune = scene.point, scene.immune
    days = (scene.visit.on - waiting.at.on).days
    if point.target == "NE" and not causes:
        return "NE", []
    if days < immune.soonest_days - immune.slack_days:
        early = f"{days} days after the unconfirmed progression: too early to confirm it."
        return "iUPD", [early]
    reasons = [f"{each} progress too" for each in sorted(causes - waiting.causes)]
    reasons += _grown(scene, waiting)
    if reasons:
        late = days > immune.latest_days
        note = f" {days} days later, after the {immune.latest_days} that are meant." if late else ""
        return "iCPD", [f"Progression is confirmed: {'; '.join(reasons)}.{note}"]
    if causes:
        return "iUPD", ["Progression goes on and has not grown enough to be confirmed."]
    better = ORDER.index(point.target or "SD") > ORDER.index(waiting.point.target or "SD")
    if point.new and "new lesions" in waiting.causes and not better:
        return "iUPD", ["The new lesions have neither grown nor gone."]
    return _plain(point), ["The progression before was not confirmed; it would have to occur anew."]


def _grown(scene: _Scene, waiting: _Open) -> list[str]:
    """What has grown further since the unconfirmed progression, in words."""
    found = []
    course, visit, point = scene.course, scene.visit, scene.point
    before, now = waiting.point.sum_mm, point.sum_mm
    if "targets" in waiting.causes and before is not None and now is not None:
        more = now - before
        if more + EXACT >= scene.immune.further_mm:
            found.append(f"the targets' sum has grown by {more:.1f} mm")
    if "non-targets" in waiting.causes:
        every = course.of_role("non-target")
        found += [f"'{e.name}' has grown further" for e in every if _larger(e, visit, waiting.at)]
    if "new lesions" in waiting.causes:
        also = sorted(set(point.new) - set(waiting.point.new))
        found += [f"'{name}' is one more new lesion" for name in also]
        old, new = _new_sizes(scene.at(waiting)), _new_sizes(scene)
        more = sum(new[name] - old[name] for name in old if name in new)
        if more + EXACT >= scene.immune.further_mm:
            found.append(f"the measurable new lesions have grown by {more:.1f} mm")
        found += [
            f"'{each.name}' has grown"
            for each in course.of_role("new")
            if each.name in point.new and each.name not in old and _larger(each, visit, waiting.at)
        ]
    return found


def _larger(lesion: Lesion, visit: Visit, since: Visit) -> bool:
    """Whether a lesion has grown, as a person says or as its sizes do."""
    now, before = visit.of(lesion.name), since.of(lesion.name)
    if now is None or before is None:
        return False
    one, other = lesion.diameter_mm(now), lesion.diameter_mm(before)
    return now.grew or (one is not None and other is not None and one > other)


def _new_sizes(scene: _Scene) -> dict[str, float]:
    """The diameters of the new lesions that are measurable: five, two of an organ, in order."""
    course, visit, rules = scene.course, scene.visit, scene.rules
    found: dict[str, float] = {}
    organs: list[str] = []
    for lesion in course.of_role("new"):
        seen = [f for v in course.visits if (f := v.of(lesion.name)) is not None and f.sizes]
        if lesion.name not in scene.point.new or not seen or len(organs) == rules.most_targets:
            continue
        if measurable(lesion, seen[0].sizes[0], slice_mm=visit.slice_mm, rules=rules):
            continue
        if organs.count(lesion.counted_as) == rules.most_of_an_organ:
            continue
        organs.append(lesion.counted_as)
        finding = visit.of(lesion.name)
        size = None if finding is None else lesion.diameter_mm(finding)
        if size is not None:
            found[lesion.name] = size
    return found


def _plain(point: Point) -> str:
    """The response of a visit without progression; with new lesions left it is not complete."""
    target: Target = point.target
    other: NonTarget = point.non_target
    if target == "":
        left = {"CR": "iCR", "NE": "NE"}.get(other, "non-iCR/non-iUPD")
        return "non-iCR/non-iUPD" if left == "iCR" and point.new else left
    if target == "CR":
        return "iCR" if other in {"CR", ""} and not point.new else "iPR"
    return target if target == "NE" else f"i{target}"


def best_immune(points: tuple[IPoint, ...], *, stable_days: int = STABLE_DAYS) -> Best:
    """The best of all visits until progression is confirmed (table 3).

    `progressed` is the date of the unconfirmed progression that was confirmed; None where
    none was.
    """
    start, later = points[0].on, list(points[1:])
    end = next((n for n, p in enumerate(later) if p.overall == "iCPD"), None)
    until = later if end is None else later[: end + 1]
    progressed = None if end is None else _first_of_run(later, end)
    for wanted in ("iCR", "iPR", "iSD", "non-iCR/non-iUPD", "iCPD", "iUPD", "NE"):
        for point in until:
            early = wanted == "iSD" and (point.on - start).days < stable_days
            if point.overall == wanted and not early:
                return Best(wanted, point.on, progressed, f"{wanted} is the best that was seen.")
    return Best("NE", None, progressed, "No visit counts: too early, or not to be judged.")


def _first_of_run(later: list[IPoint], end: int) -> date:
    """When the progression that was confirmed was first seen."""
    run = end
    while run and later[run - 1].overall in {"iUPD", "NE"}:
        run -= 1
    return next(p.on for p in later[run : end + 1] if p.overall in {"iUPD", "iCPD"})
