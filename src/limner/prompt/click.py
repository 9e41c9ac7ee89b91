"""One click: the object is here, or it is not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.grid import Grid, Vector
from limner.prompt import CHANNELS, PROMPTS, Prompt, draw, in_plane, place


@PROMPTS.add
@dataclass(frozen=True)
class Click(Prompt):
    """A point in or, with `inside=False`, outside of the object.

    at_mm   LPS position

    >>> Click((1, 2, 3)).to_json()
    {'kind': 'click', 'at_mm': [1.0, 2.0, 3.0]}
    """

    at_mm: Vector

    def __post_init__(self) -> None:
        """Store plain numbers."""
        super().__post_init__()
        object.__setattr__(self, "at_mm", place(self.at_mm, "The place of a click"))

    @property
    def places_mm(self) -> tuple[Vector, ...]:
        """The one place."""
        return (self.at_mm,)

    def to_map(self, grid: Grid) -> NDArray[np.float32]:
        """A Gaussian spot."""
        planes = super().to_map(grid)
        channel = CHANNELS.index("inside" if self.inside else "outside")
        planes[channel] = draw.spots(grid.shape[1:], in_plane(grid, self.places_mm))
        return planes
