"""The segments of a DICOM SEG: one item of the Segment Sequence is one object of a mask.

Source   PS3.3 C.8.20.2, the Segmentation Image Module.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from limner import __version__
from limner.dicom.codes import Coded, code_in, coded_class
from limner.dicom.derived import MAKER, coded
from limner.dicom.headers import first, items, number, numbers, text
from limner.mask import Made, Mask, Object
from limner.schema import Code, Colour, Label

if TYPE_CHECKING:
    from pydicom import Dataset

LONG = 64  # characters of a Long String (PS3.5 section 6.2)
ALGORITHMS = {
    "human": "MANUAL",
    "model": "SEMIAUTOMATIC",  # what a person asked for and accepted
    "weak": "SEMIAUTOMATIC",
    "synthetic": "AUTOMATIC",
    "": "SEMIAUTOMATIC",
}
# Who made a segment, by its algorithm type; the reverse where a file says only that.
MADE: dict[str, Made] = {"MANUAL": "human", "SEMIAUTOMATIC": "model", "AUTOMATIC": "model"}
BACKGROUND = Code("DCM", "125040", "Background")
INTELLIGENCE = Code("DCM", "123110", "Artificial Intelligence")


@dataclass(frozen=True)
class Segment:
    """What a SEG says of one segment.

    number      Segment Number
    label       Segment Label; "" where it is missing
    algorithm   MANUAL, SEMIAUTOMATIC, AUTOMATIC or ""
    made_by     Segment Algorithm Name
    colour      None where there is none
    """

    number: int
    label: str
    algorithm: str = ""
    made_by: str = ""
    category: Code | None = None
    type: Code | None = None
    modifier: Code | None = None
    region: Code | None = None
    tracking_id: str = ""
    tracking_uid: str = ""
    colour: Colour | None = None


def described(mask: Mask, numbers_of: dict[int, int]) -> "list[Dataset]":
    """The Segment Sequence of a mask, in the order of its objects.

    numbers_of   object id to segment number
    """
    classes = {label.name: label for label in mask.schema.labels}
    return [_item(each, classes.get(each.label), numbers_of[each.id]) for each in mask.objects]


def called(about: Object) -> str:
    """The Segment Label of an object: its name, or its class, or its number."""
    plain = (about.name or about.label or f"object {about.id}").replace("\\", "/")
    return plain[:LONG].strip() or f"object {about.id}"


def background() -> "Dataset":
    """Segment 0 of a label map."""
    item = _bare(0, "Background", "MANUAL")
    put_codes(item, Coded(BACKGROUND, BACKGROUND))
    return item


def _item(about: Object, label: Label | None, segment: int) -> "Dataset":
    item = _bare(segment, called(about), ALGORITHMS[about.source])
    if item.SegmentAlgorithmType != "MANUAL":
        item.SegmentAlgorithmName = (about.rater or MAKER).replace("\\", "/")[:LONG]
        item.SegmentationAlgorithmIdentificationSequence = [_algorithm(about)]
    put_codes(item, coded_class(label))
    if about.tracking_uid:
        item.TrackingID = about.name or f"object {about.id}"
        item.TrackingUID = about.tracking_uid
    if label is not None:
        item.RecommendedDisplayCIELabValue = cielab(label.colour)
    return item


def _bare(segment: int, label: str, algorithm: str) -> "Dataset":
    from pydicom import Dataset

    item = Dataset()
    item.SegmentNumber, item.SegmentLabel = segment, label
    item.SegmentAlgorithmType = algorithm
    return item


def _algorithm(about: Object) -> "Dataset":
    """Which program and which model (PS3.3 table 10-19)."""
    from pydicom import Dataset

    item = Dataset()
    item.AlgorithmFamilyCodeSequence = [_code(INTELLIGENCE)]
    item.AlgorithmName = (about.rater or MAKER).replace("\\", "/")[:LONG]
    item.AlgorithmVersion = __version__
    item.AlgorithmSource = MAKER
    return item


def put_codes(
    item: "Dataset", codes: Coded, *, what: str = "SegmentedPropertyTypeCodeSequence"
) -> None:
    """Category, type with its modifier, and region, of a segment or of a structure.

    what   the attribute that says the type
    """
    item.SegmentedPropertyCategoryCodeSequence = [_code(codes.category)]
    kind = _code(codes.type)
    if codes.modifier is not None:
        kind.SegmentedPropertyTypeModifierCodeSequence = [_code(codes.modifier)]
    setattr(item, what, [kind])
    if codes.region is not None:
        item.AnatomicRegionSequence = [_code(codes.region)]


def _code(code: Code) -> "Dataset":
    return coded(code.scheme, code.value, code.meaning)


def segments(dataset: "Dataset") -> list[Segment]:
    """What the Segment Sequence says, segment 0 (the background of a label map) left out."""
    found = []
    for item in items(dataset, "SegmentSequence"):
        told = number(item, "SegmentNumber")
        if told is None or told < 1:
            continue
        kind = first(item, "SegmentedPropertyTypeCodeSequence")
        found.append(
            Segment(
                number=int(told),
                label=text(item, "SegmentLabel"),
                algorithm=text(item, "SegmentAlgorithmType"),
                made_by=text(item, "SegmentAlgorithmName"),
                category=code_in(item, "SegmentedPropertyCategoryCodeSequence"),
                type=code_in(item, "SegmentedPropertyTypeCodeSequence"),
                modifier=code_in(kind, "SegmentedPropertyTypeModifierCodeSequence"),
                region=code_in(item, "AnatomicRegionSequence"),
                tracking_id=text(item, "TrackingID"),
                tracking_uid=text(item, "TrackingUID"),
                colour=_colour(item),
            )
        )
    return found


def _colour(item: "Dataset") -> Colour | None:
    found = numbers(item, "RecommendedDisplayCIELabValue")
    if len(found) != 3 or not all(0 <= each <= 65535 for each in found):
        return None
    return rgb(found[0], found[1], found[2])


# sRGB to CIE XYZ (IEC 61966-2-1), white D65, as highdicom writes and viewers read these values.
XYZ = np.array(
    [
        [0.4124, 0.3576, 0.1805],
        [0.2126, 0.7152, 0.0722],
        [0.0193, 0.1192, 0.9505],
    ]
)
WHITE = XYZ.sum(axis=1)
BEND = 6 / 29  # below its cube the root is a line (CIE 15)


def cielab(colour: Colour) -> list[int]:
    """A colour as DICOM writes it: L*, a*, b* in 16 bits each (PS3.3 C.10.7.1.1)."""
    shown = np.array(colour) / 255
    linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    share = XYZ @ linear / WHITE
    root = np.where(share > BEND**3, np.cbrt(share), share / (3 * BEND**2) + 4 / 29)
    light = 116 * root[1] - 16
    a, b = 500 * (root[0] - root[1]), 200 * (root[1] - root[2])
    told = (light / 100 * 65535, (a + 128) / 255 * 65535, (b + 128) / 255 * 65535)
    return [int(np.clip(round(float(each)), 0, 65535)) for each in told]


def rgb(light: float, green_red: float, blue_yellow: float) -> Colour:
    """The inverse of `cielab`, rounded to 8 bits."""
    middle = (light / 65535 * 100 + 16) / 116
    a, b = green_red / 65535 * 255 - 128, blue_yellow / 65535 * 255 - 128
    root = np.array([middle + a / 500, middle, middle - b / 200])
    share = np.where(root > BEND, root**3, 3 * BEND**2 * (root - 4 / 29))
    linear = np.clip(np.linalg.solve(XYZ, share * WHITE), 0, 1)
    shown = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = (round(float(each) * 255) for each in shown)
    return red, green, blue
