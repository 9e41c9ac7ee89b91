"""Response by volume, and how fast a lesion doubles.

Source   thresholds: those of RECIST 1.1 (Eisenhauer et al. 2009) for a sphere, 1 - 0.7^3 and
         1.2^3 - 1. Doubling time: Collins et al., American Journal of Roentgenology 1956, 76, 988;
         Schwartz, Cancer 1961, 14, 1272. Growth of 25 % and the classes of 400 and 600 days:
         van Klaveren et al., New England Journal of Medicine 2009, 361, 2221 (NELSON).
Differs  what is too small to measure is a sphere of 5 mm, as RECIST's default is its diameter.
"""

from dataclasses import dataclass
from datetime import date
from math import inf, log, pi

from limner.errors import BadValue
from limner.measure.response.course import Course, Finding, Visit, percent
from limner.measure.response.recist import PAPER

EXACT = 1e-9  # mL
SHRUNK = 1 - (1 - PAPER.shrunk) ** 3  # 65.7 %
GROWN = (1 + PAPER.grown) ** 3 - 1  # 72.8 %
SMALL_ML = pi / 6 * PAPER.small_mm**3 / 1000
SIGNIFICANT = 0.25  # NELSON: less is within the error of the measurement
FAST_DAYS, SLOW_DAYS = 400.0, 600.0  # NELSON


@dataclass(frozen=True)
class VolumePoint:
    """The response at one visit; `overall` is CR, PR, SD, PD or NE, "" at the baseline."""

    visit: str
    on: date
    sum_ml: float | None
    change: float | None
    overall: str
    why: tuple[str, ...]


def volume_ml(finding: Finding) -> float | None:
    """The volume over all parts; 0 for what is gone or merged, None where it is not known."""
    if finding.state in {"gone", "merged"}:
        return 0.0
    if finding.state == "too small":
        return SMALL_ML
    known = [each.volume_ml for each in finding.sizes if each.volume_ml is not None]
    return sum(known) if known and len(known) == len(finding.sizes) else None


def assess_volume(course: Course) -> tuple[VolumePoint, ...]:
    """The response at every visit by the targets' volume, with new lesions as in RECIST."""
    points: list[VolumePoint] = []
    for visit in course.visits:
        points.append(_point(course, visit, points))
    return tuple(points)


def _point(course: Course, visit: Visit, before: list[VolumePoint]) -> VolumePoint:
    sizes = [volume_ml(finding) for _, finding in course.found(visit, "target")]
    known = [each for each in sizes if each is not None]
    total = sum(known) if known and len(known) == len(sizes) else None
    if not before:
        return VolumePoint(visit.name, visit.on, total, None, "", ())
    base = before[0].sum_ml
    least = min((p.sum_ml for p in before if p.sum_ml is not None), default=None)
    change = None if total is None or not base else (total - base) / base
    new = [lesion.name for lesion, finding in course.found(visit, "new") if finding.seen]
    states = [finding.state for _, finding in course.found(visit, "non-target")]
    if new or "progressed" in states:
        said = "PD"
    elif total is None or least is None or change is None:
        said = "NE"
    elif total > least and total + EXACT >= least * (1 + GROWN):
        said = "PD"
    elif total == 0 and all(state == "gone" for state in states):
        said = "CR"
    else:
        said = "PR" if change - EXACT <= -SHRUNK else "SD"
    why = [f"'{name}' is new." for name in new]
    if change is not None:
        why.append(f"The volume is {total:.2f} mL, {percent(change)} from the baseline.")
    return VolumePoint(visit.name, visit.on, total, change, said, tuple(why))


def doubling_days(before_ml: float, after_ml: float, days: float) -> float:
    """How long a volume takes to double; negative where it halves, infinite where it stays.

    >>> round(doubling_days(1.0, 4.0, 100.0))
    50
    """
    if not (before_ml > 0 and after_ml > 0 and days > 0):
        raise BadValue(
            f"A doubling time needs two volumes and a time above 0, but there are {before_ml} mL, "
            f"{after_ml} mL and {days} days."
        )
    growth = log(after_ml / before_ml)
    return days * log(2) / growth if growth else inf


def pace(before_ml: float, after_ml: float, days: float) -> str:
    """How a nodule grows, by the classes of NELSON: "stable", "fast", "in between" or "slow".

    Stable is what has grown by less than a quarter, or shrunk.
    """
    doubling = doubling_days(before_ml, after_ml, days)
    if after_ml < before_ml * (1 + SIGNIFICANT):
        return "stable"
    return "fast" if doubling < FAST_DAYS else "slow" if doubling > SLOW_DAYS else "in between"
