"""`limner laptop`: commands that outline boxes, scored and timed as their users run them."""

from pathlib import Path
from typing import Annotated

from typer import Option, echo

from limner.cli import app

DATA = "A folder of the challenge's .npz cases, or the shared data with objects.json."
MODEL = "A name and a command that reads {case} and writes {answer}. Repeatable."


@app.command()
def laptop(
    *,
    data: Annotated[Path, Option("--data", "-d", metavar="FOLDER", help=DATA)],
    model: Annotated[list[str], Option("--model", "-m", metavar="NAME=COMMAND", help=MODEL)],
    truth: Annotated[
        Path | None, Option(metavar="FOLDER", help="Where the labels are, if not in the cases.")
    ] = None,
    cap_seconds: Annotated[float, Option(help="A case that takes longer is killed, and 0.")] = 60.0,
    cap_memory: Annotated[
        float, Option(metavar="MIB", help="So is one that holds more; 0 for no cap.")
    ] = 8192.0,
    limit: Annotated[
        int, Option(min=0, help="Objects a set, of the shared data; 0 for all of them.")
    ] = 0,
    out: Annotated[
        Path | None, Option("--out", "-o", metavar="JSON", help="Keep every case's numbers.")
    ] = None,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Score commands on boxes: DSC, NSD, time and memory from outside, ranks taken together.

    Every case is a process of its own, start and imports included. As an example:
    limner laptop -d cases --model "limner=limner answer {case} {answer}"
    """
    import json
    from tempfile import TemporaryDirectory

    from limner.cli._laptop import commands, listed
    from limner.cli._show import table
    from limner.evaluate.protocols import laptop as protocol
    from limner.evaluate.record import need_folder
    from limner.safely import write_text

    if out is not None:
        need_folder(out)
    models = commands(model)
    with TemporaryDirectory(prefix="limner-cases-") as held:
        chosen = listed(data, truth, limit=limit, folder=Path(held))
        lines = protocol.run(
            models,
            chosen,
            cap_s=cap_seconds,
            cap_mib=cap_memory,
            told=lambda line: (
                None
                if quiet or not line.failure
                else echo(f"{line.model} on {line.case}: {line.failure}", err=True)
            ),
        )
    if out is not None:
        told = protocol.document(lines, cap_s=cap_seconds, cap_mib=cap_memory)
        write_text(json.dumps(told, indent=1) + "\n", out)
    if not quiet:
        head, *rows = protocol.table(protocol.standings(lines, cap_s=cap_seconds))
        echo(table(head, rows))
