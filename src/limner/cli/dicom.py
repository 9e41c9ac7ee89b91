"""`limner dicom`: what lies in a DICOM folder, zip or DICOMDIR, and what is odd about it."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from limner.cli import app

PATHS = "Folders, zips, DICOMDIRs, files."
PICK = "Keep what a rule says: 'modality=CT', 'description~portal', 'thinnest'. Repeatable."


@app.command()
def dicom(
    *,
    paths: Annotated[list[Path], Argument(metavar="PATHS", help=PATHS)],
    pick: Annotated[list[str] | None, Option(metavar="RULE", help=PICK)] = None,
    explain: Annotated[
        bool, Option("--explain", help="Say of each problem what it is and what to do.")
    ] = False,
    files: Annotated[
        bool, Option("--files", help="Print the files of the series and nothing else.")
    ] = False,
    as_json: Annotated[bool, Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """List patients, studies and series, what each opens as, and what is odd about it.

    limner dicom study.zip --pick modality=CT --pick thinnest --explain
    """
    from limner.cli._dicom_show import as_text, checked, file_list, to_json
    from limner.dicom.pick import picked
    from limner.dicom.study import examined

    found = examined([checked(path) for path in paths])
    if pick:
        found = picked(found, pick)
    if files:
        echo(file_list(found))
    else:
        echo(to_json(found) if as_json else as_text(found, paths, explain=explain))
