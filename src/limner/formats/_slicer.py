"""The segments of 3D Slicer's `.seg.nrrd`: names, colours, codes, and what Limner adds.

A segment is written with the fields that Slicer shows. What Slicer has no field for rides
in a tag of the segment, `Limner:{...}`, which Slicer keeps; it is believed only where the
segment still has the name it was written with.

Source   vtkMRMLSegmentationStorageNode.h (the keys), vtkSlicerTerminologiesModuleLogic
         (the serialised terminology entry), 3D Slicer 5.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from limner.errors import BadValue
from limner.mask import Mask, Object
from limner.schema import PALETTE, Code, Colour, Label, Schema

CATEGORIES = "Segmentation category and type - 3D Slicer General Anatomy list"
REGIONS = "Anatomic codes - DICOM master list"
TAG = "Limner"
SEGMENT = re.compile(r"Segment(\d+)_(\w+)$")
Box = tuple[int, tuple[slice, ...]]  # a layer, and the block of it that an object fills
BROKEN = "~^|"  # what separates codes in a terminology entry
OWN = ("label", "name", "tracking_uid", "source", "rater", "slices")


@dataclass(frozen=True)
class Segment:
    """One segment as the header has it.

    value    its number in its layer
    codes    category, type, modifier, region; None where there is none
    told     what Limner's tag says; empty where there is none
    """

    name: str
    value: int
    layer: int
    colour: Colour | None
    codes: tuple[Code | None, ...] = (None, None, None, None)
    told: Mapping[str, Any] = field(default_factory=dict)


def segments(keys: Mapping[str, str]) -> tuple[Segment, ...]:
    """The segments in their order; none in a plain label map.

    Raises BadValue for one whose number or layer is no whole number.
    """
    fields: dict[int, dict[str, str]] = {}
    for key, value in keys.items():
        found = SEGMENT.match(key)
        if found:
            fields.setdefault(int(found[1]), {})[found[2]] = value
    return tuple(_segment(number, fields[number]) for number in sorted(fields))


def _segment(number: int, told: Mapping[str, str]) -> Segment:
    tags = dict(each.split(":", 1) for each in told.get("Tags", "").split("|") if ":" in each)
    try:
        value, layer = int(told.get("LabelValue", "1")), int(told.get("Layer", str(number)))
    except ValueError as error:
        raise BadValue(
            f"Segment {number} has the number '{told.get('LabelValue')}' in the layer "
            f"'{told.get('Layer')}'. Both must be whole numbers."
        ) from error
    name = told.get("Name", "").strip() or told.get("ID", f"segment {number + 1}")
    return Segment(
        name, value, layer, _colour(told.get("Color", "")), _codes(tags), _own(tags.get(TAG, ""))
    )


def _colour(text: str) -> Colour | None:
    """Three levels 0 to 255 from three shares; None where there are not three."""
    try:
        red, green, blue = (min(max(round(float(each) * 255), 0), 255) for each in text.split())
    except (ValueError, OverflowError):
        return None
    return red, green, blue


def _codes(tags: Mapping[str, str]) -> tuple[Code | None, ...]:
    """Category, type, modifier and region of a terminology entry."""
    parts = tags.get("TerminologyEntry", "").split("~")
    parts += [""] * (7 - len(parts))
    return _code(parts[1]), _code(parts[2]), _code(parts[3]), _code(parts[5])


def _code(text: str) -> Code | None:
    scheme, value, meaning = [*text.split("^"), "", ""][:3]
    return Code(scheme, value, meaning) if scheme and value else None


def _own(text: str) -> Mapping[str, Any]:
    try:
        told = json.loads(text) if text else {}
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def described(
    found: Mapping[int, Segment], schema: Schema | None
) -> tuple[tuple[Object, ...], Schema]:
    """Objects and classes of segments, by the id that each is given.

    schema   the classes that Limner wrote beside them; what Slicer shows (colour, codes) is
             believed where the two differ
    """
    known = {label.name: label for label in (schema or Schema()).labels}
    objects = []
    for number, each in found.items():
        about = _object(number, each)
        objects.append(about)
        if about.label:
            label = known.get(about.label) or _fresh(about.label, number, known)
            known[about.label] = _shown(label, each)
    return tuple(objects), Schema(tuple(known.values()))


def _object(number: int, each: Segment) -> Object:
    told = each.told
    if shown_name(told.get("label", ""), told.get("name", ""), number=number) != each.name:
        kept = {key: told[key] for key in ("tracking_uid", "source", "rater") if key in told}
        return Object(number, each.name, **kept)
    fields = {key: told[key] for key in OWN if key in told}
    return Object(number, **{**fields, "slices": tuple(fields.get("slices", ()))})


def _fresh(name: str, number: int, known: Mapping[str, Label]) -> Label:
    taken = {label.value for label in known.values()}
    value = number if number not in taken else max(taken) + 1
    return Label(value, name, colour=PALETTE[(value - 1) % len(PALETTE)])


def _shown(label: Label, each: Segment) -> Label:
    category, kind, modifier, region = each.codes
    return replace(
        label,
        colour=each.colour or label.colour,
        category=category,
        type=kind,
        modifier=modifier,
        region=region,
    )


def shown_name(label: str, name: str, *, number: int) -> str:
    """What a segment is called: the object's own name, else its class."""
    return name or label or f"object {number}"


def segment_keys(mask: Mask, *, boxes: Mapping[int, Box]) -> Iterator[tuple[str, str]]:
    """The header's keys for every object.

    boxes   where each object that has a voxel lies, by its id
    Raises BadValue for codes with signs that separate codes.
    """
    classes = {label.name: label for label in mask.schema.labels}
    for number, each in enumerate(mask.objects):
        label = classes.get(each.label)
        colour = label.colour if label else PALETTE[(each.id - 1) % len(PALETTE)]
        layer, spans = boxes.get(each.id, (0, ()))
        start = f"Segment{number}"
        yield f"{start}_ID", f"Segment_{each.id}"
        yield f"{start}_Name", shown_name(each.label, each.name, number=each.id)
        yield f"{start}_NameAutoGenerated", "0"
        yield f"{start}_Color", " ".join(f"{level / 255:.6f}" for level in colour)
        yield f"{start}_ColorAutoGenerated", "0"
        yield f"{start}_LabelValue", str(each.id)
        yield f"{start}_Layer", str(layer)
        yield f"{start}_Extent", _extent(spans)
        yield f"{start}_Tags", _tags(each, label)


def _extent(spans: tuple[slice, ...]) -> str:
    """First and last column, row and slice; as Slicer writes an empty one, -1 for the last."""
    return " ".join(f"{each.start} {each.stop - 1}" for each in spans[::-1]) or "0 -1 0 -1 0 -1"


def _tags(about: Object, label: Label | None) -> str:
    told = {key: getattr(about, key) for key in OWN if getattr(about, key)}
    own = json.dumps(told, separators=(",", ":")).replace("|", "\\u007c")
    made = {"human": "MANUAL", "model": "SEMIAUTOMATIC"}.get(about.source, "")
    entry = _entry(label) if label else ""
    tags = ["Segmentation.Status:completed", entry, f"{TAG}:{own}"]
    if made:
        tags.insert(0, f"DICOM.SegmentAlgorithmType:{made}")
    return "".join(f"{tag}|" for tag in tags if tag)


def _entry(label: Label) -> str:
    """The terminology entry of a class; "" where it has no codes."""
    every = (label.category, label.type, label.modifier, label.region)
    if not any(every):
        return ""
    category, kind, modifier, region = map(_written, every)
    return f"TerminologyEntry:{CATEGORIES}~{category}~{kind}~{modifier}~{REGIONS}~{region}~^^"


def _written(code: Code | None) -> str:
    if code is None:
        return "^^"
    parts = (code.scheme, code.value, code.meaning)
    if any(sign in part for part in parts for sign in BROKEN):
        raise BadValue(
            f"The code {parts} holds one of the signs {BROKEN}, which separate codes in a "
            ".seg.nrrd. Write its meaning without them."
        )
    return "^".join(parts)
