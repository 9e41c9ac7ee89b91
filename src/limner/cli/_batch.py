"""A folder of cases: one model, one case after the other, and a summary at the end."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from limner.cli._case import Wishes, segment_case
from limner.cli._progress import progress
from limner.cli._prompts_file import load
from limner.cli._run import Run
from limner.errors import BadValue, LimnerError, NotFound, UnwritableFile

SOME_FAILED = 1


@dataclass(frozen=True)
class Case:
    """One scan with its prompts.

    told   the objects of its prompts file; None where the file was not read yet
    """

    id: str
    scan: Path
    prompts: Path
    told: Mapping[str, Any] | None = None


@dataclass
class Summary:
    """What became of every case."""

    out: Path
    answers: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    without_prompts: Sequence[str] = ()

    @property
    def exit_code(self) -> int:
        """1 where a case failed, else 0."""
        return SOME_FAILED if self.failed else 0

    def text(self, *, as_json: bool = False) -> str:
        """How many went well, and which did not, for people or as JSON."""
        if as_json:
            told = {
                "output": str(self.out),
                "cases": self.answers,
                "skipped": self.skipped,
                "failed": self.failed,
                "without_prompts": list(self.without_prompts),
            }
            return json.dumps(told, indent=2, ensure_ascii=False)
        lines = [f"{len(self.answers)} cases outlined, written to {self.out}"]
        if self.skipped:
            lines.append(f"{len(self.skipped)} were there already and left as they are")
        if self.without_prompts:
            names = ", ".join(self.without_prompts)
            lines.append(f"{len(self.without_prompts)} scans have no prompts: {names}")
        if self.failed:
            lines.append(f"{len(self.failed)} could not be outlined:")
            lines += [f"  {name}: {why}" for name, why in self.failed.items()]
        return "\n".join(lines)


def cases_of(scan: Path, prompts: Path | None) -> tuple[list[Case], list[str]] | None:
    """The cases of a folder, and the scans without prompts; None where it is one case.

    It is a folder of cases when the prompts are a folder of CASE.json, or one file with
    "cases". A case is named like its file or subfolder, without the endings of formats.
    Raises NotFound for a folder that is not there, BadValue where no prompts fit a scan.
    """
    from limner.cases.folder_pairs import stem

    if prompts is None:
        return None
    told: dict[str, tuple[Path, Mapping[str, Any] | None]]
    if prompts.is_dir():
        told = {file.stem: (file, None) for file in sorted(prompts.glob("*.json"))}
    else:
        whole = load(prompts)
        if "cases" not in whole:
            return None
        told = {str(name): (prompts, each) for name, each in whole["cases"].items()}
    if not scan.is_dir():
        raise NotFound(
            f"The prompts are for a folder of cases, but '{scan}' is no folder. Give one with -i."
        )
    scans: dict[str, Path] = {}
    for path in sorted(scan.iterdir()):
        if path.name.startswith(".") or path.suffix == ".json":
            continue
        name = stem(path)
        if name in scans and name in told:
            raise BadValue(
                f"Both '{scans[name].name}' and '{path.name}' are the case '{name}'. Keep one."
            )
        scans[name] = path
    if not told:
        raise BadValue(f"There is no CASE.json in '{prompts}'. Write one for every case.")
    cases = [Case(name, scans.get(name, scan / name), *each) for name, each in told.items()]
    return cases, [name for name in scans if name not in told]


def segment_cases(
    found: tuple[list[Case], list[str]],
    out: Path,
    *,
    wishes: Wishes,
    run: Run,
    go_on: bool,
    ending: str,
    quiet: bool,
) -> Summary:
    """Every case; one that fails is noted and does not stop the others."""
    single = (wishes.session, wishes.overlay, wishes.soft_edge)
    if not wishes.typed.empty or any(each is not None for each in single):
        raise BadValue(
            "With a folder of cases the prompts come from --prompts, and there is no --session, "
            "--overlay or --soft-edge. Leave them out."
        )
    if out.exists() and not out.is_dir():
        raise UnwritableFile(
            f"'{out}' is a file. Give a folder for the masks of a folder of cases."
        )
    try:
        out.mkdir(exist_ok=True)
    except OSError as error:
        raise UnwritableFile(
            f"The folder '{out}' cannot be made: {error.strerror}. Choose another place."
        ) from error
    cases, without = found
    summary = Summary(out, without_prompts=without)
    run.facts["cases"] = {"done": [], "skipped": summary.skipped, "failed": summary.failed}
    for case in progress(cases, name=lambda case: case.id, quiet=quiet):
        target = out / f"{case.id}{ending}"
        if go_on and target.exists():
            summary.skipped.append(case.id)
            continue
        try:
            told = load(case.prompts) if case.told is None else case.told
            mine = replace(wishes, prompts=case.prompts)
            answer = segment_case(case.scan, target, wishes=mine, run=run, told=told)
        except LimnerError as error:
            summary.failed[case.id] = str(error)
            continue
        summary.answers.append({"case": case.id, **answer.to_json()})
        run.facts["cases"]["done"].append(case.id)
    return summary
