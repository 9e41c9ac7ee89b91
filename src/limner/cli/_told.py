"""What was understood of a scan, for people and as JSON."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limner.cli._show import table
from limner.cli._words import orientation, scale
from limner.errors import SeveralSeries

if TYPE_CHECKING:
    from limner.image import Image

FEW = 3  # files named without --verbose


def series_list(path: Path) -> list[dict[str, Any]]:
    """Every series at a DICOM path. Raises UnreadableFile for another kind of path."""
    from limner.read.dicom import survey

    return [each.to_json() for each in survey(path)]


def series_table(path: Path, found: list[dict[str, Any]], said: SeveralSeries) -> str:
    """One line a series, and how to choose."""
    rows = []
    for each in found:
        times, slices, rows_, columns = each["size"]
        size = f"{slices} x {rows_} x {columns}" if slices else "–"
        size = f"{size}, {times} times" if times > 1 else size
        notes = "localiser" if each["localiser"] else "" if each["image"] else "does not open"
        rows.append(
            (
                str(each["number"]),
                each["modality"] or "–",
                size,
                str(each["files"]),
                each["description"] or "–",
                notes,
            )
        )
    listed = table(("series", "modality", "slices x rows x columns", "files", "", ""), rows)
    problems = [f"Note on series {e['number']}: {p}" for e in found for p in e["problems"]]
    how = str(said).splitlines()[-1]
    return "\n".join([f"{path} holds several series", "", listed, "", *problems, how])


def to_json(image: "Image", path: Path) -> str:
    """All that is known, as plain values."""
    from limner.predict.session import image_digest

    grid = image.grid
    told = {
        "path": str(path),
        "digest": image_digest(image),
        "grid": {
            **grid.to_json(),
            "spacing_mm": list(grid.spacing_mm),
            "sheared": grid.sheared,
            "orientation": orientation(grid),
        },
        "times": image.times,
        "times_s": list(image.times_s),
        "channels": image.channels,
        "dtype": str(image.pixels.dtype),
        "unit": image.unit,
        "source": image.source.to_json(),
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


def to_text(image: "Image", path: Path, *, verbose: bool = False) -> str:
    """A short page: two columns, then what was odd."""
    from limner.predict.session import image_digest

    grid, source = image.grid, image.source
    window = source.window
    rows = [
        ("format", source.format or "–"),
        ("modality", source.modality or "not named by the file"),
        ("size", _size(image)),
        ("spacing", _spacing(image)),
        ("lies", orientation(grid)),
        ("samples", _samples(image)),
    ]
    if window is not None:
        shown = f"{window.low:g} to {window.high:g}"
        said = window.rule if shown in window.rule else f"{shown}: {window.rule}"
        rows.append(("window", said.rstrip(": ")))
    if source.laterality:
        rows.append(("side", {"L": "left", "R": "right", "B": "both"}[source.laterality]))
    if image.times > 1:
        rows.append(("times", _times(image)))
    rows += [
        (
            "region",
            f"{each.kind}, rows {each.low[0]} to {each.high[0] - 1}, "
            f"columns {each.low[1]} to {each.high[1] - 1}"
            + (f", {each.step_mm[0]:.4g} x {each.step_mm[1]:.4g} mm" if any(each.step_mm) else ""),
        )
        for each in source.regions
    ]
    rows.append(("files", _files(image, verbose=verbose)))
    rows.append(("identity", image_digest(image)[:16]))
    if verbose:
        rows += [(name, value) for name, value in source.attributes]
    wide = max(len(name) for name, _ in rows)
    lines = [str(path), *(f"  {name:<{wide}}  {value}" for name, value in rows)]
    lines += [f"  Note: {each}" for each in source.problems]
    return "\n".join(lines)


def _size(image: "Image") -> str:
    slices, rows, columns = image.grid.shape
    flat = f"{rows} rows x {columns} columns"
    if slices > 1:
        flat = f"{slices} slices x {flat}"
    return flat if image.channels == 1 else f"{flat}, {image.channels} channels"


def _spacing(image: "Image") -> str:
    grid = image.grid
    if grid.scale == "none":
        return scale(grid)
    steps = grid.spacing_mm if grid.shape[0] > 1 else grid.spacing_mm[1:]
    return f"{' x '.join(f'{each:.4g}' for each in steps)} mm {scale(grid)}".rstrip()


def _samples(image: "Image") -> str:
    unit = f"in {image.unit}" if image.unit else "without a unit"
    return f"{image.pixels.dtype}, {unit}"


def _times(image: "Image") -> str:
    if not image.times_s:
        return f"{image.times}"
    first, last = image.times_s[0], image.times_s[-1]
    return f"{image.times}, from {first:g} s to {last:g} s"


def _files(image: "Image", *, verbose: bool) -> str:
    names = [each.name for each in image.source.files]
    if verbose or len(names) <= FEW:
        return ", ".join(names) or "–"
    return f"{len(names)}: {names[0]} ... {names[-1]}"
