"""A first file for `limner followup`, from a folder with one folder a visit."""

from datetime import date
from pathlib import Path

from limner.cli._followup_course import Looked, look
from limner.cli._followup_file import VisitTold
from limner.errors import BadValue, NotFound, UnwritableFile
from limner.measure.response.course import Lesion
from limner.measure.response.recist import PAPER, measurable

MASKS = ("mask", "seg", "lesions", "labels")


def write_draft(folder: Path, out: Path) -> int:
    """Write the file; how many lesions the first visit has.

    A visit's folder is named by its date, as 2026-01-31, and holds a mask whose name begins with
    'mask', 'seg', 'lesions' or 'labels', and perhaps a scan. Raises NotFound, BadValue, and
    UnwritableFile for a file that is there already.
    """
    from limner.safely import write_text

    if out.exists():
        raise UnwritableFile(f"'{out}' is there already, perhaps with choices. Give another name.")
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    visits = [_visit(each) for each in inside if each.is_dir()]
    if not visits:
        raise NotFound(
            f"There is no folder of a visit in '{folder}'. Give a folder that holds one a visit, "
            "named by its date, such as 2026-01-31."
        )
    first = look(visits[0])
    text = "\n".join([_head(folder), *(_of_visit(v, out.parent) for v in visits), *_lesions(first)])
    write_text(text, out)
    return len(first.seen)


def _visit(folder: Path) -> VisitTold:
    try:
        on = date.fromisoformat(folder.name[:10])
    except ValueError as error:
        raise BadValue(
            f"The folder '{folder.name}' is not named by a date. Call it 2026-01-31, or "
            "2026-01-31 week 6."
        ) from error
    files = sorted(each for each in folder.iterdir() if not each.name.startswith("."))
    masks = [each for each in files if each.name.lower().startswith(MASKS)]
    scans = [each for each in files if each not in masks]
    if len(masks) != 1 or len(scans) > 1:
        raise BadValue(
            f"The folder '{folder.name}' holds {len(masks)} masks and {len(scans)} other things. "
            "Give one mask, its name beginning with 'mask', and at most one scan."
        )
    name = folder.name[10:].strip(" _-") or folder.name
    return VisitTold(name, on, masks[0], scans[0] if scans else None, None, ())


def _head(folder: Path) -> str:
    return (
        f"patient = {_quoted(folder.resolve().name)}\n"
        'criteria = ["recist"]  # recist, irecist, who, volumetric\n'
        "confirm = false  # whether a response needs a second visit after four weeks\n"
    )


def _of_visit(visit: VisitTold, beside: Path) -> str:
    lines = ["[[visit]]", f"name = {_quoted(visit.name)}", f"date = {visit.on.isoformat()}"]
    for key, path in (("mask", visit.mask), ("scan", visit.scan)):
        if path is not None:
            lines.append(f"{key} = {_quoted(_near(path.resolve(), beside.resolve()))}")
    return "\n".join(lines) + "\n"


def _near(path: Path, home: Path) -> str:
    """A path as it is from a folder; whole where it does not lie below it."""
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else path.as_posix()


def _lesions(first: Looked) -> list[str]:
    """One table a lesion; the largest measurable ones are proposed as targets."""
    told = []
    targets: list[Lesion] = []
    by_size = sorted(first.seen.values(), key=lambda each: -(each.size.long_mm or 0))
    slice_mm = None if first.mask is None else first.mask.grid.spacing_mm[0]
    for number, each in enumerate(by_size, start=1):
        name = each.object.name or f"lesion {number}"
        lesion = Lesion(name, each.object.label or "organ")
        small = measurable(lesion, each.size, slice_mm=slice_mm)
        same = sum(other.counted_as == lesion.counted_as for other in targets)
        room = len(targets) < PAPER.most_targets and same < PAPER.most_of_an_organ
        if not small and room:
            targets.append(lesion)
        why = small or ("proposed" if lesion in targets else "measurable; there are enough")
        role = "target" if lesion in targets else "non-target"
        size = f"{each.size.long_mm:.1f} x {each.size.short_mm:.1f} mm"
        told.append(
            f"[[lesion]]  # {size}\n"
            f"name = {_quoted(name)}\n"
            f"organ = {_quoted(lesion.organ)}  # say which\n"
            f'role = "{role}"  # {why}\n'
            "node = false\n"
            f"at = {{ {_quoted(first.told.name)} = {each.object.id} }}\n"
        )
    return told


def _quoted(text: str) -> str:
    """A TOML basic string."""
    kept = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{kept}"'
