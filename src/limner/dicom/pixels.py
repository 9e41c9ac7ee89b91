"""Frames become arrays: decoded, rescaled, in colour or in the unit of the modality.

Stored integers stay integers where slope and intercept are whole numbers, in the smallest
type that holds every value that the stored bits could: a CT is int16, not float32.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, cast

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut
from pydicom.pixels.utils import as_pixel_options

from limner.dicom.frames import Frame
from limner.dicom.headers import DAMAGE, Header, number, quietly, text, value
from limner.dicom.layout import Cell
from limner.errors import BadValue, UnreadableFile
from limner.grid import Shape
from limner.image import Axes, Samples

FRAME_MOST = 1 << 30  # bytes of one frame; a mammogram has 0.03 of that
WHOLE_MOST = 1 << 35  # bytes of one whole volume in memory
KEPT_MOST = 1 << 31  # bytes of a volume that is kept after it was read whole
KEPT_SLICES = 8  # slices kept when they are read one by one
FILM = tuple(f"1.2.840.10008.1.2.4.{k}" for k in range(100, 109))  # MPEG-2, MPEG-4, HEVC
NATIVE = {
    "1.2.840.10008.1.2": "<",
    "1.2.840.10008.1.2.1": "<",
    "1.2.840.10008.1.2.2": ">",
}
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
DEFLATED = "1.2.840.10008.1.2.1.99"
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
            f"'{name}' holds a film ({header.syntax.name}), which is not decoded here. "
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


def measured(found: Coding) -> Coding:
    """The same, with the span of the samples that are there instead of all that could be.

    Scanners that write HU as 16 stored bits and an intercept seem to need 17; what they
    hold fits 16, which halves the memory of a volume. Only for samples that lie plain.
    """
    samples = np.empty((found.rows, found.columns), found.stored)
    _native(found, 0, samples)
    return replace(found, seen=(int(samples.min()), int(samples.max())))


def _need_decoder(header: Header) -> None:
    syntax, name = header.syntax, header.place.name
    try:
        ready = get_decoder(syntax).is_available
    except NotImplementedError:
        ready = False
    if not ready:
        called = syntax.name if syntax.name != str(syntax) else "private or unknown"
        raise UnreadableFile(
            f"'{name}' has the transfer syntax {syntax} ({called}), which cannot be decoded "
            "here. Export it uncompressed, or convert it with: gdcmconv --raw"
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
    there = header.place.size - header.pixels_at
    needed = claimed
    if found.colour == "YBR_FULL_422" and found.order:
        needed = claimed * 2 // 3
    if not found.order and found.bits >= 8:
        needed = 8 * frames  # encapsulated: each frame is at least an item's tag and length
    if there < needed:
        raise UnreadableFile(
            f"'{name}' claims {shape}, {needed} bytes, but only {there} are there: it was cut "
            "off. Fetch or export it again."
        )


def stored_frame(found: Coding, index: int) -> NDArray[Any]:
    """(rows, columns) or (rows, columns, 3) of one frame, counted from 0, as it was stored.

    Colour comes as red, green and blue, 8 or 16 bits. Raises UnreadableFile.
    """
    if found.lies_plain:
        samples = np.empty((found.rows, found.columns), found.stored)
        _native(found, index, samples)
        return samples
    try:
        with quietly():
            return _decoded(found, index)
    except DAMAGE as error:
        if isinstance(error, UnreadableFile):
            raise
        name, kind = found.header.place.name, found.header.syntax.name
        told = str(error).strip().splitlines() or [type(error).__name__]
        raise UnreadableFile(
            f"Frame {index + 1} of '{name}' ({kind}) cannot be decoded: "
            f"{told[-1].strip().rstrip('.')}. Fetch or export it again."
        ) from error


def _native(found: Coding, index: int, samples: NDArray[Any]) -> None:
    """Read one frame that lies in the file as it is into an array of the stored type."""
    with found.header.place.open() as file:
        file.seek(found.header.pixels_at + index * found.frame_bytes)
        read = file.readinto(samples.reshape(-1).view(np.uint8).data)
    if read != found.frame_bytes:
        raise UnreadableFile(f"'{found.header.place.name}' was cut off while it was being read.")
    if found.order == ">":
        samples.byteswap(inplace=True)
    unused = found.bits - found.kept
    if unused:  # overlays or nothing may lie there; signed samples keep their sign
        np.left_shift(samples, unused, out=samples)
        np.right_shift(samples, unused, out=samples)


def _decoded(found: Coding, index: int) -> NDArray[Any]:
    header = found.header
    decoder = get_decoder(header.syntax)
    if header.syntax == JPEG_EXTENDED and found.bits == 16:
        samples = _twelve_bits(found, index)
    elif header.syntax == DEFLATED or header.pixels_at < 0:
        with header.place.open() as file:
            whole = pydicom.dcmread(cast("BinaryIO", file), force=True)
        samples = np.asarray(decoder.as_array(whole, index=index)[0])
    else:
        options = as_pixel_options(header.dataset)
        options["pixel_keyword"] = "PixelData"  # the header was read without it
        with header.place.open() as file:
            if found.order == ">":  # bytes that were written as words lie in swapped pairs
                file.seek(header.pixels_at - 8)
                options["pixel_vr"] = file.read(2).decode()
            file.seek(header.pixels_at)
            decoded = decoder.as_array(cast("BinaryIO", file), index=index, **options)
        samples = np.asarray(decoded[0])
    if found.colour == "PALETTE COLOR":
        samples = apply_color_lut(samples, header.dataset)
        if samples.dtype == np.uint16:
            samples = (samples >> 8).astype(np.uint8)
        samples = samples[..., :3]
    return samples


def _twelve_bits(found: Coding, index: int) -> NDArray[Any]:
    """JPEG with 12 bits: only GDCM's own reader decodes it, from a file and not from bytes."""
    import gdcm

    place = found.header.place
    with TemporaryDirectory() as folder:
        path = place.path
        if place.archive is not None:
            path = Path(folder) / "frame.dcm"
            path.write_bytes(place.start(place.size))
        reader = gdcm.ImageReader()
        reader.SetFileName(str(path))
        if not reader.Read():
            raise ValueError("GDCM cannot read it")
        raw = reader.GetImage().GetBuffer().encode("utf-8", "surrogateescape")
    frames = np.frombuffer(raw, found.stored).reshape(-1, found.rows, found.columns)
    return np.asarray(frames[index])


@dataclass(frozen=True, eq=False)
class Scaling:
    """Stored value * slope + intercept, in the type of the image."""

    slope: float = 1.0
    intercept: float = 0.0

    def span(self, stored: tuple[int, int]) -> tuple[float, float]:
        """The least and greatest result for a span of stored values."""
        ends = sorted(end * self.slope + self.intercept for end in stored)
        return ends[0], ends[1]

    @property
    def whole(self) -> bool:
        """Whether integers stay integers."""
        return float(self.slope).is_integer() and float(self.intercept).is_integer()


def scaling(found: Coding, frame: Frame, factor: float = 1.0) -> Scaling:
    """What turns stored values into values; MONOCHROME1 is turned over so that high is bright."""
    slope, intercept = frame.slope * factor, frame.intercept * factor
    if found.colour == "MONOCHROME1":
        low, high = found.span
        return Scaling(-slope, slope * (low + high) + intercept)
    return Scaling(slope, intercept)


def sample_type(parts: Sequence[tuple[Coding, Scaling]]) -> np.dtype[Any]:
    """The smallest type that holds every value of these frames."""
    if any(found.channels == 3 for found, _ in parts):
        return np.dtype(np.uint8)
    if any(found.floating or not scale.whole for found, scale in parts):
        return np.dtype(np.float32)
    if any(found.table for found, _ in parts):
        return np.dtype(np.float32)
    spans = {scale.span(found.seen or found.span) for found, scale in parts}
    low, high = min(a for a, _ in spans), max(b for _, b in spans)
    for kind in (np.uint8, np.int16, np.uint16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return np.dtype(kind)
    return np.dtype(np.float32)


@dataclass(frozen=True, eq=False)
class DicomPixels:
    """Samples that are decoded when they are asked for, slice by slice.

    cells     [time][slice]: what fills each slice
    codings   by file
    scalings  by (file, frame number)

    The volume that was last read whole is kept, up to 2 GiB, and so are a few slices.
    """

    cells: tuple[tuple[Cell, ...], ...]
    codings: dict[int, Coding]
    scalings: dict[tuple[int, int], Scaling]
    dtype: np.dtype[Any]
    _whole: dict[int, Samples] = field(default_factory=dict, repr=False)
    _slices: OrderedDict[tuple[int, int], Samples] = field(default_factory=OrderedDict, repr=False)

    @property
    def shape(self) -> Axes:
        """(times, slices, rows, columns, channels)."""
        found = next(iter(self.codings.values()))
        slices = len(self.cells[0])
        return len(self.cells), slices, found.rows, found.columns, found.channels

    @property
    def levels(self) -> tuple[Shape, ...]:
        """One level: there is no pyramid."""
        return (self.shape[1:4],)

    def read(self, low: Shape, high: Shape, *, time: int = 0, level: int = 0) -> Samples:
        """The block, decoded. Raises UnreadableFile for damaged samples."""
        if level != 0:
            raise BadValue(f"Level {level} was asked for, but a series has only level 0.")
        slices, inside = slice(low[0], high[0]), (slice(low[1], high[1]), slice(low[2], high[2]))
        kept = self._whole.get(time)
        if kept is None and high[0] - low[0] == self.shape[1] > 1:
            kept = self._read_whole(time)
        if kept is not None:
            return kept[slices][:, inside[0], inside[1]]
        block = [self._slice(time, k)[inside] for k in range(low[0], high[0])]
        return block[0][None] if len(block) == 1 else np.stack(block)

    def _read_whole(self, time: int) -> Samples:
        needed = int(np.prod([float(n) for n in self.shape[1:]])) * self.dtype.itemsize
        if needed > WHOLE_MOST:
            raise UnreadableFile(
                f"The whole image needs {needed / 1e9:.0f} GB of memory. Open a part of it."
            )
        volume: Samples = np.empty(self.shape[1:], self.dtype)

        for place, cell in zip(volume, self.cells[time], strict=True):
            self._fill(cell, place)
        volume.flags.writeable = False
        if needed <= KEPT_MOST:
            self._whole.clear()
            self._whole[time] = volume
            self._slices.clear()
        return volume

    def _slice(self, time: int, number: int) -> Samples:
        key = time, number
        found = self._slices.get(key)
        if found is None:
            found = np.empty(self.shape[2:], self.dtype)
            self._fill(self.cells[time][number], found)
            found.flags.writeable = False
            self._slices[key] = found
            while len(self._slices) > KEPT_SLICES:
                self._slices.popitem(last=False)
        return found

    def _fill(self, cell: Cell, target: Samples) -> None:
        """Write the values of one slice into (rows, columns, channels)."""
        if cell.second is None:
            self._values(cell.first, target)
            return
        one, two = np.empty_like(target), np.empty_like(target)
        self._values(cell.first, one)
        self._values(cell.second, two)
        mixed = one.astype(np.float32) * np.float32(1 - cell.share) + two * np.float32(cell.share)
        target[...] = mixed if target.dtype.kind == "f" else np.rint(mixed)

    def _values(self, frame: Frame, target: Samples) -> None:
        found, scale = self.codings[frame.file], self.scalings[frame.file, frame.number]
        if found.plain and target.dtype.kind in "iu" and target.itemsize == found.stored.itemsize:
            flat = target[..., 0].view(found.stored)
            _native(found, frame.number - 1, flat)
            _add(flat.view(target.dtype), scale)
            return
        samples = stored_frame(found, frame.number - 1)
        if samples.shape[:2] != target.shape[:2]:
            raise UnreadableFile(
                f"'{found.header.place.name}' says {target.shape[:2]} pixels but holds "
                f"{samples.shape[:2]}. Export it again."
            )
        if found.channels == 3:
            target[...] = samples if samples.dtype == np.uint8 else _eight_bits(samples, found)
        elif found.table:
            target[..., 0] = apply_modality_lut(samples, found.header.dataset)
        else:
            _rescale(samples, scale, target[..., 0])


def _rescale(samples: NDArray[Any], scale: Scaling, target: NDArray[Any]) -> None:
    if target.dtype.kind == "f":
        np.multiply(samples, scale.slope, out=target, casting="unsafe", dtype=np.float64)
        target += target.dtype.type(scale.intercept)
        return
    target[...] = samples
    _add(target, scale)


def _add(target: NDArray[Any], scale: Scaling) -> None:
    """Rescale whole numbers in place: what wraps on the way is undone by an end that fits."""
    if scale.slope != 1:
        np.multiply(target, np.array(int(scale.slope)).astype(target.dtype), out=target)
    if scale.intercept != 0:
        np.add(target, np.array(int(scale.intercept)).astype(target.dtype), out=target)


def _eight_bits(samples: NDArray[Any], found: Coding) -> NDArray[np.uint8]:
    return (samples >> (found.kept - 8)).astype(np.uint8)
