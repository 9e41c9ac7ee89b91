"""How the samples of a file are stored, and whether its claim can be believed."""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from limner.dicom.headers import Header, number, text, value
from limner.errors import UnreadableFile

FRAME_MOST = 1 << 30  # bytes of one frame; a mammogram has 0.03 of that
FILM = tuple(f"1.2.840.10008.1.2.4.{k}" for k in range(100, 109))  # MPEG-2, MPEG-4, HEVC
NATIVE = {
    "1.2.840.10008.1.2": "<",
    "1.2.840.10008.1.2.1": "<",
    "1.2.840.10008.1.2.2": ">",
}
DEFLATED = "1.2.840.10008.1.2.1.99"
ITEM = 0xE000FFFE  # (FFFE,E000), its bytes read as one number
GREY = {"MONOCHROME1", "MONOCHROME2"}


@dataclass(frozen=True, eq=False)
class Coding:
    """How the samples of one file are stored. `stored` is the type of a decoded sample."""

    header: Header
    rows: int
    columns: int
    bits: int
    kept: int
    signed: bool
    colour: str
    per_pixel: int
    order: str  # "<" or ">" for samples that lie in the file as they are, "" for others
    table: bool  # a modality look-up table stands for slope and intercept
    floating: str  # "f4" or "f8" where samples are stored as floating point
    seen: tuple[int, int] | None = None  # least and greatest stored value, where measured

    @property
    def stored(self) -> np.dtype[Any]:
        if self.floating:
            return np.dtype(self.floating)
        return np.dtype(f"{'i' if self.signed else 'u'}{max(1, self.bits // 8)}")

    @property
    def lies_plain(self) -> bool:
        """Whether a frame is one run of bytes of the stored type, to be read as it is."""
        ordered = self.order == "<" or (self.order == ">" and self.bits > 8)
        return ordered and self.colour in GREY and not self.floating

    @property
    def plain(self) -> bool:
        """The same, and slope and intercept are all that turn it into values."""
        return self.lies_plain and not self.table

    @property
    def frame_bytes(self) -> int:
        return self.rows * self.columns * self.per_pixel * self.bits // 8

    @property
    def span(self) -> tuple[int, int]:
        """The least and the greatest value that the stored bits can hold."""
        if self.signed:
            return -(1 << self.kept - 1), (1 << self.kept - 1) - 1
        return 0, (1 << self.kept) - 1

    @property
    def channels(self) -> int:
        return 1 if self.colour in GREY else 3


def coding(header: Header, frames: int) -> Coding:
    """How a file stores `frames` frames. Raises UnreadableFile for what cannot be decoded.

    The claim is compared with what the file holds before anything is allocated.
    """
    dataset, name = header.dataset, header.place.name
    floating = {"FloatPixelData": "f4", "DoubleFloatPixelData": "f8"}
    kind = next((floating[k] for k in floating if k in dataset), "")
    if any(header.syntax == each or header.syntax.startswith(f"{each}.") for each in FILM):
        raise UnreadableFile(
            f"'{name}' holds a film ({header.syntax_name}), which is not decoded here. "
            "Export its frames as pictures, or as an uncompressed multi-frame image."
        )
    if header.syntax != DEFLATED and header.syntax not in NATIVE:
        _need_decoder(header)
    bits = int(number(dataset, "BitsAllocated", 0) or 0)
    per_pixel = int(number(dataset, "SamplesPerPixel", 1) or 1)
    if bits not in {1, 8, 16, 32, 64} or per_pixel not in {1, 3}:
        raise UnreadableFile(
            f"'{name}' stores {per_pixel} samples of {bits} bits for each pixel. "
            "1 or 3 samples of 8, 16 or 32 bits are read here."
        )
    found = Coding(
        header=header,
        rows=int(number(dataset, "Rows", 0) or 0),
        columns=int(number(dataset, "Columns", 0) or 0),
        bits=bits,
        kept=min(int(number(dataset, "BitsStored", bits) or bits), bits),
        signed=number(dataset, "PixelRepresentation", 0) == 1,
        colour=text(dataset, "PhotometricInterpretation")
        or ("MONOCHROME2" if per_pixel == 1 else "RGB"),
        per_pixel=per_pixel,
        order=NATIVE.get(header.syntax, "") if bits >= 8 and header.pixels_at >= 0 else "",
        table=value(dataset, "ModalityLUTSequence") is not None,
        floating=kind,
    )
    _check_claim(found, frames)
    return found


def _need_decoder(header: Header) -> None:
    from pydicom.pixels.decoders.base import get_decoder

    syntax, name = header.syntax, header.place.name
    try:
        ready = get_decoder(syntax).is_available
    except (NotImplementedError, ValueError):
        ready = False
    if not ready:
        called = header.syntax_name if header.syntax_name != syntax else "private or unknown"
        raise UnreadableFile(
            f"'{name}' has the transfer syntax {syntax} ({called}), which cannot be decoded "
            "here. Export it uncompressed, or convert it with 'gdcmconv --raw'."
        )


def _check_claim(found: Coding, frames: int) -> None:
    header, name = found.header, found.header.place.name
    claimed = found.frame_bytes * frames
    shape = f"{frames} x {found.rows} x {found.columns} pixels"
    if found.frame_bytes > FRAME_MOST:
        raise UnreadableFile(
            f"'{name}' claims {shape}, {claimed / 1e9:.1f} GB. One frame may have "
            f"{FRAME_MOST >> 20} MiB; if the claim is right, export it in parts."
        )
    if header.syntax == DEFLATED or header.pixels_at < 0:
        return
    if header.length < 0 and not found.order:
        _check_items(found, frames)
        return
    there = header.place.size - header.pixels_at
    if header.length > there + 1:  # some writers count a byte of padding that they left out
        raise UnreadableFile(
            f"'{name}' says that its samples take {header.length} bytes, but only {there} are "
            "there: it was cut off, or never was what it says. Fetch or export it again."
        )
    needed = claimed * 2 // 3 if found.colour == "YBR_FULL_422" else claimed
    if there < needed:
        raise UnreadableFile(
            f"'{name}' claims {shape}, {needed} bytes, but only {there} are there: it was cut "
            "off. Fetch or export it again."
        )


def _check_items(found: Coding, frames: int) -> None:
    """Walk over the items of encapsulated samples (PS3.5 A.4): all there, and enough of them.

    A decoder that is given half a picture may take a minute to find out.
    """
    header, name = found.header, found.header.place.name
    size, at, items = header.place.size, header.pixels_at, 0
    with header.place.open() as file:
        while at + 8 <= size:
            file.seek(at)
            tag, length = struct.unpack("<LL", file.read(8))
            if tag != ITEM:
                break
            at, items = at + 8 + length, items + 1
    if at > size:
        raise UnreadableFile(
            f"'{name}' should go on for {at - size} bytes more: it was cut off. "
            "Fetch or export it again."
        )
    if items - 1 < frames:  # the first item is the table of offsets
        raise UnreadableFile(
            f"'{name}' claims {frames} frames but holds {max(0, items - 1)}. "
            "Fetch or export it again."
        )
