"""What a label map cannot say by itself, as a line of JSON that rides in the file.

Names, classes, colours, codes, the slices that were answered, and the grid in full
precision. A file of another program lacks it and is a plain label map. The grid is believed
only where the file's own geometry says the same: other programs copy texts along.
"""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import LimnerError
from limner.grid import Grid
from limner.mask import Mask, Object
from limner.schema import Schema

KEY = "limner_mask"
VERSION = 1
SAME = 1e-3  # smallest steps: float32 positions half a metre out, on voxels of 0.05 mm


@dataclass(frozen=True)
class Record:
    """What was read from such a line."""

    grid: Grid
    objects: tuple[Object, ...]
    schema: Schema


def told(mask: Mask) -> str:
    """The line for a mask. It holds no quotation of the image and no name of a patient."""
    about = {
        KEY: VERSION,
        "objects": [_short(each) for each in mask.objects],
        "schema": mask.schema.to_toml() if mask.schema.labels else "",
        "grid": mask.grid.to_json(),
    }
    return json.dumps(about, separators=(",", ":"), ensure_ascii=True)


def heard(text: str) -> Record | None:
    """The inverse of `told`; None for any other text, or one that is damaged."""
    if KEY not in text[: len(KEY) + 4]:
        return None
    try:
        about = json.loads(text)
        objects = tuple(
            Object(**{**each, "slices": tuple(each.get("slices", ()))}) for each in about["objects"]
        )
        record = Record(Grid.from_json(about["grid"]), objects, Schema.from_toml(about["schema"]))
        Mask(record.grid, (), objects, schema=record.schema)  # ids and classes go together
    except (ValueError, TypeError, KeyError, LimnerError):
        return None
    return record


def restored(
    labels: NDArray[Any], grid: Grid, record: Record | None, *, schema: Schema | None = None
) -> Mask:
    """The mask of a label map (times, slices, rows, columns), with its record if it has one.

    schema   what another program calls the values of a map without a record

    Values that the record lacks become objects of their own. Where another program has put
    the map on another grid, the record's grid is dropped, and answered slices become those
    in which the object lies: an area never turns into a volume that way.
    """
    plain = _plain(labels, grid, None if record else schema)
    if record is None:
        return plain
    same = _near(record.grid, grid)
    known = {each.id for each in record.objects}
    extra = [each for each in plain.objects if each.id not in known]
    objects = record.objects if same else [_resliced(each, plain) for each in record.objects]
    schema = record.schema
    for each in extra:
        schema = schema.with_label(each.label)
    return Mask(record.grid if same else grid, plain.layers, (*objects, *extra), schema=schema)


def _plain(labels: NDArray[Any], grid: Grid, schema: Schema | None) -> Mask:
    stacked = labels.reshape(-1, *grid.shape[1:])
    tall = replace(grid, shape=(stacked.shape[0], *grid.shape[1:]))
    flat = Mask.from_labels(
        stacked, tall, schema=schema
    )  # frames stacked: one look at the values of all
    layers = tuple(layer.reshape(labels.shape) for layer in flat.layers)
    return Mask(grid, layers, flat.objects, schema=flat.schema)


def _resliced(about: Object, plain: Mask) -> Object:
    if not about.slices or about.id not in plain.ids:
        return replace(about, slices=())
    inside = plain.where(about.id)
    return replace(about, slices=tuple(np.flatnonzero(inside.any(axis=(1, 2))).tolist()))


def _near(one: Grid, two: Grid) -> bool:
    """Whether the places agree, whatever frame and scale they name."""
    twin = replace(two, frame=one.frame, scale=one.scale, placed=one.placed)
    return one.matches(twin, tolerance=SAME)


def _short(about: Object) -> dict[str, Any]:
    """The fields that say something."""
    every = {**asdict(about), "slices": list(about.slices)}
    return {name: value for name, value in every.items() if value not in ("", [])}
