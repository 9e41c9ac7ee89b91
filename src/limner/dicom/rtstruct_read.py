"""What an RT Structure Set says, and its contours as a mask on a grid.

Source   PS3.3 C.8.8.5, C.8.8.6 and C.8.8.8. Contours of one plane combine by XOR, whether
         they say so (CLOSEDPLANAR_XOR) or not; keyholes come out by the even-odd rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from limner.dicom.codes import code_in
from limner.dicom.headers import damage, first, header, items, number, numbers, quietly, text
from limner.dicom.places import Place
from limner.dicom.rtstruct import NOTE, SOP_CLASS
from limner.dicom.seg_segments import MADE
from limner.dicom.seg_write import CREATOR, PRIVATE
from limner.errors import LimnerError, UnreadableFile
from limner.grid import Grid, vector
from limner.schema import Code, Colour

if TYPE_CHECKING:
    from pydicom import Dataset

HEAD = 1024  # bytes that hold the file's own SOP class, and not yet those that it refers to
FURTHEST_MM = 1e7  # ten kilometres from the origin is damage, as is what is not finite
CLOSED = {"CLOSED_PLANAR", "CLOSEDPLANAR_XOR"}


@dataclass(frozen=True, eq=False)
class Contour:
    """One contour: (n, 3) points, LPS mm, and its Contour Geometric Type."""

    points_mm: NDArray[np.float64]
    kind: str


@dataclass(frozen=True, eq=False)
class Structure:
    """One region of interest.

    frame        of reference; "" where it is not said
    description  ROI Description
    source       "human", "model" or ""
    """

    number: int
    name: str
    frame: str = ""
    description: str = ""
    source: str = ""
    tracking_uid: str = ""
    colour: Colour | None = None
    category: Code | None = None
    type: Code | None = None
    modifier: Code | None = None
    region: Code | None = None
    contours: tuple[Contour, ...] = ()


@dataclass(frozen=True, eq=False)
class StructureSet:
    """The structures of a file.

    file       its name
    series     UIDs of the series that the contours were drawn on
    grid       the lattice that the contours came from, where the file says it
    note       the text that our own writer puts there; ""
    problems   what was odd, a sentence each
    """

    file: str
    structures: tuple[Structure, ...]
    series: tuple[str, ...] = ()
    grid: Grid | None = None
    note: str = ""
    problems: tuple[str, ...] = field(default=())


def is_structure_set(path: Path) -> bool:
    """Whether a file is a structure set, by its head; False for what cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    return SOP_CLASS.encode() + b"\0" in head


def structures(path: Path) -> StructureSet:
    """What a file says. Raises UnreadableFile for one that is damaged, or no structure set."""
    with quietly():
        told = header(Place(path)).whole
        kind = text(told, "SOPClassUID")
        if kind != SOP_CLASS:
            named = f"'{text(told, 'Modality') or 'unknown'}'"
            raise UnreadableFile(
                f"'{path.name}' is no RT Structure Set but another DICOM object ({named}). "
                "Give the file with the contours."
            )
        try:
            return _structure_set(told, path.name)
        except damage() as error:
            if isinstance(error, LimnerError):
                raise
            raise UnreadableFile(
                f"The structures in '{path.name}' are damaged: {error}. Export the file again."
            ) from error


def _structure_set(told: "Dataset", file: str) -> StructureSet:
    contours = {
        int(number(item, "ReferencedROINumber") or 0): item
        for item in items(told, "ROIContourSequence")
    }
    observed = {
        int(number(item, "ReferencedROINumber") or 0): item
        for item in items(told, "RTROIObservationsSequence")
    }
    listed = {
        int(number(item, "ROINumber") or 0): item for item in items(told, "StructureSetROISequence")
    }
    problems = []
    if strays := sorted(set(contours) - set(listed)):
        problems.append(f"The structures {strays} have contours but no name in '{file}'.")
    found = [
        _structure(k, listed.get(k), contours.get(k), observed=observed.get(k), file=file)
        for k in (*listed, *strays)
    ]
    if not found:
        raise UnreadableFile(f"'{file}' holds no structure: its list of regions is empty.")
    frames = items(told, "ReferencedFrameOfReferenceSequence")
    only = [uid for uid in (text(each, "FrameOfReferenceUID") for each in frames) if uid]
    if len(set(only)) == 1:
        found = [each if each.frame else replace(each, frame=only[0]) for each in found]
    grid = next((g for item in contours.values() if (g := _planes(item)) is not None), None)
    if grid is not None and found[0].frame:
        grid = replace(grid, frame=found[0].frame)
    return StructureSet(file, tuple(found), _series(frames), grid, _note(told), tuple(problems))


def _structure(roi: int, listed: Any, contours: Any, *, observed: Any, file: str) -> Structure:
    volume = first(listed, "ConceptualVolumeIdentificationSequence")
    kind = first(observed, "RTROIIdentificationCodeSequence")
    return Structure(
        number=roi,
        name=_text(listed, "ROIName") or _text(observed, "ROIObservationLabel"),
        frame=_text(listed, "ReferencedFrameOfReferenceUID"),
        description=_text(listed, "ROIDescription"),
        source=MADE.get(_text(listed, "ROIGenerationAlgorithm"), ""),
        tracking_uid=_text(volume, "ConceptualVolumeUID"),
        colour=_colour(contours),
        category=code_in(observed, "SegmentedPropertyCategoryCodeSequence"),
        type=code_in(observed, "RTROIIdentificationCodeSequence"),
        modifier=code_in(kind, "SegmentedPropertyTypeModifierCodeSequence"),
        region=code_in(observed, "AnatomicRegionSequence"),
        contours=tuple(_contours(contours, roi, file)) if contours is not None else (),
    )


def _contours(item: "Dataset", roi: int, file: str) -> Iterator[Contour]:
    for count, each in enumerate(items(item, "ContourSequence"), start=1):
        written = numbers(each, "ContourData")
        if not written or len(written) % 3 or not np.abs(written).max() < FURTHEST_MM:
            raise UnreadableFile(
                f"Contour {count} of structure {roi} in '{file}' has {len(written)} readable "
                "coordinates. Three for every point are needed; export the file again."
            )
        claimed = number(each, "NumberOfContourPoints")
        if claimed is not None and claimed * 3 != len(written):
            raise UnreadableFile(
                f"Contour {count} of structure {roi} in '{file}' promises {claimed:.0f} points "
                f"and holds {len(written) // 3}. It was cut off; export the file again."
            )
        kind = text(each, "ContourGeometricType") or "CLOSED_PLANAR"
        yield Contour(np.array(written).reshape(-1, 3), kind)


def _planes(item: "Dataset") -> Grid | None:
    """The lattice of Source Pixel Planes Characteristics; None where it is missing or odd."""
    told = first(item, "SourcePixelPlanesCharacteristicsSequence")
    if told is None:
        return None
    spacing, cosines = numbers(told, "PixelSpacing"), numbers(told, "ImageOrientationPatient")
    origin, between = numbers(told, "ImagePositionPatient"), number(told, "SpacingBetweenSlices")
    sizes = [number(told, keyword) for keyword in ("NumberOfFrames", "Rows", "Columns")]
    if (len(spacing), len(cosines), len(origin)) != (2, 6, 3) or not between or None in sizes:
        return None
    along, down = np.array(cosines[:3]), np.array(cosines[3:])
    slices, rows, columns = (int(each or 0) for each in sizes)
    steps = (np.cross(along, down) * between, down * spacing[0], along * spacing[1])
    try:
        return Grid(
            (slices, rows, columns),
            vector(origin),
            (vector(steps[0]), vector(steps[1]), vector(steps[2])),
        )
    except LimnerError:
        return None


def _series(frames: "list[Dataset]") -> tuple[str, ...]:
    found = [
        text(series, "SeriesInstanceUID")
        for frame in frames
        for study in items(frame, "RTReferencedStudySequence")
        for series in items(study, "RTReferencedSeriesSequence")
    ]
    return tuple(dict.fromkeys(uid for uid in found if uid))


def _note(told: "Dataset") -> str:
    """Our own private text. Implicit VR does not say what a private element is."""
    try:
        held = told.private_block(PRIVATE, CREATOR)[NOTE].value
    except KeyError:
        return ""
    return held.decode("utf-8", "replace").rstrip(" \0") if isinstance(held, bytes) else str(held)


def _text(item: Any, keyword: str) -> str:
    return "" if item is None else text(item, keyword)


def _colour(item: Any) -> Colour | None:
    found = () if item is None else numbers(item, "ROIDisplayColor")
    if len(found) != 3 or not all(0 <= each <= 255 for each in found):
        return None
    red, green, blue = (int(each) for each in found)
    return red, green, blue
