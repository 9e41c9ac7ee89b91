"""`limner demo`: real scans outlined and measured, and a page that shows it."""

from pathlib import Path
from typing import Annotated

from typer import Exit, Option, echo

from limner.cli import app


@app.command()
def demo(
    *,
    out: Annotated[
        Path, Option("--output", "-o", metavar="FOLDER", help="Where everything is written.")
    ] = Path("limner-demo"),
    model: Annotated[
        str, Option("--model", "-m", help="A name from 'limner models'; the volume has its own.")
    ] = "limner",
    threads: Annotated[
        int | None, Option(min=1, help="Processor threads; all of them if not said.")
    ] = None,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Outline real scans that come with Limner, measure them, and show them on a page.

    Nothing is fetched: the scans lie in the packages pydicom and scikit-image.
    """
    from limner.cli._demo import show_off

    shown = show_off(out, model=model, threads=threads, quiet=quiet)
    if not quiet:
        echo(shown.text())
    raise Exit(shown.exit_code)
