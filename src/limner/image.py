"""A picture: samples, where in the patient each of them lies, and where they came from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, GeometryMismatch
from limner.grid import Grid, Shape, Vector

Samples = NDArray[Any]
Axes = tuple[int, int, int, int, int]


class Pixels(Protocol):
    """Samples that are read in blocks; an array in memory is one kind, a slide another.

    shape    (times, slices, rows, columns, channels) of level 0
    dtype    of every sample that `read` returns
    levels   (slices, rows, columns) of each level of a pyramid; the first is the full size
    """

    @property
    def shape(self) -> Axes: ...

    @property
    def dtype(self) -> np.dtype[Any]: ...

    @property
    def levels(self) -> tuple[Shape, ...]: ...

    def read(self, low: Shape, high: Shape, *, time: int = 0, level: int = 0) -> Samples:
        """(slices, rows, columns, channels) of the voxels `low <= index < high` of a level."""
        ...


@dataclass(frozen=True, eq=False)
class ArrayPixels:
    """Pixels that are in memory: an array (times, slices, rows, columns, channels)."""

    array: Samples

    def __post_init__(self) -> None:
        """Make a read-only view: the caller gives the array up, it is not copied."""
        if self.array.ndim != 5:
            raise GeometryMismatch(
                f"The samples have {self.array.ndim} axes. "
                "Give five: (times, slices, rows, columns, channels)."
            )
        still = self.array.view()
        still.flags.writeable = False
        object.__setattr__(self, "array", still)

    @property
    def shape(self) -> Axes:
        """(times, slices, rows, columns, channels)."""
        times, slices, rows, columns, channels = self.array.shape
        return times, slices, rows, columns, channels

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of one sample."""
        return self.array.dtype

    @property
    def levels(self) -> tuple[Shape, ...]:
        """One level: there is no pyramid."""
        return (self.shape[1:4],)

    def read(self, low: Shape, high: Shape, *, time: int = 0, level: int = 0) -> Samples:
        """A view of the block, not a copy. Raises BadValue for a level there is not."""
        if level != 0:
            raise BadValue(f"Level {level} was asked for, but an array has only level 0.")
        (a, b, c), (d, e, f) = low, high
        return np.asarray(self.array[time, a:d, b:e, c:f])


@dataclass(frozen=True)
class CroppedPixels:
    """A block of other pixels, still read only when asked for."""

    whole: Pixels
    low: Shape
    high: Shape

    @property
    def shape(self) -> Axes:
        """(times, slices, rows, columns, channels)."""
        slices, rows, columns = (b - a for a, b in zip(self.low, self.high, strict=True))
        return self.whole.shape[0], slices, rows, columns, self.whole.shape[4]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of one sample."""
        return self.whole.dtype

    @property
    def levels(self) -> tuple[Shape, ...]:
        """One level: a crop forgets the pyramid."""
        return (self.shape[1:4],)

    def read(self, low: Shape, high: Shape, *, time: int = 0, level: int = 0) -> Samples:
        """The block, read from the whole."""
        if level != 0:
            raise BadValue(f"Level {level} was asked for, but a crop has only level 0.")
        first = tuple(a + b for a, b in zip(self.low, low, strict=True))
        last = tuple(a + b for a, b in zip(self.low, high, strict=True))
        return self.whole.read(
            (first[0], first[1], first[2]), (last[0], last[1], last[2]), time=time
        )


@dataclass(frozen=True)
class Window:
    """The range of samples that is shown, and that networks see as 0 to 1.

    low, high   in the image's unit; low < high
    rule        where it comes from, in words that `limner info` prints
    """

    low: float
    high: float
    rule: str = ""

    def __post_init__(self) -> None:
        """Refuse a range that is empty or not finite."""
        if not (np.isfinite([self.low, self.high]).all() and self.low < self.high):
            raise BadValue(
                f"The window from {self.low} to {self.high} is empty. Give a low below a high."
            )

    def apply(self, samples: Samples) -> NDArray[np.float32]:
        """Samples as 0 to 1, of the same shape; NaN becomes 0."""
        exact = np.float32 if samples.dtype.itemsize <= 2 else np.float64  # 16 bits fit float32
        shown: NDArray[Any] = samples.astype(exact)
        shown = (shown - self.low) / (self.high - self.low)
        return np.asarray(np.clip(np.nan_to_num(shown, nan=0.0), 0, 1), np.float32)


@dataclass(frozen=True)
class FileSource:
    """One file that was read: its name without folders, and the SHA-256 of its bytes."""

    name: str
    sha256: str


@dataclass(frozen=True)
class SliceSource:
    """Where one slice came from: the SOP Instance UID, its frame (from 1), its true place."""

    sop_instance_uid: str
    frame: int = 1
    position_mm: Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Region:
    """A calibrated part of an ultrasound frame (DICOM PS3.3 C.8.5.5).

    low, high    (row, column), half open, pixels
    step_mm      (row, column) size of a pixel, mm; (0, 0) where the units are not lengths
    kind         "2D", "M-mode", "Doppler", ... in words
    """

    low: tuple[int, int]
    high: tuple[int, int]
    step_mm: tuple[float, float]
    kind: str = "2D"


@dataclass(frozen=True)
class Source:
    """All that a file said beside its samples, and that an exporter will need.

    format       "dicom", "nifti", "png", ...
    folder       where the files lay, for people; not an identity
    files        names and hashes
    modality     DICOM's code ("CT", "MR", "PT", "US", "DX", "SM", "XC", ...); "" unknown
    window       the range that is shown; None until a rule has been applied
    laterality   "L", "R", "B" or ""
    slices       one entry a slice of the grid (per time where times differ), in grid order
    regions      calibrated regions of an ultrasound frame
    attributes   (keyword, value) pairs to copy on export: DICOM keywords, NIfTI header fields
    problems     what was odd about the files, one sentence each
    frames       every image of the series, where slices leave some out because they lie between
                 them (uneven steps); () where `slices` names them all
    """

    format: str = ""
    folder: str = ""
    files: tuple[FileSource, ...] = ()
    modality: str = ""
    window: Window | None = None
    laterality: Literal["", "L", "R", "B"] = ""
    slices: tuple[SliceSource, ...] = ()
    regions: tuple[Region, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()
    frames: tuple[SliceSource, ...] = ()

    def attribute(self, keyword: str) -> str:
        """The value under a keyword; "" where the file gave none."""
        return dict(self.attributes).get(keyword, "")

    def to_json(self) -> dict[str, Any]:
        """Plain lists, dicts, numbers and texts, in the order of the fields."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Source":
        """The inverse of `to_json`."""
        window = told["window"]
        return cls(
            format=told["format"],
            folder=told["folder"],
            files=tuple(FileSource(**each) for each in told["files"]),
            modality=told["modality"],
            window=None if window is None else Window(**window),
            laterality=told["laterality"],
            slices=_slices(told["slices"]),
            regions=tuple(
                Region(tuple(r["low"]), tuple(r["high"]), tuple(r["step_mm"]), r["kind"])
                for r in told["regions"]
            ),
            attributes=tuple((key, value) for key, value in told["attributes"]),
            problems=tuple(told["problems"]),
            frames=_slices(told.get("frames", ())),  # files of before there were any
        )


@dataclass(frozen=True, eq=False)
class Image:
    """Samples on a grid, with their source. It never changes.

    pixels    axes (times, slices, rows, columns, channels); read in blocks
    grid      of one time
    unit      what a sample counts: "HU", "SUV", ...; "" where it is arbitrary
    times_s   the time of each frame, s; empty where the file gives none
    source    what else the file said

    Two images are equal only as the same object; compare grids with `grid.matches` and
    samples with numpy. Raises GeometryMismatch when the pixels do not fill the grid.
    """

    pixels: Pixels
    grid: Grid
    unit: str = ""
    times_s: tuple[float, ...] = ()
    source: Source = field(default_factory=Source)

    def __post_init__(self) -> None:
        """Compare the pixels with the grid."""
        if self.pixels.shape[1:4] != self.grid.shape:
            raise GeometryMismatch(
                f"The samples have shape {self.pixels.shape[1:4]} but the grid has "
                f"{self.grid.shape}. Give (slices, rows, columns); a single picture has one slice."
            )
        if self.times_s and len(self.times_s) != self.times:
            raise GeometryMismatch(
                f"There are {self.times} frames but {len(self.times_s)} times. Give one for each."
            )

    @classmethod
    def of(cls, samples: Samples, grid: Grid | None = None, *, unit: str = "") -> "Image":
        """An image from an array in memory, which is given up and not copied.

        samples   (rows, columns), (slices, rows, columns), with channels last
                  (slices, rows, columns, channels), or all five axes. A colour picture
                  without slices needs its slice axis: `samples[None]`.
        grid      without one, pixels without a size

        >>> Image.of(np.zeros((4, 5), np.uint8)).grid.shape
        (1, 4, 5)
        """
        array = np.asarray(samples)
        if array.ndim == 2:
            array = array[None]
        if array.ndim == 3:
            array = array[..., None]
        if array.ndim == 4:
            array = array[None]
        pixels = ArrayPixels(array)
        slices, rows, columns = pixels.shape[1:4]
        return cls(pixels, grid or Grid.picture(rows, columns, slices=slices), unit)

    @property
    def times(self) -> int:
        """How many frames there are in time."""
        return self.pixels.shape[0]

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colour, more for stains and sequences."""
        return self.pixels.shape[4]

    def block(self, low: Shape, high: Shape, *, time: int = 0) -> Samples:
        """(slices, rows, columns, channels) of the voxels `low <= index < high`.

        Raises BadValue when the block is empty or leaves the image, or there is no such time.
        """
        self._inside(low, high)
        if not 0 <= time < self.times:
            raise BadValue(
                f"Frame {time} was asked for, but there are {self.times} (counted from 0)."
            )
        return self.pixels.read(low, high, time=time)

    def slice(self, number: int, *, time: int = 0) -> Samples:
        """(rows, columns, channels) of one slice, counted from 0."""
        _, rows, columns = self.grid.shape
        return np.asarray(self.block((number, 0, 0), (number + 1, rows, columns), time=time)[0])

    def whole(self, *, time: int = 0) -> Samples:
        """(slices, rows, columns, channels) of one time: all of it, in memory."""
        return self.block((0, 0, 0), self.grid.shape, time=time)

    def crop(self, low: Shape, high: Shape) -> "Image":
        """The voxels `low <= index < high`. Each keeps its position in the patient.

        Raises BadValue when the block is empty or leaves the image.
        """
        self._inside(low, high)
        source = self.source
        if len(source.slices) == self.grid.shape[0]:
            source = replace(source, slices=source.slices[low[0] : high[0]])
        source = replace(source, regions=_cut(source.regions, low[1:], high[1:]))
        pixels = CroppedPixels(self.pixels, low, high)
        return replace(self, pixels=pixels, grid=self.grid.crop(low, high), source=source)

    def _inside(self, low: Shape, high: Shape) -> None:
        spans = zip(low, high, self.grid.shape, strict=True)
        if not all(0 <= a < b <= n for a, b, n in spans):
            raise BadValue(
                f"The block {low} to {high} is not inside {self.grid.shape} voxels. "
                "Give a low corner below a high one, both inside."
            )


def _cut(
    regions: tuple[Region, ...], low: Sequence[int], high: Sequence[int]
) -> tuple[Region, ...]:
    """The parts of the regions that lie in a block of pixels, counted from its corner."""
    found = []
    for each in regions:
        first = tuple(max(a, b) - b for a, b in zip(each.low, low, strict=True))
        last = tuple(min(a, b) - c for a, b, c in zip(each.high, high, low, strict=True))
        if first[0] < last[0] and first[1] < last[1]:
            found.append(replace(each, low=(first[0], first[1]), high=(last[0], last[1])))
    return tuple(found)


def _slices(told: Iterable[Mapping[str, Any]]) -> tuple[SliceSource, ...]:
    return tuple(
        SliceSource(**{**each, "position_mm": tuple(each["position_mm"])}) for each in told
    )


def _plain(value: Any) -> Any:
    """Dataclasses as dicts and tuples as lists, all the way down."""
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value
