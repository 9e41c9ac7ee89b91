"""The samples of a SEG, one frame at a time, and which frames there are.

Source   PS3.5 section 8.1.1 (one bit a pixel, frames without padding), PS3.3 C.8.20.2.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from limner.dicom.seg_planes import Planes
from limner.mask import Mask

Kind = Literal["BINARY", "FRACTIONAL", "LABELMAP"]

FULL = 255  # Maximum Fractional Value: certain
EVEN_ODDS = 128  # the least level that is more likely inside than not


@dataclass(frozen=True)
class Frame:
    """One frame to come: which object on which plane; object 0 is every object (a label map)."""

    object: int
    plane: int


@dataclass(frozen=True, eq=False)
class Job:
    """What is to be written.

    numbers   object id to segment number
    frames    in the order of the file
    """

    mask: Mask
    where: Planes
    kind: Kind
    numbers: dict[int, int]
    frames: list[Frame]

    @property
    def bits(self) -> int:
        """Of one sample."""
        if self.kind == "LABELMAP":
            return 8 if max(self.numbers.values()) < 256 else 16
        return 1 if self.kind == "BINARY" else 8

    @property
    def size(self) -> int:
        """Bytes of all samples."""
        _, rows, columns = self.mask.grid.shape
        return (len(self.frames) * rows * columns * self.bits + 7) // 8

    def slice_of(self, frame: Frame) -> int:
        """Which slice of the mask a frame shows."""
        return self.where.planes[frame.plane].number


def segment_numbers(mask: Mask, kind: Kind) -> dict[int, int]:
    """Object id to segment number: from 1 without gaps; a label map may keep the ids."""
    if kind == "LABELMAP" and max(mask.ids) <= 65535:
        return {each: each for each in mask.ids}
    return {each: place for place, each in enumerate(mask.ids, start=1)}


def frames_of(mask: Mask, where: Planes, kind: Kind) -> list[Frame]:
    """The frames that hold something, by object and then by plane; one where nothing does.

    Where the planes are those of an uneven scan, the first object has a frame on each.
    """
    found: dict[int, set[int]] = {each: set() for each in mask.ids}
    for k, plane in enumerate(where.planes):
        for each in _present(mask, plane.number):
            found[each].add(k)
    if kind == "FRACTIONAL":
        for soft in mask.soft:
            filled = np.flatnonzero(soft.levels.any(axis=(1, 2))) + soft.low[0]
            found[soft.object] |= {
                k for k, plane in enumerate(where.planes) if plane.number in filled
            }
    first = mask.ids[0]
    if kind == "LABELMAP":
        found, first = {0: set().union(*found.values())}, 0
    if where.whole:
        found[first] = set(range(len(where.planes)))
    every = [Frame(each, k) for each, held in found.items() for k in sorted(held)]
    return every or [Frame(first, 0)]


def _present(mask: Mask, number: int) -> list[int]:
    seen = np.zeros(max(mask.ids) + 1, bool)
    for layer in mask.layers:
        seen[layer[0, number]] = True
    seen[0] = False
    return [int(each) for each in np.flatnonzero(seen)]


def write_samples(file: BinaryIO, job: Job) -> None:
    """The Pixel Data element, one frame at a time; padded to an even length."""
    word = b"OB" if job.bits <= 8 else b"OW"
    padding = job.size % 2
    file.write(struct.pack("<HH2sHL", 0x7FE0, 0x0010, word, 0, job.size + padding))
    if job.kind == "BINARY":
        file.writelines(_packed(job))
    elif job.kind == "FRACTIONAL":
        file.writelines(_levels(job, frame).tobytes() for frame in job.frames)
    else:
        file.writelines(_labels(job))
    file.write(b"\0" * padding)


def _labels(job: Job) -> Iterator[bytes]:
    """Segment numbers, 8 or 16 bits a pixel."""
    table = np.zeros(max(job.numbers) + 1, np.uint8 if job.bits == 8 else np.dtype("<u2"))
    for each, segment in job.numbers.items():
        table[each] = segment
    for frame in job.frames:
        if job.mask.layers:
            yield table[job.mask.layers[0][0, job.slice_of(frame)]].tobytes()
        else:
            yield np.zeros(job.mask.grid.shape[1:], table.dtype).tobytes()


def _packed(job: Job) -> Iterator[bytes]:
    """One bit a pixel, the first pixel lowest; a frame begins where the last one ended."""
    rest: NDArray[np.bool_] = np.zeros(0, bool)
    for frame in job.frames:
        flags = _inside(job.mask, frame.object, job.slice_of(frame)).reshape(-1)
        if len(rest):
            flags = np.concatenate((rest, flags))
        whole = len(flags) // 8 * 8
        yield np.packbits(flags[:whole], bitorder="little").tobytes()
        rest = flags[whole:]
    yield np.packbits(rest, bitorder="little").tobytes()


def _inside(mask: Mask, number: int, slice_number: int) -> NDArray[np.bool_]:
    if not mask.layers:
        return np.zeros(mask.grid.shape[1:], bool)
    inside = mask.layers[0][0, slice_number] == number
    for layer in mask.layers[1:]:
        inside |= layer[0, slice_number] == number
    return np.asarray(inside)


def _levels(job: Job, frame: Frame) -> NDArray[np.uint8]:
    """How likely each pixel is; what was decided goes before what a model believed.

    A level on the other side of even odds than the mask is moved just to its side, so that
    whoever cuts at one half gets the mask.
    """
    mask, slice_number = job.mask, job.slice_of(frame)
    inside = _inside(mask, frame.object, slice_number)
    soft = next((each for each in mask.soft if (each.object, each.time) == (frame.object, 0)), None)
    if soft is None:
        return np.where(inside, np.uint8(FULL), np.uint8(0))
    levels: NDArray[Any] = np.zeros(inside.shape, np.uint8)
    depth = slice_number - soft.low[0]
    if 0 <= depth < soft.levels.shape[0]:
        (top, left), (rows, columns) = soft.low[1:], soft.levels.shape[1:]
        levels[top : top + rows, left : left + columns] = soft.levels[depth]
    known = np.maximum(levels, EVEN_ODDS), np.minimum(levels, EVEN_ODDS - 1)
    return np.asarray(np.where(inside, *known))
