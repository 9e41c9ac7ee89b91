"""What every DICOM object that is derived from a scan shares: whose it is, of what, when, by what.

For writers of SEG, RTSTRUCT, SR and the like. `Image.source` holds all that they need, so no
file of the scan is opened again, and none needs to be where it was:

    scan = origin(image, grid)                   study, series, instances, frame of reference
    made = begun(scan, sop_class=..., modality="SR", number=9002, content=digest)
    made.Whatever = ...                          what only this kind of object has
    save(made, path)                             whole or not at all, explicit little endian

Further: `instances(scan)` are stand-ins of the source's datasets (highdicom's `evidence` and
`source_images`), `referenced_series(scan)` the items that list them, `reference(scan, shown)`
the item for one of `scan.slices`, `coded(...)` the item of a code, `ds(...)` decimal texts,
`derived_uid(...)` a UID that follows from texts.

UIDs follow from the content and the moment; `at(moment)` sets the moment for all that is
written inside, so that a run can be repeated to the byte.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from limner import __version__
from limner.dicom.deidentify import finish
from limner.dicom.headers import quietly
from limner.grid import Grid
from limner.image import Image, SliceSource
from limner.safely import replacing

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset

MAKER = "Limner"
IMPLEMENTATION = "2.25.201337918347164823417164512399083371641"  # of the programs that write
NO_DICOM = "Derived from a scan that is not DICOM"
PATIENT = (
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "ClinicalTrialSponsorName",
    "ClinicalTrialProtocolID",
    "ClinicalTrialProtocolName",
    "ClinicalTrialSiteID",
    "ClinicalTrialSiteName",
    "ClinicalTrialSubjectID",
    "ClinicalTrialSubjectReadingID",
    "ClinicalTrialTimePointID",
)
STUDY = (
    "StudyInstanceUID",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "StudyDescription",
    "AccessionNumber",
    "ReferringPhysicianName",
)
# Type 2: there, and empty where nothing is known (PS3.5 section 7.4.3).
NEEDED = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
)
MACHINE = (
    "Manufacturer",
    "ManufacturerModelName",
    "DeviceSerialNumber",
    "SoftwareVersions",
    "InstitutionName",
    "StationName",
)
# Objects of several frames: a reference names the frame (PS3.3 table 10-3).
SEVERAL_FRAMES = {
    "1.2.840.10008.5.1.4.1.1.2.1",  # enhanced CT
    "1.2.840.10008.5.1.4.1.1.2.2",
    "1.2.840.10008.5.1.4.1.1.3.1",  # ultrasound clip
    "1.2.840.10008.5.1.4.1.1.4.1",  # enhanced MR
    "1.2.840.10008.5.1.4.1.1.4.3",
    "1.2.840.10008.5.1.4.1.1.4.4",
    "1.2.840.10008.5.1.4.1.1.6.2",  # enhanced ultrasound volume
    "1.2.840.10008.5.1.4.1.1.7.1",  # multi-frame secondary capture
    "1.2.840.10008.5.1.4.1.1.7.2",
    "1.2.840.10008.5.1.4.1.1.7.3",
    "1.2.840.10008.5.1.4.1.1.7.4",
    "1.2.840.10008.5.1.4.1.1.12.1",  # X-ray angiography and fluoroscopy
    "1.2.840.10008.5.1.4.1.1.12.1.1",
    "1.2.840.10008.5.1.4.1.1.12.2",
    "1.2.840.10008.5.1.4.1.1.12.2.1",
    "1.2.840.10008.5.1.4.1.1.13.1.1",
    "1.2.840.10008.5.1.4.1.1.13.1.3",
    "1.2.840.10008.5.1.4.1.1.20",  # nuclear medicine
    "1.2.840.10008.5.1.4.1.1.128.1",
    "1.2.840.10008.5.1.4.1.1.130",  # enhanced PET
    "1.2.840.10008.5.1.4.1.1.481.2",  # dose
}

_MOMENT: ContextVar[datetime | None] = ContextVar("limner_moment", default=None)


@dataclass(frozen=True, eq=False)
class Origin:
    """The scan that something is derived from, as far as DICOM asks for it.

    attributes   DICOM keywords and their texts, decoded; several values joined by backslashes
    frame        Frame of Reference UID; "" for a picture that lies in no patient
    grid         of the mask or the measurements
    slices       one entry a slice of the grid; None where no image of the scan shows it
    frames       every image of the scan, each once, in the order of the grid
    listed       whether it is DICOM: what is derived may refer to its images
    uids         SOP Instance UIDs of the images, each once
    """

    attributes: dict[str, str]
    frame: str
    grid: Grid
    slices: tuple[SliceSource | None, ...] = ()
    frames: tuple[SliceSource, ...] = ()
    listed: bool = False
    modality: str = ""
    uids: tuple[str, ...] = ()

    @property
    def sop_class(self) -> str:
        """Of the images."""
        return self.attributes.get("SOPClassUID", "")

    @property
    def series(self) -> str:
        """Series Instance UID of the images; "" where there are none."""
        return self.attributes.get("SeriesInstanceUID", "") if self.listed else ""

    @property
    def study(self) -> str:
        """Study Instance UID; one of our own where the scan is not DICOM."""
        return self.attributes["StudyInstanceUID"]

    @property
    def several_frames(self) -> bool:
        """Whether its objects hold several frames each."""
        return self.sop_class in SEVERAL_FRAMES or len(self.uids) < len(self.frames)


def origin(image: Image | None, grid: Grid | None = None) -> Origin:
    """What a derived object says of its scan.

    image   None, or not DICOM: the object stands in a study of its own, whose UIDs follow from
            the hashes of the scan's files, so that all that is derived from one scan is together
    grid    of what is written; that of the image where it is not told

    A slice of the grid refers to an image of the scan only where both lie at one place.
    """
    where = grid or (image.grid if image is not None else None)
    if where is None:
        raise ValueError("Either an image or a grid is needed.")
    source = None if image is None else image.source
    if image is None or source is None or source.format != "dicom" or not source.slices:
        return _orphan(image, where)
    told = dict(source.attributes)
    if not told.get("StudyInstanceUID"):  # taken out by whoever made the files nameless
        return _orphan(image, where)
    every = tuple(each for each in source.slices if each.sop_instance_uid)
    frames = tuple(dict.fromkeys((*every, *source.frames)))
    count = image.grid.shape[0]
    first = source.slices[:count]
    return Origin(
        attributes=told,
        frame=where.frame or told.get("FrameOfReferenceUID", ""),
        grid=where,
        slices=_beside(first, image.grid, where),
        frames=frames,
        listed=bool(frames and told.get("StudyInstanceUID") and told.get("SOPClassUID")),
        modality=source.modality,
        uids=tuple(dict.fromkeys(each.sop_instance_uid for each in frames)),
    )


def _orphan(image: Image | None, grid: Grid) -> Origin:
    """A study of its own for a scan that is not DICOM."""
    files = () if image is None else image.source.files
    key = [each.sha256 for each in files] or [repr(grid)]
    told = {"StudyInstanceUID": derived_uid("study", *key), "StudyDescription": NO_DICOM}
    frame = grid.frame or (derived_uid("frame", *key) if grid.placed else "")
    modality = "" if image is None else image.source.modality
    none = (None,) * grid.shape[0]
    return Origin(attributes=told, frame=frame, grid=grid, slices=none, modality=modality)


def _beside(slices: Sequence[SliceSource], own: Grid, grid: Grid) -> tuple[SliceSource | None, ...]:
    """For each slice of `grid` the image that shows it, pixel on pixel."""
    shown = [each if each.sop_instance_uid else None for each in slices]
    if own.matches(grid):
        return tuple(shown)
    found: list[SliceSource | None] = [None] * grid.shape[0]
    if own.shape[1:] != grid.shape[1:]:
        return tuple(found)
    for number in range(grid.shape[0]):
        place = grid.slice_at(number)
        near = own.index_at(place.origin_mm)[0]
        k = round(float(near))
        if 0 <= k < len(shown) and _one_plane(own.slice_at(k), place):
            found[number] = shown[k]
    return tuple(found)


def _one_plane(one: Grid, two: Grid) -> bool:
    """Whether the pixels of two slices lie on each other; their thickness does not matter."""
    return one.apart(two) <= 1e-3


def derived_uid(*parts: str) -> str:
    """A UID that follows from texts (PS3.5 B.2: "2.25." and a number of 128 bits)."""
    told = hashlib.sha256("\0".join(("limner", *parts)).encode()).digest()
    return f"2.25.{int.from_bytes(told[:16], 'big')}"


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Inside, everything is written as if at that moment."""
    token = _MOMENT.set(moment)
    try:
        yield
    finally:
        _MOMENT.reset(token)


def now() -> datetime:
    """The moment of writing, local time; the one set by `at` where there is one."""
    return _MOMENT.get() or datetime.now(UTC).astimezone()


def begun(
    scan: Origin, *, sop_class: str, modality: str, number: int, content: str, description: str = ""
) -> "Dataset":
    """A dataset with what does not depend on its kind: patient, study, series, equipment, UIDs.

    number        Series Number
    content       a digest of what is written: the UIDs follow from it, the scan and the moment
    description   of the series

    It has ContentDate and ContentTime, InstanceNumber 1, and the scan's frame of reference
    where there is one. Texts are UTF-8.
    """
    from pydicom import Dataset

    moment = now()
    date, time = moment.strftime("%Y%m%d"), moment.strftime("%H%M%S.%f")
    told = dict.fromkeys(NEEDED, "") | {
        key: text for key in (*PATIENT, *STUDY) if (text := scan.attributes.get(key))
    }
    seed = (scan.study, scan.series, content, moment.isoformat(), sop_class)
    with quietly():
        made = Dataset()
        made.SpecificCharacterSet = "ISO_IR 192"
        for keyword, text in told.items():
            setattr(made, keyword, text)
        made.SOPClassUID = sop_class
        made.SOPInstanceUID = derived_uid("instance", *seed)
        made.SeriesInstanceUID = derived_uid("series", *seed)
        made.InstanceCreationDate, made.InstanceCreationTime = date, time
        made.ContentDate, made.ContentTime = date, time
        made.SeriesDate, made.SeriesTime = date, time
        made.SeriesNumber, made.InstanceNumber = number, 1
        made.Modality = modality
        made.SeriesDescription = description or f"{MAKER} {modality}"
        if text := scan.attributes.get("BodyPartExamined"):
            made.BodyPartExamined = text
        if scan.frame:
            made.FrameOfReferenceUID = scan.frame
            made.PositionReferenceIndicator = scan.attributes.get("PositionReferenceIndicator", "")
        _equip(made, scan)
    return made


def _equip(made: "Dataset", scan: Origin) -> None:
    """What made it, and the machine that made the scan."""
    from pydicom import Dataset

    made.Manufacturer = made.ManufacturerModelName = MAKER
    made.DeviceSerialNumber, made.SoftwareVersions = "0", __version__
    if scan.listed and scan.attributes.get("Manufacturer"):
        machine = Dataset()
        for keyword in MACHINE:
            if text := scan.attributes.get(keyword):
                setattr(machine, keyword, text)
        code = coded("DCM", "109101", "Acquisition Equipment")
        machine.PurposeOfReferenceCodeSequence = [code]
        made.ContributingEquipmentSequence = [machine]


def coded(scheme: str, value: str, meaning: str) -> "Dataset":
    """The item of a code sequence (PS3.3 section 8.8)."""
    from pydicom import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def reference(scan: Origin, shown: SliceSource) -> "Dataset":
    """The item that names one image of the scan, and its frame where that is needed."""
    from pydicom import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID = scan.sop_class
    item.ReferencedSOPInstanceUID = shown.sop_instance_uid
    if scan.several_frames:
        item.ReferencedFrameNumber = shown.frame
    return item


def referenced_series(scan: Origin) -> "list[Dataset]":
    """The items of ReferencedSeriesSequence: all images of the scan; [] where it is not DICOM."""
    from pydicom import Dataset

    if not scan.listed:
        return []
    item = Dataset()
    item.SeriesInstanceUID = scan.series
    item.ReferencedInstanceSequence = [_instance(scan, each) for each in scan.uids]
    return [item]


def _instance(scan: Origin, uid: str) -> "Dataset":
    from pydicom import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = scan.sop_class, uid
    return item


def instances(scan: Origin) -> "list[Dataset]":
    """Stand-ins of the scan's datasets, one for each instance and without samples.

    With patient, study, series, SOP UIDs, size and, of single-frame images, the place: what
    highdicom asks of `evidence` and `source_images`. [] where the scan is not DICOM.
    """
    from pydicom import Dataset

    if not scan.listed:
        return []
    placed = {each.sop_instance_uid: each for each in reversed(scan.frames)}
    told = dict.fromkeys(NEEDED, "") | scan.attributes
    made = []
    with quietly():
        for uid in scan.uids:
            one = Dataset()
            for keyword, text in told.items():
                if keyword != "TransferSyntaxUID":
                    setattr(one, keyword, text)
            one.SpecificCharacterSet = "ISO_IR 192"
            one.SOPInstanceUID = uid
            one.Modality = scan.modality
            _, one.Rows, one.Columns = scan.grid.shape
            one.NumberOfFrames = sum(each.sop_instance_uid == uid for each in scan.frames)
            if not scan.several_frames:
                del one.NumberOfFrames
                _place(one, scan.grid, placed[uid])
            made.append(one)
    return made


def _place(one: "Dataset", grid: Grid, shown: SliceSource) -> None:
    if not grid.placed:
        return
    one.ImagePositionPatient = ds(*shown.position_mm)
    one.ImageOrientationPatient = orientation(grid)
    one.PixelSpacing = ds(*grid.spacing_mm[1:])
    one.SliceThickness = ds(thickness_mm(grid))[0]


def orientation(grid: Grid) -> list[str]:
    """Directions of growing columns and of growing rows, as DICOM writes them."""
    spacing = grid.spacing_mm
    along = [each / spacing[2] for each in grid.steps_mm[2]]
    down = [each / spacing[1] for each in grid.steps_mm[1]]
    return ds(*along, *down)


def thickness_mm(grid: Grid) -> float:
    """How far apart the planes of neighbouring slices are, along the normal, mm."""
    return sum(a * b for a, b in zip(grid.steps_mm[0], grid.normal, strict=True))


def ds(*values: float) -> list[str]:
    """Numbers in DICOM's decimal form of at most 16 characters (PS3.5 section 6.2)."""
    from pydicom.valuerep import format_number_as_ds

    return [format_number_as_ds(float(value)) for value in values]


def save(made: "Dataset", path: Path) -> None:
    """Write a dataset in explicit VR little endian, whole or not at all.

    Raises UnwritableFile.
    """
    with quietly(), replacing(path) as temporary:
        made.file_meta = file_meta(made)
        made.save_as(temporary, enforce_file_format=True)
        finish(temporary)


def file_meta(made: "Dataset") -> "FileMetaDataset":
    """What stands before a dataset in its file (PS3.10 section 7.1)."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = made.SOPClassUID
    meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION)
    meta.ImplementationVersionName = f"LIMNER_{__version__}"[:16]
    return meta
