"""The `limner` command: one file per verb, each nothing but the flow of data.

A verb's file is called like the verb, registers itself with `@app.command()`, and imports
only typer at its top: `limner --help` opens all of them, `limner segment` only its own.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import typer
from typer.core import TyperGroup

from limner import __version__
from limner.errors import LimnerError

__all__ = ["app", "main"]

ASKED_WRONG = 2  # the person can put it right: a sentence, and nothing was written
STOPPED = 130  # Ctrl-C, as shells say it


class Verbs(TyperGroup):
    """Shows what a person can put right as one sentence; lets every other error through."""

    def invoke(self, ctx: Any) -> Any:
        """Run the verb that was asked for."""
        try:
            return super().invoke(ctx)
        except LimnerError as error:
            typer.echo(f"limner: {error}", err=True)
            raise typer.Exit(ASKED_WRONG) from error
        except KeyboardInterrupt as stop:
            typer.echo("limner: Stopped. Files that were not finished were not written.", err=True)
            raise typer.Exit(STOPPED) from stop


app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(*, asked: bool) -> None:
    if asked:
        typer.echo(f"limner {__version__}")
        raise typer.Exit


@app.callback()
def limner(
    *,
    version: bool = typer.Option(
        False,
        "--version",
        help="Print the version and stop.",
        is_eager=True,
        callback=lambda asked: _version(asked=asked),
    ),
) -> None:
    """Outline anything in a medical image, measure it, and write it down.

    Start with:  limner demo
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends the process with its exit code."""
    told = list(sys.argv[1:] if arguments is None else arguments)
    try:
        load(told[0] if told else "")
        app(told, prog_name="limner")
    except KeyboardInterrupt:  # before a verb began
        sys.exit(STOPPED)


def load(verb: str = "") -> None:
    """Import one verb's file, or all of them where there is no file of that name."""
    names = [m.name for m in iter_modules([str(Path(__file__).parent)]) if m.name[0] != "_"]
    for name in [verb] if verb in names else names:
        import_module(f"{__name__}.{name}")
