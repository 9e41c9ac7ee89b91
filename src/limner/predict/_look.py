"""Where a network looks on a slice: a square in mm, brought to its side, and back again.

The same steps as in training (`learn.crops`), for squares that lie along the slice's rows and
columns: blocks of pixels are averaged where the square is coarser than the slice, then samples
are interpolated linearly; a test compares the two. Only what the square covers is read.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from limner.grid import Grid, vector
from limner.image import Image, Window
from limner.resample import between

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Pair = tuple[float, float]

SIDE = 128  # pixels of the network's input
FLAT = 1e-3  # a crop whose samples spread less than this is left at zero contrast
WHOLE = 8  # pixels along a side of a block up to which all of them are averaged
SPREAD = 4  # samples along a side of a larger one: more cost time and change little
STRIP = 64  # rows interpolated at a time, so that they stay in the cache
FAINT = -6.3  # a logit below this is a probability that rounds to 0 of 255


@dataclass(frozen=True)
class Look:
    """A rectangle of one slice that is square in mm.

    slice    its number, from 0
    centre   (row, column), pixel centres at integers
    extent   how many rows and columns it is high and wide
    side     pixels that it is brought to along rows and columns
    """

    slice: int
    centre: Pair
    extent: Pair
    side: int = SIDE

    @property
    def low(self) -> NDArray[np.float64]:
        """(row, column) of its low corner; the first pixel of the slice begins at -0.5."""
        return np.asarray(self.centre) - np.asarray(self.extent) / 2

    @property
    def high(self) -> NDArray[np.float64]:
        """(row, column) of its high corner."""
        return np.asarray(self.centre) + np.asarray(self.extent) / 2

    def on(self, grid: Grid) -> Grid:
        """The one-slice grid of side by side pixels on which prompts are drawn."""
        step = np.asarray(self.extent) / self.side
        low = self.low + step / 2
        first, second, third = np.array(grid.steps_mm)
        return replace(
            grid,
            shape=(1, self.side, self.side),
            origin_mm=vector(grid.position_mm((self.slice, *low))),
            steps_mm=(vector(first), vector(second * step[0]), vector(third * step[1])),
        )

    def holds(self, low: NDArray[np.float64], high: NDArray[np.float64], *, margin: float) -> bool:
        """Whether a rectangle lies within, `margin` of the extent away from every side."""
        spare = np.asarray(self.extent) * margin
        return bool((low >= self.low + spare).all() and (high <= self.high - spare).all())


@dataclass(frozen=True, eq=False)
class Scene:
    """The part of an image that may be looked at, and how its samples become 0 to 1.

    low, high   the rows and columns that count, half open
    """

    image: Image
    window: Window
    low: tuple[int, int]
    high: tuple[int, int]

    def same(self, other: "Scene") -> bool:
        """Whether both show the same part of the same image alike."""
        alike = (self.window, self.low, self.high) == (other.window, other.low, other.high)
        return self.image is other.image and alike

    @property
    def spacing(self) -> NDArray[np.float64]:
        """mm of a row and of a column."""
        return np.asarray(self.image.grid.spacing_mm[1:])

    @property
    def most(self) -> NDArray[np.float64]:
        """(rows, columns) of the smallest square in mm that holds all that counts."""
        shape = np.asarray(self.high, float) - self.low
        return np.asarray((shape * self.spacing).max() / self.spacing)

    def sight(self, look: Look, *, time: int = 0) -> Floats:
        """(3, side, side): the square, of mean 0 and sd 1 inside the image, 0 outside of it."""
        first, inside_rows = _axis(look, self, axis=0)
        second, inside_columns = _axis(look, self, axis=1)
        low = (look.slice, int(first.index.min()), int(second.index.min()))
        high = (look.slice + 1, int(first.index.max()) + 1, int(second.index.max()) + 1)
        block = self.image.block(low, high, time=time)[0]
        block = block[(first.index - low[1]).reshape(-1)][:, (second.index - low[2]).reshape(-1)]
        shown = self.window.apply(block)
        rows, taken = first.index.shape
        columns, across = second.index.shape
        if taken > 1 or across > 1:
            shown = shown.reshape(rows, taken, columns, across, -1).mean(axis=(1, 3))
        crop = between(between(shown, first.at, axis=0), second.at, axis=1)
        return standardised(crop, inside_rows[:, None] & inside_columns[None, :])


def standardised(crop: Floats, inside: Bools) -> Floats:
    """Channels first (3, side, side), mean 0 and sd 1 over the pixels inside, else 0.

    One mean and one sd for the three channels together; grey is repeated.
    """
    planes = np.ascontiguousarray(crop.transpose(2, 0, 1))
    seen = planes if inside.all() else planes[:, inside]
    if seen.size == 0:
        return np.zeros((3, *inside.shape), np.float32)
    scaled = (planes - seen.mean()) / np.float32(max(float(seen.std()), FLAT))
    scaled *= inside
    return np.asarray(np.broadcast_to(scaled, (3, *inside.shape)), np.float32)


def carried(plane: Floats, before: Look, after: Look) -> Floats:
    """A plane (side, side) of one look as another sees it; 0 where the first did not look."""
    step = np.asarray(after.extent) / after.side / (np.asarray(before.extent) / before.side)
    for axis in range(2):
        finer = max(1, int(np.ceil(step[axis] - 0.5)))  # averaged where the new look is coarser
        ticks = (np.arange(after.side * finer) + 0.5) / (after.side * finer)
        at = (after.low[axis] + ticks * after.extent[axis] - before.low[axis]) / before.extent[axis]
        seen = between(plane, at * before.side - 0.5, axis=axis)
        shape = (-1, 1) if axis == 0 else (1, -1)
        seen = seen * ((at >= 0) & (at < 1)).reshape(shape)
        split = (after.side, finer, -1) if axis == 0 else (seen.shape[0], after.side, finer)
        plane = seen.reshape(split).mean(axis=1 if axis == 0 else 2)
    return np.asarray(plane, np.float32)


def levels(logits: Floats, look: Look, scene: Scene) -> tuple[tuple[int, int], NDArray[np.uint8]]:
    """First (row, column) and uint8 probabilities of the slice's own pixels within the look.

    Cropped to where any is above 0; a single 0 where none is.
    """
    spans = []
    bright = logits > FAINT
    for axis in range(2):
        found = np.flatnonzero(bright.any(axis=1 - axis))
        if not len(found):
            return scene.low, np.zeros((1, 1), np.uint8)
        step = look.extent[axis] / look.side
        reach = np.array([found[0] - 0.5, found[-1] + 1.5]) * step + look.low[axis]
        kept = np.clip(reach, look.low[axis], look.high[axis])
        low = max(scene.low[axis], int(np.ceil(kept[0])))
        high = min(scene.high[axis], int(np.floor(kept[1])) + 1)
        spans.append((low, high))
    (top, bottom), (left, right) = spans
    if top >= bottom or left >= right:
        return scene.low, np.zeros((1, 1), np.uint8)
    answer = np.empty((bottom - top, right - left), np.uint8)
    wide = between(logits, _on(look, np.arange(left, right), axis=1), axis=1)
    for row in range(0, len(answer), STRIP):
        rows = np.arange(top + row, min(top + row + STRIP, bottom))
        strip = between(wide, _on(look, rows, axis=0), axis=0)
        np.negative(strip, out=strip)
        np.minimum(strip, 30, out=strip)  # beyond it exp is of no use and overflows later
        np.exp(strip, out=strip)
        strip += 1
        np.divide(255, strip, out=strip)
        answer[row : row + STRIP] = np.rint(strip, out=strip)
    return (top, left), answer


@dataclass(frozen=True, eq=False)
class _Samples:
    """Which pixels are averaged into blocks, and where among the blocks the crop's pixels lie.

    index   (blocks, taken) pixels of the slice
    at      (side,) fractional block
    """

    index: NDArray[np.int64]
    at: NDArray[np.float64]


def _axis(look: Look, scene: Scene, *, axis: int) -> tuple[_Samples, Bools]:
    """Along one axis: what to read, and which of the crop's pixels lie inside."""
    count = scene.high[axis] - scene.low[axis]
    # from here on 0 is the face of the first pixel that counts, as in training
    begin = look.low[axis] + 0.5 - scene.low[axis]
    at = begin + (np.arange(look.side) + 0.5) / look.side * look.extent[axis]
    factor = max(1, min(round(look.extent[axis] / look.side), count // 8))
    low = int(np.clip(np.floor(at[0]) - 2 * factor, 0, count - 1))
    high = int(np.clip(np.ceil(at[-1]) + 2 * factor, low + 1, count))
    taken = factor if factor <= WHOLE else SPREAD
    within = ((np.arange(taken) + 0.5) * factor / taken).astype(np.int64)
    blocks = -(-(high - low) // factor)
    index = low + np.arange(blocks)[:, None] * factor + within[None, :]
    samples = _Samples(np.minimum(index, high - 1) + scene.low[axis], (at - low) / factor - 0.5)
    return samples, (at >= 0) & (at < count)


def _on(look: Look, pixels: NDArray[np.int64], *, axis: int) -> NDArray[np.float64]:
    """Pixels of the slice as fractional pixels of the crop."""
    return np.asarray((pixels - look.low[axis]) / look.extent[axis] * look.side - 0.5)
