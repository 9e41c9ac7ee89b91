"""What a measurement group says of where: a segment of a SEG, an outline, or a calliper."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from limner.dicom.derived import Origin
from limner.dicom.headers import header, number, quietly, text, value
from limner.dicom.places import Place
from limner.dicom.rtstruct_contours import polygons
from limner.dicom.seg_read import is_seg
from limner.dicom.seg_segments import segments as described
from limner.dicom.seg_write import CREATOR, PRIVATE
from limner.errors import BadValue
from limner.grid import Vector
from limner.image import SliceSource
from limner.mask import Flags

if TYPE_CHECKING:
    from pydicom import Dataset

POINTS_MOST = 5400  # of one outline: explicit VR ends a list of floats at 64 KiB


@dataclass(frozen=True)
class Segments:
    """The SEG that a mask came from.

    numbers   object id to segment number
    frames    segment number to the frames that show it; nothing for a label map
    shown     frame to the SOP Instance UID of the image that it lies on, where that is said
    """

    sop_class: str
    sop_instance_uid: str
    series: str
    study: str
    numbers: dict[int, int] = field(default_factory=dict)
    frames: dict[int, list[int]] = field(default_factory=dict)
    shown: dict[int, str] = field(default_factory=dict)

    def evidence(self) -> "Dataset":
        """What a report lists of it."""
        from pydicom import Dataset

        item = Dataset()
        item.SOPClassUID, item.SOPInstanceUID = self.sop_class, self.sop_instance_uid
        item.StudyInstanceUID, item.SeriesInstanceUID = self.study, self.series
        item.Modality = "SEG"
        return item


def segments_in(path: Path) -> Segments | None:
    """The segments of a file; None for a mask in another format."""
    if not (path.is_file() and is_seg(path)):
        return None
    with quietly():
        told = header(Place(path)).whole
        own = [each.number for each in described(told)]
        return Segments(
            text(told, "SOPClassUID"),
            text(told, "SOPInstanceUID"),
            text(told, "SeriesInstanceUID"),
            text(told, "StudyInstanceUID"),
            _numbers(told, own),
            *_frames(told),
        )


def _numbers(told: "Dataset", own: list[int]) -> dict[int, int]:
    """Our own writer says which object a segment is; of others the numbers are the same."""
    try:
        record = json.loads(told.private_block(PRIVATE, CREATOR)[1].value)
        return {int(each): int(segment) for segment, each in record["segments"]}
    except (KeyError, TypeError, ValueError):
        return {each: each for each in own}


def _frames(told: "Dataset") -> tuple[dict[int, list[int]], dict[int, str]]:
    frames: dict[int, list[int]] = {}
    shown: dict[int, str] = {}
    for count, item in enumerate(value(told, "PerFrameFunctionalGroupsSequence") or (), start=1):
        segment = number(_first(item, "SegmentIdentificationSequence"), "ReferencedSegmentNumber")
        if segment is None:
            continue
        frames.setdefault(int(segment), []).append(count)
        derived = _first(item, "DerivationImageSequence")
        uid = text(_first(derived, "SourceImageSequence"), "ReferencedSOPInstanceUID")
        shown |= {count: uid} if uid else {}
    return frames, shown


def _first(item: "Dataset", keyword: str) -> "Dataset":
    """The first item of a sequence; an empty one where there is none."""
    from pydicom import Dataset

    held = value(item, keyword)
    return held[0] if held else Dataset()


def region(
    inside: Flags, scan: Origin, own: int, *, segments: Segments | None, shared: dict[str, Any]
) -> Any:
    """The measurement group of a region: planar (TID 1410) or volumetric (TID 1411)."""
    if segments is not None and own in segments.numbers:
        return _of_segment(segments.numbers[own], segments, scan, shared=shared)
    if scan.grid.placed and scan.frame:
        return _outlined(inside, scan, shared)
    return _drawn(inside, scan, shared)


def _of_segment(segment: int, told: Segments, scan: Origin, *, shared: dict[str, Any]) -> Any:
    """By a segment; one that a single frame shows is planar."""
    import highdicom.sr as hd

    frames = told.frames.get(segment, [])
    shown = told.shown.get(frames[0]) if len(frames) == 1 else None
    if shown is not None and shown in scan.uids:
        flat = hd.ReferencedSegmentationFrame(
            told.sop_class,
            told.sop_instance_uid,
            frames[0],
            segment,
            hd.SourceImageForSegmentation(scan.sop_class, shown),
        )
        # A frame is named or a segment, never both (PS3.3 table 10-3).
        del flat[0].ReferencedSOPSequence[0].ReferencedSegmentNumber
        return hd.PlanarROIMeasurementsAndQualitativeEvaluations(**shared, referenced_segment=flat)
    whole = hd.ReferencedSegment(
        told.sop_class,
        told.sop_instance_uid,
        segment,
        source_series=hd.SourceSeriesForSegmentation(scan.series),
    )
    return hd.VolumetricROIMeasurementsAndQualitativeEvaluations(**shared, referenced_segment=whole)


def _outlined(inside: Flags, scan: Origin, shared: dict[str, Any]) -> Any:
    """By outlines in mm along the edges of the voxels."""
    import highdicom.sr as hd

    found = []
    for k in np.flatnonzero(inside.any(axis=(1, 2))).tolist():
        for points in _outlines(inside[k]):
            index = np.column_stack([np.full(len(points), k), points])
            found.append(scan.grid.position_mm(index))
    if len(found) == 1:
        flat = hd.ImageRegion3D("POLYGON", found[0], scan.frame)
        return hd.PlanarROIMeasurementsAndQualitativeEvaluations(**shared, referenced_region=flat)
    series = hd.SourceSeriesForSegmentation(scan.series)
    surface = hd.VolumeSurface("POLYGON", found, scan.frame, source_series=series)
    return hd.VolumetricROIMeasurementsAndQualitativeEvaluations(
        **shared, referenced_volume_surface=surface
    )


def _drawn(inside: Flags, scan: Origin, shared: dict[str, Any]) -> Any:
    """By outlines on the images, where these have no place in a patient."""
    import highdicom.sr as hd

    found = [
        hd.ImageRegion("POLYLINE", _on_image(points), _image(scan, k))
        for k in np.flatnonzero(inside.any(axis=(1, 2))).tolist()
        for points in _outlines(inside[k])
    ]
    if len(found) == 1:
        return hd.PlanarROIMeasurementsAndQualitativeEvaluations(
            **shared, referenced_region=found[0]
        )
    return hd.VolumetricROIMeasurementsAndQualitativeEvaluations(**shared, referenced_regions=found)


def _outlines(inside: Flags) -> list[NDArray[np.float64]]:
    """The contours of a slice, each closed by its first point."""
    found = [
        np.concatenate([each, each[:1]])
        for each in polygons(inside, outline="edges", holes="keyhole")
    ]
    most = max(map(len, found))
    if most > POINTS_MOST:
        raise BadValue(
            f"An outline has {most} corners, and a report holds {POINTS_MOST}. Write the mask as "
            "a DICOM SEG (.seg.dcm) and measure that: the report then names its segments."
        )
    return found


def line(ends_mm: tuple[Vector, ...], slice_number: int | None, scan: Origin) -> Any:
    """A calliper as a line of two points, in mm or on its image."""
    import highdicom.sr as hd

    if scan.grid.placed and scan.frame:
        return hd.CoordinatesForMeasurement3D("POLYLINE", np.array(ends_mm), scan.frame)
    index = scan.grid.index_at(ends_mm)
    k = round(float(index[0, 0])) if slice_number is None else slice_number
    return hd.CoordinatesForMeasurement("POLYLINE", _on_image(index[:, 1:]), _image(scan, k))


def _on_image(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(row, column) of centres at whole numbers as (column, row) from the image's corner."""
    return points[:, ::-1] + 0.5


def _image(scan: Origin, number: int) -> Any:
    import highdicom.sr as hd

    shown: SliceSource | None = scan.slices[number]
    if shown is None:
        raise BadValue(
            f"Slice {number + 1} of the mask shows no image of the scan, so a report cannot point "
            "at it. Measure on the scan's own slices."
        )
    frames = [shown.frame] if scan.several_frames else None
    return hd.SourceImageForRegion(scan.sop_class, shown.sop_instance_uid, frames)
