"""`limner followup`: lesions over visits, and how they responded."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from limner.cli import app

FILE = "A TOML or JSON file with visits and lesions; or, with --draft, a folder of visits."
DRAFT = "Write a file to begin with, from a folder with one folder a visit, and stop."


@app.command()
def followup(
    *,
    file: Annotated[Path, Argument(metavar="FILE", help=FILE)],
    out: Annotated[
        Path | None, Option("--output", "-o", metavar="FOLDER", help="Where the report goes.")
    ] = None,
    draft: Annotated[Path | None, Option("--draft", metavar="TOML", help=DRAFT)] = None,
    pdf: Annotated[bool, Option("--pdf", help="Write the report as PDF too.")] = False,
    as_json: Annotated[bool, Option("--json", help="Print everything as JSON.")] = False,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Follow lesions over visits: sums, RECIST 1.1 and other responses, a report with pictures.

    limner followup visits/ --draft course.toml, look at it, and then
    limner followup course.toml -o report
    """
    from limner.cli._followup_draft import write_draft
    from limner.cli._followup_report import told_in_words, written

    if draft is not None:
        count = write_draft(file, draft)
        if not quiet:
            echo(f"{draft} was written with {count} lesions. Say in it which are targets.")
        return
    told = written(file, out, pdf=pdf)
    if as_json:
        from limner.cli._followup_judge import to_json

        echo(to_json(told).rstrip())
    elif not quiet:
        echo(told_in_words(told, out))
