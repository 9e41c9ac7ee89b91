"""`limner review`: the remaining mistakes on one page, and what a person found."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from limner.cli import app

SHARED = Path("../shared/data")
RECORD = "What limner evaluate wrote, as results/objects_choose.jsonl."


@app.command()
def review(
    *,
    record: Annotated[Path | None, Argument(help=RECORD)] = None,
    out: Annotated[
        Path, Option("--output", "-o", metavar="FOLDER", help="Where the page is written.")
    ] = Path("runs/review"),
    below: Annotated[float, Option(min=0, max=1, help="A Dice under this is a mistake.")] = 0.7,
    model: Annotated[str, Option("--model", "-m", help="Whose; the first if not said.")] = "",
    after: Annotated[str, Option(help="box, 1 click, 3 clicks, 5 clicks or 10 clicks.")] = "box",
    data: Annotated[Path, Option("--data", "-d", help="Folder of the shared data.")] = SHARED,
    permissive: Annotated[
        bool, Option("--permissive", help="Only sets whose pictures anybody may see.")
    ] = False,
    candidate: Annotated[str, Option(help="Of a record of 'report': what was chosen.")] = "",
    read: Annotated[
        Path | None, Option(metavar="JSON", help="Print the scores with these verdicts.")
    ] = None,
    major: Annotated[
        Path | None, Option(metavar="JSON", help="With --read: keep the objects of major errors.")
    ] = None,
) -> None:
    """List every mistake with picture, prompt, answer and label; a person judges them.

    limner review results/objects_choose.jsonl --below 0.7 -o runs/review
    limner review --read verdicts.json
    """
    from limner.cli._review import Wanted, judged, written

    if read is not None:
        echo(judged(read, major=major))
        return
    wanted = Wanted(record, data=data, model=model, candidate=candidate, permissive=permissive)
    page, count = written(wanted, out, below=below, after=after)
    echo(f"{page} was written with {count} mistakes. Open it in a browser.")
