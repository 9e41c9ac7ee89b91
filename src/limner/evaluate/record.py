"""What a scoring leaves behind: a results file, and a log of every look at `report`."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from limner.errors import BadValue, NotFound, UnreadableFile, UnwritableFile
from limner.evaluate.compare import Row, groups_of, table
from limner.evaluate.contestant import Contestant
from limner.evaluate.expected import reliability
from limner.evaluate.protocols.objects import Half
from limner.evaluate.protocols.observer import second_observer
from limner.evaluate.protocols.plan import PROTOCOLS, Ask
from limner.evaluate.scoreboard import Line
from limner.evaluate.sheets import AT, FALL, SHEETS, Sheet, boxed_and_clicked
from limner.evaluate.stamp import command, stamp
from limner.safely import write_text

LOG = "report_log.jsonl"
THIN = SHEETS["thin"]
FULL = ("ordinary", "thin", "scribbles")  # sheets that every look at `report` is logged with

Lines = Mapping[str, Mapping[str, Line]]  # contestant to key to line


def document(
    asks: Sequence[Ask],
    lines: Lines,
    *,
    half: Half,
    data: Path,
    about: Mapping[str, Any],
    seed: int = 0,
) -> dict[str, Any]:
    """Everything about one scoring, ready for JSON.

    asks    what everybody, or somebody, was asked about; every contestant has a line for each
            that asks for a box
    about   what else to say: the threads, the limit, the candidate, the memory
    """
    sheets = {
        name: table(rows, columns=sheet.columns, seed=seed, brief=sheet.brief)
        for name, sheet in SHEETS.items()
        if (rows := _rows(sheet, asks, lines))
    }
    listed = hashlib.sha256((data / "objects.json").read_bytes()).hexdigest()
    return {
        "command": command(),
        **stamp(seed=seed),
        "half": half,
        "objects_json": listed,
        **about,
        "tables": {name: sheets.pop(name) for name in FULL if name in sheets},
        "sheets": sheets,
        "falls": {"by more than": FALL, **_falls(sheets)},
        "second_observer": _observed(data, asks, lines),
        "expected": _expected(asks, lines),
        "contestants": {name: _about(list(own.values())) for name, own in lines.items()},
        "objects": _objects(asks, lines),
    }


def _rows(sheet: Sheet, asks: Sequence[Ask], lines: Lines) -> list[Row]:
    """The rows of one sheet; contestants that were not asked have NaN in them."""
    return [
        _row(each, {name: sheet.read(own.get(each.entry.key, {})) for name, own in lines.items()})
        for each in asks
        if sheet.needs in each.protocols
        and (sheet.of == "drawn" or (sheet.of == "thin") == each.entry.thin)
    ]


def _row(ask: Ask, scores: Mapping[str, tuple[float, ...]]) -> Row:
    entry = ask.entry
    image = f"{entry.set}/{entry.image}"
    return Row(entry.key, entry.set, image, entry.modality, entry.thin, scores)


def _objects(asks: Sequence[Ask], lines: Lines) -> list[dict[str, Any]]:
    """One line an object that was asked about with a box and clicks."""
    return [
        {
            "key": each.entry.key,
            "modality": each.entry.modality,
            "thin": each.entry.thin,
            "dice": {
                name: _plain(boxed_and_clicked(own[each.entry.key])) for name, own in lines.items()
            },
        }
        for each in asks
        if "click" in each.protocols
    ]


def _falls(sheets: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """For each curve and contestant, the groups whose mean Dice falls after some click."""
    return {
        name: {
            who: [
                group
                for group, own in each["groups"].items()
                if any(after < before for before, after in pairwise(own.values()))
            ]
            for who, each in sheets[name]["contestants"].items()
            if each["mean"]
        }
        for name in ("curve", "thin curve")
        if name in sheets
    }


def _observed(data: Path, asks: Sequence[Ask], lines: Lines) -> dict[str, Any]:
    """By set with a second person's masks, their mean Dice and that of every contestant."""
    thin = [each.entry for each in asks if each.entry.thin]
    agreed = second_observer(data, thin)
    told = {}
    for name in dict.fromkeys(each.set for each in thin if each.key in agreed):
        keys = [each.key for each in thin if each.set == name and each.key in agreed]
        told[name] = {
            "objects": len(keys),
            "dice": round(float(np.mean([agreed[key] for key in keys])), 4),
            "contestants": {
                who: dict(zip(THIN.columns, means, strict=True))
                for who, own in lines.items()
                if any(means := _plain(np.mean([THIN.read(own[key]) for key in keys], axis=0)))
            },
        }
    return told


def _expected(asks: Sequence[Ask], lines: Lines) -> dict[str, Any]:
    """Expected against reached Dice of ordinary objects, by contestant and prompt."""
    rows = [_row(each, {}) for each in asks if "click" in each.protocols and not each.entry.thin]
    groups = {name: [each.key for each in own] for name, own in groups_of(rows).items()}
    told: dict[str, Any] = {}
    for who, own in lines.items():
        pairs = {
            group: [pair for key in keys for pair in _pairs(own[key])]
            for group, keys in groups.items()
        }
        kinds = dict.fromkeys(kind for each in pairs.values() for kind, _ in each)
        if kinds:
            told[who] = {
                "every answer": reliability({g: [p for _, p in own] for g, own in pairs.items()}),
                **{
                    kind: reliability(
                        {g: [p for k, p in own if k == kind] for g, own in pairs.items()}
                    )
                    for kind in kinds
                },
            }
    return told


def _pairs(line: Line) -> Iterator[tuple[str, tuple[float, float]]]:
    """(prompts, (expected, reached)) of the answers that something was expected of."""
    for protocol, numbers in (("box", (1,)), ("click", AT)):
        told = line.get(protocol) or {}
        for n in numbers:
            expected = told["expected"][n - 1] if told else None
            if expected is not None:
                name = protocol if protocol == "box" else f"{n} click{'s' * (n > 1)}"
                yield name, (expected, told["dice"][n - 1])


def write(told: Mapping[str, Any], out: Path) -> None:
    """Write the results; one line an object, so that a change can be read in a diff."""
    objects = ",\n  ".join(json.dumps(each) for each in told["objects"])
    rest = json.dumps({key: value for key, value in told.items() if key != "objects"}, indent=1)
    write_text(f'{rest[:-2]},\n "objects": [\n  {objects}\n ]\n}}\n', out)


def log(told: Mapping[str, Any], folder: Path) -> None:
    """Add one line to the log of looks at `report`."""
    tables = told["tables"]
    line = {
        "date": told["date"],
        "commit": told["commit"],
        "candidate": told["candidate"],
        "objects_json": told["objects_json"],
        "cards": {name: each["made"] for name, each in told["contestants"].items()},
        "means": {
            name: {
                part: {column: score[0] for column, score in each["mean"].items()}
                for part, each in ((p, own["contestants"][name]) for p, own in tables.items())
            }
            for name in told["contestants"]
        },
    }
    with (folder / LOG).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line) + "\n")


def read(path: Path) -> dict[str, Any]:
    """A results file. Raises NotFound, UnreadableFile for what is not one."""
    if not path.is_file():
        raise NotFound(f"There is no '{path}'. Make it with: limner evaluate --out {path}")
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnreadableFile(f"'{path}' is not JSON: {error}. Make it again.") from error
    if not isinstance(told, dict) or "tables" not in told:
        raise UnreadableFile(f"'{path}' holds no scores. Make it with: limner evaluate.")
    return told


def need_candidate(half: str, candidate: str) -> None:
    """Refuse to look at `report` unless what is scored was chosen before. Raises BadValue."""
    if half == "report" and not candidate:
        raise BadValue(
            "The half 'report' is for what was chosen on 'choose', and every look at it is logged. "
            "Name what you chose, as --candidate 'limner-1', or score --half choose."
        )


def need_folder(out: Path) -> None:
    """Raise UnwritableFile now, and not after an hour of scoring."""
    if not out.parent.is_dir():
        raise UnwritableFile(
            f"The folder '{out.parent}' for '{out.name}' does not exist. Create it first."
        )


def unique(contestants: Sequence[Contestant]) -> tuple[Contestant, ...]:
    """The same. Raises BadValue where two have one name, or where there is none."""
    names = [each.text for each in contestants]
    if not names:
        raise BadValue("Nobody is scored. Name a --model or a --baseline.")
    for name in names:
        if names.count(name) > 1:
            raise BadValue(f"'{name}' is named twice. Name every contestant once.")
    return tuple(contestants)


def summary(told: Mapping[str, Any]) -> str:
    """The means of the ordinary objects, one line a contestant."""
    means = told["tables"].get("ordinary") or told["tables"]["thin"]
    width = max(len(name) for name in means["contestants"])
    lines = []
    for name, each in means["contestants"].items():
        scores = ", ".join(f"{column} {score[0]:.3f}" for column, score in each["mean"].items())
        lines.append(f"{name:{width}}  {scores}")
    return "\n".join(lines)


def _about(lines: Sequence[Line]) -> dict[str, Any]:
    failures = [
        {"key": line["key"], "protocol": name, "reason": line[name]["failure"]}
        for line in lines
        for name in PROTOCOLS
        if (line.get(name) or {}).get("failure")
    ]
    kinds = {"box": ("box",), "click": ("click",), "scribbles": ("scribbles", "two_scribbles")}
    return {
        "made": lines[0]["made"],
        "seconds": {
            "encode": _median([line["encode_s"] for line in lines]),
            **{kind: _median(_seconds(lines, names)) for kind, names in kinds.items()},
        },
        "slowest_s": {kind: _highest(_seconds(lines, names)) for kind, names in kinds.items()},
        "failures": failures,
    }


def _seconds(lines: Sequence[Line], protocols: Sequence[str]) -> list[float]:
    return [
        s for line in lines for name in protocols for s in (line.get(name) or {}).get("seconds", ())
    ]


def _median(values: Sequence[float]) -> float | None:
    return round(float(np.median(values)), 4) if values else None


def _highest(values: Sequence[float]) -> float | None:
    """The 95th percentile."""
    return round(float(np.percentile(values, 95)), 4) if values else None


def _plain(scores: Sequence[float]) -> list[float | None]:
    return [None if np.isnan(each) else round(each, 4) for each in scores]
