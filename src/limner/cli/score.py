"""`limner score`: masks against references, file by file or folder by folder."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Exit, Option, echo

from limner.cli import app

METRICS = "Which numbers, divided by commas; see docs/reference for those there are."


@app.command()
def score(
    *,
    predicted: Annotated[Path, Argument(metavar="PRED", help="A mask, or a folder of masks.")],
    reference: Annotated[
        Path, Argument(metavar="REF", help="The reference, or a folder with the same names.")
    ],
    metrics: Annotated[str, Option(help=METRICS)] = "dice,nsd,hd95,volume_error",
    tolerance: Annotated[
        float, Option(min=0, metavar="MM", help="For NSD: how far apart surfaces may be.")
    ] = 2.0,
    out: Annotated[
        Path | None,
        Option("--output", "-o", metavar="TABLE", help="Write them all: .csv or .json."),
    ] = None,
    skip_missing: Annotated[
        bool, Option("--skip-missing", help="Leave cases without a mask out of the means.")
    ] = False,
    as_json: Annotated[bool, Option("--json", help="Print the numbers as JSON.")] = False,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Compare masks with references, class by class: Dice, NSD, HD95, volume error.

    Of two folders, files of one name belong together, endings aside. A reference without a
    mask counts as an empty one, is listed, and makes the exit code 1.
    """
    from limner.cli._measured import writing
    from limner.cli._scores import scored
    from limner.safely import write_text

    if out is not None:
        writing(out)
    found = scored(
        predicted,
        reference,
        metrics=tuple(part.strip() for part in metrics.split(",")),
        tolerance_mm=tolerance,
        skip_missing=skip_missing,
        quiet=quiet,
    )
    if out is not None:
        write_text(found.as_csv() if out.suffix.lower() == ".csv" else found.to_json(), out)
    if not quiet:
        echo(found.to_json().rstrip() if as_json else found.as_table())
    raise Exit(found.exit_code)
