"""Outlines in pixels, for formats that draw: x to the right, y down, corners at whole numbers.

The pixel in the first row and column fills the square from (0, 0) to (1, 1), as QuPath and
COCO count. Outlines run along the edges of pixels, so what they enclose is the mask again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.dicom.contours import edge_loops, signed_area
from limner.dicom.contours_fill import combined, patch
from limner.errors import BadValue
from limner.grid import Grid, Shape
from limner.mask import Flags, Mask, Object

Ring = NDArray[np.float64]  # (n, 2) of x, y; the first point is not repeated
Block = tuple[slice, slice]
FAR = 100  # longest sides of a picture: an outline beyond is of another one
MOST = 1 << 32  # voxels of a grid that outlines are drawn on


def parts(inside: Flags, *, low: tuple[int, int] = (0, 0)) -> Iterator[tuple[Ring, list[Ring]]]:
    """The outline of every connected part of a block of a slice, with those of its holes.

    low   the row and column of the block's first pixel
    """
    from scipy.ndimage import find_objects, label

    numbered, _ = label(inside)
    for number, box in enumerate(find_objects(numbered), start=1):
        start = np.array([each.start for each in box]) + low
        rings = [
            (each, each[:, ::-1] + 0.5 + start[::-1])
            for each in edge_loops(numbered[box] == number)
        ]
        outer = next(ring for loop, ring in rings if signed_area(loop) > 0)
        yield outer, [ring for loop, ring in rings if signed_area(loop) <= 0]


def enclosed(rings: Sequence[Ring], shape: tuple[int, int], *, whose: str) -> tuple[Block, Flags]:
    """What outlines enclose of a picture, and the block it lies in; holes are rings too.

    whose   what the error calls them: "the feature 3"
    Raises BadValue for an outline that crosses itself, or has fewer than three points.
    """
    patches = []
    for ring in rings:
        if len(ring) < 3 or not np.isfinite(ring).all():
            raise BadValue(
                f"An outline of {whose} has {len(ring)} points, or one that is no number. "
                "Give at least three."
            )
        if np.abs(ring).max() > FAR * max(shape):
            raise BadValue(
                f"An outline of {whose} reaches {np.abs(ring).max():.3g} pixels out, but the "
                f"picture has {shape[0]} x {shape[1]}. Give the picture that it was drawn on."
            )
        patches.append(patch(ring[:, ::-1] - 0.5, shape))
    if any(each.crossed for each in patches):
        raise BadValue(
            f"An outline of {whose} crosses itself, so it does not say what is inside. "
            "Redraw it, or let the program that drew it make it valid."
        )
    low = np.min([each.low for each in patches], axis=0)
    high = np.max([np.add(each.low, each.odd.shape) for each in patches], axis=0)
    block = slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))
    return block, combined(patches, shape)[block].copy()  # a view would keep the whole slice


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of an object in one slice of one frame."""

    time: int
    slice: int
    block: Block
    inside: Flags

    @property
    def low(self) -> tuple[int, int]:
        """The row and column of its first pixel."""
        return self.block[0].start, self.block[1].start


@dataclass
class Layers:
    """Layers of ids that are filled piece by piece: an object goes to the first with room.

    most   the largest id that will come
    """

    shape: Shape
    times: int = 1
    most: int = 65535
    stacked: list[NDArray[Any]] = field(default_factory=list)

    def add(self, number: int, pieces: Sequence[Piece]) -> None:
        """Draw an object. Raises BadValue for a piece outside the slices there are."""
        for each in pieces:
            if not (0 <= each.slice < self.shape[0] and 0 <= each.time < self.times):
                raise BadValue(
                    f"An outline lies in slice {each.slice + 1} of frame {each.time + 1}, but "
                    f"there are {self.shape[0]} slices and {self.times} frames. Give its own scan."
                )
        home = next((layer for layer in self.stacked if self._free(layer, pieces)), None)
        if home is None:
            home = np.zeros((self.times, *self.shape), np.min_scalar_type(self.most))
            self.stacked.append(home)
        for each in pieces:
            home[each.time, each.slice][each.block][each.inside] = number

    @staticmethod
    def _free(layer: NDArray[Any], pieces: Sequence[Piece]) -> bool:
        return not any(layer[p.time, p.slice][p.block][p.inside].any() for p in pieces)


def check_size(grid: Grid) -> None:
    """Raise BadValue for a picture too large to be drawn on."""
    voxels = int(np.prod(grid.shape, dtype=object))
    if voxels > MOST:
        raise BadValue(
            f"The picture has {voxels / 2**30:.1f} thousand million pixels, more than a mask of it "
            "can have here. Give a smaller level of the slide with --image."
        )


def pieces(mask: Mask) -> Iterator[tuple[Object, Piece]]:
    """What every object covers in each slice of each frame, in that order.

    Only the block that an object fills is looked at: hundreds of small ones cost no more than
    their own voxels.
    """
    from scipy.ndimage import find_objects

    boxes = [
        [find_objects(frame) if frame.any() else [] for frame in layer] for layer in mask.layers
    ]
    for each in mask.objects:
        for time in range(mask.times):
            own = [
                (layer[time], frames[time][each.id - 1])
                for layer, frames in zip(mask.layers, boxes, strict=True)
                if len(frames[time]) >= each.id and frames[time][each.id - 1] is not None
            ]
            if not own:
                continue
            low = np.min([[side.start for side in box] for _, box in own], axis=0).tolist()
            high = np.max([[side.stop for side in box] for _, box in own], axis=0).tolist()
            block = slice(low[1], high[1]), slice(low[2], high[2])
            for number in range(low[0], high[0]):
                inside = np.any([frame[number][block] == each.id for frame, _ in own], axis=0)
                if inside.any():
                    yield each, Piece(time, number, block, inside)
