"""DICOM structured report (TID 1500): the measurements of a mask, with their callipers.

No format of masks: it holds numbers, and outlines only to say what they are of. Its records
are `limner.dicom.sr.Finding`s, because formats know nothing of measures; `limner.cases.reports`
turns measures into them and back.

region      the segment of a SEG where the mask came from one; else outlines in mm along the
            edges of the voxels, or on the image where that has no place in a patient
callipers   lines of two points; places are float32 (3e-5 mm at half a metre)
units       UCUM; a detector's or a marker's millimetres keep that in the unit
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from limner.image import Image
from limner.mask import Mask

if TYPE_CHECKING:
    from limner.dicom.sr import Finding

ENDINGS = (".sr.dcm",)


def claims(path: Path) -> bool:
    """By the ending, or because the file is a structured report."""
    if path.name.lower().endswith(ENDINGS):
        return True
    from limner.dicom.sr_read import is_report

    return path.suffix.lower() == ".dcm" and path.is_file() and is_report(path)


def read(path: Path, *, image: Image | None = None) -> "list[Finding]":
    """The measurements in a report of any program that follows TID 1500.

    image   its scan: tells slices, and callipers drawn on images, in other programs' reports
    Raises UnreadableFile.
    """
    from limner.dicom.derived import origin
    from limner.dicom.sr_read import findings

    return findings(path, None if image is None else origin(image))


def write(
    findings: "Sequence[Finding]",
    path: Path,
    *,
    mask: Mask,
    image: Image | None,
    drawn: Path | None = None,
) -> None:
    """Write a report, whole or not at all.

    drawn   the file of the mask: where it is a SEG, the report names its segments
    Raises BadValue where the scan is not DICOM or there is no object, UnwritableFile.
    """
    from limner.dicom.derived import origin, save
    from limner.dicom.sr import report
    from limner.dicom.sr_regions import segments_in

    segments = None if drawn is None else segments_in(drawn)
    save(report(findings, mask, origin(image, mask.grid), segments=segments), path)
