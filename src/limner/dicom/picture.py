"""One series as an Image: its grid, scale, unit and source."""

from dataclasses import dataclass
from typing import Literal

from limner.dicom.coding import Coding
from limner.dicom.decode import measured
from limner.dicom.derived import PATIENT, STUDY
from limner.dicom.frames import PROJECTIONS, TOMOGRAPHIC, Frame, frame_count, frame_times_s
from limner.dicom.headers import Header, digests, number, numbers, quietly, text, value
from limner.dicom.layout import Layout
from limner.dicom.pixels import DicomPixels, sample_type, scaling
from limner.dicom.problems import Problem, texts
from limner.dicom.regions import regions
from limner.dicom.series import Found
from limner.dicom.suv import Suv, suv
from limner.errors import UnreadableFile
from limner.grid import Grid, Scale, Vector
from limner.image import FileSource, Image, Region, SliceSource, Source

# What an exporter copies: who, which study and series, which frame of reference, which machine.
COPIED = (
    "SpecificCharacterSet",
    "SOPClassUID",
    *PATIENT,
    *STUDY,
    "SeriesInstanceUID",
    "SeriesNumber",
    "SeriesDate",
    "SeriesTime",
    "SeriesDescription",
    "ProtocolName",
    "BodyPartExamined",
    "PatientPosition",
    "FrameOfReferenceUID",
    "PositionReferenceIndicator",
    "Manufacturer",
    "ManufacturerModelName",
    "DeviceSerialNumber",
    "SoftwareVersions",
    "InstitutionName",
    "StationName",
    "AcquisitionDate",
    "AcquisitionTime",
    "ContentDate",
    "ContentTime",
    "PhotometricInterpretation",
    "BurnedInAnnotation",
    "LossyImageCompression",
    "ImagerPixelSpacing",
    "PixelSpacingCalibrationType",
    "PixelSpacingCalibrationDescription",
    "EstimatedRadiographicMagnificationFactor",
)


@dataclass(frozen=True, eq=False)
class Outlook:
    """What the image of a series will be, known from its headers alone.

    uptake   how PET values become SUV
    noted    all that is odd about it
    """

    grid: Grid
    unit: str
    regions: tuple[Region, ...]
    uptake: Suv
    noted: tuple[Problem, ...]


def outlook(found: Found) -> Outlook:
    """What `picture` will give, without a look at the samples.

    Raises UnreadableFile where the series does not open.
    """
    layout, every = _held(found)
    with quietly():
        first = every[layout.cells[0][0].first.file]
        codings = _used(found)
        _check_alike(codings)
        uptake = _suv(first, [every[k] for k in codings])
        calibrated = regions(first)
        grid, scale_said = _grid(first, layout, calibrated)
        noted = [*found.report.noted, *scale_said]
        noted += [Problem("no SUV", each) for each in uptake.problems]
        noted += _shown_problems(first, grid, codings)
        return Outlook(grid, uptake.unit or _unit(first), calibrated, uptake, tuple(noted))


def picture(found: Found) -> Image:
    """The image of one series. Its samples are read when they are asked for.

    Raises UnreadableFile.
    """
    layout, every = _held(found)
    seen = outlook(found)
    with quietly():
        first = every[layout.cells[0][0].first.file]
        frames = list(found.stack.frames) if found.stack else []
        codings = _codings(found)
        pixels = _pixels(layout, frames, codings, factor=seen.uptake.factor)
        times_s = layout.times_s
        if not times_s and len(layout.cells) > 1 and len(codings) == 1:
            times_s = frame_times_s(first, len(layout.cells))
        source = Source(
            format="dicom",
            files=_files([every[k] for k in codings]),
            modality=text(first.dataset, "Modality"),
            laterality=_laterality(first),
            slices=_slices(layout),
            regions=seen.regions,
            attributes=_attributes(first),
            problems=texts(seen.noted),
            frames=_left_out(layout),
        )
    return Image(pixels, seen.grid, seen.unit, times_s, source)


def _held(found: Found) -> tuple[Layout, list[Header]]:
    if found.layout is None or found.stack is None:
        raise UnreadableFile("This entry holds no image.")
    return found.layout, found.headers


def _used(found: Found) -> dict[int, Coding]:
    """How the files of the stack are stored, in their order."""
    files = sorted({frame.file for frame in found.stack.frames}) if found.stack else []
    return {k: found.codings[k] for k in files}


def _codings(found: Found) -> dict[int, Coding]:
    """The same, with the least and greatest sample where their type hangs on it."""
    codings = _used(found)
    full = all(each.plain and each.kept == each.bits == 16 for each in codings.values())
    single = all(frame_count(found.headers[k]) == 1 for k in codings)
    if full and single and found.report.modality == "CT":
        return {k: measured(each) for k, each in codings.items()}
    return codings


def _check_alike(codings: dict[int, Coding]) -> None:
    if len({each.channels for each in codings.values()}) > 1:
        raise UnreadableFile(
            "The series mixes grey and colour images. Open one of the files by itself."
        )


def _suv(first: Header, every: list[Header]) -> Suv:
    if text(first.dataset, "Modality") != "PT":
        return Suv()
    return suv([each.whole for each in every])


def _pixels(
    layout: Layout, frames: list[Frame], codings: dict[int, Coding], *, factor: float
) -> DicomPixels:
    scalings = {(f.file, f.number): scaling(codings[f.file], f, factor) for f in frames}
    parts = [(codings[file], scale) for (file, _), scale in scalings.items()]
    return DicomPixels(layout.cells, codings, scalings, sample_type(parts))


def _grid(
    first: Header, layout: Layout, calibrated: tuple[Region, ...]
) -> tuple[Grid, list[Problem]]:
    frame = layout.cells[0][0].first
    shape = (len(layout.cells[0]), *frame.size)
    modality = text(first.dataset, "Modality")
    if layout.steps_mm is not None and modality not in PROJECTIONS:
        reference = text(first.dataset, "FrameOfReferenceUID")
        return Grid(shape, layout.origin_mm, layout.steps_mm, frame=reference), []
    spacing, scale, said = _flat_scale(first, frame, calibrated)
    rows, columns = spacing
    depth = frame.thickness if scale == "patient" and frame.thickness > 0 else max(spacing)
    steps: tuple[Vector, Vector, Vector] = (
        (0.0, 0.0, depth),
        (0.0, rows, 0.0),
        (columns, 0.0, 0.0),
    )
    return Grid(shape, steps_mm=steps, placed=False, scale=scale), said


def _flat_scale(
    first: Header, frame: Frame, calibrated: tuple[Region, ...]
) -> tuple[tuple[float, float], Scale, list[Problem]]:
    """(row, column) size of a pixel, what its millimetres are, and the sentence for it."""
    modality = text(first.dataset, "Modality")
    tissue = {each.step_mm for each in calibrated if each.kind == "2D" and min(each.step_mm) > 0}
    if len(tissue) == 1:
        return tissue.pop(), "ruler", []
    if len(tissue) > 1:
        said = f"The picture holds {len(tissue)} regions of different scale; none is taken."
        return (1.0, 1.0), "none", [Problem("scales", said)]
    if frame.spacing is None:
        return (1.0, 1.0), "none", []
    if modality in TOMOGRAPHIC:
        said = "The image says no position in the patient."
        return frame.spacing, "patient", [Problem("unplaced", said)]
    scale, said = _ruler(first, frame.spacing)
    kind = "calibrated" if scale == "ruler" else "detector scale"
    return frame.spacing, scale, [Problem(kind, said)]


def _ruler(first: Header, spacing: tuple[float, float]) -> tuple[Scale, str]:
    """What the millimetres of a projection or a photograph are (PS3.3 10.7.1.3)."""
    dataset = first.dataset
    imager = numbers(dataset, "ImagerPixelSpacing")
    kind = text(dataset, "PixelSpacingCalibrationType")
    own = value(dataset, "PixelSpacing") is not None
    if own and kind:
        words = text(dataset, "PixelSpacingCalibrationDescription")
        how = f"{kind.lower()}: {words}" if words else kind.lower()
        return "ruler", f"Its millimetres were calibrated ({how})."
    projection = text(dataset, "Modality") in PROJECTIONS
    if own and (not projection or (len(imager) == 2 and imager != spacing)):
        return "ruler", "Its millimetres were calibrated in a way that is not said."
    if not (own or imager):
        return "detector", "Its millimetres are those on the scanned film, not in the patient."
    factor = number(dataset, "EstimatedRadiographicMagnificationFactor")
    if factor and factor > 0:
        return "detector", (
            "Its millimetres are those on the detector, not in the patient, who is shown "
            f"{factor:.4g} times larger by the file's own estimate."
        )
    return "detector", "Its millimetres are those on the detector, not in the patient."


def _shown_problems(first: Header, grid: Grid, codings: dict[int, Coding]) -> list[Problem]:
    said = []
    if grid.placed and grid.sheared:
        said.append(Problem("gantry tilt", _tilt(grid)))
    if any(each.colour == "MONOCHROME1" for each in codings.values()):
        said.append(Problem("turned over", TURNED))
    if text(first.dataset, "LossyImageCompression") == "01":
        said.append(
            Problem("lossy", "The samples were compressed with loss before they came here.")
        )
    if text(first.dataset, "BurnedInAnnotation") == "YES":
        burned = "Text is burned into the picture; it may name the patient."
        said.append(Problem("burned in", burned))
    told = ("RescaleSlope", "ModalityLUTSequence", "SharedFunctionalGroupsSequence")
    unscaled = all(value(first.dataset, each) is None for each in told)
    if text(first.dataset, "Modality") == "CT" and unscaled:
        said.append(Problem("no rescale", UNSCALED))
    return said


TURNED = "Stored with low values bright (MONOCHROME1); turned over, as viewers show it."
UNSCALED = "The CT gives no rescale slope, so its samples are taken as HU as stored."


def _tilt(grid: Grid) -> str:
    return (
        f"The slices are sheared by {tilt_degrees(grid):.1f} degrees, as by a tilted gantry; the "
        "grid keeps it exactly."
    )


def tilt_degrees(grid: Grid) -> float:
    """The angle between the way from slice to slice and the normal of the slices."""
    import numpy as np

    step = np.array(grid.steps_mm[0])
    return float(np.degrees(np.arccos(np.clip(step @ grid.normal / np.linalg.norm(step), -1, 1))))


def _unit(first: Header) -> str:
    dataset, modality = first.dataset, text(first.dataset, "Modality")
    kind = text(dataset, "RescaleType")
    if modality == "CT":
        return "HU" if kind in {"", "HU", "HU_MOD"} else kind
    if modality == "RTDOSE":
        return "Gy" if text(dataset, "DoseUnits") == "GY" else ""
    return ""


def _laterality(first: Header) -> Literal["", "L", "R", "B"]:
    for keyword in ("ImageLaterality", "Laterality", "FrameLaterality"):
        told = text(first.dataset, keyword)
        if told == "L":
            return "L"
        if told == "R":
            return "R"
        if told == "B":
            return "B"
    return ""


def _files(every: list[Header]) -> tuple[FileSource, ...]:
    places = [each.place for each in every]
    found = zip(places, digests(places), strict=True)
    return tuple(FileSource(place.name, digest) for place, digest in found)


def _slices(layout: Layout) -> tuple[SliceSource, ...]:
    """One entry for each slice of each time; one that was made up names no image."""
    return tuple(
        SliceSource("", 0, _between(cell.first, cell.second, cell.share))
        if cell.second is not None
        else SliceSource(cell.first.uid, cell.first.number, cell.first.position or (0.0, 0.0, 0.0))
        for column in layout.cells
        for cell in column
    )


def _left_out(layout: Layout) -> tuple[SliceSource, ...]:
    """Every image, where some of them lie between slices; () where each is a slice."""
    found: dict[tuple[int, int], SliceSource] = {}
    whole: set[tuple[int, int]] = set()
    for column in layout.cells:
        for cell in column:
            for frame in (cell.first, cell.second):
                if frame is not None:
                    place = frame.position or (0.0, 0.0, 0.0)
                    key = frame.file, frame.number
                    found.setdefault(key, SliceSource(frame.uid, frame.number, place))
            if cell.second is None:
                whole.add((cell.first.file, cell.first.number))
    return () if whole == found.keys() else tuple(found.values())


def _between(one: Frame, two: Frame, share: float) -> Vector:
    low, high = one.position or (0.0, 0.0, 0.0), two.position or (0.0, 0.0, 0.0)
    x, y, z = (a + share * (b - a) for a, b in zip(low, high, strict=True))
    return x, y, z


def _attributes(first: Header) -> tuple[tuple[str, str], ...]:
    told = ((key, text(first.dataset, key)) for key in COPIED)
    named = [(key, found) for key, found in told if found]
    syntax = ("TransferSyntaxUID", str(first.syntax))
    return (*named, syntax)
