"""`limner deidentify`: scans, masks and reports without what says whose they are."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from limner.cli import app

PATHS = "DICOM files, folders or zips: scans with their SEG, RTSTRUCT and SR."
KEY = "The key file; a new one is made where there is none. Keep it with the originals."
BLANK = "Blank 'x0,y0,x1,y1' (pixels from 0, last ones too); or 'outside-regions' of ultrasound."
RULES = "A TOML file that says by machine and size what is blanked."
SKIP = "Leave out, and name, the files that are not understood; else they stop the run."
REPORT = "Write what was done to each file: .json or .csv."


@app.command()
def deidentify(
    *,
    paths: Annotated[list[Path], Argument(metavar="PATHS", help=PATHS)],
    out: Annotated[
        Path, Option("--output", "-o", metavar="FOLDER", help="A new folder for the files.")
    ],
    key: Annotated[Path, Option("--key", "-k", metavar="FILE", help=KEY)],
    blank: Annotated[list[str] | None, Option(metavar="BOX", help=BLANK)] = None,
    blank_rules: Annotated[Path | None, Option("--blank-rules", metavar="TOML", help=RULES)] = None,
    skip_unknown: Annotated[bool, Option("--skip-unknown", help=SKIP)] = False,
    report: Annotated[Path | None, Option(metavar="FILE", help=REPORT)] = None,
    report_originals: Annotated[
        bool,
        Option("--report-originals", help="Name the originals in the report: keep it secret."),
    ] = False,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Write copies of DICOM files that do not say whose they are. All of them, or none.

    limner deidentify scans/ -o for-the-trial/ --key trial.key
    """
    from limner.cli._deidentify import Wishes, deidentified

    said = deidentified(
        paths,
        out,
        Wishes(
            key=key,
            blank=tuple(blank or ()),
            rules=blank_rules,
            skip_unknown=skip_unknown,
            report=report,
            originals=report_originals,
        ),
    )
    if not quiet:
        echo("\n".join(said))
