"""One record for every frame of every file, whatever kind of object it came in.

Classic objects say where they lie at their top, enhanced ones in functional groups (PS3.3
C.7.6.16), nuclear medicine by a detector and a step, dose by offsets from its first plane.
After this file nobody asks which it was.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from limner.dicom.headers import Header, number, numbers, text, value
from limner.dicom.plain import Plain
from limner.errors import UnreadableFile
from limner.grid import Vector, vector

if TYPE_CHECKING:
    import pydicom

# What a projection shows has no depth: its lengths are those on the detector.
PROJECTIONS = {"CR", "DX", "MG", "IO", "PX", "RG", "RF", "XA", "DR", "RTIMAGE"}
TOMOGRAPHIC = {"CT", "MR", "PT", "NM", "RTDOSE", "OPT", "IVOCT"}
FRAMES_MOST = 1 << 20  # more than any scanner writes; a claim beyond is damage

# Keywords that may tell apart frames that lie at one place.
MARKS = (
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "TriggerTime",
    "NominalCardiacTriggerDelayTime",
    "FrameReferenceTime",
    "AcquisitionNumber",
    "AcquisitionDateTime",
    "AcquisitionTime",
    "FrameAcquisitionDateTime",
    "ContentTime",
    "DiffusionBValue",
    "InstanceNumber",
    "ImageType",
    "FrameType",
    "EchoTime",
    "EffectiveEchoTime",
    "EchoNumbers",
    "ComplexImageComponent",
    "StackID",
)


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture: where it lies, and what makes it different from its neighbours.

    file         which of the headers it came from
    number       in that file, from 1
    uid          SOP Instance UID
    size         (rows, columns)
    position     of the centre of its first pixel, mm (LPS); None where it is not said
    orientation  direction of growing columns, then of growing rows; None likewise
    spacing      (between rows, between columns), mm; None likewise
    thickness    of the slice, mm; 0 where it is not said
    slope        stored value * slope + intercept = value (PS3.3 C.11.1.1.2)
    marks        the keywords of MARKS that it has
    """

    file: int
    number: int
    uid: str
    size: tuple[int, int]
    position: Vector | None = None
    orientation: tuple[float, ...] | None = None
    spacing: tuple[float, float] | None = None
    thickness: float = 0.0
    slope: float = 1.0
    intercept: float = 0.0
    marks: dict[str, str | float] = field(default_factory=dict)


def frames(told: Header, file: int) -> list[Frame]:
    """Every frame of one file, in the file's order.

    Raises UnreadableFile where there are no samples, or the numbers that place them are
    no numbers.
    """
    dataset = told.dataset
    size = _size(told)
    count = frame_count(told)
    groups = value(dataset, "PerFrameFunctionalGroupsSequence")
    if groups is not None:
        from pydicom import Dataset

        if len(groups) < count:
            raise UnreadableFile(
                f"'{told.place.name}' holds {count} frames but describes {len(groups)}. "
                "Export it again."
            )
        shared = (value(dataset, "SharedFunctionalGroupsSequence") or [Dataset()])[0]
        first = Frame(file, 1, text(dataset, "SOPInstanceUID"), size)
        return [
            _enhanced(first, told, groups[k], shared=shared, number_in=k + 1) for k in range(count)
        ]
    first = _classic(told, file, size)
    if count == 1:
        return [first]
    return _several(told, first, count)


def _size(told: Header) -> tuple[int, int]:
    rows, columns = number(told.dataset, "Rows"), number(told.dataset, "Columns")
    if not rows or not columns or rows < 1 or columns < 1:
        raise UnreadableFile(
            f"'{told.place.name}' says that it has {rows or 0:g} rows and {columns or 0:g} "
            "columns. Both must be above zero."
        )
    return int(rows), int(columns)


def frame_count(told: Header) -> int:
    given = text(told.dataset, "NumberOfFrames")
    count = number(told.dataset, "NumberOfFrames", 1.0) or 1.0
    if (given and not numbers(told.dataset, "NumberOfFrames")) or not 1 <= count <= FRAMES_MOST:
        raise UnreadableFile(
            f"'{told.place.name}' gives '{given}' as its number of frames. A number from 1 to "
            f"{FRAMES_MOST} is needed; export the file again."
        )
    return int(count)


def _classic(told: Header, file: int, size: tuple[int, int]) -> Frame:
    dataset = told.dataset
    slope, intercept = _rescale(told, dataset)
    marks = {key: _mark(dataset, key) for key in MARKS if value(dataset, key) is not None}
    return Frame(
        file=file,
        number=1,
        uid=text(dataset, "SOPInstanceUID"),
        size=size,
        position=_position(told, numbers(dataset, "ImagePositionPatient")),
        orientation=_orientation(told, numbers(dataset, "ImageOrientationPatient")),
        spacing=_spacing(told, dataset),
        thickness=number(dataset, "SliceThickness", 0.0) or 0.0,
        slope=slope,
        intercept=intercept,
        marks=marks,
    )


def _several(told: Header, first: Frame, count: int) -> list[Frame]:
    """The frames of a file without functional groups: a clip, or a volume with offsets."""
    offsets = _offsets(told, count)
    if first.position is None or first.orientation is None or offsets is None:
        bare = replace(first, position=None)
        return [replace(bare, number=k + 1) for k in range(count)]
    across = np.cross(first.orientation[:3], first.orientation[3:])
    places = [vector(np.array(first.position) + offset * across) for offset in offsets]
    return [replace(first, number=k + 1, position=place) for k, place in enumerate(places)]


def _offsets(told: Header, count: int) -> list[float] | None:
    """How far each frame lies from the first along the normal, mm; None for a clip."""
    dataset = told.dataset
    offsets = numbers(dataset, "GridFrameOffsetVector")  # dose (PS3.3 C.8.8.3)
    if len(offsets) == count:
        return [offset - offsets[0] for offset in offsets]
    if text(dataset, "Modality") != "NM" or "TOMO" not in text(dataset, "ImageType"):
        return None
    step = number(dataset, "SpacingBetweenSlices") or number(dataset, "SliceThickness")
    return [step * k for k in range(count)] if step else None


def _enhanced(
    first: Frame, told: Header, own: "pydicom.Dataset", *, shared: "pydicom.Dataset", number_in: int
) -> Frame:
    from pydicom import Dataset

    def group(keyword: str) -> Dataset:
        found = value(own, keyword) or value(shared, keyword)
        return found[0] if found else Dataset()

    measures = group("PixelMeasuresSequence")
    slope, intercept = _rescale(told, group("PixelValueTransformationSequence"))
    content = group("FrameContentSequence")
    marks: dict[str, str | float] = {}
    for where in (
        content,
        group("MRDiffusionSequence"),
        group("MREchoSequence"),
        group("MRImageFrameTypeSequence"),
        group("CTImageFrameTypeSequence"),
        group("PETFrameTypeSequence"),
        group("CardiacSynchronizationSequence"),
        group("TemporalPositionSequence"),
    ):
        marks |= {key: _mark(where, key) for key in MARKS if value(where, key) is not None}
    return replace(
        first,
        number=number_in,
        position=_position(told, numbers(group("PlanePositionSequence"), "ImagePositionPatient")),
        orientation=_orientation(
            told, numbers(group("PlaneOrientationSequence"), "ImageOrientationPatient")
        ),
        spacing=_spacing(told, measures),
        thickness=number(measures, "SliceThickness", 0.0) or 0.0,
        slope=slope,
        intercept=intercept,
        marks=marks,
    )


def _mark(dataset: "Plain | pydicom.Dataset", keyword: str) -> str | float:
    found = numbers(dataset, keyword)
    return found[0] if len(found) == 1 else text(dataset, keyword)


def _rescale(told: Header, dataset: "Plain | pydicom.Dataset") -> tuple[float, float]:
    slope = number(dataset, "RescaleSlope", 1.0)
    intercept = number(dataset, "RescaleIntercept", 0.0)
    if text(told.dataset, "Modality") == "RTDOSE":
        slope, intercept = number(told.dataset, "DoseGridScaling", 1.0), 0.0
    if not slope or intercept is None or not np.isfinite([slope, intercept]).all():
        raise UnreadableFile(
            f"'{told.place.name}' scales its samples by {slope} and adds {intercept}. "
            "A finite slope that is not zero is needed; repair the file."
        )
    return slope, intercept


def _position(told: Header, given: tuple[float, ...]) -> Vector | None:
    if not given and text(told.dataset, "Modality") == "NM":
        detector = value(told.dataset, "DetectorInformationSequence")
        given = numbers(detector[0], "ImagePositionPatient") if detector else ()
    if not given:
        return None
    if len(given) != 3 or not np.isfinite(given).all():
        raise UnreadableFile(
            f"The position in '{told.place.name}' is {given}. Three finite numbers are needed."
        )
    return vector(given)


def _orientation(told: Header, given: tuple[float, ...]) -> tuple[float, ...] | None:
    if not given and text(told.dataset, "Modality") == "NM":
        detector = value(told.dataset, "DetectorInformationSequence")
        given = numbers(detector[0], "ImageOrientationPatient") if detector else ()
    if not given:
        return None
    directions = np.array(given)
    if directions.size == 6 and np.isfinite(directions).all():
        along, down = directions[:3], directions[3:]
        sizes = np.linalg.norm(along), np.linalg.norm(down)
        # Written with few digits, cosines are off by some thousandths; more is no direction.
        if np.allclose(sizes, 1, atol=0.01) and abs(along @ down) < 0.01:
            return tuple(directions.tolist())
    raise UnreadableFile(
        f"The orientation in '{told.place.name}' is {given}. Two unit vectors at right "
        "angles are needed."
    )


def _spacing(told: Header, dataset: "Plain | pydicom.Dataset") -> tuple[float, float] | None:
    """(between rows, between columns); of the detector where there is no other."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        given = value(dataset, keyword)
        if given is None:
            continue
        found = numbers(dataset, keyword)
        if len(found) != 2 or not np.isfinite(found).all() or min(found) <= 0:
            raise UnreadableFile(
                f"The pixel spacing in '{told.place.name}' is {found or given}. "
                "Two numbers above zero are needed."
            )
        return found[0], found[1]
    return None


def frame_times_s(told: Header, count: int) -> tuple[float, ...]:
    """When each frame of a clip was taken, s from the first; () where nothing says it."""
    steps = numbers(told.dataset, "FrameTimeVector")  # ms from the frame before; the first is 0
    if len(steps) == count:
        times = np.cumsum(np.array((0.0, *steps[1:]))) / 1000
    else:
        step = number(told.dataset, "FrameTime")
        rate = number(told.dataset, "CineRate") or number(
            told.dataset, "RecommendedDisplayFrameRate"
        )
        step = step or (1000 / rate if rate else None)
        if not step or not np.isfinite(step):
            return ()
        times = np.arange(count) * step / 1000
    if not np.isfinite(times).all() or any(a > b for a, b in pairwise(times)):
        return ()
    return tuple(times.tolist())
