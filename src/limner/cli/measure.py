"""`limner measure`: the numbers of every object in a mask."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from limner.cli import app

ALSO = "Measure more: first_order, neighbours, planar, shape or suv. Repeatable."
RULER = "A ruler in a photograph: 'R,C R,C MM', or an object of the mask: 'card 20x20' mm."
OUT = "Write them all, with how they were found: .csv, .json, or .sr.dcm (a DICOM report)."


@app.command()
def measure(
    *,
    mask: Annotated[Path, Argument(metavar="MASK", help="A mask file, or a report (.sr.dcm).")],
    image: Annotated[
        Path | None, Option("--input", "-i", metavar="SCAN", help="Its scan, for intensities.")
    ] = None,
    out: Annotated[Path | None, Option("--output", "-o", metavar="TABLE", help=OUT)] = None,
    spacing: Annotated[
        str | None, Option(help="Pixel size in mm where the file gives none: one number or R,C.")
    ] = None,
    ruler: Annotated[str | None, Option(help=RULER)] = None,
    also: Annotated[list[str] | None, Option(metavar="NAME", help=ALSO)] = None,
    series: Annotated[
        str | None, Option(help="Which series of the scan: its number, UID, or a rule.")
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print the numbers as JSON.")] = False,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Measure every object of a mask: volume or area, diameters, intensities.

    limner measure mask.nii.gz -i scan.nii.gz -o table.csv

    Of a DICOM report (TID 1500), what somebody measured is read instead.
    """
    from dataclasses import replace

    from limner.cases.reports import is_report
    from limner.cases.save import read_mask
    from limner.cli._measured import as_table, need_suv, read_out, save, to_json, writing
    from limner.cli._scale import sized, sized_grid
    from limner.measure import measure as measured
    from limner.measure import refusals

    if out is not None:
        writing(out)
    if is_report(mask):
        told = {"--spacing": spacing, "--ruler": ruler, "--also": also}
        text = read_out(mask, out, scan=image, series=series, unused=told, as_json=as_json)
        if not quiet:
            echo(text)
        return
    if ruler is not None:
        from limner.cli._ruler import spacing_of

        spacing = spacing_of(ruler, read_mask(mask))
    scan = None
    if image is not None:
        from limner.cases.open import read

        scan = read(image, series=series)
        if spacing is not None and scan.grid.scale == "none":
            scan = sized(scan, spacing)
    found = read_mask(mask, grid=None if scan is None else scan.grid)
    if spacing is not None and scan is None:
        found = replace(found, grid=sized_grid(found.grid, spacing))
    need_suv(also or (), scan)
    numbers = measured(found, scan, also=tuple(also or ()))
    if out is not None:
        save(numbers, out, mask=found, image=scan, drawn=mask)
    if not quiet:
        notes = (*(scan.source.problems if scan else ()), *refusals(numbers))
        echo(to_json(numbers, found).rstrip() if as_json else as_table(numbers, notes))
