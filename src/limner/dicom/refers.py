"""What an object that is no image is of: the series it points to, and how much it holds."""

from collections.abc import Iterator, Sequence
from typing import Any

from limner.dicom.headers import Header, text, value

# Where each kind of object lists the series that it points to: sequences from the outside in.
WAYS = (
    ("ReferencedSeriesSequence",),
    ("CurrentRequestedProcedureEvidenceSequence", "ReferencedSeriesSequence"),
    (
        "ReferencedFrameOfReferenceSequence",
        "RTReferencedStudySequence",
        "RTReferencedSeriesSequence",
    ),
)
# What lists the images within a series: of SEG, of SR and presentation states, of RTSTRUCT.
IMAGES = ("ReferencedInstanceSequence", "ReferencedSOPSequence", "ContourImageSequence")
HELD = {
    "SEG": ("SegmentSequence", "segment"),
    "RTSTRUCT": ("StructureSetROISequence", "structure"),
}


def series_of(told: Header) -> tuple[str, ...]:
    """The UIDs of the series that an object points to, in its own order; () where to none."""
    found = [text(item, "SeriesInstanceUID") for way in WAYS for item in _items(told.dataset, way)]
    return tuple(dict.fromkeys(each for each in found if each))


def images_of(told: Header) -> frozenset[str]:
    """The UIDs of the images that an object points to."""
    return frozenset(
        text(item, "ReferencedSOPInstanceUID")
        for way in WAYS
        for series in _items(told.dataset, way)
        for keyword in IMAGES
        for item in value(series, keyword) or ()
    )


def held(every: Sequence[Header], modality: str) -> str:
    """How many segments or structures there are, in words; "" for what has none."""
    if modality not in HELD:
        return ""
    keyword, word = HELD[modality]
    count = sum(len(value(each.dataset, keyword) or ()) for each in every)
    return f"{count} {word}{'' if count == 1 else 's'}"


def _items(dataset: Any, way: tuple[str, ...]) -> Iterator[Any]:
    if not way:
        yield dataset
        return
    for item in value(dataset, way[0]) or ():
        yield from _items(item, way[1:])
