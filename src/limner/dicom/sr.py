"""Measurements as a DICOM structured report: the Measurement Report of TID 1500.

Source   PS3.16 TID 1500; 1411 and 1410 for what is of a region, with the segment of a SEG or
         the outline itself; 1501 for callipers, each a length inferred from a line of two
         points (SCOORD3D, or SCOORD on an image that has no place in a patient).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

from limner import __version__
from limner.dicom.codes import Coded, coded_class
from limner.dicom.derived import MAKER, Origin, begun, derived_uid, instances
from limner.dicom.headers import quietly
from limner.dicom.seg_segments import called
from limner.dicom.seg_write import CREATOR, PRIVATE
from limner.dicom.sr_codes import COMMENT, OURS, concept, unit_code
from limner.dicom.sr_regions import Segments, line, region
from limner.errors import BadValue
from limner.grid import Vector
from limner.mask import Mask, Object
from limner.schema import Code

if TYPE_CHECKING:
    import highdicom.sr as hd
    from pydicom import Dataset

SOP_CLASS = "1.2.840.10008.5.1.4.1.1.88.34"  # Comprehensive 3D SR
NUMBER = 950
KEY = "limner_report"
IMAGING = Code("SCT", "363679005", "Imaging procedure")
# Of images, not of reports.
NOT_OURS = ("FrameOfReferenceUID", "PositionReferenceIndicator", "BodyPartExamined")


@dataclass(frozen=True)
class Value:
    """One number, as `limner.measure.Measurement` has it, field by field."""

    name: str
    value: float
    unit: str
    method: str = ""
    slice: int | None = None
    ends_mm: tuple[Vector, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One object and what was measured of it."""

    object: Object
    values: tuple[Value, ...] = field(default=())


def report(
    findings: Sequence[Finding], mask: Mask, scan: Origin, *, segments: Segments | None = None
) -> "Dataset":
    """The dataset of a report.

    segments   where the mask is a SEG: the regions are its segments, else outlines

    Values keep full precision, places that of float32 (and more for our own reader). An
    object without a tracking UID gets one that follows from the mask; a value that is no
    number is left out. Raises BadValue where
    there is no object, or the scan is not DICOM.
    """
    import highdicom as hd

    _check(findings, scan)
    content = f"{mask.digest()} {findings!r}"
    own = begun(scan, sop_class=SOP_CLASS, modality="SR", number=NUMBER, content=content)
    with quietly():
        groups = [
            group for each in findings for group in _groups(each, mask, scan, segments=segments)
        ]
        made = hd.sr.Comprehensive3DSR(
            evidence=[*instances(scan), *([segments.evidence()] if segments else [])],
            content=hd.sr.MeasurementReport(_observer(), _hd(IMAGING), groups)[0],
            series_instance_uid=own.SeriesInstanceUID,
            series_number=NUMBER,
            sop_instance_uid=own.SOPInstanceUID,
            instance_number=1,
            manufacturer=MAKER,
            is_complete=True,
        )
        for element in own:
            made[element.tag] = element
        for keyword in NOT_OURS:
            if keyword in made:
                delattr(made, keyword)
        made.CodingSchemeIdentificationSequence = [_scheme()]
        held = made.private_block(PRIVATE, CREATOR, create=True)
        held.add_new(1, "UT", _record(findings, mask, scan))
    return made


def tracking_uid(about: Object, mask: Mask) -> str:
    """The object's own, or one that follows from the mask."""
    return about.tracking_uid or derived_uid("object", mask.digest(), str(about.id))


def _check(findings: Sequence[Finding], scan: Origin) -> None:
    if not scan.listed:
        raise BadValue(
            "A report refers to the images of a DICOM study, and this scan is not DICOM. "
            "Give the DICOM scan, or write .csv or .json."
        )
    if not findings:
        raise BadValue("There is no object in the mask, so there is nothing to report.")


def _groups(
    finding: Finding, mask: Mask, scan: Origin, *, segments: Segments | None
) -> "list[Any]":
    """The region's group, where there is a region, and that of the callipers."""
    import highdicom.sr as hd

    about = finding.object
    label = mask.schema[about.label] if about.label else None
    codes = coded_class(label)
    shared = {
        "tracking_identifier": hd.TrackingIdentifier(tracking_uid(about, mask), called(about)),
        "finding_type": _hd(codes.type),
        "finding_category": _hd(codes.category),
        "finding_sites": _sites(codes),
        "algorithm_id": hd.AlgorithmIdentification(
            name=MAKER, version=__version__, manufacturer=MAKER
        ),
    }
    values = [each for each in finding.values if isfinite(each.value)]
    lines = [each for each in values if each.ends_mm]
    others = [_measurement(each, scan) for each in values if not each.ends_mm]
    found: list[Any] = []
    inside = mask.where(about.id)
    if others and inside.any():
        found.append(
            region(
                inside, scan, about.id, segments=segments, shared=shared | {"measurements": others}
            )
        )
        others = []
    if lines or others or not found:
        every = [*others, *(_measurement(each, scan) for each in lines)]
        found.append(hd.MeasurementsAndQualitativeEvaluations(**shared, measurements=every))
    return found


def _sites(codes: Coded) -> "list[hd.FindingSite] | None":
    """Where it is: the region, or for a side, the structure itself."""
    import highdicom.sr as hd

    where = codes.region or (codes.type if codes.modifier else None)
    if where is None:
        return None
    side = _hd(codes.modifier) if codes.modifier else None
    return [hd.FindingSite(_hd(where), laterality=side)]


def _measurement(told: Value, scan: Origin) -> "hd.Measurement":
    import highdicom.sr as hd

    name, derivation = concept(told.name, told.unit)
    made = hd.Measurement(
        name=_hd(name),
        value=float(told.value),
        unit=_hd(unit_code(told.unit)),
        derivation=_hd(derivation) if derivation else None,
        referenced_images=_source(told, scan),
        referenced_coordinates=[line(told.ends_mm, told.slice, scan)] if told.ends_mm else None,
    )
    number = made[0]
    if told.method:
        said = hd.TextContentItem(
            name=_hd(COMMENT),
            value=told.method,
            relationship_type=hd.RelationshipTypeValues.HAS_PROPERTIES,
        )
        if "ContentSequence" not in number:
            number.ContentSequence = hd.ContentSequence()
        number.ContentSequence.append(said)
    return made


def _source(told: Value, scan: Origin) -> "list[hd.SourceImageForMeasurement] | None":
    import highdicom.sr as hd

    shown = scan.slices[told.slice] if told.slice is not None else None
    if shown is None:
        return None
    frames = [shown.frame] if scan.several_frames else None
    return [hd.SourceImageForMeasurement(scan.sop_class, shown.sop_instance_uid, frames)]


def _scheme() -> "Dataset":
    """Whose codes those are that the standard lacks."""
    from pydicom import Dataset

    item = Dataset()
    item.CodingSchemeDesignator, item.CodingSchemeName = OURS, "Measurements of Limner"
    item.CodingSchemeResponsibleOrganization = MAKER
    return item


def _observer() -> "hd.ObservationContext":
    """Limner made it; who signs it is not said, for nobody has."""
    import highdicom.sr as hd
    from pydicom.sr.codedict import codes

    device = hd.DeviceObserverIdentifyingAttributes(
        uid=derived_uid("device", MAKER, __version__),
        name=MAKER,
        manufacturer_name=MAKER,
        model_name=f"{MAKER} {__version__}",
    )
    return hd.ObservationContext(
        observer_device_context=hd.ObserverContext(codes.DCM.Device, device)
    )


def _record(findings: Sequence[Finding], mask: Mask, scan: Origin) -> str:
    """What the templates have no place for: objects in full, the order of slices and names."""
    told = {
        KEY: 1,
        "grid": mask.grid.to_json(),
        "slices": [[each.sop_instance_uid, each.frame] if each else None for each in scan.slices],
        "objects": [
            {
                "uid": tracking_uid(each.object, mask),
                "object": asdict(each.object),
                "names": [value.name for value in each.values],
                "ends": {value.name: value.ends_mm for value in each.values if value.ends_mm},
            }
            for each in findings
        ],
    }
    return json.dumps(told, separators=(",", ":"), ensure_ascii=True)


def _hd(code: Code) -> "Any":
    """A code as highdicom has it."""
    from highdicom.sr import CodedConcept

    return CodedConcept(code.value, code.scheme, code.meaning[:64] or code.value)
