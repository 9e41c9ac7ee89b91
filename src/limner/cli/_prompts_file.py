"""`--prompts FILE.json`: several objects with classes. docs/reference/prompts.md says how."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limner.cli._prompts import prior
from limner.errors import BadValue, NotFound, UnknownName, UnreadableFile

if TYPE_CHECKING:
    from limner.grid import Grid, Vector
    from limner.prompt import Prompt

OBJECT_FIELDS = ("id", "label", "name", "prompts")
FILE_FIELDS = ("format", "objects", "cases")
PLACES = {"at_index": "at_mm", "path_index": "path_mm", "loop_index": "loop_mm"}


@dataclass(frozen=True)
class Asked:
    """What is wanted of one image: prompts, and what their objects are called.

    names   object id to (label, name)
    """

    prompts: Sequence["Prompt"] = ()
    names: Mapping[int, tuple[str, str]] = field(default_factory=dict)


def load(file: Path) -> dict[str, Any]:
    """The file as it stands. Raises NotFound, or UnreadableFile for what is no such JSON."""
    if not file.is_file():
        raise NotFound(f"There is no prompts file '{file}'. Check the name.")
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UnreadableFile(
            f"The prompts file '{file.name}' is not JSON: {error}. Repair it there."
        ) from error
    if not isinstance(told, dict) or not ("objects" in told or "cases" in told):
        raise UnreadableFile(
            f"The prompts file '{file.name}' has neither 'objects' nor 'cases'. "
            'Write {"objects": [{"id": 1, "prompts": [...]}]}.'
        )
    strange = sorted(set(told) - set(FILE_FIELDS))
    if strange:
        raise UnknownName("field of a prompts file", strange[0], FILE_FIELDS)
    return told


def asked(
    told: Mapping[str, Any], grid: "Grid", *, folder: Path = Path(), at_time: int = 0
) -> Asked:
    """The objects of a file (or of one case of it) on a grid.

    folder    where the mask files of priors are looked for

    Raises BadValue and UnknownName, naming the object, for what cannot be read.
    """
    objects = told.get("objects")
    if not isinstance(objects, list) or not objects:
        raise BadValue("The prompts name no object. Write a list 'objects' with at least one.")
    said: list[Prompt] = []
    names: dict[int, tuple[str, str]] = {}
    for place, each in enumerate(objects, start=1):
        if not isinstance(each, dict):
            raise BadValue(f"Entry {place} of 'objects' is {each!r}. Write {{...}} with 'prompts'.")
        strange = sorted(set(each) - set(OBJECT_FIELDS))
        if strange:
            raise UnknownName("field of an object", strange[0], OBJECT_FIELDS)
        number = each.get("id", place)
        if not isinstance(number, int) or number < 1 or number in names:
            raise BadValue(
                f"Entry {place} of 'objects' has the id {number!r}. "
                "Give each its own whole number from 1."
            )
        names[number] = (str(each.get("label", "")), str(each.get("name", "")))
        said += [
            _prompt(one, grid, object=number, folder=folder, at_time=at_time)
            for one in each.get("prompts", [])
        ]
    return Asked(said, names)


def _prompt(told: Any, grid: "Grid", *, object: int, folder: Path, at_time: int) -> "Prompt":
    from limner.prompt import from_json

    if not isinstance(told, dict):
        raise BadValue(f'Object {object} has a prompt {told!r}. Write {{"kind": ...}}.')
    fields = {**told}
    if fields.pop("object", object) != object:
        raise BadValue(
            f"A prompt of object {object} says that it is for object {told['object']}. "
            "Put it under that object."
        )
    fields.setdefault("at_time", at_time)
    if fields.get("kind") == "prior" and "file" in fields:
        file = folder / str(fields["file"])
        value = fields.get("value")
        return prior(file, grid, object=object, at_time=fields["at_time"], value=value)
    if fields.get("kind") == "box" and {"corners_mm", "corners_index"} & set(fields):
        return _box(fields, grid, object=object)
    for spoken, meant in PLACES.items():
        if spoken in fields:
            fields[meant] = _placed(fields.pop(spoken), grid)
    if fields.get("kind") == "lasso":
        fields.setdefault("normal_mm", list(grid.normal))
    return from_json({**fields, "object": object})


def _box(told: Mapping[str, Any], grid: "Grid", *, object: int) -> "Prompt":
    from limner.prompt.box import Box

    key = "corners_index" if "corners_index" in told else "corners_mm"
    strange = sorted(set(told) - {"kind", "at_time", key})
    corners = told[key]
    if strange or not isinstance(corners, list) or len(corners) != 2:
        raise BadValue(
            f"The box of object {object} has: {', '.join(told)}. "
            f"Give '{key}' with two opposite corners, and nothing else but 'at_time'."
        )
    first, last = (_three(each, grid, index=key == "corners_index") for each in corners)
    make = Box.between if key == "corners_index" else Box.between_mm
    return make(grid, first, last, object=object, at_time=told["at_time"])


def _placed(told: Any, grid: "Grid") -> Any:
    """Indices as positions: one place, or a list of them."""
    if isinstance(told, list) and told and isinstance(told[0], list):
        return [_placed(each, grid) for each in told]
    return grid.position_mm(_three(told, grid, index=True)).tolist()


def _three(told: Any, grid: "Grid", *, index: bool) -> "Vector":
    numbers = told if isinstance(told, list) else []
    if index and len(numbers) == 2 and grid.shape[0] == 1:
        numbers = [0, *numbers]
    if len(numbers) != 3 or not all(isinstance(each, int | float) for each in numbers):
        form = "[slice, row, column]" if index else "[x, y, z]"
        raise BadValue(f"A place in the prompts file is {told!r}. Write {form}.")
    return float(numbers[0]), float(numbers[1]), float(numbers[2])
