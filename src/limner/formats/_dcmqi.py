"""dcmqi's segment metadata: the JSON that `itkimage2segimage` takes and `segimage2itkimage` gives.

`segmentAttributes` is a list of lists, one for each file of segments; a segment has a
`labelID` (its value), a label, a colour and its codes.

Source   github.com/QIICR/dcmqi, doc/schemas/seg-schema.json.
"""

import json
from collections.abc import Mapping
from typing import Any

from limner.errors import BadValue
from limner.formats._holds import default_colour
from limner.mask import Mask
from limner.schema import Code, Label, Schema

SCHEMA = "https://raw.githubusercontent.com/qiicr/dcmqi/master/doc/schemas/seg-schema.json#"
TISSUE = Code("SCT", "85756007", "Tissue")  # what dcmqi needs where a class has no code
KEYS = {
    "category": "SegmentedPropertyCategoryCodeSequence",
    "type": "SegmentedPropertyTypeCodeSequence",
    "modifier": "SegmentedPropertyTypeModifierCodeSequence",
    "region": "AnatomicRegionSequence",
}


def schema(told: Mapping[str, Any]) -> Schema:
    """The classes of every segment. Raises BadValue for segments that are no list of lists."""
    every = told["segmentAttributes"]
    if not isinstance(every, list) or not all(isinstance(one, list) for one in every):
        raise BadValue("Its 'segmentAttributes' are no list of lists of segments.")
    found: dict[str, Label] = {}
    taken: set[int] = set()
    for each in (segment for one in every for segment in one):
        value = int(each["labelID"])
        if value in taken:  # each file of segments counts its own
            value = max(taken) + 1
        taken.add(value)
        label = _label(each, value)
        found.setdefault(label.name, label)
    return Schema(tuple(found.values()))


def _label(each: Mapping[str, Any], value: int) -> Label:
    codes = {name: _code(each.get(key)) for name, key in KEYS.items()}
    named = each.get("SegmentLabel") or each.get("SegmentDescription")
    meaning = codes["type"].meaning if codes["type"] else f"label {value}"
    colour = each.get("recommendedDisplayRGBValue") or default_colour(value)
    red, green, blue = (int(level) for level in colour)
    return Label(value, str(named or meaning), colour=(red, green, blue), **codes)  # type: ignore[arg-type]


def _code(told: Mapping[str, str] | None) -> Code | None:
    if not told:
        return None
    return Code(told["CodingSchemeDesignator"], told["CodeValue"], told["CodeMeaning"])


def told(mask: Mask) -> str:
    """The metadata of a mask whose objects are the segments of one label map.

    A class without codes is written as tissue, for dcmqi demands a code.
    """
    segments = []
    for each in mask.objects:
        label = mask.schema[each.label] if each.label else None
        segment: dict[str, Any] = {
            "labelID": each.id,
            "SegmentLabel": each.label or each.name or f"object {each.id}",
            "SegmentDescription": each.name or each.label or f"object {each.id}",
            "SegmentAlgorithmType": "SEMIAUTOMATIC" if each.source == "model" else "MANUAL",
            "recommendedDisplayRGBValue": list(label.colour if label else default_colour(each.id)),
        }
        if each.source == "model":
            segment["SegmentAlgorithmName"] = (each.rater or "limner")[:64]
        for name, key in KEYS.items():
            code = getattr(label, name) if label else None
            if code is None and name in {"category", "type"}:
                code = TISSUE
            if code is not None:
                segment[key] = {
                    "CodeValue": code.value,
                    "CodingSchemeDesignator": code.scheme,
                    "CodeMeaning": code.meaning,
                }
        if each.tracking_uid:
            segment["TrackingIdentifier"] = segment["SegmentDescription"]
            segment["TrackingUniqueIdentifier"] = each.tracking_uid
        segments.append(segment)
    about = {
        "@schema": SCHEMA,
        "ContentCreatorName": "Limner",
        "SeriesDescription": "Segmentation",
        "SeriesNumber": "300",
        "InstanceNumber": "1",
        "segmentAttributes": [segments],
    }
    return json.dumps(about, indent=2, ensure_ascii=False) + "\n"
