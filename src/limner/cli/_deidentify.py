"""What the options of `limner deidentify` mean, and what it says of what was done."""

import csv
import io
import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limner.errors import BadValue, NotFound, UnwritableFile

if TYPE_CHECKING:
    from limner.dicom.deidentify_files import Plan, Written
    from limner.dicom.deidentify_pixels import Masking

OUTSIDE = "outside-regions"
ENDINGS = (".json", ".csv")
MATCHED = {"manufacturer": "Manufacturer", "model": "ManufacturerModelName", "modality": "Modality"}
SIZES = {"rows": "Rows", "columns": "Columns"}


@dataclass(frozen=True)
class Wishes:
    """The options."""

    key: Path
    blank: tuple[str, ...] = ()
    rules: Path | None = None
    skip_unknown: bool = False
    report: Path | None = None
    originals: bool = False


@contextmanager
def joining(key: Path | None, out: Path, *, ending: str = "") -> Iterator[None]:
    """DICOM written inside joins the scans that were de-identified with a key; None: as it is.

    ending   of the files that will be written into `out`, where that is a folder
    Raises NotFound without the key, BadValue where what is written is no DICOM.
    """
    if key is None:
        yield
        return
    from limner.dicom.deidentify import deidentifying
    from limner.dicom.deidentify_key import opened_key

    name = f"x{ending}" if ending else out.name
    if not name.lower().endswith(".dcm"):
        raise BadValue(
            f"'{name}' is no DICOM file, and --deidentify is about those. Write .seg.dcm, "
            ".rtstruct.dcm or .sc.dcm, or leave it out."
        )
    with deidentifying(opened_key(key)):
        yield


def deidentified(paths: Sequence[Path], out: Path, wishes: Wishes) -> list[str]:
    """Do it; lines for people."""
    from limner.dicom import deidentify_files as files
    from limner.dicom.deidentify_key import opened_key
    from limner.safely import write_text

    _check(paths, out, wishes)
    masking = _masking(wishes)
    files.check_folder(out)
    if wishes.key.exists():
        opened_key(wishes.key)
    plan = files.planned(paths, files.Wishes(masking, wishes.skip_unknown))
    told = files.carried_out(plan, out, opened_key(wishes.key, create=True))
    if wishes.report is not None:
        write_text(reported(plan, told, wishes.report, originals=wishes.originals), wishes.report)
    patients = {each.file.partition("/")[0] for each in told}
    whose = f"{len(patients)} patient{'s' if len(patients) > 1 else ''}"
    done = f"Written to {out}: {len(told)} files of {whose}, with the key {wishes.key}"
    return [*_said(plan, told), done]


def _check(paths: Sequence[Path], out: Path, wishes: Wishes) -> None:
    """Refuse what would give away the originals' names, or mix old files with new."""
    inside = out.resolve()
    if wishes.key.resolve().is_relative_to(inside):
        raise BadValue(
            f"The key '{wishes.key}' lies in the folder that is handed out. Whoever has it can "
            "link the scans to their originals: keep it elsewhere."
        )
    if any(inside.is_relative_to(path.resolve()) for path in paths if path.is_dir()):
        raise BadValue(f"'{out}' lies in the folder of the originals. Give another place.")
    if wishes.originals and wishes.report is None:
        raise BadValue("--report-originals is about --report, which is not given.")
    if wishes.report is None:
        return
    if wishes.report.suffix.lower() not in ENDINGS:
        raise BadValue(f"'{wishes.report.name}' is no report's name. Let it end in .json or .csv.")
    if wishes.originals and wishes.report.resolve().is_relative_to(inside):
        raise BadValue("A report with the originals' names must not lie in what is handed out.")
    if not wishes.report.parent.is_dir():
        raise UnwritableFile(
            f"The folder '{wishes.report.parent}' does not exist. Create it first."
        )


def _masking(wishes: Wishes) -> "Callable[[Any], Masking]":
    """What is blanked of a file, by its attributes."""
    from limner.dicom.deidentify_pixels import Masking

    boxes = tuple(_box(each) for each in wishes.blank if each != OUTSIDE)
    always = Masking(boxes, outside_regions=OUTSIDE in wishes.blank)
    rules = [] if wishes.rules is None else _rules(wishes.rules)
    if always and rules:
        raise BadValue("Give --blank or --blank-rules, not both.")

    def chosen(dataset: Any) -> "Masking":
        return next((masking for fits, masking in rules if fits(dataset)), always)

    return chosen


def _box(text: str) -> tuple[int, int, int, int]:
    try:
        left, top, right, bottom = (int(part) for part in text.split(","))
    except ValueError as error:
        raise BadValue(
            f"'{text}' is no box. Write it as x0,y0,x1,y1 in whole pixels, or '{OUTSIDE}'."
        ) from error
    return left, top, right, bottom


def _rules(path: Path) -> "list[tuple[Callable[[Any], bool], Masking]]":
    """The rules of a file, first come, first served."""
    from limner.dicom.deidentify_pixels import Masking

    if not path.is_file():
        raise NotFound(f"There is no file of rules '{path}'. Check the name.")
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))["rule"]
        found = []
        for rule in told:
            wanted = {k: v for k, v in rule.items() if k not in {"blank", "name"}}
            if unknown := set(wanted) - set(MATCHED) - set(SIZES):
                raise BadValue(
                    f"'{path.name}' has a rule about '{min(unknown)}'. Rules are about "
                    f"{', '.join((*MATCHED, *SIZES))}; what is blanked is 'blank'."
                )
            boxes = tuple(
                _box(",".join(map(str, each))) for each in rule["blank"] if each != OUTSIDE
            )
            masking = Masking(boxes, outside_regions=OUTSIDE in rule["blank"])
            found.append((_fitting(wanted), masking))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise BadValue(
            f"'{path.name}' is no file of rules: {error}. Each [[rule]] has manufacturer, model, "
            "modality, rows or columns, and blank = [[x0, y0, x1, y1]]."
        ) from error
    return found


def _fitting(wanted: dict[str, Any]) -> Callable[[Any], bool]:
    """Whether a file is one that a rule is about: words anywhere in its own, sizes exactly."""
    from limner.dicom.headers import number, text

    def fits(dataset: Any) -> bool:
        for name, told in wanted.items():
            if name in SIZES and number(dataset, SIZES[name]) != told:
                return False
            if (
                name in MATCHED
                and str(told).casefold() not in text(dataset, MATCHED[name]).casefold()
            ):
                return False
        return True

    return fits


def reported(plan: "Plan", told: "Sequence[Written]", path: Path, *, originals: bool) -> str:
    """The report as JSON or CSV.

    originals   whether it names them; without, nothing in it was in the originals
    """
    rows = [
        {
            "file": each.file,
            "kind": each.kind,
            "transfer syntax": each.syntax,
            "masked": each.masked,
            **({f"original {k}": v for k, v in each.was.items()} if originals else {}),
            "done": dict(each.counts),
        }
        for each in told
    ]
    left = [{"why": why, **({"file": name} if originals else {})} for name, why in plan.left_out]
    if path.suffix.lower() == ".json":
        about = {"files": rows, "left out": left, "remarks": list(plan.remarks)}
        return json.dumps(about, indent=1, ensure_ascii=False) + "\n"
    acts = sorted({name for each in told for name in each.counts})
    flat = [
        {k: v for k, v in row.items() if k != "done"} | {a: each.counts.get(a, 0) for a in acts}
        for row, each in zip(rows, told, strict=True)
    ]
    held = io.StringIO()
    table = csv.DictWriter(held, list(flat[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(flat)
    return held.getvalue()


def _said(plan: "Plan", told: "Sequence[Written]") -> list[str]:
    """What a person should know of what was done."""
    reasons = Counter(why for _, why in plan.left_out)
    lines = [f"Note: {each}" for each in plan.remarks]
    for why, count in reasons.items():
        first = next(name for name, each in plan.left_out if each == why)
        if count > 1:
            lines.append(f"Left out: {count} files (first '{first}'), each of which {why}.")
        else:
            lines.append(f"Left out: '{first}' {why}.")
    masked = sum(each.masked for each in told)
    if masked:
        lines.append(f"Masked: {masked} of the files; look at some before you hand them out.")
    return lines
