"""COCO instances: an annotation for every object in every slice, as polygons or run lengths.

values      every pixel comes back: polygons run along the edges of pixels; what has holes is
            written as compressed run lengths (columns first), for COCO's polygons have none
images      a slice is an image: `scan.png`, or `scan_0001.png` and on. A file of another
            program is read one image at a time, by its name
names       categories have name, parent and colour; more (grid, codes, names of objects)
            rides in `info.limner`, which other programs skip
reading     polygons and run lengths, compressed or not; a crowd is an object called "crowd"
not held    probabilities

Source   cocodataset.org/#format-data; the compressed counts are those of pycocotools.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, UnknownName, UnreadableFile
from limner.formats._drawn import Drawn, masked, opened
from limner.formats._holds import TRAITS
from limner.formats._outlines import Block, Piece, check_size, enclosed, parts, pieces
from limner.formats._record import Record, heard, told
from limner.grid import Grid
from limner.image import Image
from limner.mask import Flags, Mask
from limner.safely import write_text
from limner.schema import Label, Schema

ENDINGS = (".coco.json",)
HOLDS = frozenset(TRAITS) - {"probability"}
KEY = "limner"
CROWD = "crowd"
Told = Mapping[str, Any]


def claims(path: Path) -> bool:
    """By the ending; a .json that exists, by its members too."""
    if path.name.lower().endswith(ENDINGS):
        return True
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(1 << 16)
    return b'"annotations"' in head or (b'"images"' in head and b'"file_name"' in head)


def names(path: Path) -> tuple[str, ...]:
    """The images in a file, by the names of their files. Raises UnreadableFile."""
    return tuple(str(each["file_name"]) for each in _json(path)["images"])


def read(path: Path, *, grid: Grid | None = None, name: str | None = None) -> Mask:
    """The objects of one image, or of a whole stack that Limner wrote.

    name   which image: its file's name, with or without folder and ending
    Raises UnreadableFile, UnknownName, and BadValue where there are several images and none
    is named, or an outline says nothing.
    """
    held = _json(path)
    try:
        info = held.get("info") or {}
        record = heard(json.dumps(info[KEY])) if info.get(KEY) and name is None else None
        if record is not None:
            return _stack(held, record, grid, times=int(info[KEY].get("times", 1)))
        return _single(held, _chosen(held, name, path), grid)
    except (LookupError, TypeError, AttributeError, ValueError, OverflowError) as error:
        if isinstance(error, BadValue | UnreadableFile | UnknownName):
            raise
        raise UnreadableFile(
            f"'{path.name}' is no COCO file of instances: {error!r}. Export it again."
        ) from error


def write(mask: Mask, path: Path, *, image: Image | None = None) -> None:
    """Write images, annotations and categories, whole or not at all. Raises UnwritableFile.

    image   the scan: a picture's file gives the image its name
    """
    slices, rows, columns = mask.grid.shape
    images = []
    for number in range(slices * mask.times):
        file_name = _file_name(path, image, number if slices * mask.times > 1 else None)
        images.append({"id": number + 1, "file_name": file_name, "height": rows, "width": columns})
    categories, numbers = _categories(mask)
    annotations = [
        {
            "id": place,
            "image_id": piece.time * slices + piece.slice + 1,
            "category_id": numbers[about.label],
            "track_id": about.id,
            **_outlined(piece, (rows, columns)),
        }
        for place, (about, piece) in enumerate(pieces(mask), start=1)
    ]
    told_of = {
        "info": {
            "description": "Written by Limner",
            KEY: {**json.loads(told(mask)), "times": mask.times},
        },
        "licenses": [],
        "images": images,
        "categories": categories,
        "annotations": annotations,
    }
    write_text(json.dumps(told_of, ensure_ascii=False, separators=(",", ":")) + "\n", path)


def _file_name(path: Path, image: Image | None, number: int | None) -> str:
    files = image.source.files if image is not None else ()
    if number is None and len(files) == 1:
        return files[0].name
    stem = path.name[: -len(ENDINGS[0])] if claims(path) else path.stem
    return f"{stem}.png" if number is None else f"{stem}_{number + 1:04d}.png"


def _categories(mask: Mask) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Every class of the schema, and one called "object" where objects have none."""
    every = [
        {"id": each.value, "name": each.name, "supercategory": each.parent}
        | {"color": list(each.colour)}
        for each in mask.schema.labels
    ]
    numbers = {label.name: label.value for label in mask.schema.labels}
    if any(not each.label for each in mask.objects):
        numbers[""] = max(numbers.values(), default=0) + 1
        every.append({"id": numbers[""], "name": "object", "supercategory": ""})
    return every, numbers


def _outlined(piece: Piece, shape: tuple[int, int]) -> dict[str, Any]:
    """Outline, box and area of one object in one slice of (rows, columns) pixels."""
    found = list(parts(piece.inside, low=piece.low))
    rows, columns = (np.flatnonzero(piece.inside.any(axis=axis)) for axis in (1, 0))
    width, height = int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1
    segmentation: Any = [ring.astype(int).ravel().tolist() for ring, _ in found]
    if any(holes for _, holes in found):
        whole = np.zeros(shape, bool)
        whole[piece.block] = piece.inside
        segmentation = {"size": list(shape), "counts": packed(counted(whole))}
    return {
        "segmentation": segmentation,
        "area": int(piece.inside.sum()),
        "bbox": [piece.low[1] + int(columns[0]), piece.low[0] + int(rows[0]), width, height],
        "iscrowd": 0,
    }


def _json(path: Path) -> Told:
    held = opened(path, what="COCO file")
    lists = ("images", "annotations", "categories")
    if not isinstance(held, dict) or not all(isinstance(held.get(each), list) for each in lists):
        raise UnreadableFile(
            f"'{path.name}' lacks one of the lists images, annotations and categories, so it is "
            "no COCO file of instances. Export it again."
        )
    return held


def _chosen(held: Told, name: str | None, path: Path) -> Told:
    every: list[Told] = held["images"]
    known = [str(each["file_name"]) for each in every]
    if name is None:
        if len(every) == 1:
            return every[0]
        shown = ", ".join(known[:5]) + (", ..." if len(known) > 5 else "")
        raise BadValue(
            f"'{path.name}' has {len(every)} images: {shown or 'none'}. Choose one with --name."
        )
    for form in (str, lambda one: Path(one).name, lambda one: Path(one).stem):
        found = [each for each, own in zip(every, known, strict=True) if form(own) == form(name)]
        if len(found) == 1:
            return found[0]
    raise UnknownName("image in this file", name, known)


def _single(held: Told, image: Told, grid: Grid | None) -> Mask:
    """The objects of one image of another program's file."""
    shape = int(image["height"]), int(image["width"])
    where = grid if grid and grid.shape == (1, *shape) else Grid.picture(*shape)
    check_size(where)
    labels = {each["id"]: str(each["name"]) for each in held["categories"]}
    colours = {each["id"]: each.get("color") for each in held["categories"]}
    drawn = {}
    mine = [each for each in held["annotations"] if each["image_id"] == image["id"]]
    for number, each in enumerate(mine, start=1):
        category = each["category_id"]
        levels = colours.get(category)
        colour = (int(levels[0]), int(levels[1]), int(levels[2])) if levels else None
        crowd = CROWD if each.get("iscrowd") else ""
        drawn[number] = Drawn(labels[category], crowd, colour, _pieces(each, shape))
    return masked(drawn, where, _record(held, where))


def _record(held: Told, grid: Grid) -> Record:
    """The values and parents of the categories that can be classes, as a record of no object."""
    known = {str(each["name"]) for each in held["categories"]}
    labels: dict[str, Label] = {}
    for each in held["categories"]:
        value, name = each["id"], str(each["name"])
        if isinstance(value, int) and 0 < value <= 65535 and name.strip():
            parent = str(each.get("supercategory") or "")
            parent = parent if parent in known and parent != name else ""
            labels.setdefault(name, Label(value, name, parent=parent))
    return Record(grid, (), Schema(tuple(labels.values())))


def _stack(held: Told, record: Record, grid: Grid | None, *, times: int) -> Mask:
    """All slices and frames of a mask that Limner wrote."""
    where = grid if grid and grid.shape == record.grid.shape else record.grid
    check_size(where)
    slices, rows, columns = where.shape
    known = {each.id: each for each in record.objects}
    drawn: dict[int, Drawn] = {}
    for each in held["annotations"]:
        number, place = int(each["track_id"]), int(each["image_id"]) - 1
        about = known.get(number)
        label, name = (about.label, about.name) if about else ("", "")
        pieces = _pieces(each, (rows, columns), number=place % slices, time=place // slices)
        drawn.setdefault(number, Drawn(label, name)).pieces.extend(pieces)
    return masked(drawn, where, record, times=times)


def _pieces(each: Told, shape: tuple[int, int], *, number: int = 0, time: int = 0) -> list[Piece]:
    """What an annotation covers. Raises BadValue for one that has a box and no outline."""
    told_of, whose = each.get("segmentation"), f"the annotation {each.get('id')}"
    if isinstance(told_of, Mapping):
        return [Piece(time, number, *_run_lengths(told_of, shape, whose))]
    if not told_of:
        raise BadValue(
            f"{whose[0].upper()}{whose[1:]} has no outline. Give polygons or run lengths."
        )
    drawn = []
    for polygon in told_of:
        if len(polygon) % 2:
            raise BadValue(f"A polygon of {whose} has {len(polygon)} numbers. Give pairs of x, y.")
        ring = np.array(polygon, float).reshape(-1, 2)
        drawn.append(Piece(time, number, *enclosed([ring], shape, whose=whose)))
    return drawn


def _run_lengths(told_of: Told, shape: tuple[int, int], whose: str) -> tuple[Block, Flags]:
    size = tuple(int(n) for n in told_of["size"])
    counts = told_of["counts"]
    runs = unpacked(counts) if isinstance(counts, str) else [int(n) for n in counts]
    if size != shape or sum(runs) != shape[0] * shape[1] or min(runs, default=0) < 0:
        raise BadValue(
            f"The run lengths of {whose} cover {sum(runs)} pixels of {size[0]} x {size[1]}, but "
            f"the image has {shape[0]} x {shape[1]}. Export it again."
        )
    flags = np.repeat(np.arange(len(runs)) % 2 > 0, runs).reshape(shape[::-1]).T
    return (slice(0, shape[0]), slice(0, shape[1])), flags


def counted(inside: Flags) -> list[int]:
    """Run lengths down the columns, the first of what is outside."""
    flat = inside.T.ravel()
    turns = np.flatnonzero(np.diff(flat.astype(np.int8))) + 1
    ends: NDArray[np.int_] = np.concatenate([[0], turns, [flat.size]])
    runs = np.diff(ends).tolist()
    return [0, *runs] if flat[0] else runs


def packed(runs: Sequence[int]) -> str:
    """Run lengths as pycocotools packs them: each as its difference from the one before last.

    >>> packed([3, 2, 3, 100])
    '323R3'
    """
    signs = []
    for place, run in enumerate(runs):
        rest = run - runs[place - 2] if place > 2 else run
        more = True
        while more:
            piece = rest & 31
            rest >>= 5
            more = rest != (-1 if piece & 16 else 0)
            signs.append(chr(48 + piece + 32 * more))
    return "".join(signs)


def unpacked(text: str) -> list[int]:
    """The inverse of `packed`. Raises BadValue for a text that ends within a number.

    >>> unpacked("323R3")
    [3, 2, 3, 100]
    """
    runs: list[int] = []
    value = shift = 0
    for sign in text:
        piece = ord(sign) - 48
        if not 0 <= piece < 64:
            raise BadValue(f"Compressed run lengths hold the sign '{sign}'. Export them again.")
        value |= (piece & 31) << shift
        shift += 5
        if not piece & 32:
            if piece & 16:
                value -= 1 << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    if shift:
        raise BadValue("Compressed run lengths end within a number. Export them again.")
    return runs
