"""A predictor that is scored, by name: a model that users are offered, or a baseline."""

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from limner.errors import BadValue, UnknownName
from limner.evaluate.baselines import BASELINES
from limner.evaluate.behind import digest
from limner.predict import PREDICTORS, Predictor

# Where the code that decides an answer lies.
FOLDERS = ("limner.predict", "limner.prompt", "limner.evaluate.baselines")
HOMES = {"model": "limner.predict", "baseline": "limner.evaluate.baselines"}


@dataclass(frozen=True)
class Contestant:
    """Who is scored, and with which options.

    kind      "model": of `limner.predict`; "baseline": of `limner.evaluate.baselines`
    options   (name, value) pairs for its factory
    """

    kind: Literal["model", "baseline"]
    name: str
    options: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, kind: Literal["model", "baseline"], text: str) -> "Contestant":
        """From a text such as "limner" or "random_walker:beta=300,side=64".

        A value is a number where it can be, a path where it has a slash, else a text. Raises
        UnknownName for a name or an option that there is not, BadValue for what has no "=".

        >>> Contestant.of("baseline", "ellipse").text
        'ellipse'
        """
        name, _, told = text.partition(":")
        factory = (PREDICTORS if kind == "model" else BASELINES).get(name)
        taken = tuple(inspect.signature(factory).parameters)
        options = []
        for each in filter(None, told.split(",")):
            option, sign, value = each.partition("=")
            if not sign:
                raise BadValue(f"The option '{each}' of '{name}' has no value. Write NAME=VALUE.")
            if option not in taken:
                raise UnknownName(f"option of '{name}'", option, taken)
            options.append((option, _value(value)))
        return cls(kind, name, tuple(options))

    @property
    def text(self) -> str:
        """What names it in a table and on the command line."""
        told = ",".join(f"{option}={value}" for option, value in self.options)
        return f"{self.name}:{told}" if told else self.name

    def make(self, *, threads: int | None = None) -> Predictor:
        """The predictor, ready to be asked; `threads` go to those that take them."""
        factory = (PREDICTORS if self.kind == "model" else BASELINES).get(self.name)
        options = dict(self.options)
        if threads and "threads" in inspect.signature(factory).parameters:
            options.setdefault("threads", threads)
        return factory(**options)

    def digest(self) -> str:
        """Eight characters that change with the code behind its answers."""
        return digest(f"{HOMES[self.kind]}.{self.name}", folders=FOLDERS)


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return Path(text) if "/" in text else text
