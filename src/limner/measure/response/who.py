"""The WHO's criteria: the response by products of the long and the short axis.

Source   Miller et al., Cancer 1981, 47, 207-214 (the WHO's handbook of 1979): complete response,
         partial response of 50 %, progression of 25 % of one lesion, response borne out after
         four weeks.
Differs  a lesion's progression is counted from its smallest product, as later trials did; the
         handbook leaves open from where. What is too small to measure has no size there.
"""

from dataclasses import dataclass
from datetime import date

from limner.measure.response.course import Course, Finding, Visit, listed, percent

EXACT = 1e-6  # mm2
SHRUNK = 0.50  # of the sum of products
GROWN = 0.25  # of the product of one lesion


@dataclass(frozen=True)
class WhoPoint:
    """The response at one visit; `overall` is CR, PR, NC, PD or NE, "" at the baseline."""

    visit: str
    on: date
    sum_mm2: float | None
    change: float | None
    overall: str
    why: tuple[str, ...]


def product_mm2(finding: Finding) -> float | None:
    """The sum over the parts of long times short axis; 0 for what is gone, None if unmeasured."""
    if finding.state in {"gone", "merged"}:
        return 0.0
    if finding.state != "measured":
        return None
    pairs = [(s.long_mm, s.short_mm) for s in finding.sizes]
    known = [a * b for a, b in pairs if a is not None and b is not None]
    return round(sum(known), 2) if len(known) == len(pairs) else None


def assess_who(course: Course) -> tuple[WhoPoint, ...]:
    """The response at every visit: targets are what is measured both ways, as many as there are."""
    points: list[WhoPoint] = []
    least: dict[str, float] = {}
    for visit in course.visits:
        points.append(_point(course, visit, least, base=points[0].sum_mm2 if points else None))
        for lesion, finding in course.found(visit, "target"):
            size = product_mm2(finding)
            if size is not None and finding.state != "merged":
                least[lesion.name] = min(size, least.get(lesion.name, size))
    return tuple(points)


def _point(
    course: Course, visit: Visit, least: dict[str, float], *, base: float | None
) -> WhoPoint:
    """The response at one visit, against the smallest products and the baseline's sum."""
    sizes = {e.name: product_mm2(f) for e, f in course.found(visit, "target")}
    merged = {f.into for _, f in course.found(visit, "target") if f.into}
    known = [each for each in sizes.values() if each is not None]
    total = round(sum(known), 2) if known and len(known) == len(sizes) else None
    if visit == course.baseline:
        return WhoPoint(visit.name, visit.on, total, None, "", ())
    change = None if total is None or not base else (total - base) / base
    states = [finding.state for _, finding in course.found(visit, "non-target")]
    grown = [
        name
        for name, size in sizes.items()
        if size and name in least and name not in merged and size + EXACT >= _bar(least[name])
    ]
    new = [e.name for e, f in course.found(visit, "new") if f.seen]
    why = [f"'{n}' has grown from its smallest by {GROWN * 100:.0f} % or more." for n in grown]
    why += [f"'{name}' is new." for name in new]
    if grown or new or "progressed" in states:
        said = "PD"
    elif sizes and total is None:
        said, why = "NE", [f"{listed(n for n, s in sizes.items() if s is None)}: no product."]
    elif not total and all(state == "gone" for state in states):
        said = "CR"
    elif "missing" in states:
        said = "NE"
    elif change is not None and change - EXACT <= -SHRUNK:
        said = "PR"
    else:
        said = "NC"
    if change is not None:
        why.append(f"The sum of products is {total:g} mm2, {percent(change)} from the baseline.")
    return WhoPoint(visit.name, visit.on, total, change, said, tuple(why))


def _bar(least: float) -> float:
    return least * (1 + GROWN)
