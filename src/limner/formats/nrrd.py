"""NRRD segmentations as 3D Slicer writes them (.seg.nrrd), and plain NRRD label maps.

values      object ids; objects that overlap lie in further layers, as Slicer's do
geometry    written in left-posterior-superior with all digits, sheared or not; LPS, RAS and
            LAS are read. A segmentation that Slicer cropped goes back onto the scan's grid
names       of segments, with colours and terminology; what Slicer has no field for rides in
            a tag that it keeps
not held    several frames, probabilities
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, LimnerError
from limner.formats._holds import TRAITS, filled
from limner.formats._lattice import fitted
from limner.formats._slicer import Box, Segment, described, segment_keys, segments
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from limner.nrrd import Nrrd, open_nrrd, save_nrrd
from limner.safely import replacing
from limner.schema import Schema

ENDINGS = (".seg.nrrd", ".nrrd", ".nhdr")
HOLDS = frozenset(TRAITS) - {"probability", "times"}
KEY = "Limner"


def claims(path: Path) -> bool:
    """By the ending."""
    return path.name.lower().endswith(ENDINGS)


def read(path: Path, *, grid: Grid | None = None) -> Mask:
    """The segments, or one object a value of a plain label map.

    Raises UnreadableFile, and BadValue for values that are not whole numbers.
    """
    held = open_nrrd(path)
    told = _told(held)
    own = replace(held.grid, **told.get("grid", {}))
    found = segments(held.keys)
    mask = _segmented(held, found, told) if found else _plain(held, path)
    mask = replace(mask, grid=own)
    return mask if grid is None else fitted(mask, grid)


def write(mask: Mask, path: Path, *, image: Image | None = None) -> None:
    """Write segments, whole or not at all.

    Raises BadValue for several frames, or a header that would stand alone; UnwritableFile.
    """
    del image  # the grid is all that a scan would add
    if mask.times != 1:
        raise BadValue(
            f"An NRRD segmentation holds one frame, but the mask has {mask.times}. "
            "Give a name that ends in .nii.gz."
        )
    if path.name.lower().endswith(".nhdr"):
        raise BadValue(f"'{path.name}' would need a second file. Let it end in .seg.nrrd.")
    whole = _one_layer_each(mask)
    layers = [layer[0] for layer in whole.layers] or [np.zeros(mask.grid.shape, np.uint8)]
    smallest = np.min_scalar_type(max([*whole.ids, 1]))
    keys = {
        **dict(segment_keys(whole, boxes=_boxes(layers))),
        "Segmentation_ContainedRepresentationNames": "Binary labelmap|",
        "Segmentation_MasterRepresentation": "Binary labelmap",
        "Segmentation_ReferenceImageExtentOffset": "0 0 0",
        KEY: _about(whole),
    }
    with replacing(path) as temporary:
        save_nrrd([layer.astype(smallest) for layer in layers], mask.grid, temporary, keys=keys)


def _about(mask: Mask) -> str:
    """What no segment says: classes, and what the grid is besides its numbers."""
    grid = {"frame": mask.grid.frame, "placed": mask.grid.placed, "scale": mask.grid.scale}
    return json.dumps({"grid": grid, "schema": mask.schema.to_toml()}, separators=(",", ":"))


def _told(held: Nrrd) -> dict[str, Any]:
    """The inverse of `_about`; empty for what is damaged or another program's."""
    try:
        about = json.loads(held.keys.get(KEY, "{}"))
        grid = {key: about["grid"][key] for key in ("frame", "placed", "scale")}
        replace(held.grid, **grid)
        return {"grid": grid, "schema": Schema.from_toml(about["schema"])}
    except (ValueError, TypeError, KeyError, LimnerError):
        return {}


def _plain(held: Nrrd, path: Path) -> Mask:
    if len(held.stored) != 1:
        raise BadValue(
            f"'{path.name}' has {len(held.stored)} values a voxel and names no segments, so it "
            "is no label map. Give one whole number a voxel."
        )
    return Mask.from_labels(np.asarray(held.stored[0]), held.grid)


def _segmented(held: Nrrd, named: tuple[Segment, ...], told: dict[str, Any]) -> Mask:
    """Objects from layers in which the same number may mean different segments.

    A value that no segment has becomes an object "label 7": it is not for us to drop it.
    """
    stored = [_whole(layer) for layer in held.stored]
    known = {(each.layer, each.value) for each in named}
    every = list(named)
    for place, layer in enumerate(stored):
        strange = [value for value in _ids_in(layer) if (place, value) not in known]
        every += [Segment(f"label {value}", value, place, None) for value in strange]
    numbers = _ids(every)
    layers = []
    for place, layer in enumerate(stored):
        table = np.zeros(int(layer.max(initial=0)) + 1, np.min_scalar_type(max([*numbers, 1])))
        for number, each in zip(numbers, every, strict=True):
            if each.layer == place and 0 < each.value < len(table):
                table[each.value] = number
        layers.append(table[layer])
    objects, schema = described(dict(zip(numbers, every, strict=True)), told.get("schema"))
    return Mask(held.grid, tuple(layers), objects, schema=schema)


def _whole(layer: NDArray[Any]) -> NDArray[Any]:
    """A layer as unsigned numbers. Raises BadValue for what is no label map."""
    low, high = layer.min(initial=0), layer.max(initial=0)
    rounded = layer if layer.dtype.kind in "ui" else np.rint(layer)
    if not (low >= 0 and high <= 65535) or not np.array_equal(rounded, layer):
        raise BadValue(
            f"A layer holds values from {low} to {high}, or fractions. "
            "Give whole numbers from 0 to 65535."
        )
    return rounded if layer.dtype.kind == "u" else rounded.astype(np.uint16)


def _ids(found: list[Segment]) -> list[int]:
    """An id for each segment: its value where that is free, else the next one above all."""
    taken: set[int] = set()
    top = max(each.value for each in found)
    numbers = []
    for each in found:
        number = each.value
        if number in taken or number < 1:
            top = max(top, 0) + 1
            number = top
        taken.add(number)
        numbers.append(number)
    return numbers


def _boxes(layers: list[NDArray[Any]]) -> dict[int, Box]:
    """The layer of every object and the block that it fills there."""
    from scipy.ndimage import find_objects

    return {
        number: (place, box)
        for place, layer in enumerate(layers)
        for number, box in enumerate(find_objects(layer), start=1)
        if box is not None
    }


def _one_layer_each(mask: Mask) -> Mask:
    """The mask with every object in one layer only."""
    homes = [frozenset(_ids_in(layer)) for layer in mask.layers]
    if sum(map(len, homes)) == len(filled(mask)):
        return mask
    whole = Mask(mask.grid, schema=mask.schema)
    for each in mask.objects:
        whole = whole.with_object(mask.where(each.id), each)
    return whole


def _ids_in(layer: NDArray[Any]) -> list[int]:
    seen = np.zeros(int(layer.max(initial=0)) + 1, bool)
    seen[layer] = True
    return [int(each) for each in np.flatnonzero(seen) if each]
