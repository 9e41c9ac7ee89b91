"""`limner doctor`: what is installed, what runs the network, how fast it is here."""

from typing import Annotated

from typer import Option, echo

from limner.cli import app


@app.command()
def doctor(
    *,
    model: Annotated[
        str, Option("--model", "-m", help="The model whose speed is measured.")
    ] = "limner",
    as_json: Annotated[bool, Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say what is installed and missing, which runtime is used and why, and how fast it is."""
    import json

    from limner.cli._health import as_text, health

    found = health(model)
    echo(json.dumps(found, indent=2, ensure_ascii=False) if as_json else as_text(found))
