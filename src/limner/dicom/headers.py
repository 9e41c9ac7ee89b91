"""What DICOM files say before their samples: read fast, without warnings, or refused."""

import hashlib
import io
import logging
import struct
import warnings
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, cast

import pydicom
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.tag import BaseTag
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from limner.dicom.places import SUFFIXES, Place, looks_like_dicom, places
from limner.errors import UnreadableFile

# What pydicom and its decoders raise for a damaged file: there is no common class.
DAMAGE = (
    ArithmeticError,
    AttributeError,
    BytesLengthException,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
HEAD = 1 << 16  # bytes in which the header of most single images ends
INFLATED_MOST = 2 << 30  # bytes that a deflated file may unpack to
DIRECTORY = "1.2.840.10008.1.3.10"  # SOP class of a DICOMDIR
PIXEL_TAGS = {0x7FE00008, 0x7FE00009, 0x7FE00010}  # float, double, integer
UNDEFINED = 0xFFFFFFFF
WRITTEN_NUMBERS = frozenset({"DS", "IS"})
PLAIN_TEXT = frozenset({"AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI"})  # no character sets


@dataclass(frozen=True, eq=False)
class Header:
    """One file's attributes, and where its samples begin.

    pixels_at   byte of the first sample, or of the first item where they are encapsulated;
                -1 where there are none, or the file is deflated
    length      bytes of the samples as the file claims; -1 where it does not say
    """

    place: Place
    dataset: pydicom.Dataset
    pixels_at: int = -1
    length: int = -1

    @property
    def syntax(self) -> UID:
        """The transfer syntax; that of an old file without one is guessed by pydicom."""
        told = text(self.dataset.file_meta, "TransferSyntaxUID")
        if told:
            return UID(told)
        implicit, little = self.dataset.original_encoding
        if not little:
            return pydicom.uid.ExplicitVRBigEndian
        if implicit:
            return pydicom.uid.ImplicitVRLittleEndian
        return pydicom.uid.ExplicitVRLittleEndian


@contextmanager
def quietly() -> Iterator[None]:
    """pydicom without warnings: what matters of them is said in `Source.problems`."""
    logger, level = pydicom.config.logger, pydicom.config.logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), pydicom.config.disable_value_validation():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def headers(path: Path) -> tuple[list[Header], list[str]]:
    """The headers of all DICOM files at the path, and the names of those that should be.

    Files that are not DICOM are left out of a folder or zip; those whose ending promises it
    are named. A DICOMDIR stands for the files that it lists. Raises UnreadableFile where
    nothing is DICOM, and for a damaged file: which one, and why.
    """
    with quietly():
        found = list(places(path))
        if len(found) == 1 and found[0].path == path and not found[0].member:
            return _one(found[0]), []
        dicom = {place for place in found if looks_like_dicom(place)}
        told = [_header(place) for place in found if place in dicom]
    kept = [each for each in told if not _is_directory(each)]
    if not kept:
        raise UnreadableFile(f"There is no DICOM image in '{path.name}'.")
    suffixes = tuple(SUFFIXES)
    strays = [p.name for p in found if p not in dicom and p.name.lower().endswith(suffixes)]
    return kept, strays


def header(place: Place) -> Header:
    """The header of one file. Raises UnreadableFile."""
    with quietly():
        return _header(place)


def digests(told: Iterable[Place]) -> list[str]:
    """The SHA-256 of the bytes of each file, in order."""
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(_digest, told))


def _digest(place: Place) -> str:
    with place.open() as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _one(place: Place) -> list[Header]:
    first = _header(place)
    if not _is_directory(first):
        return [first]
    root = place.path.parent
    listed = [
        root.joinpath(*([name] if isinstance(name, str) else name))
        for record in first.dataset.get("DirectoryRecordSequence", [])
        if (name := record.get("ReferencedFileID"))
    ]
    lost = [each for each in listed if not each.is_file()]
    if lost:
        raise UnreadableFile(
            f"The DICOMDIR lists {len(listed)} files, of which {len(lost)} are not there "
            f"(the first is '{lost[0].name}'). Open the folder to see what is."
        )
    if not listed:
        raise UnreadableFile(f"The DICOMDIR '{place.name}' lists no files.")
    return [_header(Place(each)) for each in listed]


def _is_directory(told: Header) -> bool:
    return text(told.dataset.file_meta, "MediaStorageSOPClassUID") == DIRECTORY


def _header(place: Place) -> Header:
    try:
        if place.archive is not None:
            head = _parsed(place, io.BytesIO(place.start(HEAD)))
            if head.pixels_at >= 0:
                return head
        with place.open() as file:
            return _parsed(place, file)
    except InvalidDicomError as error:
        raise UnreadableFile(
            f"'{place.name}' is not DICOM, whatever its name says. Give the scan itself."
        ) from error
    except DAMAGE as error:
        if isinstance(error, UnreadableFile):
            raise
        raise UnreadableFile(
            f"The header of '{place.name}' is damaged: {error}. Fetch or export the file again."
        ) from error


def _parsed(place: Place, file: io.BufferedIOBase) -> Header:
    start = file.read(2048)
    file.seek(0)
    if str(DeflatedExplicitVRLittleEndian).encode() in start:
        _check_inflated(place, file, start)
        file.seek(0)
    bare = start[128:132] != b"DICM"
    if bare and not looks_like_dicom(place):
        raise InvalidDicomError
    dataset = pydicom.dcmread(cast("BinaryIO", file), stop_before_pixels=True, force=bare)
    if not hasattr(dataset, "file_meta"):
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
    told = Header(place, dataset)
    if told.syntax == DeflatedExplicitVRLittleEndian:
        return told
    return Header(place, dataset, *_where(file, told))


def _where(file: io.BufferedIOBase, told: Header) -> tuple[int, int]:
    """Byte and length of the samples; the file stands at their tag, or at its end."""
    at = file.tell()
    order = "<" if told.dataset.original_encoding[1] else ">"
    raw = file.read(12)
    if len(raw) < 8:
        return -1, -1
    group, element = struct.unpack(order + "HH", raw[:4])
    if (group << 16 | element) not in PIXEL_TAGS:
        return -1, -1
    # Some files mix both ways of writing an element, so the element itself is asked.
    if raw[4:6] in {b"OB", b"OW", b"OF", b"OD", b"UN"}:
        value_at, length = at + 12, struct.unpack(order + "L", raw[8:12])[0]
    else:
        value_at, length = at + 8, struct.unpack(order + "L", raw[4:8])[0]
    return value_at, -1 if length == UNDEFINED else length


def _check_inflated(place: Place, file: io.BufferedIOBase, start: bytes) -> None:
    """Refuse a deflated file that unpacks without end, before pydicom unpacks it whole."""
    # Preamble, "DICM", then the length of the rest of group 2 (PS3.10 section 7.1).
    file.seek(144 + int(struct.unpack_from("<L", start, 140)[0]))
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    count = 0
    while chunk := file.read(1 << 20):
        while chunk:
            count += len(unpack.decompress(chunk, 1 << 24))
            chunk = unpack.unconsumed_tail
            if count > INFLATED_MOST:
                raise UnreadableFile(
                    f"'{place.name}' is deflated and unpacks to more than "
                    f"{INFLATED_MOST >> 30} GiB. It is not opened."
                )


def value(dataset: pydicom.Dataset, keyword: str) -> Any:
    """The value under a keyword; None where it is missing, empty or unreadable."""
    tag = _tag(keyword)
    if tag not in dataset:
        return None
    try:
        found = dataset[tag].value
    except DAMAGE:
        return None
    return None if found is None or found == "" else found


def text(dataset: pydicom.Dataset, keyword: str) -> str:
    """The value as text, several joined by backslashes as DICOM writes them."""
    written = _written(dataset, keyword, PLAIN_TEXT)
    if written is not None:
        return written
    found = value(dataset, keyword)
    if found is None:
        return ""
    if isinstance(found, pydicom.multival.MultiValue | list | tuple):
        return "\\".join(str(each) for each in found)
    return str(found).strip()


def numbers(dataset: pydicom.Dataset, keyword: str) -> tuple[float, ...]:
    """The values as floats, () where they are missing or one of them is no number."""
    written = _written(dataset, keyword, WRITTEN_NUMBERS)
    if written is not None:
        found: Any = written.split("\\") if written else []
    else:
        found = value(dataset, keyword)
    if found is None:
        return ()
    several = isinstance(found, pydicom.multival.MultiValue | list | tuple)
    try:
        return tuple(float(each) for each in (found if several else [found]))
    except (TypeError, ValueError):
        return ()


def number(dataset: pydicom.Dataset, keyword: str, missing: float | None = None) -> float | None:
    """The first of the values as a float."""
    found = numbers(dataset, keyword)
    return found[0] if found else missing


def _written(dataset: pydicom.Dataset, keyword: str, kinds: frozenset[str]) -> str | None:
    """A value of one of these kinds as it is written in the file; None for all others.

    pydicom's own conversion takes ten times as long, which three hundred slices show.
    """
    try:
        item: Any = dataset.get_item(_tag(keyword))
    except DAMAGE:
        return None
    if not isinstance(item, RawDataElement) or not isinstance(item.value, bytes):
        return None
    if (item.VR or dictionary_VR(item.tag)) not in kinds:
        return None
    return item.value.decode("latin-1").strip(" \0")


@cache
def _tag(keyword: str) -> BaseTag:
    found = tag_for_keyword(keyword)
    if found is None:
        raise KeyError(keyword)
    return BaseTag(found)
