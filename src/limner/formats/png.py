"""PNG label maps of one slice: the value of a pixel is the id of its object.

Up to 255 objects are written as an 8-bit palette in the colours of their classes, so that
the map is also a picture; more as 16-bit grey. Classes and names ride in a text chunk.

A foreign map is read as its values are, with the colours of its palette; with one exception:
where only 0 and 255 occur, as image editors write masks, 255 is object 1. RGB is read where
it is grey.
"""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, UnreadableFile
from limner.formats._holds import TRAITS
from limner.formats._layers import flattened
from limner.formats._record import KEY, heard, restored, told
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from limner.safely import replacing
from limner.schema import PALETTE, Label, Schema

ENDINGS = (".png",)
HOLDS = frozenset(TRAITS) - {"overlap", "probability", "stack", "times"}
PIXELS = 512 << 20  # a picture with more is refused before it is unpacked


def claims(path: Path) -> bool:
    """By the ending."""
    return path.name.lower().endswith(ENDINGS)


def read(path: Path, *, grid: Grid | None = None) -> Mask:
    """The objects of a label map, on the grid told where the sizes agree, else on its own.

    Its own is the one it was written with, or pixels without a size in a foreign map.
    Raises UnreadableFile, and BadValue for a colour picture.
    """
    from PIL.PngImagePlugin import PngImageFile

    try:
        with path.open("rb") as file, PngImageFile(file) as picture:
            if picture.width * picture.height > PIXELS:
                raise UnreadableFile(
                    f"'{path.name}' says that it is {picture.width} x {picture.height} pixels. "
                    f"At most {PIXELS >> 20} million are read."
                )
            labels = _values(picture, path)
            record = heard(str(picture.text.get(KEY, "")))
            schema = _painted(picture, labels)
    except (OSError, SyntaxError, ValueError, struct.error, zlib.error) as error:
        if isinstance(error, UnreadableFile | BadValue | FileNotFoundError):
            raise
        raise UnreadableFile(
            f"'{path.name}' is no PNG, or a damaged one. A mask is a PNG label map or NIfTI."
        ) from error
    place = _grid(labels, grid, record.grid if record else None)
    return restored(labels[None, None], place, record, schema=schema)


def write(mask: Mask, path: Path, *, image: Image | None = None) -> None:
    """Write a label map, whole or not at all.

    Raises BadValue for more than one slice or frame, for objects that overlap and for ids
    above 65535; UnwritableFile.
    """
    from PIL import Image as Picture
    from PIL.PngImagePlugin import PngInfo

    del image  # a PNG keeps no position to copy
    if mask.grid.shape[0] * mask.times != 1:
        raise BadValue(
            f"'{path.name}' would hold one slice, but the mask has {mask.grid.shape[0]} slices "
            f"and {mask.times} frames. Give a name that ends in .nii.gz."
        )
    if max([*mask.ids, 0]) > 65535:
        raise BadValue(f"PNG holds ids to 65535, but one is {max(mask.ids)}. Give a .nii.gz.")
    labels = flattened(mask)[0, 0]
    about = PngInfo()
    about.add_text(KEY, told(mask), zip=True)
    if max([*mask.ids, 0]) <= 255:
        picture = Picture.fromarray(labels.astype(np.uint8))
        picture.putpalette(_colours(mask))  # turns grey values into indices
    else:
        picture = Picture.fromarray(labels.astype(np.uint16))
    with replacing(path) as temporary:
        picture.save(temporary, "PNG", pnginfo=about, optimize=False)


def _colours(mask: Mask) -> list[int]:
    """768 numbers: black outside, then each object in its class's colour."""
    table = [(0, 0, 0)] + [PALETTE[(number - 1) % len(PALETTE)] for number in range(1, 256)]
    for each in mask.objects:
        if each.label and sum(other.label == each.label for other in mask.objects) == 1:
            table[each.id] = mask.schema[each.label].colour
    return [level for colour in table for level in colour]


def _painted(picture: Any, labels: NDArray[Any]) -> Schema | None:
    """Classes in the colours of the palette, for the values that occur; None without one."""
    if picture.mode != "P":
        return None
    levels = picture.getpalette()
    values = [value for value in np.unique(labels).tolist() if 0 < 3 * value <= len(levels) - 3]
    return Schema(
        tuple(
            Label(value, f"label {value}", colour=tuple(levels[3 * value : 3 * value + 3]))
            for value in values
        )
    )


def _values(picture: Any, path: Path) -> NDArray[Any]:
    """(rows, columns) of whole numbers."""
    if picture.mode in {"RGB", "RGBA"}:
        colours = np.asarray(picture.convert("RGB"))
        if (colours != colours[..., :1]).any():
            raise BadValue(
                f"'{path.name}' is a colour picture, not a label map. "
                "Give one whole number a pixel: grey or palette."
            )
        values = colours[..., 0]
    elif picture.mode in {"1", "L", "P", "I", "I;16"}:
        values = np.asarray(picture)
    else:
        raise BadValue(
            f"'{path.name}' is a PNG of mode {picture.mode}, not a label map. "
            "Give one whole number a pixel: grey or palette, without transparency."
        )
    values = values.astype(np.uint8) if values.dtype == bool else values
    painted = values.dtype == np.uint8 and set(np.unique(values).tolist()) == {0, 255}
    return values // 255 if painted else values


def _grid(labels: NDArray[Any], wanted: Grid | None, recorded: Grid | None) -> Grid:
    rows, columns = labels.shape
    for known in (wanted, recorded):
        if known is not None and known.shape == (1, rows, columns):
            return known
    return Grid.picture(rows, columns)
