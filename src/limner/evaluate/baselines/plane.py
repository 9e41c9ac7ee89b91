"""What every baseline needs: the slice as it is shown, a smaller view of a part, an answer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from limner.errors import PromptRefused
from limner.image import Image
from limner.mask import Mask
from limner.predict import Abilities, Block, Encoded, Prediction, check
from limner.prompt import Prompt
from limner.prompt.box import Box
from limner.window import window_of

Bools = NDArray[np.bool_]
Plane = NDArray[np.float32]
Points = NDArray[np.float64]


def encode(image: Image, region: Block | None = None) -> Encoded:
    """The only slice as it is shown, 0 to 1, under "shown" (rows, columns, channels)."""
    if image.grid.shape[0] != 1:
        raise PromptRefused(
            f"The image has {image.grid.shape[0]} slices; a baseline looks at one. Crop it first."
        )
    return Encoded(image, region, {"shown": window_of(image).apply(image.slice(0))})


def answer(inside: Bools, encoded: Encoded, prompts: Sequence[Prompt], *, card: str) -> Prediction:
    """A mask of object 1 from flags (rows, columns). It expects nothing of itself."""
    mask = Mask.of(inside[None], encoded.grid, source="model", rater=card)
    return Prediction(mask, {}, card, tuple(prompts))


def the_box(
    abilities: Abilities, encoded: Encoded, prompts: Sequence[Prompt]
) -> tuple[Points, Points]:
    """Low and high (row, column) of the faces of the one box. Raises PromptRefused."""
    check(abilities, prompts, encoded.image)
    box = next(each for each in prompts if isinstance(each, Box))
    low, high = box.faces(encoded.grid)
    return low[1:], high[1:]


def ellipse(shape: tuple[int, int], low: Points, high: Points, *, scale: float = 1.0) -> Bools:
    """The ellipse that touches the faces `low` and `high`, its axes times `scale`."""
    centre, radius = (low + high) / 2, scale * (high - low) / 2
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    off = ((rows - centre[0]) / radius[0]) ** 2 + ((columns - centre[1]) / radius[1]) ** 2
    return np.asarray(off <= 1)


@dataclass(frozen=True, eq=False)
class View:
    """A part of a plane, each `factor` x `factor` pixels averaged into one.

    samples   float32 (rows, columns, channels)
    low       (row, column) of its first pixel in the plane
    """

    samples: Plane
    low: tuple[int, int]
    factor: int
    whole: tuple[int, int]

    @classmethod
    def of(cls, plane: Plane, low: ArrayLike, high: ArrayLike, *, side: int) -> "View":
        """The part within the faces `low` to `high`, cut at the border, at most `side` long."""
        first = np.clip(np.floor(np.asarray(low) + 0.5), 0, plane.shape[:2]).astype(int)
        last = np.clip(np.ceil(np.asarray(high) + 0.5), first + 1, plane.shape[:2]).astype(int)
        part = plane[first[0] : last[0], first[1] : last[1]]
        factor = max(1, -(-max(part.shape[:2]) // side))
        spare = [(0, -n % factor) for n in part.shape[:2]]
        padded = np.pad(part, [*spare, (0, 0)], mode="edge")
        rows, columns = (n // factor for n in padded.shape[:2])
        blocks = padded.reshape(rows, factor, columns, factor, -1)
        small = np.ascontiguousarray(blocks.mean(axis=(1, 3), dtype=np.float32))
        return cls(small, (int(first[0]), int(first[1])), factor, plane.shape[:2])

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.samples.shape[0], self.samples.shape[1]

    def inward(self, index: ArrayLike) -> Points:
        """(..., 2) places of the plane in the view's pixels."""
        return (np.asarray(index, float) - self.low + 0.5) / self.factor - 0.5

    def outward(self, share: NDArray[np.floating]) -> Bools:
        """Where a share (rows, columns) of the view is above 0.5, in the plane."""
        grown = ndimage.zoom(share, self.factor, order=1, mode="nearest", grid_mode=True)
        inside = np.zeros(self.whole, bool)
        window = inside[self.low[0] :, self.low[1] :]
        rows, columns = (min(a, b) for a, b in zip(window.shape, grown.shape, strict=True))
        window[:rows, :columns] = grown[:rows, :columns] > 0.5
        return inside
