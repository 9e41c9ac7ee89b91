"""A mask, or a data set of masks, read in one form and written in another."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from limner.errors import BadValue, NotFound, UnreadableFile, UnwritableFile
from limner.formats import FORMATS, Format, chosen, format_named, format_of, held_by, needs_scan
from limner.formats._holds import lost, reduced

if TYPE_CHECKING:
    from limner.image import Image
    from limner.mask import Mask


@dataclass(frozen=True)
class Wishes:
    """What the options of `limner convert` say."""

    image: Path | None = None
    lossy: bool = False
    source: str = ""
    target: str = ""
    classes: Path | None = None
    write_classes: Path | None = None
    name: str | None = None
    series: str | None = None
    choices: tuple[str, ...] = ()


def convert_mask(source: Path, out: Path, wishes: Wishes) -> list[str]:
    """Convert one file. Lines for people: what was odd, what is lost, what was written."""
    from limner.formats import _tables

    _check_places(source, out)
    reader, writer = _form(source, wishes.source), _form(out, wishes.target)
    choices = chosen(writer, wishes.choices)
    if wishes.write_classes is not None:
        _tables.form_of(wishes.write_classes)
    scan = _scan(reader, writer, source=source, wishes=wishes)
    mask, problems = _opened(source, reader, scan=scan, name=wishes.name)
    if wishes.classes is not None:
        mask = _tables.applied(_tables.read(wishes.classes), mask)
    held = mask
    losses: tuple[str, ...] = (f"{out.name} is a picture for people: no mask is read from it.",)
    if not getattr(writer, "FOR_PEOPLE", False):
        losses = lost(mask, held_by(writer, out), format=called(writer))
        if losses and not wishes.lossy:
            raise BadValue(f"{' '.join(losses)} Say --lossy to write it all the same.")
        held = reduced(mask, held_by(writer, out))
    writer.write(held, out, image=scan, **choices)
    remarks = getattr(writer, "remarks", None)
    said = (*problems, *(remarks(held, image=scan) if remarks else ()), *losses)
    if wishes.write_classes is not None:
        _tables.write(mask, wishes.write_classes)
    named = ", ".join(f"{each.id} {each.label}".strip() for each in held) or "no object"
    return [*(f"Note: {each}" for each in said), f"Written to {out}: {named}"]


def called(form: Format) -> str:
    """The name of a format."""
    return str(getattr(form, "__name__", "")).rpartition(".")[2]


def _check_places(source: Path, out: Path) -> None:
    if not source.exists():
        raise NotFound(f"There is no mask '{source}'. Check the name.")
    if source.stat().st_size == 0:
        raise UnreadableFile(f"'{source.name}' is empty (0 bytes). Write or fetch it again.")
    if out.exists() and out.samefile(source):
        raise UnwritableFile(f"'{out}' is the mask itself. Give another name.")


def _form(path: Path, name: str) -> Format:
    """The format of that name, or the one that claims the path."""
    return format_named(name) if name else format_of(path)


def _scan(reader: Format, writer: Format, *, source: Path, wishes: Wishes) -> "Image | None":
    if wishes.image is not None:
        from limner.cases.open import read

        return read(wishes.image, series=wishes.series)
    if needs_scan(reader, "read"):
        raise BadValue(
            f"'{source.name}' holds no voxels of its own, for it is {called(reader)}. "
            "Give the scan that it was drawn on with --image."
        )
    if needs_scan(writer, "write"):
        raise BadValue(
            f"The format {called(writer)} names or shows the scan that the mask belongs to. "
            "Give it with --image."
        )
    return None


def _opened(
    source: Path, reader: Format, *, scan: "Image | None", name: str | None
) -> tuple["Mask", tuple[str, ...]]:
    """The mask and what was odd about its file."""
    grid = None if scan is None else scan.grid
    examined, names = getattr(reader, "examined", None), getattr(reader, "names", None)
    if name is not None:
        if names is None:
            several = [each for each in FORMATS if hasattr(format_named(each), "names")]
            raise BadValue(
                f"--name '{name}' was given, but {called(reader)} holds one image's mask. "
                f"Formats of several are: {', '.join(several)}."
            )
        return reader.read(source, grid=grid, name=name), ()  # type: ignore[call-arg]
    if examined is not None:
        found = examined(source, grid=grid)
        return found.mask, tuple(found.problems)
    return reader.read(source, grid=grid), ()
