"""DICOM Secondary Capture: a picture for people, in the study of the scan that it shows."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from limner.dicom.deidentify import is_deidentifying
from limner.dicom.deidentify_pixels import DRAWN
from limner.dicom.derived import Origin, begun, reference, save
from limner.dicom.headers import quietly
from limner.errors import BadValue

SOP_CLASS = "1.2.840.10008.5.1.4.1.1.7"  # Secondary Capture Image Storage (PS3.3 A.8.1)
NUMBER = 9004


def save_capture(
    colours: NDArray[np.uint8], path: Path, *, scan: Origin, slices: Iterable[int]
) -> None:
    """Write a picture (rows, columns, 3), whole or not at all.

    slices   those of the scan that it shows: their images are referred to
    It says that names are burnt into it, and has no place in the patient; where it is written
    de-identified, that none are: its caller has drawn none. Raises UnwritableFile, and BadValue
    where the scan itself may hold a name.
    """
    nameless = is_deidentifying()
    if nameless and scan.modality not in DRAWN:
        raise BadValue(
            f"A name may be burnt into the {scan.modality or 'scan'} that this picture shows. "
            "De-identify the scan with 'limner deidentify --blank', and draw on that."
        )
    content = hashlib.sha256(np.ascontiguousarray(colours).data).hexdigest()
    made = begun(
        scan,
        sop_class=SOP_CLASS,
        modality="OT",
        number=NUMBER,
        content=content,
        description="Outlines on the scan",
    )
    shown = [scan.slices[number] for number in slices if number < len(scan.slices)]
    with quietly():
        for keyword in ("FrameOfReferenceUID", "PositionReferenceIndicator"):
            if keyword in made:
                delattr(made, keyword)
        made.ConversionType = "WSD"
        made.ImageType = ["DERIVED", "SECONDARY"]
        made.PatientOrientation, made.Laterality = "", scan.attributes.get("Laterality", "")
        made.BurnedInAnnotation = "NO" if nameless else "YES"
        made.DerivationDescription = "Outlines, a legend and the letters of the sides, drawn in"
        if scan.listed:
            items = [reference(scan, each) for each in shown if each is not None]
            if items:
                made.SourceImageSequence = items
        made.SamplesPerPixel, made.PhotometricInterpretation = 3, "RGB"
        made.PlanarConfiguration, made.PixelRepresentation = 0, 0
        made.Rows, made.Columns = colours.shape[:2]
        made.BitsAllocated = made.BitsStored = 8
        made.HighBit = 7
        held = colours.tobytes()
        made.PixelData = held + b"\0" * (len(held) % 2)
    save(made, path)
