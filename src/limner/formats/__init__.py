"""A mask becomes a file and comes back. One file here is one format.

A format is a module with three functions, found by being in this folder:

    claims(path) -> bool                    by the ending of the name; the file need not exist
    read(path, *, grid=None) -> Mask        raises UnreadableFile. The grid told is taken
                                            where the format has none or they coincide
    write(mask, path, *, image=None)        whole or not at all; raises UnwritableFile, and
                                            BadValue for a mask that the format cannot hold

A longer ending goes before a shorter one: `scan.overlay.png` is an overlay, no label map.
Where formats share an ending (`.dcm`), `claims` looks into a file that exists.

It may also say, each a line at the top of the file:

    HOLDS = frozenset({...})        the traits (`TRAITS`) that come back when what it wrote is
                                    read here. `limner convert` refuses to lose others without
                                    --lossy, and then hands over a mask that has only these.
                                    Without the line: none. A contract test writes, reads and
                                    compares every trait that is claimed
    NEEDS_SCAN = frozenset({...})   "write" where `image` must be there, "read" where `grid`
                                    must; `limner convert` asks for --image then
    FOR_PEOPLE = True               a picture of a mask: written, never read
    CHOICES = {"holes": ("a", "b")} keywords of `write` that a person may set, and the words for
                                    each; the first is meant where nothing is said. The mask
                                    that comes back is the same whatever is chosen

and have, where there is anything to say, as functions:

    holds(path)                     HOLDS by the ending, where the first ending's are not all's
    remarks(mask, *, image=None)    what a person should know of the file, a sentence each
    examined(path, *, grid=None)    as `read`: a value with `mask` and `problems`, sentences
    names(path)                     the images in a file that may hold the masks of several
                                    (COCO); `read` takes `name` then, which of them
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol, cast

from limner.errors import BadValue
from limner.formats._holds import TRAITS
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from limner.registry import Registry


class Format(Protocol):
    """What a module in this folder is."""

    ENDINGS: tuple[str, ...]

    def claims(self, path: Path) -> bool:
        """Whether the name is one of this format's."""
        ...

    def read(self, path: Path, *, grid: Grid | None = None) -> Mask:
        """The mask in a file."""
        ...

    def write(self, mask: Mask, path: Path, *, image: Image | None = None, **choices: str) -> None:
        """Write the mask, whole or not at all."""
        ...


__all__ = [
    "FORMATS",
    "TRAITS",
    "Format",
    "chosen",
    "format_named",
    "format_of",
    "held_by",
    "needs_scan",
]

FORMATS: Registry[Format] = Registry("format", __name__, beside=("dicom_sr",))  # no masks in it


def format_named(name: str) -> Format:
    """The module of a format. Raises UnknownName."""
    if name not in FORMATS.names():
        return FORMATS.get(name)  # which raises, with the nearest name
    return cast("Format", import_module(f"{__name__}.{name}"))


def format_of(path: Path) -> Format:
    """The format of a file by the ending of its name.

    Raises BadValue for an ending that is nobody's, naming those there are.
    """
    every = [format_named(name) for name in FORMATS.names()]
    willing = [each for each in every if each.claims(path)]
    if willing:
        return max(willing, key=lambda each: max(map(len, _matching(each, path)), default=0))
    endings = sorted({ending for each in every for ending in each.ENDINGS})
    raise BadValue(
        f"'{path.name}' does not say which format is meant. "
        f"Give a name that ends in one of: {', '.join(endings)}."
    )


def held_by(form: Format, path: Path | None = None) -> frozenset[str]:
    """The traits that come back from a format's files; none where it states none.

    path   a file of that name, where endings of one format hold different traits
    """
    of_path = getattr(form, "holds", None)
    holds: frozenset[str] = getattr(form, "HOLDS", frozenset())
    return of_path(path) if of_path is not None and path is not None else holds


def chosen(form: Format, words: Sequence[str]) -> dict[str, str]:
    """What was chosen of a format's `CHOICES`, as keywords of its `write`.

    words   "name=word" each

    >>> chosen(format_named("dicom_rtstruct"), ["holes=xor"])
    {'holes': 'xor'}

    Raises BadValue for another form, and for a name or a word that the format lacks.
    """
    known: dict[str, tuple[str, ...]] = getattr(form, "CHOICES", {})
    found = {}
    for each in words:
        name, equals, word = each.partition("=")
        if equals and word in known.get(name, ()):
            found[name] = word
            continue
        there = "; ".join(f"{one}={' or '.join(known[one])}" for one in known)
        raise BadValue(
            f"'{each}' was chosen, and this format has "
            f"{f'these choices: {there}' if there else 'none: leave it out'}."
        )
    return found


def needs_scan(form: Format, what: Literal["read", "write"]) -> bool:
    """Whether a format needs the scan to read (its grid) or to write (the image)."""
    return what in getattr(form, "NEEDS_SCAN", frozenset())


def _matching(each: Format, path: Path) -> list[str]:
    return [ending for ending in each.ENDINGS if path.name.lower().endswith(ending)]
