"""A scribble."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue
from limner.grid import Grid, Vector
from limner.prompt import CHANNELS, PROMPTS, Prompt, draw, in_plane, place


@PROMPTS.add
@dataclass(frozen=True)
class Stroke(Prompt):
    """The positions that a pen went through, in order.

    path_mm   LPS positions, at least one
    pen_mm    width of the pen; 0 is one voxel
    """

    path_mm: tuple[Vector, ...]
    pen_mm: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a stroke of nothing."""
        super().__post_init__()
        if not self.path_mm:
            raise BadValue("A scribble has no points. Draw at least one.")
        path = tuple(place(each, "A point of a scribble") for each in self.path_mm)
        object.__setattr__(self, "path_mm", path)
        if not (np.isfinite(self.pen_mm) and self.pen_mm >= 0):
            raise BadValue(f"A scribble's pen is {self.pen_mm} mm wide. Give 0 or more.")

    @property
    def places_mm(self) -> tuple[Vector, ...]:
        """Its points."""
        return self.path_mm

    def to_map(self, grid: Grid) -> NDArray[np.float32]:
        """A line with a Gaussian edge."""
        planes = super().to_map(grid)
        channel = CHANNELS.index("inside" if self.inside else "outside")
        radius = self.pen_mm / 2 / min(grid.spacing_mm[1:])
        path = in_plane(grid, self.path_mm)
        shape = (grid.shape[1], grid.shape[2])
        planes[channel] = draw.line(shape, path, radius=max(0.0, radius - 0.5))
        return planes
