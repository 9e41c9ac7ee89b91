"""A run of a study: in development as often as wanted, for the record once.

The record is refused unless the plan was committed before, and a second one unless a change
that is newer than the first says what changed and why; it then takes fresh seeds, and keeps
what the earlier ones said.
"""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

from limner.errors import BadValue, UnreadableFile
from limner.evaluate.behind import file_of
from limner.evaluate.stamp import command, stamp
from limner.learn.arms import Bench, code_of, measured, tuned
from limner.learn.study import ARMS, Study
from limner.learn.verdict import judged
from limner.safely import write_text

__all__ = ["develop", "known", "summary", "write"]

Record = dict[str, Any]
KEPT = ("date", "commit", "seeds", "effect", "appeared")  # of an earlier record


def develop(study: Study, bench: Bench, *, report: int = 0) -> Record:
    """What one run says, unwritten; `report` counts the records there will be, 0 for none."""
    study.ready()
    started = perf_counter()
    arms = tuned(study, bench)
    seeds = study.seeds_of(report=report)
    settings = [arms[arm].settings for arm in ARMS]
    lines = dict(zip(ARMS, measured(study, settings, seeds=seeds, bench=bench), strict=True))
    return {
        "study": study.name,
        **{key: getattr(study, key) for key in ("system", "title", "claim", "trial")},
        **{key: getattr(study, key) for key in ("metric", "better", "margin")},
        "command": command(),
        **stamp(),
        "code": code_of(study),
        "seconds": round(perf_counter() - started, 1),
        **judged(study, arms, lines),
        "changes": [_change(asdict(each)) for each in study.change],
    }


def write(plan: Path, results: Path, bench: Bench) -> Record:
    """The record of a study's report run, written to `results/NAME.json` and its figure.

    Raises BadValue where the plan or its trial is not committed as it is, and where there is a
    record and no newer change.
    """
    from limner.learn.figure import drawn

    study = Study.read(plan)
    target = results / f"{study.name}.json"
    before = known(target)
    _need_committed(plan)
    trial = file_of(f"limner.learn.trials.{study.trial}")
    if trial is not None:
        _need_committed(trial)
    _need_change(study, before)
    earlier = [*before.get("earlier", ()), {key: before[key] for key in KEPT}] if before else []
    told = {**develop(study, bench, report=len(earlier) + 1), "earlier": earlier}
    (results / "figures").mkdir(parents=True, exist_ok=True)
    write_text(json.dumps(told, indent=1) + "\n", target)
    write_text(drawn(told), results / "figures" / f"{study.name}.svg")
    return told


def known(target: Path) -> Record:
    """A study's record, empty where there is none. Raises UnreadableFile for another file."""
    if not target.is_file():
        return {}
    try:
        told = json.loads(target.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnreadableFile(f"'{target}' is not JSON: {error}. Restore it from git.") from error
    if not isinstance(told, dict) or "study" not in told:
        raise UnreadableFile(f"'{target}' is no study's record. Give the study another name.")
    return told


def summary(told: Mapping[str, Any]) -> str:
    """The means, the differences and what holds, for a terminal."""
    rows = []
    for name, each in told["numbers"].items():
        mean, low, high = each["difference"]
        means = ", ".join(f"{arm} {each['means'][arm]:.4g}" for arm in ARMS)
        rows.append(f"{name}: {means}; difference {mean:.4g} [{low:.4g}, {high:.4g}]")
    for arm in ARMS:
        settings = json.dumps(told["arms"][arm]["settings"])
        rows.append(f"{arm} {settings}, {told['arms'][arm]['seconds']} s")
    said = {True: "holds", False: "does not hold"}
    rows += [f"check of {each['metric']}: {said[each['holds']]}" for each in told["checks"]]
    rows.append("The effect appeared." if told["appeared"] else "The effect did not appear.")
    return "\n".join(rows)


def _change(told: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in told.items()}


def _need_change(study: Study, before: Record) -> None:
    """Raise BadValue where a record would be replaced without a reason newer than it."""
    if not before:
        return
    listed = [_change(asdict(each)) for each in study.change]
    old = before["changes"]
    if listed[: len(old)] != old:
        raise BadValue(
            f"The changes that the record of '{study.name}' lists are no longer in its plan. "
            "Put them back, in their order; new ones go after them."
        )
    made = date.fromisoformat(before["date"][:10])
    if not any(each.date >= made for each in study.change[len(old) :]):
        raise BadValue(
            f"'{study.name}' was reported on {made}. A second report needs a [[change]] in its "
            "plan, dated that day or later, that says what was changed and why."
        )


def _need_committed(path: Path) -> None:
    """Raise BadValue unless git has the file as it is."""
    folder, name = path.resolve().parent, path.name
    words = (["log", "-1", "--format=%H", "--", name], ["status", "--porcelain", "--", name])
    try:
        commit, differs = (_git(folder, each) for each in words)
    except (OSError, subprocess.CalledProcessError):
        commit, differs = "", ""
    if not commit or differs:
        raise BadValue(
            f"'{path}' is not committed as it is. A report is of a plan that was committed "
            "before it: commit the file, and run the report again."
        )


def _git(folder: Path, words: list[str]) -> str:
    told = subprocess.run(  # noqa: S603  # the words stand above
        ["git", *words],  # noqa: S607  # whichever git the person uses
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.strip()
