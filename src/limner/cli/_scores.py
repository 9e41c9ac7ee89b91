"""Scores of many cases: one line each, means at the end, what is missing by name."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, isnan
from pathlib import Path
from typing import Any

from limner.cli._progress import progress
from limner.cli._show import table
from limner.errors import BadValue, LimnerError, NotFound

INCOMPLETE = 1


@dataclass(frozen=True)
class Line:
    """The numbers of one class in one case."""

    case: str
    label: str
    values: dict[str, float]


@dataclass(frozen=True)
class Scores:
    """All lines, and what could not be scored as it should.

    missing   references that have no mask; they count as empty unless they were skipped
    extra     masks that have no reference; they are not scored
    failed    case to the sentence why it could not be compared
    """

    metrics: tuple[str, ...]
    tolerance_mm: float
    lines: tuple[Line, ...]
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    skipped: bool = False

    @property
    def exit_code(self) -> int:
        """1 where something failed, or is missing and was not skipped on purpose."""
        return INCOMPLETE if self.failed or (self.missing and not self.skipped) else 0

    def means(self) -> list[Line]:
        """One line a class: the mean over its cases. An infinite distance stays infinite."""
        found = []
        for label in dict.fromkeys(each.label for each in self.lines):
            mine = [each for each in self.lines if each.label == label]
            values = {name: _mean([one.values[name] for one in mine]) for name in self.metrics}
            found.append(Line(f"mean of {len(mine)}", label, values))
        return found

    def as_table(self) -> str:
        """For people."""
        from limner.evaluate import METRICS

        heads = [_head(name, METRICS.get(name).unit, self.tolerance_mm) for name in self.metrics]
        shown = [*self.lines, *(self.means() if len(self.lines) > 1 else [])]
        rows = [
            (each.case, each.label or "–", *(_short(each.values[name]) for name in self.metrics))
            for each in shown
        ]
        lines = [table(("case", "label", *heads), rows)] if rows else ["Nothing was compared."]
        how = "left out" if self.skipped else "counted as empty"
        lines += [f"No mask for '{name}': {how}." for name in self.missing]
        lines += [f"No reference for '{name}': not scored." for name in self.extra]
        lines += [f"'{name}' could not be compared: {why}" for name, why in self.failed]
        return "\n".join(lines)

    def as_csv(self) -> str:
        """One line a case and class; numbers in full."""
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(("case", "label", *self.metrics))
        for each in self.lines:
            lines.writerow((each.case, each.label, *(each.values[name] for name in self.metrics)))
        return text.getvalue()

    def to_json(self) -> str:
        """Everything. What is infinite is written "inf", for JSON has no such number."""
        told = {
            "metrics": list(self.metrics),
            "tolerance_mm": self.tolerance_mm,
            "cases": [_plain(each) for each in self.lines],
            "means": [_plain(each) for each in self.means()],
            "missing": list(self.missing),
            "extra": list(self.extra),
            "failed": dict(self.failed),
        }
        return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def scored(
    predicted: Path,
    reference: Path,
    *,
    metrics: tuple[str, ...],
    tolerance_mm: float,
    skip_missing: bool = False,
    quiet: bool = False,
) -> Scores:
    """Every reference against the mask of its name.

    Raises UnknownName for a metric there is not, NotFound and BadValue where the two paths
    are not both files or both folders. In folders, a pair that cannot be compared is noted.
    """
    from limner.evaluate import METRICS

    for name in metrics:
        METRICS.get(name)
    for path in (predicted, reference):
        if not path.exists():
            raise NotFound(f"There is no file or folder '{path}'. Check the name.")
    if predicted.is_dir() != reference.is_dir():
        raise BadValue(
            f"One of '{predicted}' and '{reference}' is a folder and the other a file. "
            "Give two files or two folders."
        )
    begun = Scores(metrics, tolerance_mm, (), skipped=skip_missing)
    if not reference.is_dir():
        return replace(begun, lines=_lines(predicted, reference, begun, case=predicted.name))
    return _folders(predicted, reference, begun, quiet=quiet)


def _folders(predicted: Path, reference: Path, begun: Scores, *, quiet: bool) -> Scores:
    from limner.cases.folder_pairs import by_stem

    ours, theirs = by_stem(predicted), by_stem(reference)
    if not set(ours) & set(theirs):
        raise BadValue(
            f"No file in '{predicted}' has the name of one in '{reference}'. "
            "Give folders whose files are called alike, endings aside."
        )
    lines: list[Line] = []
    failed: list[tuple[str, str]] = []
    for case in progress(list(theirs), quiet=quiet):
        if case not in ours and begun.skipped:
            continue
        try:
            lines += _lines(ours.get(case), theirs[case], begun, case=case)
        except LimnerError as error:
            failed.append((case, str(error)))
    return replace(
        begun,
        lines=tuple(lines),
        missing=tuple(name for name in theirs if name not in ours),
        extra=tuple(name for name in ours if name not in theirs),
        failed=tuple(failed),
    )


def _lines(ours: Path | None, theirs: Path, asked: Scores, *, case: str) -> tuple[Line, ...]:
    from limner.cases.save import read_mask
    from limner.evaluate import score
    from limner.mask import Mask

    reference = read_mask(theirs)
    predicted = Mask(reference.grid) if ours is None else read_mask(ours, grid=reference.grid)
    found = score(predicted, reference, metrics=asked.metrics, tolerance_mm=asked.tolerance_mm)
    return tuple(Line(case, each.label, dict(each.values)) for each in found)


def _head(name: str, unit: str, tolerance_mm: float) -> str:
    words = name.replace("_", " ")
    if name == "nsd":
        return f"nsd at {tolerance_mm:g} mm"
    return f"{words}, {unit}" if unit != "1" else words


def _short(value: float) -> str:
    return "–" if isnan(value) else f"{value:.3f}" if isfinite(value) else "∞"


def _mean(values: Sequence[float]) -> float:
    told = [each for each in values if not isnan(each)]
    return sum(told) / len(told) if told else float("nan")


def _plain(line: Line) -> dict[str, Any]:
    values = {
        name: value if isfinite(value) else None if isnan(value) else str(value)
        for name, value in line.values.items()
    }
    return {"case": line.case, "label": line.label, **values}
