"""`limner.read`: whatever there is at a path, as an image that is ready to be shown."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from limner.errors import BadValue
from limner.image import Image, Window
from limner.read import open_image
from limner.window import windowed

MODALITIES = {
    "CT": "HU",
    "MR": "",
    "PT": "",
    "US": "",
    "DX": "",
    "CR": "",
    "MG": "",
    "XA": "",
    "NM": "",
    "OP": "",
    "OPT": "",
    "ES": "",
    "SM": "",
    "XC": "",
}
AIR = (-1100, -900)  # where the lowest sample of a CT in HU lies: air is -1000


def read(
    path: Path | str,
    *,
    series: str | None = None,
    frame: int | None = None,
    window: str | Window | None = None,
    modality: str | None = None,
) -> Image:
    """The image in a file, a DICOM folder or a zip, with its window in `source.window`.

    series     which one where there are several: its number in the list, or its UID
    frame      one frame in time, counted from 0; None keeps them all
    window     a Window, "low,high", or a name such as "lung"; None for the modality's rule
    modality   DICOM's code where the file names none: "CT" makes the samples of a NIfTI HU

    Takes DICOM, NIfTI, NRRD, MHA, PNG, JPEG, TIFF, BMP, WebP and .npz; content goes before
    the ending. What is odd about the file is in `source.problems`, a sentence each.

    Raises NotFound, UnreadableFile, SeveralSeries, BadValue.
    """
    image = open_image(path, series=series, frame=frame)
    image = _named(image, modality) if modality else _hinted(image)
    return windowed(image, window)


def _named(image: Image, modality: str) -> Image:
    code = modality.upper()
    if code not in MODALITIES:
        raise BadValue(
            f"The modality '{modality}' is not one of DICOM's codes known here: "
            f"{', '.join(MODALITIES)}. Give one of them."
        )
    if image.source.modality not in {"", code}:
        raise BadValue(
            f"The file says that it is {image.source.modality}, not {code}. "
            "Leave the modality out, or give the right file."
        )
    unit = image.unit or MODALITIES[code]
    return replace(image, unit=unit, source=replace(image.source, modality=code))


def _hinted(image: Image) -> Image:
    """With a sentence where a file that names no modality looks like CT. Nothing is guessed."""
    if image.source.modality or image.unit or image.pixels.dtype.kind not in "if":
        return image
    middle = image.slice(image.grid.shape[0] // 2)
    lowest = np.nanmin(middle) if np.isfinite(middle).any() else 0
    if not AIR[0] <= lowest <= AIR[1]:
        return image
    sentence = (
        f"Samples begin at {lowest:g}, as those of CT do, but the file names no modality. "
        "If it is CT, say so (--modality CT): samples are then HU, and the CT window is used."
    )
    source = replace(image.source, problems=(*image.source.problems, sentence))
    return replace(image, source=source)
