"""A file or a folder becomes an Image. One file here is one family of formats.

A reader is a module with two functions, found by being in this folder:

    claims(path) -> bool     whether the file is of its kind: by content first, and by its
                             ending where the content is damaged or says nothing, so that
                             the refusal comes from the one who knows the format. Never
                             raises for an odd file; opens no more than a few kilobytes.
    read(path) -> Image      raises UnreadableFile, in a sentence, for what it cannot take

One that can hold several series in one path also takes `read(path, *, series)`, and says so
by a line `HOLDS_SERIES = True`. Frames in time are chosen here, for every reader alike.
"""

from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np

from limner.errors import BadValue, NotFound, UnreadableFile
from limner.grid import Shape
from limner.image import Axes, Image, Pixels, Samples
from limner.registry import Registry


class Reader(Protocol):
    """What a module in this folder is."""

    def claims(self, path: Path) -> bool:
        """Whether this reader is the one for the path."""
        ...

    def read(self, path: Path) -> Image:
        """The image. Raises UnreadableFile."""
        ...


READERS: Registry[Reader] = Registry("reader", __name__)


def open_image(path: Path | str, *, series: str | None = None, frame: int | None = None) -> Image:
    """The image in a file or a folder, whatever its format.

    series   which one where there are several: its number in the list, or its UID
    frame    one frame in time, counted from 0; None keeps them all

    Raises NotFound, UnreadableFile, SeveralSeries where there are several and none was
    chosen, and BadValue where the choice is not there.
    """
    place = Path(path)
    name = reader_of(place)
    module = import_module(f"{__name__}.{name}")
    if getattr(module, "HOLDS_SERIES", False):
        image: Image = module.read(place, series=series)
    elif series is not None:
        raise BadValue(
            f"A series '{series}' was asked for, but '{place.name}' is read as '{name}', "
            "which holds one image. Leave the series out."
        )
    else:
        image = module.read(place)
    return image if frame is None else at_time(image, frame)


def reader_of(path: Path) -> str:
    """The name of the reader that claims the path.

    Raises NotFound, and UnreadableFile for an empty file or one that nobody claims.
    """
    if not path.exists():
        raise NotFound(f"There is no file or folder '{path}'. Check the name.")
    if path.is_file() and path.stat().st_size == 0:
        raise UnreadableFile(f"'{path.name}' is empty (0 bytes). Fetch or export it again.")
    if path.is_dir() and not any(path.iterdir()):
        raise UnreadableFile(f"The folder '{path}' is empty. Give one that holds a scan.")
    for name in READERS.names():
        if cast("Reader", import_module(f"{__name__}.{name}")).claims(path):
            return name
    what = "folder" if path.is_dir() else "file"
    raise UnreadableFile(
        f"The {what} '{path.name}' is in no format that is read here. "
        f"There are readers for: {', '.join(READERS.names())}."
    )


def at_time(image: Image, frame: int) -> Image:
    """The image at one time, counted from 0. Raises BadValue when there is no such time."""
    if not 0 <= frame < image.times:
        raise BadValue(f"Frame {frame} was asked for, but there are {image.times} (from 0).")
    if image.times == 1:
        return image
    source = image.source
    count = image.grid.shape[0]
    if len(source.slices) == count * image.times:
        source = replace(source, slices=source.slices[frame * count : (frame + 1) * count])
    every = len(source.frames) // image.times
    if every:
        source = replace(source, frames=source.frames[frame * every : (frame + 1) * every])
    times_s = image.times_s[frame : frame + 1]
    return replace(image, pixels=_OneTime(image.pixels, frame), times_s=times_s, source=source)


@dataclass(frozen=True)
class _OneTime:
    """One frame of other pixels, still read only when asked for."""

    every: Pixels
    frame: int

    @property
    def shape(self) -> Axes:
        return (1, *self.every.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.every.dtype

    @property
    def levels(self) -> tuple[Shape, ...]:
        return self.every.levels

    def read(self, low: Shape, high: Shape, *, time: int = 0, level: int = 0) -> Samples:
        if time != 0:
            raise BadValue(f"Frame {time} was asked for, but there is one (frame 0).")
        return self.every.read(low, high, time=self.frame, level=level)
