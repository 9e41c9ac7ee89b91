"""Measurements as a table for people, as CSV and as JSON."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
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
    from limner.safely import write_text

    ending = next(each for each in ENDINGS if out.name.lower().endswith(each))
    if ending == REPORT:
        from limner.cases.reports import write_report

        write_report(measured, out, mask=mask, image=image, drawn=drawn)
    else:
        write_text(as_csv(measured) if ending == ".csv" else to_json(measured, mask), out)


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


def to_json(measured: Sequence["Measured"], mask: "Mask") -> str:
    """Every object with its measurements."""
    told = {"objects": [object_json(each, mask, {}) for each in measured]}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def as_table(measured: Sequence["Measured"]) -> str:
    """One line a measurement, objects one below the other."""
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
    return table(("object", "label", "measurement", "value", "where"), rows)
