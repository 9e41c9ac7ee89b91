"""A mask to start from: yesterday's, another program's, the last visit's."""

import base64
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue
from limner.grid import Grid, Shape, Vector, vector
from limner.prompt import CHANNELS, PROMPTS, Prompt


@PROMPTS.add
@dataclass(frozen=True)
class Prior(Prompt):
    """An earlier mask of the object, kept small: cropped to the object, packed, deflated.

    grid     of the cropped block
    packed   zlib of numpy.packbits of the flags in C order

    Make one with `Prior.of`. Raises BadValue when the bytes do not fill the grid.
    """

    grid: Grid
    packed: bytes

    def __post_init__(self) -> None:
        """Unpack once, so that damage is found here and not in a model."""
        super().__post_init__()
        try:
            held = len(zlib.decompress(self.packed))
        except zlib.error as error:
            raise BadValue(f"A prior mask is damaged: {error}. Save it again.") from error
        if held != -(-int(np.prod(self.grid.shape)) // 8):
            raise BadValue(
                f"A prior mask holds {held} bytes for a grid of {self.grid.shape}. Save it again."
            )

    @classmethod
    def of(cls, inside: NDArray[Any], grid: Grid, *, object: int = 1, at_time: int = 0) -> "Prior":
        """A prior from flags (slices, rows, columns) on a grid.

        Raises BadValue when nothing is inside: an empty prior says nothing.
        """
        flags = np.asarray(inside, bool)
        found = np.argwhere(flags)
        if not len(found):
            raise BadValue("The prior mask is empty. Leave it out, or give one with an object.")
        (a, b, c), (d, e, f) = found.min(axis=0).tolist(), (found.max(axis=0) + 1).tolist()
        packed = zlib.compress(np.packbits(flags[a:d, b:e, c:f]).tobytes())
        return cls(grid.crop((a, b, c), (d, e, f)), packed, object=object, at_time=at_time)

    @property
    def places_mm(self) -> tuple[Vector, ...]:
        """The middle of its block."""
        return (vector(self.grid.position_mm((np.array(self.grid.shape) - 1) / 2)),)

    def flags(self) -> NDArray[np.bool_]:
        """bool (slices, rows, columns) on its own cropped grid."""
        bits = np.frombuffer(zlib.decompress(self.packed), np.uint8)
        shape: Shape = self.grid.shape
        return np.unpackbits(bits, count=int(np.prod(shape))).reshape(shape).astype(bool)

    def on(self, grid: Grid) -> NDArray[np.float32]:
        """float32 (slices, rows, columns) of another grid, 0 to 1, linear at the edges."""
        from limner.resample import carried

        return np.asarray(carried(self.flags().astype(np.float32), self.grid, grid), np.float32)

    def to_map(self, grid: Grid) -> NDArray[np.float32]:
        """The mask on this slice."""
        planes = super().to_map(grid)
        planes[CHANNELS.index("prior")] = self.on(grid)[0]
        return planes

    def to_json(self) -> dict[str, Any]:
        """The grid as numbers and the bytes as base64."""
        told = super().to_json()
        told["grid"] = self.grid.to_json()
        told["packed"] = base64.b64encode(self.packed).decode()
        return told

    @classmethod
    def of_plain(cls, name: str, value: Any) -> Any:
        """A grid from its numbers and bytes from base64."""
        if name == "grid":
            return Grid.from_json(value)
        if name == "packed":
            return base64.b64decode(value)
        return super().of_plain(name, value)
