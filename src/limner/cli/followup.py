"""`limner followup`: lesions over visits, and how they responded."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from limner.cli import app

FILE = "TOML or JSON files with visits and lesions, one a patient; with --draft, a folder."
DRAFT = "Write a file to begin with, from a folder with one folder a visit, and stop."


@app.command()
def followup(
    *,
    files: Annotated[list[Path], Argument(metavar="FILE...", help=FILE)],
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
    from limner.cli._followup_report import cohort_in_words, told_in_words, written

    if draft is not None:
        from limner.cli._followup_draft import write_draft

        count = write_draft(files[0], draft)
        if not quiet:
            echo(f"{draft} was written with {count} lesions. Say in it which are targets.")
        return
    every = written(files, out, pdf=pdf)
    if as_json:
        from limner.cli._followup_judge import to_json

        told = [to_json(each).rstrip() for each in every]
        echo(told[0] if len(told) == 1 else "[" + ",\n".join(told) + "]")
    elif not quiet:
        echo(told_in_words(every[0], out) if len(every) == 1 else cohort_in_words(every, out))
