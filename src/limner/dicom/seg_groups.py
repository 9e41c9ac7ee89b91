"""What the functional groups of a SEG say of each frame: which segment, and where it lies.

There are thousands of them, alike but for a few numbers. Those in explicit VR little endian
with lengths given, as most programs write them, are walked over directly; pydicom, which makes
an object of every element, reads the others.

Source   PS3.5 section 7.1.2 and 7.5 (elements and sequences), PS3.3 C.7.6.16 (the groups).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from limner.dicom.headers import first, items, numbers
from limner.errors import UnreadableFile

if TYPE_CHECKING:
    from pydicom import Dataset

Said = dict[str, tuple[float, ...]]

GROUPS = 0x52009230
ITEM = 0xFFFEE000
UNDEFINED = 0xFFFFFFFF
# Sequence, and the attributes of its first item that are wanted.
WANTED = {
    "FrameContentSequence": ("InStackPositionNumber",),
    "PlanePositionSequence": ("ImagePositionPatient",),
    "PlaneOrientationSequence": ("ImageOrientationPatient",),
    "PixelMeasuresSequence": ("PixelSpacing", "SliceThickness", "SpacingBetweenSlices"),
    "SegmentIdentificationSequence": ("ReferencedSegmentNumber",),
}
TAGS = {
    0x00209111: {0x00209057: "InStackPositionNumber"},
    0x00209113: {0x00200032: "ImagePositionPatient"},
    0x00209116: {0x00200037: "ImageOrientationPatient"},
    0x00289110: {
        0x00180050: "SliceThickness",
        0x00180088: "SpacingBetweenSlices",
        0x00280030: "PixelSpacing",
    },
    0x0062000A: {0x0062000B: "ReferencedSegmentNumber"},
}
SHORT = {b"DS", b"IS", b"US", b"UL", b"SS", b"SL", b"FD", b"FL", b"SH", b"CS", b"UI", b"LO", b"DT"}
BINARY = {b"US": "<H", b"UL": "<L", b"SS": "<h", b"SL": "<l", b"FD": "<d", b"FL": "<f"}
_head = struct.Struct("<HH2sH").unpack_from
_long = struct.Struct("<L").unpack_from


class _Unusual(Exception):
    """Not for the direct walk."""


@dataclass(frozen=True, eq=False)
class Groups:
    """What each frame says, and what all share."""

    own: list[Said]
    shared: Said

    def numbers(self, keyword: str) -> list[tuple[float, ...]]:
        """Of each frame; () where neither it nor what is shared says it."""
        rest = self.shared.get(keyword, ())
        return [said.get(keyword, rest) for said in self.own]


def groups(dataset: "Dataset", count: int, name: str) -> Groups:
    """Of `count` frames. Raises UnreadableFile where fewer are described."""
    own = _walked(dataset)
    if own is None:
        own = [_asked(item) for item in items(dataset, "PerFrameFunctionalGroupsSequence")]
    if len(own) < count:
        raise UnreadableFile(
            f"'{name}' holds {count} frames but describes {len(own)}. Export it again."
        )
    shared = items(dataset, "SharedFunctionalGroupsSequence")
    return Groups(own[:count], _asked(shared[0]) if shared else {})


def _asked(group: Any) -> Said:
    """What one group says, by pydicom."""
    said: Said = {}
    for sequence, keywords in WANTED.items():
        item = first(group, sequence)
        if item is None:
            continue
        for keyword in keywords:
            found = numbers(item, keyword)
            if found:
                said[keyword] = found
    return said


def _walked(dataset: "Dataset") -> list[Said] | None:
    """What all groups say, read directly; None where pydicom must read them."""
    from pydicom.dataelem import RawDataElement

    if GROUPS not in dataset:
        return None
    raw: Any = dataset.get_item(GROUPS)  # pydicom does not say that it may be raw
    if not isinstance(raw, RawDataElement) or not isinstance(raw.value, bytes):
        return None
    if raw.is_implicit_VR or not raw.is_little_endian:
        return None
    try:
        return [_group(raw.value, low, high) for low, high in _spans(raw.value, 0, len(raw.value))]
    except (_Unusual, struct.error, ValueError):
        return None


def _spans(raw: bytes, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the items of a sequence begin and end."""
    while at < end:
        group, element, length = struct.unpack_from("<HHL", raw, at)
        if group << 16 | element != ITEM or length == UNDEFINED or at + 8 + length > end:
            raise _Unusual
        yield at + 8, at + 8 + length
        at += 8 + length


def _elements(raw: bytes, at: int, end: int) -> Iterator[tuple[int, bytes, int, int]]:
    """(tag, type, begin, end) of each element of an item."""
    while at < end:
        group, element, kind, length = _head(raw, at)
        at += 8
        if kind not in SHORT:
            if kind != b"SQ":
                raise _Unusual
            (length,) = _long(raw, at)
            at += 4
        if length == UNDEFINED or at + length > end:
            raise _Unusual
        yield group << 16 | element, kind, at, at + length
        at += length


def _group(raw: bytes, low: int, high: int) -> Said:
    said: Said = {}
    for sequence, _, begin, end in _elements(raw, low, high):
        wanted = TAGS.get(sequence)
        if wanted is None or begin == end:
            continue
        first = next(_spans(raw, begin, end))
        for tag, kind, start, stop in _elements(raw, *first):
            if tag in wanted and start < stop:
                said[wanted[tag]] = _numbers(kind, raw[start:stop])
    return said


def _numbers(kind: bytes, raw: bytes) -> tuple[float, ...]:
    """Raises ValueError for words where numbers are due."""
    if kind in BINARY:
        return tuple(float(each) for (each,) in struct.iter_unpack(BINARY[kind], raw))
    text = raw.decode("ascii").strip(" \0")
    return tuple(float(each) for each in text.split("\\")) if text else ()
