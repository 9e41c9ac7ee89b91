"""DICOM RT Structure Set: closed contours in mm, one structure an object.

outline     along the edges of the voxels, which comes back voxel for voxel; or "smooth",
            rounded between the centres inside and outside, which does too
holes       by a keyhole, or with "xor" as contours beside the outer one; both are read, and
            several contours of a plane combine by XOR
places      decimals of 16 characters, rounded to 1e-8 mm
names       name, number, colour, codes and who made it in the standard's own attributes; all
            the rest of a mask in a private text, which is believed while its names still hold
grid        needed to read: the one told, else the lattice that the file says it was drawn on,
            else the series it names where that lies beside the file
on reading  a voxel belongs to a structure where its centre is inside (even-odd) or on a contour
not held    probabilities, times; an object whose every voxel is gone is a structure without
            contours
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import UnreadableFile
from limner.formats._holds import TRAITS
from limner.formats._record import Record, heard, told
from limner.grid import Grid
from limner.image import Image
from limner.mask import Made, Mask, Object
from limner.schema import PALETTE, Label, Schema

if TYPE_CHECKING:
    from limner.dicom.rtstruct_contours import Holes, Outline
    from limner.dicom.rtstruct_fill import Filled
    from limner.dicom.rtstruct_read import Structure, StructureSet

ENDINGS = (".rtstruct.dcm",)
LOOKED_INTO = {"", ".dcm", ".dicom", ".ima"}  # endings that may hide a structure set
HOLDS = frozenset(TRAITS) - {"times", "probability"}
CHOICES = {"outline": ("edges", "smooth"), "holes": ("keyhole", "xor")}


@dataclass(frozen=True, eq=False)
class Reading:
    """A mask that was read, and what was odd about its contours, one sentence each."""

    mask: Mask
    problems: tuple[str, ...]


def claims(path: Path) -> bool:
    """By the ending, or because the file is a structure set."""
    if path.name.lower().endswith(ENDINGS):
        return True
    if path.suffix.lower() not in LOOKED_INTO or not path.is_file():
        return False
    from limner.dicom.rtstruct_read import is_structure_set

    return is_structure_set(path)


def read(path: Path, *, grid: Grid | None = None) -> Mask:
    """The structures on the grid told, or on the one that they were drawn on.

    What was odd is in `examined`. Raises UnreadableFile, and GeometryMismatch for contours
    that do not lie in the grid's slices or are of another frame of reference.
    """
    return examined(path, grid=grid).mask


def examined(path: Path, *, grid: Grid | None = None) -> Reading:
    """The same as `read`, with the sentences."""
    from limner.dicom.rtstruct_fill import filled
    from limner.dicom.rtstruct_read import structures

    held = structures(path)
    record = heard(held.note)
    where = grid or (record.grid if record else None) or held.grid or _beside(path, held)
    drawn_on = record.grid if record else held.grid
    own = drawn_on is not None and drawn_on.matches(where)
    found, problems = filled(held, where, own=own)
    return Reading(_mask(found, where, record), (*held.problems, *problems))


def write(
    mask: Mask,
    path: Path,
    *,
    image: Image | None = None,
    outline: "Outline" = "edges",
    holes: "Holes" = "keyhole",
) -> None:
    """Write a structure set, whole or not at all.

    image   the scan, whose study, frame of reference and slices are named
    Raises BadValue for a mask without a place in a patient, UnwritableFile.
    """
    from limner.dicom.derived import origin
    from limner.dicom.rtstruct import save, structure_set

    scan = origin(image, mask.grid)
    plain = replace(mask, soft=())
    save(structure_set(plain, scan, outline=outline, holes=holes, note=told(plain)), path)


def remarks(mask: Mask, *, image: Image | None = None) -> tuple[str, ...]:
    """What a person should know of the structure set of a mask, one sentence each."""
    from limner.dicom.derived import origin
    from limner.dicom.rtstruct import said_moved
    from limner.dicom.seg_planes import planes

    scan = origin(image, mask.grid)
    said = []
    if not scan.listed:
        said.append(
            "The scan is not DICOM, so the structure set names no patient, no image and a frame of "
            "reference of its own."
        )
    if error_mm := planes(scan).error_mm:
        said.append(said_moved(error_mm))
    return tuple(said)


def _beside(path: Path, held: "StructureSet") -> Grid:
    """The grid of the series that the contours were drawn on, where it lies beside them."""
    from limner.dicom.picture import picture
    from limner.dicom.series import find

    every = [each for each in find(path.parent) if each.report.uid in held.series]
    open_ones = [each for each in every if each.layout is not None]
    if len(open_ones) == 1:
        return picture(open_ones[0]).grid
    beside = "several stacks of it lie" if open_ones else "it does not lie"
    raise UnreadableFile(
        f"'{path.name}' holds contours in mm and no voxels, so it needs the scan that they were "
        f"drawn on, and {beside} beside it. Give the scan with --image."
    )


def _mask(found: "list[Filled]", grid: Grid, record: Record | None) -> Mask:
    ids = _ids(found)
    known = {each.id: each for each in record.objects} if record else {}
    schema = record.schema if record else Schema()
    objects = []
    for own, each in zip(ids, found, strict=True):
        about = known.get(own)
        if about is None or _called(about) != each.structure.name:
            schema, label = _classed(schema, each.structure, own)
            about = _object(each.structure, own, label)
        elif record and about.slices and not record.grid.matches(grid):
            about = replace(about, slices=tuple(sorted(each.slices)))
        objects.append(about)
    layers = _layers(found, ids, grid)
    return Mask(grid, layers, tuple(objects), schema=schema)


def _called(about: Object) -> str:
    from limner.dicom.seg_segments import called

    return called(about)


def _ids(found: "list[Filled]") -> list[int]:
    """The numbers of the structures, or counted from 1 where they are no ids."""
    numbers = [each.structure.number for each in found]
    if min(numbers, default=1) < 1 or len(set(numbers)) < len(numbers):
        return list(range(1, len(numbers) + 1))
    return numbers


def _classed(schema: Schema, structure: "Structure", own: int) -> tuple[Schema, str]:
    """The schema with a class for a structure of another program."""
    name = structure.name.strip() or f"structure {structure.number}"
    if name in schema.names:
        return schema, name
    taken = {label.value for label in schema.labels}
    free = own if own <= 65535 and own not in taken else max(taken, default=0) + 1
    label = Label(
        free,
        name,
        colour=structure.colour or PALETTE[(free - 1) % len(PALETTE)],
        category=structure.category,
        type=structure.type,
        modifier=structure.modifier,
        region=structure.region,
    )
    return Schema((*schema.labels, label)), name


def _object(structure: "Structure", own: int, label: str) -> Object:
    made: dict[str, Made] = {"human": "human", "model": "model"}
    return Object(
        own, label, tracking_uid=structure.tracking_uid, source=made.get(structure.source, "")
    )


def _layers(found: "list[Filled]", ids: list[int], grid: Grid) -> tuple[NDArray[Any], ...]:
    """As few layers as the overlaps allow."""
    layers: list[NDArray[Any]] = []
    kind = np.min_scalar_type(max([*ids, 1]))
    for own, each in zip(ids, found, strict=True):
        if not each.slices:
            continue
        parts = each.slices.items()
        home = next(
            (layer for layer in layers if not any(layer[k][flags].any() for k, flags in parts)),
            None,
        )
        if home is None:
            home = np.zeros(grid.shape, kind)
            layers.append(home)
        for k, flags in parts:
            home[k][flags] = own
    return tuple(layers)
