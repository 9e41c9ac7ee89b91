"""`limner info`: what was understood of a scan."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from limner.cli import app


@app.command()
def info(
    *,
    scan: Annotated[Path, Argument(metavar="SCAN", help="A file, a DICOM folder or a zip.")],
    series: Annotated[
        str | None,
        Option(help="Which of several series: its number, UID, or a rule (see limner dicom)."),
    ] = None,
    window: Annotated[
        str | None, Option(help="The shown range: LOW,HIGH, or for CT a name such as lung.")
    ] = None,
    modality: Annotated[
        str | None, Option(help="CT, MR, ... where the file does not name it.")
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print it as JSON.")] = False,
    quiet: Annotated[
        bool, Option("--quiet", "-q", help="Print nothing; the exit code says if it can be read.")
    ] = False,
    verbose: Annotated[
        bool, Option("--verbose", "-v", help="Every file and attribute, too.")
    ] = False,
) -> None:
    """Say what is in a scan: grid, orientation, unit, window, series, problems.

    Where a folder holds several series, they are listed.
    """
    import json

    from limner.cases.open import read
    from limner.cli._told import series_list, series_table, to_json, to_text
    from limner.errors import SeveralSeries

    try:
        image = read(scan, series=series, window=window, modality=modality)
    except SeveralSeries as several:
        found = series_list(scan)
        told = json.dumps({"path": str(scan), "series": found}, indent=2, ensure_ascii=False)
        text = told if as_json else series_table(scan, found, several)
    else:
        text = to_json(image, scan) if as_json else to_text(image, scan, verbose=verbose)
    if not quiet:
        echo(text)
