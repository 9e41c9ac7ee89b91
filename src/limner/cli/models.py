"""`limner models`: list them, show a card, verify the weights, add one's own."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Context, Option, echo

from limner.cli import app

models = typer.Typer(
    help="List the models there are; show a card, verify weights, add your own.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(models, name="models")


@models.callback(invoke_without_command=True)
def listed(
    *,
    context: Context,
    as_json: Annotated[bool, Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List the models there are; show a card, verify weights, add your own."""
    import json

    from limner.cli._own_models import described
    from limner.cli._show import table

    if context.invoked_subcommand is not None:
        return
    found = described()
    if as_json:
        echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    rows = [(each["name"], each["id"], each["where"], each["title"]) for each in found]
    echo(table(("model", "version", "from", "what it does"), rows))


@models.command()
def show(
    *,
    name: Annotated[str, Argument(help="A name from 'limner models'.")],
    as_json: Annotated[bool, Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show a model's card: what it takes, what trained it, where it does badly."""
    from limner.cli._own_models import card_json, card_text

    echo(card_json(name) if as_json else card_text(name))


@models.command()
def verify(
    *,
    name: Annotated[
        str | None, Argument(help="A name from 'limner models'; all of them if not said.")
    ] = None,
) -> None:
    """Compare a model's weights with the hash on its card."""
    from limner.cli._own_models import card_of, names

    for each in names() if name is None else (name,):
        card = card_of(each)
        if card is None:
            echo(f"{each}: a method without weights")
            continue
        card.verify()
        echo(f"{each}: {len(card.weights)} file of weights, as the card says ({card.digest})")


@models.command()
def add(
    *,
    folder: Annotated[Path, Argument(help="A folder with card.toml and the ONNX file it names.")],
    name: Annotated[
        str | None, Option(help="What '--model' calls it; the card's id if not said.")
    ] = None,
    replace: Annotated[
        bool, Option("--replace", help="Take the place of one that has this name.")
    ] = False,
) -> None:
    """Add a model of your own: its card is checked, its files are copied.

    They go to the folder LIMNER_MODELS, or ~/.local/share/limner/models.
    docs/how-to/bring-a-model.md shows a card.
    """
    from limner.cli._own_models import bring

    called, place = bring(folder, name=name, replace=replace)
    echo(f"Added to {place}. Use it with: limner segment --model {called} ...")
