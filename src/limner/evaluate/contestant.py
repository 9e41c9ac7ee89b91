"""A predictor that is scored, by name: a model that users are offered, or a baseline."""

import ast
import hashlib
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from limner.errors import BadValue, UnknownName
from limner.evaluate.baselines import BASELINES
from limner.predict import PREDICTORS, Predictor

PACKAGE = Path(__file__).resolve().parents[1]

# Where the code that decides an answer lies. It is told by what it says, so that a change that
# is not committed counts as one, and a change of something else does not.
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
        told = hashlib.sha256()
        for module in sorted(_behind(f"{HOMES[self.kind]}.{self.name}")):
            told.update(f"{module} {_meaning(module)}".encode())
        return told.hexdigest()[:8]


def _meaning(module: str) -> str:
    """What a module's code says, whatever its comments, docstrings and layout."""
    path = _file(module)
    tree = ast.parse(path.read_text(encoding="utf-8") if path else "")
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [each for each in body if not _said(each)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _said(node: ast.stmt) -> bool:
    """Whether a statement is a bare text: a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _behind(module: str) -> set[str]:
    """The module and all that it imports from `FOLDERS`, and they import, and so on."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _file(name)
        if name in found or path is None or not name.startswith(FOLDERS):
            continue
        found.add(name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                waiting += [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
    return found


def _file(module: str) -> Path | None:
    """The file of one of our modules; None where there is none of that name."""
    path = PACKAGE.parent.joinpath(*module.split("."))
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((each for each in files if each.is_file()), None)


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return Path(text) if "/" in text else text
