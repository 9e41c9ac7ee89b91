"""Names burnt into pictures: which files may have them, and blanking them.

The rule. A file whose Burned In Annotation is NO is believed; one that says YES is refused
unless it is masked. Of those that do not say, these are refused unless masked: ultrasound,
secondary captures, projection radiographs, angiography and fluoroscopy, photographs, endoscopy
and slides; every picture that a program captured or exported (it has a Conversion Type, or its
Image Type says so); and CT, MR, PET and nuclear medicine in colour, which a workstation drew.
A picture of a slide's label is refused whatever it says.

Source   PS3.15 E.3.1 (Clean Pixel Data) leaves it to the program which files to look at;
         PS3.3 C.7.6.1 and C.8.6.1 (Burned In Annotation, Conversion Type), C.8.5.5 (regions
         of ultrasound), A.26 (Burned In Annotation is required of digital radiographs). The
         kinds are those that Rutherford et al. (Scientific Data 2021) and the archive's own
         rules look through by eye.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from limner.dicom.headers import damage, number, text, value
from limner.errors import BadValue

if TYPE_CHECKING:
    from pydicom import Dataset

Box = tuple[int, int, int, int]

ROOT = "1.2.840.10008.5.1.4.1.1."
# SOP classes whose pictures often have a name in them, by what people call them.
OFTEN = {
    "1": "a radiograph",
    "1.1": "a radiograph",
    "1.1.1": "a radiograph",
    "1.2": "a mammogram",
    "1.2.1": "a mammogram",
    "1.3": "a dental radiograph",
    "1.3.1": "a dental radiograph",
    "3": "ultrasound",
    "3.1": "ultrasound",
    "6": "ultrasound",
    "6.1": "ultrasound",
    "6.2": "ultrasound",
    "7": "a secondary capture",
    "7.1": "a secondary capture",
    "7.2": "a secondary capture",
    "7.3": "a secondary capture",
    "7.4": "a secondary capture",
    "12.1": "angiography",
    "12.1.1": "angiography",
    "12.2": "fluoroscopy",
    "12.2.1": "fluoroscopy",
    "77.1.1": "endoscopy",
    "77.1.1.1": "endoscopy",
    "77.1.2": "microscopy",
    "77.1.2.1": "microscopy",
    "77.1.3": "microscopy",
    "77.1.4": "a photograph",
    "77.1.4.1": "a photograph",
    "77.1.5.1": "a photograph of the eye",
    "77.1.5.2": "a photograph of the eye",
    "77.1.6": "a slide",
    "77.1.7": "a photograph of the skin",
}
KINDS = {ROOT + ending: what for ending, what in OFTEN.items()}
MODALITIES = {
    "CR": "a radiograph",
    "DX": "a radiograph",
    "ES": "endoscopy",
    "IVUS": "ultrasound",
    "RF": "fluoroscopy",
    "US": "ultrasound",
    "XA": "angiography",
    "XC": "a photograph",
}
CAPTURED = ("SCREEN SAVE", "SCREENSAVE", "SCREENSHOT", "CAPTURE", "DOSE_INFO", "PASTED")
LABELS = ("LABEL", "OVERVIEW")
DRAWN = frozenset({"CT", "MR", "NM", "PT"})  # their detectors know no colour


@dataclass(frozen=True)
class Masking:
    """Which parts of a picture are blanked.

    boxes             (first column, first row, last column, last row) in pixels from 0
    outside_regions   all but the regions that an ultrasound machine has marked
    """

    boxes: tuple[Box, ...] = ()
    outside_regions: bool = False

    def __bool__(self) -> bool:
        return bool(self.boxes) or self.outside_regions


def suspected(dataset: Any) -> str:
    """Why a name may be burnt into the picture, as the rest of a sentence; "" where not.

    >>> from pydicom import Dataset
    >>> told = Dataset()
    >>> told.Modality, told.Rows, told.Columns = "US", 4, 4
    >>> suspected(told)
    'is ultrasound and does not say that no name is burnt into it'
    """
    types = [each.strip().upper() for each in text(dataset, "ImageType").split("\\")]
    if any(each in LABELS for each in types[2:]):
        return "is a picture of a slide with its label"
    said = text(dataset, "BurnedInAnnotation").upper()
    if said == "YES":
        return "says that names are burnt into it"
    if said == "NO" or not _has_samples(dataset):
        return ""
    what = _suspicious(dataset, types)
    return f"{what} and does not say that no name is burnt into it" if what else ""


def _suspicious(dataset: Any, types: list[str]) -> str:
    """What makes a picture that says nothing one of those that may hold names."""
    modality = text(dataset, "Modality")
    what = KINDS.get(text(dataset, "SOPClassUID")) or MODALITIES.get(modality)
    if what:
        return f"is {what}"
    if text(dataset, "ConversionType") or any(each in kind for kind in types for each in CAPTURED):
        return "was captured from a screen"
    if modality in DRAWN and (number(dataset, "SamplesPerPixel") or 1) > 1:
        return f"is {modality} in colour, which a workstation drew,"
    return ""


def _has_samples(dataset: Any) -> bool:
    return "Rows" in dataset and "Columns" in dataset


def unmaskable(dataset: Any, masking: Masking) -> str:
    """Why this masking does not fit a picture, as the rest of a sentence; "" where it does."""
    rows, columns = (int(number(dataset, each) or 0) for each in ("Rows", "Columns"))
    if "LABEL" in text(dataset, "ImageType").upper():
        return "is a picture of a slide with its label, which is nothing but names"
    if masking.outside_regions and not _regions(dataset):
        return "has no Sequence of Ultrasound Regions, so that its regions are not known"
    for box in masking.boxes:
        left, top, right, bottom = box
        if not (0 <= left <= right < columns and 0 <= top <= bottom < rows):
            return (
                f"has {columns} columns and {rows} rows, and {','.join(map(str, box))} is not "
                "a box in them"
            )
    return ""


def blank(dataset: "Dataset", masking: Masking) -> None:
    """Blank parts of every frame, in place. A compressed picture is uncompressed after it.

    Raises BadValue where the samples cannot be read or the masking does not fit.
    """
    from pydicom.uid import ExplicitVRLittleEndian

    if problem := unmaskable(dataset, masking):
        raise BadValue(f"The picture {problem}.")
    try:
        packed = dataset.file_meta.TransferSyntaxUID.is_compressed
        if packed:
            dataset.decompress(generate_instance_uid=False)
        if dataset.PhotometricInterpretation.startswith("YBR_FULL_422"):
            raise BadValue("The samples are uncompressed YBR_FULL_422, which cannot be masked.")
        samples = _samples(dataset)
    except damage() as error:
        if isinstance(error, BadValue):
            raise
        raise BadValue(
            f"The samples cannot be read, so nothing can be blanked: {error}."
        ) from error
    samples[:, _hidden(dataset, masking)] = _black(dataset)
    raw = np.moveaxis(samples, -1, 1) if number(dataset, "PlanarConfiguration") == 1 else samples
    held = raw.tobytes()
    dataset.PixelData = held + b"\0" * (len(held) % 2)
    dataset["PixelData"].VR = "OB" if dataset.BitsAllocated == 8 else "OW"
    if packed:
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for keyword in ("SmallestImagePixelValue", "LargestImagePixelValue"):
        if keyword in dataset:
            delattr(dataset, keyword)


def _samples(dataset: "Dataset") -> NDArray[Any]:
    """(frames, rows, columns, channels), as stored."""
    from pydicom.pixels.utils import pixel_array

    frames = int(number(dataset, "NumberOfFrames") or 1)
    found = pixel_array(dataset, raw=True)
    shape = (frames, dataset.Rows, dataset.Columns, dataset.SamplesPerPixel)
    return np.array(found).reshape(shape)


def _hidden(dataset: "Dataset", masking: Masking) -> NDArray[np.bool_]:
    """bool (rows, columns): what is blanked."""
    hidden = np.zeros((dataset.Rows, dataset.Columns), bool)
    if masking.outside_regions:
        hidden[:] = True
        for left, top, right, bottom in _regions(dataset):
            hidden[top : bottom + 1, left : right + 1] = False
    for left, top, right, bottom in masking.boxes:
        hidden[top : bottom + 1, left : right + 1] = True
    return hidden


def _regions(dataset: Any) -> list[Box]:
    """The regions that an ultrasound machine has marked, their last pixels included."""
    found = []
    for item in value(dataset, "SequenceOfUltrasoundRegions") or ():
        corners = [number(item, each) for each in CORNERS]
        if None not in corners:
            left, top, right, bottom = (int(each or 0) for each in corners)
            found.append((max(left, 0), max(top, 0), right, bottom))
    return found


CORNERS = (
    "RegionLocationMinX0",
    "RegionLocationMinY0",
    "RegionLocationMaxX1",
    "RegionLocationMaxY1",
)


def _black(dataset: "Dataset") -> int | Sequence[int]:
    """The stored value that is shown dark."""
    shown = dataset.PhotometricInterpretation
    if shown == "MONOCHROME1":
        bits = int(dataset.BitsStored) - int(dataset.PixelRepresentation)
        return int((1 << bits) - 1)
    if shown == "YBR_FULL":
        return (0, 128, 128)
    if shown == "MONOCHROME2" and dataset.PixelRepresentation:
        return -int(1 << (dataset.BitsStored - 1))
    return 0


def drop_embedded_overlays(dataset: "Dataset") -> bool:
    """Clear overlays that hide in unused bits of the samples; whether there were any.

    Raises BadValue for compressed samples, whose unused bits nobody can reach.
    """
    embedded = [
        group
        for group in range(0x6000, 0x6020, 2)
        if (group << 16 | 0x0010) in dataset and (group << 16 | 0x3000) not in dataset
    ]
    if not embedded or "PixelData" not in dataset:
        return False
    stored, allocated = int(dataset.BitsStored), int(dataset.BitsAllocated)
    if stored >= allocated:
        return False
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        raise BadValue("It has an overlay in the unused bits of compressed samples.")
    low = int(dataset.HighBit) + 1 - stored
    order = "<" if dataset.original_encoding[1] is not False else ">"
    held = np.frombuffer(dataset.PixelData, f"{order}u{allocated // 8}")
    within = np.array((1 << stored) - 1 << low, held.dtype)
    kept = held & within
    if dataset.PixelRepresentation and not low:  # what is below 0 keeps its sign
        sign = np.array(1 << (stored - 1), held.dtype)
        kept = np.where(kept & sign, kept | ~within, kept)
    dataset.PixelData = kept.astype(held.dtype).tobytes()
    return True
