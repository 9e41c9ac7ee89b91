"""What DICOM files say before their samples: read fast, without warnings, or refused."""

import hashlib
import io
import logging
import struct
import sys
import warnings
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from limner.dicom.places import Place, looks_like_dicom
from limner.dicom.plain import EXPLICIT, Plain, plain
from limner.errors import UnreadableFile

if TYPE_CHECKING:
    import pydicom
    from pydicom.tag import BaseTag

# What decoders raise for a damaged file: there is no common class. `damage` has pydicom's too.
DAMAGE = (
    ArithmeticError,
    AttributeError,
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
DEFLATED = "1.2.840.10008.1.2.1.99"
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
    dataset: "Plain | pydicom.Dataset"
    pixels_at: int = -1
    length: int = -1

    @property
    def syntax(self) -> str:
        """The transfer syntax; that of an old file without one is guessed by pydicom."""
        if isinstance(self.dataset, Plain):
            return EXPLICIT
        told = text(self.dataset.file_meta, "TransferSyntaxUID")
        if told:
            return told
        implicit, little = self.dataset.original_encoding
        if not little:
            return "1.2.840.10008.1.2.2"
        return "1.2.840.10008.1.2" if implicit else EXPLICIT

    @property
    def syntax_name(self) -> str:
        """The transfer syntax by name; its UID where it is private or unknown."""
        from pydicom.uid import UID

        return UID(self.syntax).name

    @property
    def whole(self) -> "pydicom.Dataset":
        """All attributes, by pydicom. Raises UnreadableFile."""
        found = self.dataset
        if isinstance(found, Plain):
            import pydicom  # noqa: F401  (so that `quietly` finds it)

            with quietly():
                found = _by_pydicom(self.place).dataset
        return cast("pydicom.Dataset", found)


@contextmanager
def quietly() -> Iterator[None]:
    """pydicom without warnings: what matters of them is said in `Source.problems`.

    Where it is not loaded there is nothing to silence, and it is not loaded for that.
    """
    if "pydicom" not in sys.modules:
        yield
        return
    import pydicom

    logger, level = pydicom.config.logger, pydicom.config.logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), pydicom.config.disable_value_validation():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def digests(told: Iterable[Place]) -> list[str]:
    """The SHA-256 of the bytes of each file, in order."""
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(_digest, told))


def _digest(place: Place) -> str:
    with place.open() as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def header(place: Place) -> Header:
    """The header of one file. Raises UnreadableFile."""
    try:
        found = plain(place.start(HEAD))
    except OSError:  # said in a sentence below
        found = None
    if found is not None:
        return Header(place, found, found.pixels_at, found.length)
    import pydicom  # noqa: F401  (so that `quietly` finds it)

    with quietly():
        return _by_pydicom(place)


def _by_pydicom(place: Place) -> Header:
    from pydicom.errors import InvalidDicomError

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
    except damage() as error:
        if isinstance(error, UnreadableFile):
            raise
        raise UnreadableFile(
            f"The header of '{place.name}' is damaged: {error}. Fetch or export the file again."
        ) from error


def damage() -> tuple[type[Exception], ...]:
    """DAMAGE, and what only pydicom raises."""
    from pydicom.errors import BytesLengthException

    return (*DAMAGE, BytesLengthException)


def _parsed(place: Place, file: io.BufferedIOBase) -> Header:
    import pydicom

    start = file.read(2048)
    file.seek(0)
    if DEFLATED.encode() in start:
        _check_inflated(place, file, start)
        file.seek(0)
    bare = start[128:132] != b"DICM"
    if bare and not looks_like_dicom(place):
        raise pydicom.errors.InvalidDicomError
    dataset = pydicom.dcmread(cast("BinaryIO", file), stop_before_pixels=True, force=bare)
    if not hasattr(dataset, "file_meta"):
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
    told = Header(place, dataset)
    if told.syntax == DEFLATED:
        return told
    return Header(place, dataset, *_where(file, dataset))


def _where(file: io.BufferedIOBase, dataset: "pydicom.Dataset") -> tuple[int, int]:
    """Byte and length of the samples; the file stands at their tag, or at its end."""
    at = file.tell()
    order = "<" if dataset.original_encoding[1] else ">"
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


def value(dataset: "Plain | pydicom.Dataset", keyword: str) -> Any:
    """The value under a keyword; None where it is missing, empty or unreadable."""
    if isinstance(dataset, Plain):
        return dataset.numbers(keyword) or dataset.text(keyword) or None
    tag = _tag(keyword)
    if tag not in dataset:
        return None
    try:
        found = dataset[tag].value
    except damage():
        return None
    return None if found is None or found == "" else found


def items(dataset: "pydicom.Dataset | None", keyword: str) -> "list[pydicom.Dataset]":
    """The items of a sequence; [] where it is missing, empty or no sequence at all."""
    from pydicom.sequence import Sequence

    found = None if dataset is None else value(dataset, keyword)
    return list(found) if isinstance(found, Sequence) else []


def first(dataset: "pydicom.Dataset | None", keyword: str) -> "pydicom.Dataset | None":
    """The first item of a sequence; None where there is none."""
    return next(iter(items(dataset, keyword)), None)


def text(dataset: "Plain | pydicom.Dataset", keyword: str) -> str:
    """The value as text, several joined by backslashes as DICOM writes them."""
    if isinstance(dataset, Plain):
        return dataset.text(keyword)
    written = _written(dataset, keyword, PLAIN_TEXT)
    if written is not None:
        return written
    found = value(dataset, keyword)
    if found is None:
        return ""
    if _several(found):
        return "\\".join(str(each) for each in found)
    return str(found).strip()


def numbers(dataset: "Plain | pydicom.Dataset", keyword: str) -> tuple[float, ...]:
    """The values as floats, () where they are missing or one of them is no number."""
    if isinstance(dataset, Plain):
        return dataset.numbers(keyword)
    written = _written(dataset, keyword, WRITTEN_NUMBERS)
    if written is not None:
        found: Any = written.split("\\") if written else []
    else:
        found = value(dataset, keyword)
    if found is None:
        return ()
    try:
        return tuple(float(each) for each in (found if _several(found) else [found]))
    except (TypeError, ValueError):
        return ()


def number(
    dataset: "Plain | pydicom.Dataset", keyword: str, missing: float | None = None
) -> float | None:
    """The first of the values as a float."""
    found = numbers(dataset, keyword)
    return found[0] if found else missing


def _several(found: Any) -> bool:
    from pydicom.multival import MultiValue

    return isinstance(found, MultiValue | list | tuple)


def _written(dataset: "pydicom.Dataset", keyword: str, kinds: frozenset[str]) -> str | None:
    """A value of one of these kinds as it is written in the file; None for all others.

    pydicom's own conversion takes ten times as long, which three hundred slices show.
    """
    from pydicom.datadict import dictionary_VR
    from pydicom.dataelem import RawDataElement

    try:
        item: Any = dataset.get_item(_tag(keyword))
    except damage():
        return None
    if not isinstance(item, RawDataElement) or not isinstance(item.value, bytes):
        return None
    if (item.VR or dictionary_VR(item.tag)) not in kinds:
        return None
    return item.value.decode("latin-1").strip(" \0")


@cache
def _tag(keyword: str) -> "BaseTag":
    from pydicom.datadict import tag_for_keyword
    from pydicom.tag import BaseTag

    found = tag_for_keyword(keyword)
    if found is None:
        raise KeyError(keyword)
    return BaseTag(found)
