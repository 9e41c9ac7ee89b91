"""A bar on stderr while something long goes on, where somebody looks."""

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def progress(
    things: Sequence[T], *, name: Callable[[T], str] = str, quiet: bool = False
) -> Iterator[T]:
    """The same things one by one; a bar shows how far it is, unless stderr is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield from things
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (BarColumn(), MofNCompleteColumn(), Remaining(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(things))
        for each in things:
            bar.update(task, description=name(each))
            yield each
            bar.advance(task)
