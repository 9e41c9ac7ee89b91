"""`limner answer`: one case of the laptop challenge, from boxes to labels."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from limner.cli import app


@app.command()
def answer(
    *,
    case: Annotated[Path, Argument(metavar="CASE", help="An .npz with 'imgs' and 'boxes'.")],
    out: Annotated[Path, Argument(metavar="ANSWER", help="The .npz to write, with 'segs'.")],
    model: Annotated[str, Option("--model", "-m", help="A name from 'limner models'.")] = "limner",
    threads: Annotated[
        int | None, Option(min=1, help="Processor threads; all of them if not said.")
    ] = None,
) -> None:
    """Outline every box of an .npz case, and write the labels as the challenge wants them.

    Box number k becomes label k; where boxes share pixels, the later one has them.
    """
    from limner.cli._answer import answered
    from limner.formats import npz

    npz.write(answered(case, model=model, threads=threads), out)
