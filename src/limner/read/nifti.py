"""NIfTI-1 and NIfTI-2: .nii, .nii.gz, and pairs of .hdr and .img.

orientation   the sform where it is coded, else the qform, else sizes alone (and it is
              said that the orientation is unknown)
samples       in the type that is stored; float32 (float64 where the stored type is
              wider) where the file scales them. Uncompressed files stay on the disk and
              are read in blocks; a .gz is unpacked once
4D            frames in time; a file whose fourth axis is not time (four sequences of one
              brain) is read the same way: choose one with `frame`
unit          unknown, for NIfTI names no modality. It is never guessed from the numbers:
              say `modality="CT"` and samples are HU
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue
from limner.grid import Shape
from limner.image import ArrayPixels, Axes, Image, Pixels, Samples, Source
from limner.nifti import Volume, open_volume
from limner.read._files import ends_in, file_source, kind_of

ENDINGS = (".nii", ".nii.gz", ".hdr", ".hdr.gz")


def claims(path: Path) -> bool:
    """By content; by its ending where the content is of no kind that is known."""
    kind = kind_of(path)
    return kind == "nifti" or (kind == "" and ends_in(path, *ENDINGS))


def read(path: Path) -> Image:
    """The volume. Raises UnreadableFile for a file that is damaged or no picture."""
    volume = open_volume(path)
    problems = list(volume.problems)
    if not ends_in(path, *ENDINGS):
        problems.append(f"The file is called '{path.name}' but is NIfTI, and is read as such.")
    strange = _not_finite(volume)
    if strange:
        problems.append(
            f"{strange} of {volume.stored.size} samples are not finite; "
            "they stay, and the window leaves them out."
        )
    source = Source(
        format="nifti",
        folder=str(path.parent),
        files=(file_source(path),),
        attributes=volume.fields,
        problems=tuple(problems),
    )
    return Image(_pixels(volume), volume.grid, times_s=volume.times_s, source=source)


@dataclass(frozen=True)
class ScaledPixels:
    """Stored samples that are turned into real ones when they are read."""

    stored: NDArray[Any]
    slope: float
    inter: float

    @property
    def shape(self) -> Axes:
        """(times, slices, rows, columns, channels)."""
        times, slices, rows, columns, channels = self.stored.shape
        return times, slices, rows, columns, channels

    @property
    def dtype(self) -> np.dtype[Any]:
        """The stored type in this machine's byte order, or the float that holds it scaled."""
        kind = self.stored.dtype
        if (self.slope, self.inter) == (1.0, 0.0):
            return kind.newbyteorder("=")
        narrow = kind.itemsize <= (2 if kind.kind in "iu" else 4)
        return np.dtype(np.float32 if narrow else np.float64)

    @property
    def levels(self) -> tuple[Shape, ...]:
        """One level."""
        return (self.shape[1:4],)

    def read(self, low: Shape, high: Shape, *, time: int = 0, level: int = 0) -> Samples:
        """The block, scaled. Raises BadValue for a level there is not."""
        if level != 0:
            raise BadValue(f"Level {level} was asked for, but NIfTI has only level 0.")
        (a, b, c), (d, e, f) = low, high
        block = np.asarray(self.stored[time, a:d, b:e, c:f]).astype(self.dtype)
        if (self.slope, self.inter) != (1.0, 0.0):
            block *= self.dtype.type(self.slope)
            block += self.dtype.type(self.inter)
        return block


def _pixels(volume: Volume) -> Pixels:
    """Stored samples as they are where that is what they mean, so that views are free."""
    if not volume.scaled and volume.stored.dtype.isnative:
        return ArrayPixels(volume.stored)
    return ScaledPixels(volume.stored, volume.slope, volume.inter)


def _not_finite(volume: Volume) -> int:
    """How many samples are NaN or infinite; looked at slice by slice."""
    if volume.stored.dtype.kind != "f":
        return 0
    frames = volume.stored.reshape(-1, *volume.stored.shape[2:])
    return sum(int(plane.size - np.count_nonzero(np.isfinite(plane))) for plane in frames)
