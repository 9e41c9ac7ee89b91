"""A data set becomes a folder and comes back. One file here is one layout.

A layout is a module with three functions, found by being in this folder:

    claims(folder) -> bool          by what lies in it; cheap, and never raises
    samples(folder) -> Iterator     of `Sample`, in order, each opened when it is its turn;
                                    raises UnreadableFile, NotFound, BadValue in a sentence
    write(samples, folder) -> None  into an empty folder; raises UnwritableFile, BadValue

and a line `HOLDS`, the traits of a mask that come back (`limner.formats`). A sample of the
test part has `groups["split"] == "test"`. The mask is the first dense target.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from limner.errors import BadValue
from limner.registry import Registry
from limner.sample import Sample


class Layout(Protocol):
    """What a module in this folder is."""

    HOLDS: frozenset[str]

    def claims(self, folder: Path) -> bool:
        """Whether the folder is laid out so."""
        ...

    def samples(self, folder: Path) -> Iterator[Sample]:
        """The samples, one by one."""
        ...

    def write(self, samples: Iterable[Sample], folder: Path) -> None:
        """Write them into an empty folder."""
        ...


LAYOUTS: Registry[Layout] = Registry("layout", __name__)


def layout_named(name: str) -> Layout:
    """The module of a layout. Raises UnknownName."""
    if name not in LAYOUTS.names():
        return LAYOUTS.get(name)  # which raises, with the nearest name
    return cast("Layout", import_module(f"{__name__}.{name}"))


def layout_of(folder: Path) -> str:
    """The name of the layout of a folder. Raises BadValue where none or several claim it."""
    willing = [name for name in LAYOUTS if layout_named(name).claims(folder)]
    if len(willing) == 1:
        return willing[0]
    found = f"could be any of: {', '.join(willing)}" if willing else "is none that is known"
    raise BadValue(
        f"The layout of the folder '{folder}' {found}. "
        f"Say it with --from, one of: {', '.join(LAYOUTS)}."
    )
