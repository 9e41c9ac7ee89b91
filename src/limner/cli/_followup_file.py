"""The file of `limner followup`: visits, and what a reader says of each lesion."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from limner.errors import BadValue, NotFound, UnknownName, UnreadableFile
from limner.measure.response.course import Finding, Lesion, Size

CRITERIA = ("recist", "irecist", "who", "volumetric")
FIELDS = ("patient", "criteria", "confirm", "stable_days", "align", "classes", "visit", "lesion")
OF_VISIT = ("name", "date", "mask", "scan", "series", "ignore")
OF_LESION = ("name", "organ", "role", "node", "at")
OF_SIZE = ("long_mm", "short_mm", "volume_ml")
MERGED = "merged into "
ROLES = ("target", "non-target", "new")
HOW = "docs/how-to/follow-lesions.md shows a whole file."


@dataclass(frozen=True)
class VisitTold:
    """One visit as the file has it; paths are those of the file's folder.

    ignore   objects of the mask that are no lesions
    """

    name: str
    on: date
    mask: Path | None
    scan: Path | None
    series: str | None
    ignore: tuple[int, ...]


@dataclass(frozen=True)
class LesionTold:
    """One lesion as the file has it.

    at   by visit: the objects of its mask, or what was found without one
    """

    lesion: Lesion
    at: Mapping[str, tuple[int, ...] | Finding]


@dataclass(frozen=True)
class Plan:
    """A whole file.

    classes   of the masks' objects that are lesions; empty for all
    """

    patient: str
    criteria: tuple[str, ...]
    confirm: bool
    stable_days: int | None
    align: bool
    classes: tuple[str, ...]
    visits: tuple[VisitTold, ...]
    lesions: tuple[LesionTold, ...]


def load(file: Path) -> Plan:
    """The plan in a TOML or JSON file.

    Raises NotFound, UnreadableFile for what is neither, UnknownName and BadValue, naming the
    place, for what cannot be meant.
    """
    if not file.is_file():
        raise NotFound(f"There is no file '{file}'. Check the name; {HOW}")
    try:
        text = file.read_text(encoding="utf-8")
        told = json.loads(text) if file.suffix.lower() == ".json" else tomllib.loads(text)
    except (UnicodeDecodeError, json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnreadableFile(f"'{file.name}' cannot be read: {error}. Repair it there.") from error
    if not isinstance(told, dict):
        raise UnreadableFile(f"'{file.name}' holds no visits. {HOW}")
    return _plan(told, file)


def _plan(told: Mapping[str, Any], file: Path) -> Plan:
    _known(told, FIELDS, "field")
    named = _texts(told, "criteria", usual=("recist",))
    for each in named:
        if each not in CRITERIA:
            raise UnknownName("criterion", each, CRITERIA)
    visits = tuple(_visit(each, file.parent) for each in _list(told, "visit"))
    names = tuple(each.name for each in visits)
    lesions = tuple(_lesion(each, names) for each in _list(told, "lesion"))
    return Plan(
        patient=str(told.get("patient", file.stem)),
        criteria=named,
        confirm=_flag(told, "confirm", usual=False),
        stable_days=_days(told, "stable_days"),
        align=_flag(told, "align", usual=True),
        classes=_texts(told, "classes"),
        visits=visits,
        lesions=lesions,
    )


def _visit(told: Mapping[str, Any], folder: Path) -> VisitTold:
    _known(told, OF_VISIT, "field of a visit")
    on = told.get("date")
    try:
        day = on if isinstance(on, date) else date.fromisoformat(str(on))
    except ValueError as error:
        raise BadValue(f"A visit has the date '{on}'. Write it as 2026-01-31.") from error
    day = day.date() if isinstance(day, datetime) else day
    mask, scan = (folder / str(told[key]) if key in told else None for key in ("mask", "scan"))
    return VisitTold(
        name=str(told.get("name", day.isoformat())),
        on=day,
        mask=mask,
        scan=scan,
        series=str(told["series"]) if "series" in told else None,
        ignore=_ids(told.get("ignore", []), "ignore"),
    )


def _lesion(told: Mapping[str, Any], visits: Sequence[str]) -> LesionTold:
    _known(told, OF_LESION, "field of a lesion")
    name, role = str(told.get("name", "")), str(told.get("role", "target"))
    if role not in ROLES:
        raise UnknownName("role of a lesion", role, ROLES)
    node = _flag(told, "node", usual=False)
    lesion = Lesion(name, str(told.get("organ", "")), role, node=node)  # type: ignore[arg-type]
    at = {}
    entries = told.get("at", {})
    if not isinstance(entries, Mapping):
        raise BadValue(f"'at' of '{name}' is {entries}. Write at = {{ baseline = 3 }}. {HOW}")
    for visit, entry in entries.items():
        if visit not in visits:
            raise UnknownName("visit", visit, visits)
        at[visit] = _entry(entry, f"'{name}' at '{visit}'")
    return LesionTold(lesion, at)


def _entry(told: object, where: str) -> tuple[int, ...] | Finding:
    """Object ids, a state in words, or typed sizes."""
    if isinstance(told, str):
        if told.startswith(MERGED):
            return Finding("merged", into=told.removeprefix(MERGED))
        larger = told.removesuffix(", larger")
        return Finding(larger, grew=larger != told)  # type: ignore[arg-type]
    if isinstance(told, Mapping):
        return Finding(sizes=(_size(told),))
    if isinstance(told, list) and told and all(isinstance(each, Mapping) for each in told):
        return Finding(sizes=tuple(_size(each) for each in told))
    return _ids(told if isinstance(told, list) else [told], where)


def _size(told: Mapping[str, Any]) -> Size:
    _known(told, OF_SIZE, "field of a size")
    for key, value in told.items():
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise BadValue(f"A lesion's {key} is {value}. Write a number, as {key} = 12.5.")
    if not told:
        raise BadValue(f"A lesion's size is empty. Give one of {', '.join(OF_SIZE)}.")
    return Size(**told)


def _ids(told: object, where: str) -> tuple[int, ...]:
    whole = isinstance(told, list) and all(
        isinstance(each, int) and not isinstance(each, bool) and each > 0 for each in told
    )
    if not isinstance(told, list) or not whole:
        raise BadValue(
            f"{where} is {told}. Give an object's number, a list of them, a state such as 'gone', "
            "or sizes such as { long_mm = 12.5 }."
        )
    return tuple(told)


def _flag(told: Mapping[str, Any], key: str, *, usual: bool) -> bool:
    value = told.get(key, usual)
    if not isinstance(value, bool):
        raise BadValue(f"'{key}' is {value}. Write true or false.")
    return value


def _texts(told: Mapping[str, Any], key: str, *, usual: tuple[str, ...] = ()) -> tuple[str, ...]:
    """One text, or a list of them."""
    value = told.get(key, list(usual))
    every = [value] if isinstance(value, str) else value
    if not isinstance(every, list) or not all(isinstance(each, str) for each in every):
        raise BadValue(f'\'{key}\' is {value}. Write a name, or several as ["one", "two"].')
    return tuple(every)


def _days(told: Mapping[str, Any], key: str) -> int | None:
    value = told.get(key)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise BadValue(f"'{key}' is {value}. Write a whole number of days.")
    return value


def _list(told: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = told.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        raise BadValue(f"'{key}' is no list of tables. Write [[{key}]] before each one. {HOW}")
    return found


def _known(told: Mapping[str, Any], fields: Sequence[str], noun: str) -> None:
    strange = sorted(set(told) - set(fields))
    if strange:
        raise UnknownName(noun, strange[0], fields)
