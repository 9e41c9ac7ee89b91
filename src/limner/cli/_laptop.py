"""The commands and the cases that `limner laptop` was given."""

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from limner.errors import BadValue

if TYPE_CHECKING:
    from limner.evaluate.protocols.boxed import Case


def commands(told: Sequence[str]) -> Mapping[str, list[str]]:
    """Name to the words of its command, from "NAME=COMMAND"; a command alone is its own name.

    Raises BadValue where two have one name, where there is no word or a quote stays open.

    >>> commands(["mine=python mine.py {case} {answer}"])
    {'mine': ['python', 'mine.py', '{case}', '{answer}']}
    """
    found: dict[str, list[str]] = {}
    for each in told:
        named = re.fullmatch(r"\s*([\w.+:-]+)=(.*)", each, re.DOTALL)
        name, text = (named[1], named[2]) if named else (each.strip(), each)
        try:
            words = shlex.split(text, posix=os.name != "nt")
        except ValueError as error:
            raise BadValue(
                f"The command '{text}' of '{name}' does not end: {error}. Close every quote."
            ) from error
        if not words:
            raise BadValue(f"'{name}' has no command. Give what you would type in a terminal.")
        if name in found:
            raise BadValue(f"'{name}' is named twice. Give every model a name of its own.")
        found[name] = words
    return found


def listed(data: Path, truth: Path | None, *, limit: int, folder: Path) -> tuple["Case", ...]:
    """The cases of a folder; those of the shared data's half "choose" are written to `folder`."""
    from limner.evaluate.protocols import boxed
    from limner.evaluate.protocols.objects import entries

    if (data / "objects.json").is_file():
        return boxed.written(data, entries(data, "choose", limit=limit), folder)
    return boxed.cases(data, truth)
