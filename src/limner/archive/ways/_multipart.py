"""The parts of DICOMweb's messages, as streams: nothing is kept whole in memory.

Source   RFC 2046 section 5.1; PS3.18 section 8.6
"""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from limner.archive.address import Address
from limner.archive.query import harmless
from limner.errors import NoService

if TYPE_CHECKING:
    from requests import Response

CHUNK = 1 << 18
HEAD_MOST = 1 << 16  # bytes before a part's own bytes begin
BLANK = b"\r\n\r\n"
BOUNDARY = re.compile(r'boundary="?([^";,]+)"?', re.IGNORECASE)


def first_part(address: Address, answer: "Response") -> Iterator[bytes]:
    """The bytes of a message's first part; of all of it where a server sends it bare.

    Raises NoService where the message ends before the part does.
    """
    chunks = _chunks(address, answer)
    kind = answer.headers.get("Content-Type", "")
    if kind.startswith("application/dicom"):
        yield from chunks
        return
    boundary = BOUNDARY.search(kind)
    if not kind.startswith("multipart/related") or boundary is None:
        raise NoService(
            f"The archive {address} sent '{harmless(kind) or 'nothing that it names'}' where an "
            "instance was asked for. See whether the address is that of its DICOMweb service."
        )
    yield from _inside(address, chunks, boundary[1].encode())


def _inside(address: Address, chunks: Iterator[bytes], boundary: bytes) -> Iterator[bytes]:
    held, end = b"", b"\r\n--" + boundary
    while (at := held.find(BLANK)) < 0 or b"--" + boundary not in held[:at]:
        held += _more(address, chunks)
        if len(held) > HEAD_MOST + CHUNK:
            raise _cut(address)
    held = held[at + len(BLANK) :]
    while (at := held.find(end)) < 0:
        sure = max(0, len(held) - len(end) + 1)  # the end may lie across two chunks
        yield held[:sure]
        held = held[sure:] + _more(address, chunks)
    yield held[:at]


def _more(address: Address, chunks: Iterator[bytes]) -> bytes:
    more = next(chunks, b"")
    if not more:
        raise _cut(address)
    return more


def _chunks(address: Address, answer: "Response") -> Iterator[bytes]:
    from requests import RequestException

    try:
        yield from answer.iter_content(CHUNK)
    except RequestException as error:
        raise _cut(address) from error


def _cut(address: Address) -> NoService:
    return NoService(f"The archive {address} stopped in the middle of an instance.")


class Message:
    """A message with one DICOM file in it, read from the disk as it is sent.

    The form is what requests takes for a stream of known length.
    """

    def __init__(self, file: Path) -> None:
        boundary = uuid.uuid4().hex
        self.kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
        self.file = file
        self._head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()

    def __len__(self) -> int:
        return len(self._head) + self.file.stat().st_size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        with self.file.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
        yield self._tail
