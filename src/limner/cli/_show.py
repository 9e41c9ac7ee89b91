"""Objects and their numbers, for people and as JSON."""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limner.mask import Mask, Object
    from limner.measure import Measured
    from limner.measure.measurement import Measurement

SIGNS = {"mm2": "mm²", "mm3": "mm³", "mm": "mm", "mL": "mL", "1": ""}
PLACES = {"detector": "on the detector", "ruler": "by the ruler"}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, two spaces apart."""
    cells = [head, *rows]
    wide = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = ("  ".join(f"{c:<{w}}" for c, w in zip(row, wide, strict=True)) for row in cells)
    return "\n".join(line.rstrip() for line in lines)


def amount(value: float, unit: str) -> str:
    """A number with as many digits as it deserves, and its unit as people write it."""
    if isnan(value):
        return "–"
    if unit == "{pixels}":
        return f"{value:,.0f} pixels" if value == int(value) else f"{value:,.1f} pixels"
    base, _, place = unit.partition("{")
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{digits}f} {SIGNS.get(base, base)}".rstrip()
    place = place.rstrip("}")
    return f"{text} {PLACES.get(place, place)}".rstrip()


def extent(about: "Object", mask: "Mask") -> str:
    """What of the image was answered: "slice 41 of 120", "the picture"; counted from 1."""
    from limner.predict import Prediction

    return Prediction(mask, {}, "", slices=about.slices).extent


def size(measured: "Measured") -> str:
    """The volume where there is one, else the area; a slice never has a volume."""
    for name in ("volume", "area"):
        if name in measured:
            return f"{name} {amount(measured[name].value, measured[name].unit)}"
    return "empty"


def longest(measured: "Measured") -> str:
    """The longest diameter, or a dash for an empty object."""
    if "long_axis" not in measured:
        return "–"
    return amount(measured["long_axis"].value, measured["long_axis"].unit)


def objects_table(
    measured: Sequence["Measured"], mask: "Mask", quality: Mapping[int, float]
) -> str:
    """One line an object: id, class, where, size, longest diameter, expected Dice."""
    rows = []
    for each in measured:
        about = each.object
        told = quality.get(about.id)
        rows.append(
            (
                str(about.id),
                " ".join(part for part in (about.label, about.name) if part) or "–",
                extent(about, mask),
                size(each),
                longest(each),
                "–" if told is None else f"{told:.2f}",
            )
        )
    return table(("object", "label", "where", "size", "longest", "expected Dice"), rows)


def object_json(
    measured: "Measured", mask: "Mask | None", quality: Mapping[int, float]
) -> dict[str, Any]:
    """One object with its measurements; slice indices count from 0.

    mask   that it is in; None where only its measurements came, as from a report
    """
    about = measured.object
    seen = {} if mask is None else {"extent": extent(about, mask), "voxels": mask.voxels(about.id)}
    return {
        "id": about.id,
        "label": about.label,
        "name": about.name,
        **seen,
        "slice_indices": list(about.slices),
        "expected_dice": _number(quality.get(about.id)),
        "measurements": {each.name: measurement_json(each) for each in measured.measurements},
    }


def measurement_json(one: "Measurement") -> dict[str, Any]:
    """Value, unit and how it was found; NaN becomes null."""
    told: dict[str, Any] = {"value": _number(one.value), "unit": one.unit, "method": one.method}
    if one.slice is not None:
        told["slice_index"] = one.slice
    if one.ends_mm:
        told["ends_mm"] = [list(end) for end in one.ends_mm]
    return told


def _number(value: float | None) -> float | None:
    return None if value is None or isnan(value) else float(value)
