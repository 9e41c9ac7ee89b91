"""What a scoring leaves behind: a results file, and a log of every look at `report`."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from limner.errors import BadValue, NotFound, UnreadableFile, UnwritableFile
from limner.evaluate.compare import Row, compared
from limner.evaluate.contestant import Contestant
from limner.evaluate.protocols.objects import Entry, Half
from limner.evaluate.scoreboard import Line
from limner.evaluate.stamp import command, stamp
from limner.safely import write_text

AT = (1, 3, 5, 10)
LOG = "report_log.jsonl"


def document(
    entries: Sequence[Entry],
    lines: Mapping[str, Sequence[Line]],
    *,
    half: Half,
    data: Path,
    about: Mapping[str, Any],
    seed: int = 0,
) -> dict[str, Any]:
    """Everything about one scoring, ready for JSON.

    lines   contestant to its lines, in the order of the entries
    about   what else to say: the threads, the limit, the candidate
    """
    rows = [
        Row(
            entry.key,
            entry.set,
            f"{entry.set}/{entry.image}",
            entry.modality,
            entry.thin,
            {name: columns(own[place]) for name, own in lines.items()},
        )
        for place, entry in enumerate(entries)
    ]
    listed = hashlib.sha256((data / "objects.json").read_bytes()).hexdigest()
    return {
        "command": command(),
        **stamp(seed=seed),
        "half": half,
        "objects_json": listed,
        **about,
        "tables": compared(rows, seed=seed),
        "contestants": {name: _about(own) for name, own in lines.items()},
        "objects": [
            {
                "key": row.key,
                "modality": row.modality,
                "thin": row.thin,
                "dice": {name: _plain(scores) for name, scores in row.scores.items()},
            }
            for row in rows
        ],
    }


def columns(line: Line) -> tuple[float, ...]:
    """Dice after the box and after 1, 3, 5 and 10 clicks; NaN where it was not asked."""
    box = line["box"]["dice"][0] if "box" in line else float("nan")
    clicks = [line["click"]["dice"][n - 1] if "click" in line else float("nan") for n in AT]
    return (box, *clicks)


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
                for part, each in ((p, table["contestants"][name]) for p, table in tables.items())
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
    table = told["tables"].get("ordinary") or told["tables"]["thin"]
    width = max(len(name) for name in table["contestants"])
    lines = []
    for name, each in table["contestants"].items():
        scores = ", ".join(f"{column} {score[0]:.3f}" for column, score in each["mean"].items())
        lines.append(f"{name:{width}}  {scores}")
    return "\n".join(lines)


def _about(lines: Sequence[Line]) -> dict[str, Any]:
    failures = [
        {"key": line["key"], "protocol": kind, "reason": line[kind]["failure"]}
        for line in lines
        for kind in ("box", "click")
        if kind in line and line[kind]["failure"]
    ]
    return {
        "made": lines[0]["made"],
        "seconds": {
            "encode": _median([line["encode_s"] for line in lines]),
            "box": _median([s for line in lines for s in line.get("box", {}).get("seconds", ())]),
            "click": _median(
                [s for line in lines for s in line.get("click", {}).get("seconds", ())]
            ),
        },
        "failures": failures,
    }


def _median(values: Sequence[float]) -> float | None:
    return round(float(np.median(values)), 4) if values else None


def _plain(scores: Sequence[float]) -> list[float | None]:
    return [None if np.isnan(each) else round(each, 4) for each in scores]
