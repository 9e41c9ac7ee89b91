"""Frames become arrays: decoded, rescaled, in colour or in the unit of the modality.

Stored integers stay integers where slope and intercept are whole numbers, in the smallest
type that holds every value that the stored bits could: a CT is int16, not float32.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.dicom.coding import Coding
from limner.dicom.decode import read_plain, stored_frame
from limner.dicom.frames import Frame
from limner.dicom.layout import Cell
from limner.errors import BadValue, UnreadableFile
from limner.grid import Shape
from limner.image import Axes, Samples

WHOLE_MOST = 1 << 35  # bytes of one whole volume in memory
KEPT_MOST = 1 << 31  # bytes of a volume that is kept after it was read whole
KEPT_SLICES = 8  # slices kept when they are read one by one


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
            read_plain(found, frame.number - 1, flat)
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
            from pydicom.pixels.processing import apply_modality_lut

            target[..., 0] = apply_modality_lut(samples, found.header.whole)
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
