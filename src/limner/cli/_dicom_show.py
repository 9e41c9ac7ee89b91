"""A study for people and as JSON: patients, studies, series, and what is odd."""

import json
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limner.cli._show import table
from limner.errors import BadValue

if TYPE_CHECKING:
    from limner.dicom.places import Place
    from limner.dicom.problems import Problem
    from limner.dicom.study import Entry, Study, Visit, Who

# What is no oddity of a series but what it is: `opens as` says it already.
NATURE = {"no image"}


def checked(path: Path) -> Path:
    """The path, where it is DICOM. Raises NotFound, UnreadableFile, and BadValue for another."""
    from limner.read import reader_of

    name = reader_of(path)
    if name != "dicom":
        raise BadValue(
            f"'{path.name}' is no DICOM: it is read as '{name}'. Look at it with: limner info"
        )
    return path


def to_json(study: "Study") -> str:
    """Patients with their studies with their series, as plain values."""
    from limner.dicom.study import visits

    told = {
        "patients": [
            {
                **asdict(entries[0].who),
                "studies": [
                    {
                        **asdict(some[0].visit),
                        "series": [series_json(each) for each in some],
                    }
                    for some in visits(entries).values()
                ],
            }
            for entries in study.people.values()
        ],
        "problems": [problem_json(each) for each in study.said],
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


def series_json(entry: "Entry") -> dict[str, Any]:
    """One series. `number` is what `--series` takes together with this path."""
    report = entry.report
    return {
        "path": str(entry.path),
        "number": report.number,
        "uid": report.uid,
        "series_number": report.series_number,
        "description": report.description,
        "modality": report.modality,
        "opens_as": entry.kind,
        "size": list(report.size),
        "spacing_mm": list(entry.spacing_mm),
        "scale": entry.scale,
        "unit": entry.unit,
        "instances": report.files,
        "localiser": report.localiser,
        "of_series": list(entry.of),
        "holds": entry.held,
        "burned_in": entry.burned_in,
        "files": [where(each) for each in entry.files],
        "problems": [problem_json(each) for each in entry.noted],
    }


def problem_json(problem: "Problem") -> dict[str, Any]:
    """Its kind, its sentence, what to do, and how many where it counts something."""
    told: dict[str, Any] = {
        "kind": problem.kind,
        "text": problem.text,
        "advice": problem.advice,
    }
    return told | ({"count": problem.count} if problem.count else {})


def where(place: "Place") -> str:
    """A file's path; one in a zip follows the zip after an exclamation mark."""
    return f"{place.path}!{place.member}" if place.member else str(place.path)


def file_list(study: "Study") -> str:
    """The files of every series, one a line, in the order of their slices."""
    return "\n".join(where(each) for entry in study.entries for each in entry.files)


def as_text(study: "Study", paths: Sequence[Path], *, explain: bool) -> str:
    """A short page: who, which study, a line for each series; then what is odd."""
    from limner.dicom.study import visits

    lines = [_heading(study, paths)]
    lines += [f"Note: {line}" for line in _said(study.said, explain=explain)]
    for entries in study.people.values():
        lines += ["", _patient(entries[0].who)]
        for some in visits(entries).values():
            lines += [f"  {_visit(some[0].visit)}", *_indented(_series(some, study, paths)), ""]
            if explain:
                lines += _explained(some)
        lines = lines[:-1] if not lines[-1] else lines
    odd = any(_odd(each) for each in study.entries)
    if odd and not explain:
        lines += ["", "Say --explain to read what each note means and what to do."]
    return "\n".join(_shown(line) for line in [*lines, *_how(study)])


def _shown(line: str) -> str:
    """The same without what would steer a terminal: names come from files that anybody wrote."""
    return "".join(each if each.isprintable() else " " for each in line)


def _heading(study: "Study", paths: Sequence[Path]) -> str:
    from limner.dicom.study import visits

    counts = (
        (len(study.people), "patient", "patients"),
        (sum(len(visits(each)) for each in study.people.values()), "study", "studies"),
        (len(study.entries), "series", "series"),
        (len({p for each in study.entries for p in each.files}), "instance", "instances"),
    )
    told = ", ".join(f"{n:,} {one if n == 1 else several}" for n, one, several in counts)
    return f"{', '.join(map(str, paths))}: {told}"


def _patient(who: "Who") -> str:
    facts = [f"id {who.id}" if who.id else "without an id"]
    facts += [f"born {_day(who.born)}"] if who.born else []
    facts += [who.sex] if who.sex else []
    return f"Patient {who.name or 'without a name'} ({', '.join(facts)})"


def _visit(visit: "Visit") -> str:
    told = [_day(visit.date) if visit.date else "without a date"]
    told += [visit.description] if visit.description else []
    told += [f"accession {visit.accession}"] if visit.accession else []
    return f"Study {', '.join(told)}"


def _day(date: str) -> str:
    plain = len(date) == 8 and date.isdecimal()
    return f"{date[:4]}-{date[4:6]}-{date[6:]}" if plain else date


def _series(entries: "Sequence[Entry]", study: "Study", paths: Sequence[Path]) -> str:
    head = ["series", "modality", "opens as", "size", "spacing mm", "instances", "description"]
    rows = []
    for each in entries:
        report = each.report
        number = str(report.number) if len(paths) == 1 else f"{each.path} {report.number}"
        rows.append(
            [
                number,
                report.modality or "–",
                _kind(each, study),
                _size(each),
                _spacing(each),
                str(report.files),
                " ".join(report.description.split()) or "–",
                ", ".join(_odd(each)),
            ]
        )
    return table([*head, "notes" if any(row[-1] for row in rows) else ""], rows)


def _kind(entry: "Entry", study: "Study") -> str:
    if entry.report.localiser:
        return f"{entry.kind} (localiser)"
    numbers = [str(e.report.number) for e in study.entries if e.report.uid in entry.of]
    return f"{entry.kind} of {', '.join(numbers)}" if numbers else entry.kind


def _size(entry: "Entry") -> str:
    times, slices, rows, columns = entry.report.size
    if not slices:
        return entry.held or "–"
    parts = [f"{times} times"] if times > 1 else []
    flat = f"{rows} x {columns}"
    return ", ".join([*parts, f"{slices} x {flat}" if slices > 1 else flat])


def _spacing(entry: "Entry") -> str:
    if not entry.spacing_mm:
        return "–"
    steps = entry.spacing_mm if entry.report.size[1] > 1 else entry.spacing_mm[1:]
    said = {"detector": " (detector)", "ruler": " (ruler)"}.get(entry.scale, "")
    return " x ".join(f"{each:.4g}" for each in steps) + said


def _odd(entry: "Entry") -> list[str]:
    """The kinds of what is odd, with a number where there is one."""
    found = {each.kind: _counted(each) for each in entry.noted if each.kind not in NATURE}
    return list(found.values())


def _counted(problem: "Problem") -> str:
    if not problem.count:
        return problem.kind
    return (
        f"{problem.count} {problem.kind.removesuffix('s') if problem.count == 1 else problem.kind}"
    )


def _said(problems: "Iterable[Problem]", *, explain: bool) -> list[str]:
    return [f"{each.text} {each.advice if explain else ''}".rstrip() for each in problems]


def _explained(entries: "Sequence[Entry]") -> list[str]:
    """Every sentence once, with the series that it is about."""
    found: dict[Problem, list[str]] = {}
    for each in entries:
        for problem in each.noted:
            found.setdefault(problem, []).append(str(each.report.number))
    lines = [
        f"    Series {', '.join(numbers)}: {_said([problem], explain=True)[0]}"
        for problem, numbers in found.items()
    ]
    return [*lines, ""] if lines else []


def _indented(text: str) -> list[str]:
    return [f"    {line}" for line in text.splitlines()]


def _how(study: "Study") -> list[str]:
    """How to go on with the one series that is left."""
    if len(study.entries) != 1 or not study.entries[0].opens:
        return []
    only = study.entries[0]
    scan = shlex.quote(str(only.path))
    return [
        "",
        f"To outline in it: limner segment -i {scan} --series {only.report.number} ...",
    ]
