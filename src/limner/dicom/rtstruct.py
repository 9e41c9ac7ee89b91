"""A mask as an RT Structure Set: closed contours in mm, in the planes of its slices.

Source   PS3.3 A.19 and C.8.8.5 (structures), C.8.8.6 (contours), C.8.8.8 (observations);
         C.8.8.6.3 for holes: a keyhole in CLOSED_PLANAR, or CLOSEDPLANAR_XOR.
"""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from limner import __version__
from limner.dicom.codes import coded_class
from limner.dicom.deidentify import finish
from limner.dicom.derived import (
    MAKER,
    Origin,
    begun,
    derived_uid,
    ds,
    file_meta,
    orientation,
    reference,
    thickness_mm,
)
from limner.dicom.headers import quietly
from limner.dicom.rtstruct_contours import Holes, Outline, contours
from limner.dicom.seg_planes import planes
from limner.dicom.seg_segments import ALGORITHMS, LONG, called, put_codes
from limner.dicom.seg_write import CREATOR, PRIVATE
from limner.errors import BadValue
from limner.grid import Grid
from limner.mask import Mask, Object
from limner.safely import replacing
from limner.schema import PALETTE, Label

if TYPE_CHECKING:
    from pydicom import Dataset

SOP_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"
STUDY_CLASS = "1.2.840.10008.3.1.2.3.1"  # retired, and what every planning system still asks for
NOTE = 1  # element of our private block
NUMBER = 900
# What a planning system sorts structures by; a code of the class says the rest.
ORGANS = {"123037004", "91723000", "85756007"}


def structure_set(
    mask: Mask, scan: Origin, *, outline: Outline = "edges", holes: Holes = "keyhole", note: str
) -> "Dataset":
    """The dataset of a mask of one time. An empty object is a structure without contours.

    outline   "edges" along the edges of the voxels, "smooth" rounded; both come back exactly
    holes     "keyhole" joins them to the outline round them, "xor" writes them beside it
    note      a text that rides in a private element

    Raises BadValue where the mask has several times, no object, or no place in a patient.
    """
    _check(mask, outline=outline, holes=holes)
    content = f"{mask.digest()} {outline} {holes}"
    made = begun(scan, sop_class=SOP_CLASS, modality="RTSTRUCT", number=NUMBER, content=content)
    frame = scan.frame or derived_uid("frame", scan.study, scan.series)
    with quietly():
        made.FrameOfReferenceUID = frame
        made.OperatorsName = ""
        made.StructureSetLabel = MAKER
        error_mm = planes(scan).error_mm
        if error_mm:
            made.StructureSetDescription = said_moved(error_mm)
        made.StructureSetDate, made.StructureSetTime = made.ContentDate, made.ContentTime
        made.ApprovalStatus = "UNAPPROVED"
        made.ReferencedFrameOfReferenceSequence = [_frame(scan, frame)]
        made.StructureSetROISequence = [_roi(each, frame, made) for each in mask.objects]
        made.ROIContourSequence = [
            _contours(mask, each, scan, outline=outline, holes=holes) for each in mask.objects
        ]
        made.RTROIObservationsSequence = [
            _observation(each, mask, number) for number, each in enumerate(mask.objects, start=1)
        ]
        for unused in ("ContentDate", "ContentTime"):  # of images and reports
            delattr(made, unused)
        held = made.private_block(PRIVATE, CREATOR, create=True)
        held.add_new(NOTE, "UT", note)
    return made


def said_moved(error_mm: float) -> str:
    """The sentence for contours that go back to the slices of an unevenly spaced scan."""
    return (
        "The scan was opened resampled; its measured slices hold the contours of the nearest slice "
        f"of the mask, at most {error_mm:.2f} mm away."
    )


def _check(mask: Mask, *, outline: str, holes: str) -> None:
    for told, known in ((outline, ("edges", "smooth")), (holes, ("keyhole", "xor"))):
        if told not in known:
            raise BadValue(
                f"'{told}' is no way to write contours. Give one of: {', '.join(known)}."
            )
    if not mask.grid.placed or mask.grid.scale != "patient":
        raise BadValue(
            "A structure set holds millimetres in a patient, and this picture has no place in "
            "one. Write a .png or .nii.gz."
        )
    if mask.times != 1:
        raise BadValue(
            f"A structure set holds one moment, but the mask has {mask.times} frames in time. "
            "Write one file for each."
        )
    if not mask.objects:
        raise BadValue("The mask has no object, so there is no structure to write.")


def _frame(scan: Origin, frame: str) -> "Dataset":
    """Which images the contours were drawn on."""
    from pydicom import Dataset

    item = Dataset()
    item.FrameOfReferenceUID = frame
    if scan.listed:
        study, series = Dataset(), Dataset()
        series.SeriesInstanceUID = scan.series
        series.ContourImageSequence = [reference(scan, each) for each in scan.frames]
        study.ReferencedSOPClassUID, study.ReferencedSOPInstanceUID = STUDY_CLASS, scan.study
        study.RTReferencedSeriesSequence = [series]
        item.RTReferencedStudySequence = [study]
    return item


def _roi(about: Object, frame: str, made: "Dataset") -> "Dataset":
    from pydicom import Dataset

    item = Dataset()
    item.ROINumber, item.ROIName = about.id, called(about)
    item.ReferencedFrameOfReferenceUID = frame
    if about.label and about.name:
        item.ROIDescription = about.label
    item.ROIGenerationAlgorithm = ALGORITHMS[about.source]
    if item.ROIGenerationAlgorithm != "MANUAL":
        item.ROIGenerationDescription = f"{MAKER} {__version__} {about.rater}".strip()[:LONG]
    if about.tracking_uid:
        volume, first = Dataset(), Dataset()
        first.ReferencedSOPClassUID = made.SOPClassUID
        first.ReferencedSOPInstanceUID = made.SOPInstanceUID
        volume.ConceptualVolumeUID = about.tracking_uid
        volume.OriginatingSOPInstanceReferenceSequence = [first]
        item.ConceptualVolumeIdentificationSequence = [volume]
    return item


def _observation(about: Object, mask: Mask, number: int) -> "Dataset":
    """What the structure is."""
    from pydicom import Dataset

    label = mask.schema[about.label] if about.label else None
    codes = coded_class(label)
    item = Dataset()
    item.ObservationNumber, item.ReferencedROINumber = number, about.id
    item.ROIObservationLabel = called(about)[:16].strip()
    put_codes(item, codes, what="RTROIIdentificationCodeSequence")
    organ = not codes.generic and codes.category.value in ORGANS
    item.RTROIInterpretedType = "ORGAN" if organ else ""
    item.ROIInterpreter = ""
    return item


def _contours(
    mask: Mask, about: Object, scan: Origin, *, outline: Outline, holes: Holes
) -> "Dataset":
    from pydicom import Dataset

    item = Dataset()
    item.ReferencedROINumber = about.id
    item.ROIDisplayColor = list(_label(mask, about).colour)
    if not mask.grid.sheared:
        item.SourcePixelPlanesCharacteristicsSequence = [_planes(mask.grid)]
    found = contours(mask.where(about.id), scan, outline=outline, holes=holes)
    if found:
        item.ContourSequence = found
    return item


def _label(mask: Mask, about: Object) -> Label:
    if about.label:
        return mask.schema[about.label]
    return Label(1, "none", colour=PALETTE[(about.id - 1) % len(PALETTE)])


def _planes(grid: Grid) -> "Dataset":
    """The lattice that the contours come from (PS3.3 C.8.8.6, 2016 and later).

    It counts slices along the cross product of its axes; where the grid counts them the other
    way, it begins at the last.
    """
    from pydicom import Dataset

    along, down = (np.array(grid.steps_mm[axis]) for axis in (2, 1))
    against = np.cross(along, down) @ np.array(grid.steps_mm[0]) < 0
    first = grid.shape[0] - 1 if against else 0
    item = Dataset()
    item.PixelSpacing = ds(*grid.spacing_mm[1:])
    item.SpacingBetweenSlices = ds(thickness_mm(grid))[0]
    item.ImageOrientationPatient = orientation(grid)
    item.ImagePositionPatient = ds(*grid.position_mm((first, 0, 0)))
    item.NumberOfFrames, item.Rows, item.Columns = grid.shape
    return item


def save(made: "Dataset", path: Path) -> None:
    """Write a structure set, whole or not at all. Raises UnwritableFile.

    In implicit VR: explicit VR ends a text of decimals at 64 KiB, some 1200 points.
    """
    from pydicom.uid import ImplicitVRLittleEndian

    whole = io.BytesIO()
    with quietly():
        made.file_meta = file_meta(made)
        made.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        made.save_as(whole, enforce_file_format=True)
    with replacing(path) as temporary:
        temporary.write_bytes(whole.getbuffer())
        finish(temporary)
