"""Methods found by the name of their file: add a file to a folder and it exists.

`names()` lists the folder and imports nothing. `get(name)` imports that one file, which
registers one thing under its own file name. Nobody edits a list.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from pkgutil import iter_modules
from typing import Generic, TypeVar

from limner.errors import UnknownName

T = TypeVar("T")


@dataclass(frozen=True)
class Registry(Generic[T]):
    """The things of one kind.

    noun      what one thing is called in error texts
    package   the folder that is listed, as a module name
    group     an entry-point group through which other packages add theirs; "" for none
    beside    files of that folder that are not things of the kind

    Nor is a file whose name begins with an underscore, or a folder.
    """

    noun: str
    package: str
    group: str = ""
    beside: tuple[str, ...] = ()
    found: dict[str, T] = field(default_factory=dict, compare=False, repr=False)

    def names(self) -> tuple[str, ...]:
        """Every name, in alphabetical order. Imports none of them."""
        own = self._own()
        foreign = (point.name for point in _points(self.group))
        return tuple(sorted({*own, *foreign}))

    def get(self, name: str) -> T:
        """The thing of that name. Raises UnknownName, with the nearest name there is."""
        if name not in self.names():
            raise UnknownName(self.noun, name, self.names())
        if name in self._own():
            import_module(f"{self.package}.{name}")
        elif name not in self.found:
            point = next(point for point in _points(self.group) if point.name == name)
            self.found[name] = point.load()
        if name not in self.found:
            raise RuntimeError(f"'{self.package}.{name}' registers no {self.noun}.")
        return self.found[name]

    def add(self, thing: T) -> T:
        """Decorator: register under the file's own name. One file, one thing."""
        module = str(getattr(thing, "__module__", ""))
        name = module.rpartition(".")[2]
        if name in self.found:
            raise RuntimeError(f"'{name}.py' registers two things; a file defines one {self.noun}.")
        self.found[name] = thing
        return thing

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def _own(self) -> tuple[str, ...]:
        return tuple(name for name in _files(self.package) if name not in self.beside)


@cache
def _files(package: str) -> tuple[str, ...]:
    module = sys.modules.get(package) or import_module(package)
    folder = Path(str(module.__file__)).parent
    listed = iter_modules([str(folder)])
    return tuple(m.name for m in listed if m.name[0] != "_" and not m.ispkg)


def _points(group: str) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=group)) if group else ()
