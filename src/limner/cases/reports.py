"""Measurements as a DICOM structured report, and back."""

from collections.abc import Sequence
from dataclasses import fields
from math import isnan
from pathlib import Path

from limner.dicom.sr import Finding, Value
from limner.errors import NotFound
from limner.formats import dicom_sr
from limner.image import Image
from limner.mask import Mask
from limner.measure import Measured, Measurement

FIELDS = tuple(each.name for each in fields(Value))


def write_report(
    measured: Sequence[Measured],
    path: Path | str,
    *,
    mask: Mask,
    image: Image | None,
    drawn: Path | None = None,
) -> None:
    """Write what was measured of a mask as a report (TID 1500), whole or not at all.

    image   the DICOM scan that the report refers to
    drawn   the file of the mask: where it is a SEG, the report names its segments

    Raises BadValue where the scan is not DICOM or there is no object, UnwritableFile.
    """
    findings = [
        Finding(
            each.object,
            tuple(
                Value(**{name: getattr(one, name) for name in FIELDS})
                for one in each.measurements
                if not isnan(one.value)  # it was not measured, and a report holds what was
            ),
        )
        for each in measured
    ]
    dicom_sr.write(findings, Path(path), mask=mask, image=image, drawn=drawn)


def is_report(path: Path | str) -> bool:
    """Whether a file is a DICOM structured report, or is called one."""
    return dicom_sr.claims(Path(path))


def read_report(path: Path | str, *, image: Image | None = None) -> tuple[Measured, ...]:
    """The measurements in a report, one entry an object.

    image   its scan, for slices and callipers of other programs' reports

    Raises NotFound, and UnreadableFile for what is no Measurement Report.
    """
    place = Path(path)
    if not place.is_file():
        raise NotFound(f"There is no report '{place}'. Check the name.")
    return tuple(
        Measured(
            each.object,
            tuple(
                Measurement(**{name: getattr(one, name) for name in FIELDS}) for one in each.values
            ),
        )
        for each in dicom_sr.read(place, image=image)
    )
