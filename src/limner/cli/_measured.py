"""Measurements as a table for people, as CSV and as JSON."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

from limner.cli._show import amount, object_json, table
from limner.errors import BadValue

if TYPE_CHECKING:
    from limner.image import Image
    from limner.mask import Mask
    from limner.measure import Measured

REPORT = ".sr.dcm"
ENDINGS = (".csv", ".json", REPORT)


def writing(out: Path) -> None:
    """Raise BadValue for an ending that is neither a table's nor a report's."""
    if not out.name.lower().endswith(ENDINGS):
        raise BadValue(
            f"'{out.name}' is no table and no report. Give a name that ends in .csv, .json, or "
            f"{REPORT} for a DICOM report."
        )


def save(
    measured: Sequence["Measured"],
    out: Path,
    *,
    mask: "Mask",
    image: "Image | None",
    drawn: Path,
) -> None:
    """Write a table, or a DICOM report; `drawn` is the file that the mask came from.

    Raises BadValue for a report of a scan that is not DICOM, and UnwritableFile.
    """
    if out.name.lower().endswith(REPORT):
        from limner.cases.reports import write_report

        write_report(measured, out, mask=mask, image=image, drawn=drawn)
    else:
        _write_table(measured, out, mask=mask)


def read_out(
    report: Path,
    out: Path | None,
    *,
    scan: Path | None,
    series: str | None,
    unused: Mapping[str, object],
    as_json: bool,
) -> str:
    """What somebody measured, out of a DICOM report: a table to print, and perhaps one to keep.

    scan     its scan, by which places on images become slices and mm
    unused   options that are for measuring, by name: refused where one is given
    """
    from limner.cases.open import read
    from limner.cases.reports import read_report

    for option, value in unused.items():
        if value:
            raise BadValue(
                f"{option} is for measuring, but '{report.name}' is a report of what was measured. "
                "Leave it out, or give the mask."
            )
    if out is not None and out.name.lower().endswith(REPORT):
        raise BadValue(
            f"'{report.name}' is a DICOM report already. Give a name that ends in .csv or .json."
        )
    image = None if scan is None else read(scan, series=series)
    numbers = read_report(report, image=image)
    if out is not None:
        _write_table(numbers, out, mask=None)
    return to_json(numbers, None).rstrip() if as_json else as_table(numbers)


def _write_table(measured: Sequence["Measured"], out: Path, *, mask: "Mask | None") -> None:
    from limner.safely import write_text

    text = as_csv(measured) if out.name.lower().endswith(".csv") else to_json(measured, mask)
    write_text(text, out)


HEADS = ("object", "label", "name", "measurement", "value", "unit", "slice_index", "method")


def lines(measured: Sequence["Measured"]) -> Iterator[tuple[str, ...]]:
    """One line a measurement, in the order of `HEADS`; slices count from 0."""
    for each in measured:
        about = each.object
        for one in each.measurements:
            yield (
                str(about.id),
                about.label,
                about.name,
                one.name,
                "" if isnan(one.value) else repr(float(one.value)),
                one.unit,
                "" if one.slice is None else str(one.slice),
                one.method,
            )


def as_csv(measured: Sequence["Measured"]) -> str:
    """One line a measurement."""
    text = io.StringIO()
    written = csv.writer(text, lineterminator="\n")
    written.writerow(HEADS)
    written.writerows(lines(measured))
    return text.getvalue()


def to_json(measured: Sequence["Measured"], mask: "Mask | None") -> str:
    """Every object with its measurements; no mask where they came from a report."""
    told = {"objects": [object_json(each, mask, {}) for each in measured]}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def as_table(measured: Sequence["Measured"], notes: Sequence[str] = ()) -> str:
    """One line a measurement, objects one below the other; notes above them."""
    rows = []
    for each in measured:
        about = each.object
        who = " ".join(part for part in (about.label, about.name) if part) or "–"
        for one in each.measurements:
            where = "" if one.slice is None else f"slice {one.slice + 1}"
            value = amount(one.value, one.unit)
            rows.append((str(about.id), who, one.name.replace("_", " "), value, where))
        if not each.measurements:
            rows.append((str(about.id), who, "empty", "–", ""))
    if not rows:
        return "There is no object in this mask."
    told = table(("object", "label", "measurement", "value", "where"), rows)
    return "\n".join([*(f"Note: {each}" for each in notes), told])


def need_suv(also: Sequence[str], image: "Image | None") -> None:
    """Raise Uncalibrated where SUV is asked of a scan that is not in SUV, with the reason."""
    from limner.errors import Uncalibrated

    if "suv" not in also or (image is not None and image.unit.startswith("SUV")):
        return
    if image is None:
        raise Uncalibrated("SUV is measured on the scan. Give it, for example: -i pet/")
    why = " ".join(each for each in image.source.problems if "SUV" in each)
    if not why:
        why = f"The scan is in {image.unit or 'no unit that the file names'}, not in SUV."
    raise Uncalibrated(f"{why} Leave --also suv out, or give a PET that says it.")
