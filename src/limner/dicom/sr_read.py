"""The measurements of a structured report by any program that follows TID 1500.

Groups that name the same tracking UID are one object. What our own writer kept beside the
templates (objects in full, the order of slices) is believed for objects whose UID it names.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from limner.dicom.codes import code_in
from limner.dicom.derived import Origin
from limner.dicom.headers import damage, header, number, numbers, quietly, text, value
from limner.dicom.places import Place
from limner.dicom.seg_write import CREATOR, PRIVATE
from limner.dicom.sr import KEY, Finding, Value
from limner.dicom.sr_codes import COMMENT, DERIVATION, name_of, same, unit_of
from limner.errors import LimnerError, UnreadableFile
from limner.grid import Grid, Vector, vector
from limner.mask import Object
from limner.schema import Code

if TYPE_CHECKING:
    from pydicom import Dataset

GROUP = Code("DCM", "125007", "Measurement Group")
TRACKING_ID = Code("DCM", "112039", "Tracking Identifier")
TRACKING_UID = Code("DCM", "112040", "Tracking Unique Identifier")
FINDING = Code("DCM", "121071", "Finding")
CLASSES = ("1.2.840.10008.5.1.4.1.1.88.",)  # Basic Text, Enhanced, Comprehensive (3D) SR
DEEPEST = 40  # levels of content; a report has about six
HEAD = 1024


@dataclass(frozen=True)
class Told:
    """What helps to turn what a report says into slices and mm."""

    slices: dict[tuple[str, int], int]
    grid: Grid | None
    objects: dict[str, dict[str, Any]]


def is_report(path: Path) -> bool:
    """Whether a file is a structured report, by its head; False for what cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    return any(each.encode() in head for each in CLASSES)


def findings(path: Path, scan: Origin | None = None) -> list[Finding]:
    """Every object that a report measures, in the order of the report.

    scan   tells slices, and ends of callipers drawn on images, of other programs' reports

    Raises UnreadableFile for what is damaged, no report, or has no measurement groups.
    """
    with quietly():
        told = header(Place(path)).whole
        if not text(told, "SOPClassUID").startswith(CLASSES):
            raise UnreadableFile(
                f"'{path.name}' is no structured report but another DICOM object "
                f"('{text(told, 'Modality') or 'unknown'}'). Give a report."
            )
        try:
            groups = list(_groups(told, 0))
            known = _known(told, scan)
            merged = _merged([_finding(each, count, known) for count, each in enumerate(groups, 1)])
        except damage() as error:
            if isinstance(error, LimnerError):
                raise
            raise UnreadableFile(
                f"The report '{path.name}' is damaged: {error}. Export the file again."
            ) from error
    if not groups:
        raise UnreadableFile(
            f"'{path.name}' holds no measurement group: it is another kind of report than a "
            "Measurement Report (TID 1500)."
        )
    return [_ordered(each, known) for each in merged]


def _groups(item: "Dataset", depth: int) -> "Iterator[Dataset]":
    if depth > DEEPEST:
        return
    for each in _children(item):
        if text(each, "ValueType") == "CONTAINER" and _is(each, GROUP):
            yield each
        else:
            yield from _groups(each, depth + 1)


def _known(told: "Dataset", scan: Origin | None) -> Told:
    """The record of our own writer, and the scan where it is told."""
    try:
        record = json.loads(told.private_block(PRIVATE, CREATOR)[1].value)
        held = record if record.get(KEY) else {}
        grid = Grid.from_json(held["grid"]) if held else None
        slices = {
            (str(each[0]), int(each[1])): k for k, each in enumerate(held.get("slices", ())) if each
        }
        objects = {str(each["uid"]): each for each in held.get("objects", ())}
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        grid, slices, objects = None, {}, {}
    if scan is not None:
        grid = scan.grid
        slices = {
            (each.sop_instance_uid, each.frame): k for k, each in enumerate(scan.slices) if each
        }
    return Told(slices, grid, objects)


def _finding(group: "Dataset", count: int, known: Told) -> Finding:
    uid = next((text(each, "UID") for each in _named(group, TRACKING_UID)), "")
    name = next((text(each, "TextValue") for each in _named(group, TRACKING_ID)), "")
    found = next((code_in(each, "ConceptCodeSequence") for each in _named(group, FINDING)), None)
    about = Object(count, found.meaning if found else "", name=name, tracking_uid=uid)
    kept = known.objects.get(uid)
    if kept is not None:
        fields = dict(kept["object"])
        about = Object(**{**fields, "slices": tuple(fields.get("slices", ()))})
        about = replace(about, tracking_uid=about.tracking_uid or uid)
    values = [_value(each, known) for each in _children(group) if text(each, "ValueType") == "NUM"]
    return Finding(about, tuple(values))


def _merged(found: list[Finding]) -> list[Finding]:
    """One entry for each tracking UID; groups without one stand alone."""
    merged: dict[object, Finding] = {}
    for count, each in enumerate(found):
        key = each.object.tracking_uid or count
        before = merged.get(key)
        values = each.values if before is None else (*before.values, *each.values)
        merged[key] = Finding(each.object if before is None else before.object, values)
    return list(merged.values())


def _ordered(finding: Finding, known: Told) -> Finding:
    kept = known.objects.get(finding.object.tracking_uid)
    if kept is None:
        return finding
    order = {str(name): k for k, name in enumerate(kept.get("names", ()))}
    values = sorted(finding.values, key=lambda each: order.get(each.name, len(order)))
    return Finding(finding.object, tuple(_exact(each, kept.get("ends", {})) for each in values))


def _exact(told: Value, ends: dict[str, Any]) -> Value:
    """With ends in full precision, where these are the same places."""
    try:
        one, other = (vector(each) for each in ends[told.name])
    except (KeyError, TypeError, ValueError):
        return told
    same_places = told.ends_mm and np.allclose((one, other), told.ends_mm, rtol=1e-6, atol=1e-4)
    return replace(told, ends_mm=(one, other)) if same_places else told


def _value(item: "Dataset", known: Told) -> Value:
    held = value(item, "MeasuredValueSequence")
    measured = held[0] if held else None
    derivation = next(
        (code_in(each, "ConceptCodeSequence") for each in _named(item, DERIVATION)), None
    )
    code = code_in(item, "ConceptNameCodeSequence") or Code("", "", "measurement")
    unit = code_in(measured, "MeasurementUnitsCodeSequence") if measured is not None else None
    place, ends = _where(item, known)
    return Value(
        name=name_of(code, derivation),
        value=_amount(measured),
        unit=unit_of(unit) if unit else "",
        method=next((text(each, "TextValue") for each in _named(item, COMMENT)), ""),
        slice=place,
        ends_mm=ends,
    )


def _amount(measured: Any) -> float:
    """In full where a float is there beside the decimal of 16 characters; NaN for nothing."""
    if measured is None:
        return float("nan")
    exact = number(measured, "FloatingPointValue")
    found = exact if exact is not None else number(measured, "NumericValue")
    return float("nan") if found is None else found


def _where(item: "Dataset", known: Told) -> tuple[int | None, tuple[Vector, ...]]:
    """The slice that a value was taken on, and the ends of its calliper."""
    place: int | None = None
    ends: tuple[Vector, ...] = ()
    for each in _children(item):
        kind = text(each, "ValueType")
        if kind == "IMAGE":
            place = _slice(each, known) if place is None else place
        elif kind in {"SCOORD", "SCOORD3D"} and text(each, "GraphicType") == "POLYLINE":
            points = numbers(each, "GraphicData")
            if kind == "SCOORD3D" and len(points) == 6:
                ends = vector(points[:3]), vector(points[3:])
            elif kind == "SCOORD" and len(points) == 4:
                own = next((_slice(one, known) for one in _children(each)), None)
                place = own if place is None else place
                ends = _ends(points, own, known)
    return place, ends


def _ends(points: tuple[float, ...], place: int | None, known: Told) -> tuple[Vector, ...]:
    if place is None or known.grid is None:
        return ()
    ends = ((place, points[k + 1] - 0.5, points[k] - 0.5) for k in (0, 2))
    one, other = (vector(known.grid.position_mm(each)) for each in ends)
    return one, other


def _slice(item: "Dataset", known: Told) -> int | None:
    held = value(item, "ReferencedSOPSequence")
    if not held:
        return None
    uid = text(held[0], "ReferencedSOPInstanceUID")
    frame = int(number(held[0], "ReferencedFrameNumber") or 1)
    return known.slices.get((uid, frame))


def _children(item: "Dataset") -> "list[Dataset]":
    from pydicom.sequence import Sequence

    found = value(item, "ContentSequence")
    return list(found) if isinstance(found, Sequence) else []


def _named(item: "Dataset", name: Code) -> "list[Dataset]":
    return [each for each in _children(item) if _is(each, name)]


def _is(item: "Dataset", name: Code) -> bool:
    code = code_in(item, "ConceptNameCodeSequence")
    return code is not None and same(code, name)
