"""`limner report`: one scoring as a page, with the best, median and worst case of every set."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from limner.cli import app

SHARED = Path("../shared/data")
RECORD = "What limner evaluate wrote, as results/objects_choose.jsonl."


@app.command()
def report(
    *,
    record: Annotated[Path, Argument(help=RECORD)],
    out: Annotated[
        Path, Option("--output", "-o", metavar="FOLDER", help="Where the page is written.")
    ] = Path("runs/report"),
    model: Annotated[
        str, Option("--model", "-m", help="Whose cases are drawn; the first if not said.")
    ] = "",
    after: Annotated[
        str, Option(help="box, 1 click, 3 clicks, 5 clicks or 10 clicks; thin objects: 5 clicks.")
    ] = "box",
    data: Annotated[Path, Option("--data", "-d", help="Folder of the shared data.")] = SHARED,
    permissive: Annotated[
        bool, Option("--permissive", help="Draw only sets whose pictures anybody may see.")
    ] = False,
    pictures: Annotated[bool, Option(help="Draw cases; else the tables alone.")] = True,
    candidate: Annotated[str, Option(help="Of a record of 'report': what was chosen.")] = "",
) -> None:
    """Write a scoring as one HTML page: tables, curves, reliability, pictures of cases.

    Pictures of sets that not everybody may have go only into a folder that git ignores.
    limner report results/objects_choose.jsonl -o runs/report
    """
    from limner.cli._report import written
    from limner.cli._review import Wanted

    wanted = Wanted(record, data=data, model=model, candidate=candidate, permissive=permissive)
    page, count = written(wanted, out, after=after, pictures=pictures)
    echo(f"{page} was written with {count} cases. Open it in a browser.")
