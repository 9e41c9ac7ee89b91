"""A course judged by the criteria that were asked for, and what a program reads of it."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from limner import __version__
from limner.cli._followup_course import Followed, shown
from limner.cli._followup_file import Plan
from limner.measure.response import recist, who
from limner.measure.response.best import STABLE_DAYS, Best, best
from limner.measure.response.course import Course, Finding, Lesion
from limner.measure.response.irecist import IPoint, assess_immune, best_immune
from limner.measure.response.recist import Point
from limner.measure.response.volumetric import VolumePoint, assess_volume, doubling_days
from limner.measure.response.who import WhoPoint

TITLES = {
    "recist": "RECIST 1.1",
    "irecist": "iRECIST",
    "who": "WHO",
    "volumetric": "by volume",
}


@dataclass(frozen=True, eq=False)
class Judged:
    """One patient's course and every response.

    points   by criterion: one a visit
    best     by criterion
    """

    followed: Followed
    plan: Plan
    points: Mapping[str, tuple[Point | IPoint | WhoPoint | VolumePoint, ...]]
    best: Mapping[str, Best]

    @property
    def course(self) -> Course:
        """The course."""
        return self.followed.course

    @property
    def recist(self) -> tuple[Point, ...]:
        """The responses by RECIST 1.1; empty where it was not asked for."""
        return tuple(each for each in self.points.get("recist", ()) if isinstance(each, Point))


def judged(followed: Followed, plan: Plan) -> Judged:
    """Every response by every criterion that the plan names; iRECIST brings RECIST with it."""
    course = followed.course
    days = STABLE_DAYS if plan.stable_days is None else plan.stable_days
    points: dict[str, tuple[Point | IPoint | WhoPoint | VolumePoint, ...]] = {}
    found: dict[str, Best] = {}
    if {"recist", "irecist"} & set(plan.criteria):
        first = recist.assess(course)
        points["recist"] = first
        found["recist"] = best(first, confirm=plan.confirm, stable_days=days)
    if "irecist" in plan.criteria:
        immune = assess_immune(course)
        points["irecist"] = immune
        found["irecist"] = best_immune(immune, stable_days=days)
    if "who" in plan.criteria:
        both = who.assess_who(course)
        points["who"] = both
        found["who"] = best(both, confirm=plan.confirm, stable_days=days, stable="NC")
    if "volumetric" in plan.criteria:
        volumes = assess_volume(course)
        points["volumetric"] = volumes
        found["volumetric"] = best(volumes, confirm=plan.confirm, stable_days=days)
    return Judged(followed, plan, points, found)


def changes(course: Course, lesion: Lesion) -> list[tuple[int, float]]:
    """(days, change since the first size as a share) of a lesion at every visit with a size.

    Gone is -100 %, and what is too small to measure has RECIST's 5 mm. Nothing for a lesion
    that never had a size, or that first had none.
    """
    found: list[tuple[int, float]] = []
    first: float | None = None
    for visit in course.visits:
        finding = visit.of(lesion.name)
        size = None if finding is None else counted_mm(lesion, finding)
        if size is None:
            continue
        first = size if first is None else first
        if first:
            found.append((course.days(visit), (size - first) / first))
    return found


def counted_mm(lesion: Lesion, finding: Finding) -> float | None:
    """The diameter that counts; 0 where it is gone, None where there is none."""
    if finding.state == "too small":
        return recist.PAPER.small_mm
    return 0.0 if finding.state == "gone" else lesion.diameter_mm(finding)


def doubling(course: Course, lesion: Lesion) -> float | None:
    """The doubling time between a lesion's first and last volume, days; None without two."""
    known = [
        (course.days(visit), sum(s.volume_ml or 0 for s in finding.sizes))
        for visit in course.visits
        if (finding := visit.of(lesion.name)) is not None
        and finding.sizes
        and all(size.volume_ml for size in finding.sizes)
    ]
    if len(known) < 2:
        return None
    (start, first), (end, last) = known[0], known[-1]
    days = doubling_days(first, last, end - start)
    return days if isfinite(days) else None


HEADS = (
    "patient",
    "visit",
    "date",
    "lesion",
    "organ",
    "role",
    "node",
    "state",
    "parts",
    "long_mm",
    "short_mm",
    "volume_ml",
    "counted_mm",
    "objects",
    "slice_index",
)


def as_csv(told: Judged) -> str:
    """One line a lesion and visit; parts of a split lesion are added."""
    text = io.StringIO()
    written = csv.writer(text, lineterminator="\n")
    written.writerow(HEADS)
    for lesion, looked, seen in shown(told.followed):
        visit = next(each for each in told.course.visits if each.name == looked.told.name)
        finding = visit.of(lesion.name)
        if finding is None:
            continue
        sizes = finding.sizes
        written.writerow(
            (
                told.course.patient,
                visit.name,
                visit.on.isoformat(),
                lesion.name,
                lesion.organ,
                lesion.role,
                "yes" if lesion.node else "no",
                f"merged into {finding.into}" if finding.into else finding.state,
                len(sizes) or "",
                _total([size.long_mm for size in sizes]),
                _total([size.short_mm for size in sizes]),
                _total([size.volume_ml for size in sizes], digits=4),
                "" if (size := counted_mm(lesion, finding)) is None else f"{size:.1f}",
                " ".join(str(one.object.id) for one in seen),
                " ".join(str(one.calipers[0].slice) for one in seen),
            )
        )
    return text.getvalue()


def _total(values: list[float | None], *, digits: int = 1) -> str:
    known = [each for each in values if each is not None]
    return f"{sum(known):.{digits}f}" if known and len(known) == len(values) else ""


def to_json(told: Judged) -> str:
    """Everything: lesions, findings, responses with their reasons, and what made them."""
    course = told.course
    whole = {
        "limner": __version__,
        "patient": course.patient,
        "criteria": list(told.plan.criteria),
        "confirm": told.plan.confirm,
        "lesions": [asdict(each) for each in course.lesions],
        "visits": [
            {
                "name": visit.name,
                "date": visit.on.isoformat(),
                "slice_mm": visit.slice_mm,
                "aligned_likeness": looked.likeness,
                "files": _files(looked.image),
                "findings": {name: asdict(finding) for name, finding in visit.findings},
            }
            for visit, looked in zip(course.visits, told.followed.visits, strict=True)
        ],
        "responses": {
            name: [_plain(asdict(point)) for point in points]
            for name, points in told.points.items()
        },
        "best": {name: _plain(asdict(each)) for name, each in told.best.items()},
        "notes": list(told.followed.notes),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False, default=str) + "\n"


def _files(image: Any) -> dict[str, str]:
    return {} if image is None else {each.name: each.sha256 for each in image.source.files}


def _plain(told: Any) -> Any:
    """Dates as text, in whatever lies inside."""
    if isinstance(told, dict):
        return {key: _plain(value) for key, value in told.items()}
    if isinstance(told, list | tuple):
        return [_plain(value) for value in told]
    return told.isoformat() if hasattr(told, "isoformat") else told
