"""Objects as programs that draw describe them: a class, a name, a colour, and pieces."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from limner.errors import UnreadableFile
from limner.formats._holds import default_colour
from limner.formats._outlines import Layers, Piece
from limner.formats._record import Record
from limner.grid import Grid
from limner.mask import Mask, Object
from limner.schema import Colour, Label, Schema

LIMIT = 2 << 30  # bytes of text: COCO's own training annotations have 450 MB


@dataclass
class Drawn:
    """What is said of one object."""

    label: str = ""
    name: str = ""
    colour: Colour | None = None
    pieces: list[Piece] = field(default_factory=list)


def opened(path: Path, *, what: str) -> Any:
    """The values of a JSON file. Raises UnreadableFile, which says what was expected."""
    if path.stat().st_size > LIMIT:
        raise UnreadableFile(f"'{path.name}' is larger than {LIMIT >> 30} GiB, so it is not read.")
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(
            f"'{path.name}' is no {what}, or cut short: {error}. Export it again."
        ) from error


def masked(
    drawn: Mapping[int, Drawn], grid: Grid, record: Record | None, *, times: int = 1
) -> Mask:
    """The mask of what is drawn; the record is believed where classes are as it says."""
    frames = (piece.time + 1 for each in drawn.values() for piece in each.pieces)
    layers = Layers(grid.shape, max([times, *frames]), max([1, *drawn]))
    known = {each.id: each for each in record.objects} if record else {}
    labels = {label.name: label for label in record.schema.labels} if record else {}
    objects = []
    for number in [*known, *(each for each in drawn if each not in known)]:
        each = drawn.get(number)
        about = known.get(number)
        if each is None:
            objects.append(known[number])
            continue
        layers.add(number, each.pieces)
        if about is None or (about.label, about.name) != (each.label, each.name):
            about = Object(number, each.label, name=each.name)
        objects.append(about)
        if each.label:
            label = labels.get(each.label) or _fresh(each.label, labels.values())
            labels[each.label] = replace(label, colour=each.colour or label.colour)
    if not layers.stacked and layers.times > 1:
        layers.stacked.append(np.zeros((layers.times, *grid.shape), np.uint8))
    return Mask(grid, tuple(layers.stacked), tuple(objects), schema=Schema(tuple(labels.values())))


def _fresh(name: str, known: Iterable[Label]) -> Label:
    value = max((label.value for label in known), default=0) + 1
    return Label(value, name, colour=default_colour(value))
