"""DICOM SEG, on the slices of the scan: BINARY, or FRACTIONAL or LABELMAP by the ending.

.seg.dcm              one bit a pixel and object: every viewer that knows SEG shows it; objects
                      may overlap
.fractional.seg.dcm   how likely each pixel is (`Mask.soft`); one half and more is the mask
.labelmap.seg.dcm     one number a pixel (Supplement 243): small and quick; fewer viewers know it
.dcm, or none         read, where the file is a SEG

codes       category, type, side and region of each class: its own, else those of the built-in
            vocabulary, else generic ones; `remarks` says which are generic
made by     SEMIAUTOMATIC for what a model answered to a person, MANUAL for what a person drew
remapping   segments are counted from 1; which object each is, and what else DICOM has no place
            for, rides in a private element that other programs skip, and comes back when read
scan        DICOM: the object joins its study and refers to its slices. Another format: it
            stands in a study of its own, without a name, and says so. A picture that has no
            place in a patient is refused
not held    several times
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from limner.errors import BadValue, GeometryMismatch
from limner.formats._holds import TRAITS
from limner.formats._layers import flattened
from limner.formats._record import Record, heard, told
from limner.grid import SHEARED, Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.schema import PALETTE, Label, Schema

if TYPE_CHECKING:
    from limner.dicom.seg_read import Read
    from limner.dicom.seg_samples import Kind
    from limner.dicom.seg_segments import Segment

ENDINGS = (".seg.dcm", ".fractional.seg.dcm", ".labelmap.seg.dcm")
HOLDS = frozenset(TRAITS) - {"times", "probability"}
LOOKED_INTO = {"", ".dcm", ".dicom", ".ima"}  # endings that may hide a SEG


def claims(path: Path) -> bool:
    """By the ending, or because the file is a SEG."""
    if path.name.lower().endswith(ENDINGS):
        return True
    if path.suffix.lower() not in LOOKED_INTO or not path.is_file():
        return False
    from limner.dicom.seg_read import is_seg

    return is_seg(path)


def holds(path: Path) -> frozenset[str]:
    """What comes back, by the ending."""
    kind = _kind_of(path)
    if kind == "LABELMAP":
        return HOLDS - {"overlap"}
    return HOLDS | {"probability"} if kind == "FRACTIONAL" else HOLDS


def read(path: Path, *, grid: Grid | None = None) -> Mask:
    """The objects of a SEG, on the grid told where its frames coincide with it.

    Else they keep a grid of their own: the one that it was written on, or the least that holds
    its frames. Raises UnreadableFile, and GeometryMismatch for a SEG in another frame of
    reference than the grid.
    """
    from limner.dicom.seg_read import read_seg

    def grids(record: str) -> tuple[Grid, ...]:
        kept = heard(record)
        return tuple(each for each in (grid, kept.grid if kept else None) if each is not None)

    found = read_seg(path, grids=grids)
    kept = _kept(found)
    return _ours(found, kept) if kept is not None else _theirs(found)


def write(
    mask: Mask, path: Path, *, image: Image | None = None, kind: "Kind | None" = None
) -> None:
    """Write a SEG, whole or not at all.

    image   the scan: its patient, study and slices are referred to
    kind    BINARY, FRACTIONAL or LABELMAP; None for what the ending says
    Raises GeometryMismatch for a mask of another scan; BadValue for one without an object,
    with several times, on a grid that no DICOM image can have, or, as a label map, with objects
    that overlap; and UnwritableFile.
    """
    from limner.dicom.derived import origin
    from limner.dicom.seg_planes import planes
    from limner.dicom.seg_write import write_seg

    wanted = kind or _kind_of(path)
    _check(mask, image)
    held = mask
    if wanted == "LABELMAP":
        held = replace(mask, layers=(flattened(mask),) if mask.layers else ())
    scan = origin(image, mask.grid)
    segments = _numbers(mask, wanted)
    record = json.loads(told(mask)) | {"segments": segments}
    write_seg(
        held,
        path,
        scan=scan,
        where=planes(scan),
        kind=wanted,
        record=json.dumps(record, separators=(",", ":"), ensure_ascii=True),
    )


def remarks(mask: Mask, *, image: Image | None = None) -> tuple[str, ...]:
    """What a person should know of the SEG of a mask, one sentence each."""
    from limner.dicom.codes import coded_class, said_generic
    from limner.dicom.derived import origin
    from limner.dicom.seg_planes import planes

    used = {each.label for each in mask.objects if each.label}
    bare = [each for each in mask.schema.labels if each.name in used and coded_class(each).generic]
    said = [said_generic(tuple(each.name for each in bare))] if bare else []
    scan = origin(image, mask.grid)
    if not scan.listed:
        said.append(
            "The scan is not DICOM, so the SEG names no patient and stands in a study of its own."
        )
    error = planes(scan).error_mm
    if error:
        said.append(
            "The scan was opened resampled; its measured slices hold the nearest slice of the "
            f"mask, at most {error:.2f} mm away."
        )
    return tuple(said)


def _kind_of(path: Path) -> "Kind":
    name = path.name.lower()
    if name.endswith(".fractional.seg.dcm"):
        return "FRACTIONAL"
    return "LABELMAP" if name.endswith(".labelmap.seg.dcm") else "BINARY"


def _check(mask: Mask, image: Image | None) -> None:
    """Refuse what no SEG holds."""
    if not mask.objects:
        raise BadValue(
            "The mask holds no object, and a DICOM SEG describes at least one. "
            "Outline something first."
        )
    if mask.times != 1:
        raise BadValue(
            f"The mask has {mask.times} frames in time, and a SEG is written of one here. "
            "Choose one (--frame)."
        )
    from_dicom = image is not None and image.source.format == "dicom"
    if not mask.grid.placed and not from_dicom:
        raise BadValue(
            "The scan is a picture without a place in a patient, which a DICOM SEG needs. "
            "Write .png, or .nii.gz."
        )
    if image is not None and from_dicom:
        _check_scan(mask.grid, image.grid)
    spacing = mask.grid.spacing_mm
    down = np.array(mask.grid.steps_mm[1]) / spacing[1]
    along = np.array(mask.grid.steps_mm[2]) / spacing[2]
    if abs(down @ along) > SHEARED:
        raise BadValue(
            "Rows and columns of the mask are not at right angles, and those of a DICOM image "
            "are. Write .nii.gz or .nrrd."
        )


def _check_scan(grid: Grid, own: Grid) -> None:
    """Refuse a mask that cannot be of this scan."""
    if grid.frame and own.frame and grid.frame != own.frame:
        raise GeometryMismatch(
            f"The mask lies in another frame of reference (...{grid.frame[-12:]}) than the scan "
            f"(...{own.frame[-12:]}). Give the scan that it was outlined on."
        )
    if grid.placed != own.placed or (not grid.placed and grid.shape != own.shape):
        raise GeometryMismatch(
            f"The mask has {' x '.join(map(str, grid.shape))} voxels and the scan "
            f"{' x '.join(map(str, own.shape))}, and one of them says no position. Give the scan "
            "that it was outlined on."
        )


def _numbers(mask: Mask, kind: "Kind") -> list[list[int]]:
    """[segment number, object id], as the writer counts."""
    from limner.dicom.seg_samples import segment_numbers

    return [[segment, each] for each, segment in segment_numbers(mask, kind).items()]


@dataclass(frozen=True)
class Kept:
    """A record that agrees with the segments of its file, and which object each of them is."""

    record: Record
    ids: dict[int, int]


def _kept(found: "Read") -> Kept | None:
    """The record, where no other program has changed the segments since."""
    from limner.dicom.seg_segments import called

    record = heard(found.record)
    if record is None:
        return None
    try:
        ids = {int(number): int(each) for number, each in json.loads(found.record)["segments"]}
    except (KeyError, OverflowError, TypeError, ValueError):
        return None
    about = {each.id: each for each in record.objects}
    labels = {each.number: each.label for each in found.segments}
    agree = labels.keys() == ids.keys() and set(ids.values()) == about.keys()
    agree &= {each.label for each in about.values()} <= {"", *record.schema.names}
    if not agree or any(called(about[ids[n]]) != label for n, label in labels.items()):
        return None
    return Kept(record, ids)


def _ours(found: "Read", kept: Kept) -> Mask:
    """The mask as it was written."""
    table = np.zeros(max(kept.ids) + 1, np.min_scalar_type(max(kept.ids.values())))
    for number, each in kept.ids.items():
        table[number] = each
    same = all(number == each for number, each in kept.ids.items())
    return Mask(
        found.grid,
        found.layers if same else tuple(table[layer] for layer in found.layers),
        kept.record.objects,
        tuple(replace(each, object=kept.ids[each.object]) for each in found.soft),
        schema=kept.record.schema,
    )


def _theirs(found: "Read") -> Mask:
    """The mask of a SEG by another program: one object a segment, classes by their names."""
    from limner.dicom.seg_segments import MADE

    labels: dict[str, Label] = {}
    objects = []
    for each in found.segments:
        name = _class(each, labels)
        tracked = each.tracking_id if each.tracking_id != name else ""
        objects.append(
            Object(
                each.number,
                name,
                name=tracked,
                tracking_uid=each.tracking_uid,
                source=MADE.get(each.algorithm, ""),
                rater=each.made_by,
            )
        )
    schema = Schema(tuple(labels.values()))
    return Mask(found.grid, found.layers, tuple(objects), found.soft, schema=schema)


def _class(about: "Segment", labels: dict[str, Label]) -> str:
    """The name of a segment's class, which joins the others unless it is among them."""
    meaning = about.type.meaning if about.type else ""
    name = about.label.strip() or meaning or f"segment {about.number}"
    made = Label(
        about.number,
        name,
        colour=about.colour or PALETTE[(about.number - 1) % len(PALETTE)],
        category=about.category,
        type=about.type,
        modifier=about.modifier,
        region=about.region,
    )
    there = labels.get(name)
    if there is not None and _codes(there) != _codes(made):
        name = _free(f"{name} ({meaning})" if meaning else name, labels)
        made, there = replace(made, name=name), None
    if there is None:
        labels[name] = made
    return name


def _codes(label: Label) -> tuple[object, ...]:
    return label.category, label.type, label.modifier, label.region


def _free(name: str, labels: "dict[str, Label] | Sequence[str]") -> str:
    """The name, with a number where it is taken."""
    found, count = name, 2
    while found in labels:
        found, count = f"{name} {count}", count + 1
    return found
