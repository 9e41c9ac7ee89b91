"""A mask becomes a DICOM SEG, frame by frame: never objects times volume.

The attributes are built as a dataset; the functional groups of the frames, which are thousands
and differ in a few numbers, are put together from encoded parts, and samples are packed and
written one frame at a time. So memory is that of the mask, whatever it holds.

Source   PS3.3 A.51 and C.8.20 (Segmentation IOD and its modules), C.7.6.16 (functional groups);
         PS3.5 section 7.5 (sequences) and 8.1.1 (one bit a pixel, frames without padding).
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from limner.dicom.deidentify import finish
from limner.dicom.derived import (
    Origin,
    begun,
    coded,
    derived_uid,
    ds,
    file_meta,
    orientation,
    reference,
    referenced_series,
)
from limner.dicom.headers import quietly
from limner.dicom.seg_planes import Plane, Planes, thickness
from limner.dicom.seg_samples import FULL, Job, Kind, frames_of, segment_numbers, write_samples
from limner.dicom.seg_segments import background, described
from limner.errors import BadValue
from limner.mask import Mask
from limner.safely import replacing

if TYPE_CHECKING:
    from pydicom import Dataset

SOP_CLASSES: dict[Kind, str] = {
    "BINARY": "1.2.840.10008.5.1.4.1.1.66.4",
    "FRACTIONAL": "1.2.840.10008.5.1.4.1.1.66.4",
    "LABELMAP": "1.2.840.10008.5.1.4.1.1.66.7",
}
SERIES = 9300  # the Series Number of what is segmented here
MOST = 2**32 - 2  # bytes of samples that are not encapsulated
CREATOR = "LIMNER"
PRIVATE = 0x0071  # group of the private block that holds what DICOM has no place for


def write_seg(
    mask: Mask, path: Path, *, scan: Origin, where: Planes, kind: Kind = "BINARY", record: str = ""
) -> None:
    """Write a SEG, whole or not at all.

    mask     on `scan.grid`, of one time; a label map's objects do not overlap
    where    from `seg_planes.planes(scan)`
    record   a text for our own reader, kept in a private element

    Raises BadValue where the samples are too many for one object, UnwritableFile.
    """
    job = Job(mask, where, kind, segment_numbers(mask, kind), frames_of(mask, where, kind))
    if job.size > MOST:
        raise BadValue(
            f"The {len(job.frames)} frames of this SEG need {job.size / 2**30:.1f} GiB, and DICOM "
            "holds 4 GiB. Write a label map ('.labelmap.seg.dcm'), or fewer objects a file."
        )
    with quietly(), replacing(path) as temporary:
        made = begun(
            scan,
            sop_class=SOP_CLASSES[kind],
            modality="SEG",
            number=SERIES,
            content=f"{_digest(mask)} {kind} {record}",
            description="Segmentation",
        )
        _describe(made, job, scan)
        _pixel_format(made, job)
        made.SegmentSequence = described(mask, job.numbers)
        if kind == "LABELMAP":
            made.SegmentSequence = [background(), *_by_number(made.SegmentSequence)]
        if record:
            made.private_block(PRIVATE, CREATOR, create=True).add_new(1, "UT", record)
        made.file_meta = file_meta(made)
        made.save_as(temporary, enforce_file_format=True)
        with temporary.open("ab") as file:
            file.write(_sequence(0x52009230, _groups(job, scan)))
            write_samples(file, job)
        finish(temporary)


def _digest(mask: Mask) -> str:
    """Of what a mask holds as it is stored; that of `Mask` looks at each object by itself."""
    told = hashlib.blake2b(repr((mask.grid, mask.objects)).encode(), digest_size=32)
    for layer in mask.layers:
        for frame in layer:
            for plane in frame:
                told.update(np.ascontiguousarray(plane).data)
    for soft in mask.soft:
        told.update(repr((soft.object, soft.low, soft.time)).encode())
        told.update(np.ascontiguousarray(soft.levels).data)
    return told.hexdigest()


def _by_number(items: "Iterable[Dataset]") -> "list[Dataset]":
    return sorted(items, key=lambda item: int(item.SegmentNumber))


def _describe(made: "Dataset", job: Job, scan: Origin) -> None:
    """What is said of the whole: contents, references, dimensions, shared geometry."""
    mask, where, kind = job.mask, job.where, job.kind
    made.ImageType = ["DERIVED", "PRIMARY"]
    made.ContentLabel = "SEGMENTATION"
    made.ContentDescription = f"{len(mask.objects)} objects outlined with Limner"
    made.ContentCreatorName = ""
    made.SegmentationType = kind
    made.SegmentsOverlap = "YES" if kind != "LABELMAP" and mask.overlap else "NO"
    if kind == "FRACTIONAL":
        made.SegmentationFractionalType = "PROBABILITY"
        made.MaximumFractionalValue = FULL
        made.SegmentsOverlap = "UNDEFINED"
    if where.error_mm:
        made.DerivationDescription = (
            "Outlined on a scan resampled to even steps; each slice holds the nearest of them, "
            f"at most {where.error_mm:.3f} mm away."
        )
    if items := referenced_series(scan):
        made.ReferencedSeriesSequence = items
    if not mask.grid.placed:
        made.PatientOrientation = ""
        for keyword in ("FrameOfReferenceUID", "PositionReferenceIndicator"):
            if keyword in made:
                delattr(made, keyword)
    _dimensions(made, placed=mask.grid.placed, kind=kind)
    made.SharedFunctionalGroupsSequence = [_shared(mask, where)]


def _pixel_format(made: "Dataset", job: Job) -> None:
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.NumberOfFrames = len(job.frames)
    _, made.Rows, made.Columns = job.mask.grid.shape
    made.BitsAllocated, made.BitsStored, made.HighBit = job.bits, job.bits, job.bits - 1
    made.PixelRepresentation = 0
    made.LossyImageCompression = "00"
    if job.kind == "LABELMAP":
        made.PixelPaddingValue = 0


def _dimensions(made: "Dataset", *, placed: bool, kind: Kind) -> None:
    """By what frames are ordered (PS3.3 C.7.6.17): segment, then place."""
    from pydicom import Dataset

    organisation = derived_uid("dimensions", made.SOPInstanceUID)
    every = []
    if kind != "LABELMAP":
        every.append((0x0062000B, 0x0062000A, "Segment Number"))
    if placed:
        every.append((0x00200032, 0x00209113, "Image Position (Patient)"))
    else:
        every.append((0x00209057, 0x00209111, "In-Stack Position Number"))
    uid = Dataset()
    uid.DimensionOrganizationUID = organisation
    made.DimensionOrganizationSequence = [uid]
    made.DimensionIndexSequence = []
    for pointer, group, label in every:
        item = Dataset()
        item.DimensionOrganizationUID = organisation
        item.DimensionIndexPointer, item.FunctionalGroupPointer = pointer, group
        item.DimensionDescriptionLabel = label
        made.DimensionIndexSequence.append(item)


def _shared(mask: Mask, where: Planes) -> "Dataset":
    """Orientation and sizes, which all frames share."""
    from pydicom import Dataset

    grid, shared = mask.grid, Dataset()
    if grid.placed:
        plane = Dataset()
        plane.ImageOrientationPatient = orientation(grid)
        shared.PlaneOrientationSequence = [plane]
    if grid.scale == "none":
        return shared
    measures = Dataset()
    measures.PixelSpacing = ds(*grid.spacing_mm[1:])
    measures.SliceThickness = ds(thickness(grid))[0]
    if grid.placed and len(where.planes) > 1 and not where.whole:
        measures.SpacingBetweenSlices = ds(thickness(grid))[0]
    shared.PixelMeasuresSequence = [measures]
    return shared


def _groups(job: Job, scan: Origin) -> Iterator[bytes]:
    """The functional groups of each frame, encoded, in the order of their tags."""
    before: dict[int, bytes] = {}
    after: dict[int, bytes] = {}
    placed = job.mask.grid.placed
    for frame in job.frames:
        if frame.plane not in before:
            plane = job.where.planes[frame.plane]
            before[frame.plane] = _derivation(scan, plane)
            after[frame.plane] = _position(plane) if placed else b""
        index, identified = [frame.plane + 1], b""
        if job.kind != "LABELMAP":
            segment = job.numbers[frame.object]
            index.insert(0, segment)
            number = _element(0x0062000B, b"US", struct.pack("<H", segment))
            identified = _sequence(0x0062000A, [number])
        values = _element(0x00209157, b"UL", struct.pack(f"<{len(index)}L", *index))
        if not placed:
            stack = _element(0x00209056, b"SH", b"1 ")
            place = _element(0x00209057, b"UL", struct.pack("<L", frame.plane + 1))
            values = stack + place + values
        content = _sequence(0x00209111, [values])
        yield before[frame.plane] + content + after[frame.plane] + identified


def _derivation(scan: Origin, plane: Plane) -> bytes:
    """Which image of the scan a frame was drawn on; an empty sequence where it was none."""
    from pydicom import Dataset

    item = Dataset()
    if plane.shown is not None and scan.listed:
        source = reference(scan, plane.shown)
        source.PurposeOfReferenceCodeSequence = [
            coded("DCM", "121322", "Source image for image processing operation")
        ]
        source.SpatialLocationsPreserved = "YES"
        derived = Dataset()
        derived.SourceImageSequence = [source]
        derived.DerivationCodeSequence = [coded("DCM", "113076", "Segmentation")]
        item.DerivationImageSequence = [derived]
    elif scan.listed:
        item.DerivationImageSequence = []
    return _encoded(item)


def _position(plane: Plane) -> bytes:
    from pydicom import Dataset

    place, item = Dataset(), Dataset()
    place.ImagePositionPatient = ds(*plane.position_mm)
    item.PlanePositionSequence = [place]
    return _encoded(item)


def _encoded(item: "Dataset") -> bytes:
    """A dataset in explicit VR little endian."""
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset

    held = DicomBytesIO()
    held.is_little_endian, held.is_implicit_VR = True, False
    write_dataset(held, item)
    return bytes(held.getvalue())


def _element(tag: int, kind: bytes, value: bytes) -> bytes:
    """A short element: its length fits two bytes."""
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, kind, len(value)) + value


def _sequence(tag: int, items: "Iterator[bytes] | list[bytes]") -> bytes:
    """A sequence of encoded items, lengths given."""
    held = b"".join(struct.pack("<HHL", 0xFFFE, 0xE000, len(each)) + each for each in items)
    return struct.pack("<HH2sHL", tag >> 16, tag & 0xFFFF, b"SQ", 0, len(held)) + held
