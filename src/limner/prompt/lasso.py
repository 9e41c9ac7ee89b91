"""A closed line round the object."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue
from limner.grid import Grid, Vector
from limner.prompt import CHANNELS, PROMPTS, Prompt, draw, in_plane, place


@PROMPTS.add
@dataclass(frozen=True)
class Lasso(Prompt):
    """The object lies within this loop; the last point joins the first.

    loop_mm     LPS positions, at least three
    normal_mm   unit vector across the plane it was drawn in

    Raises BadValue for fewer than three points or points on one line.
    """

    loop_mm: tuple[Vector, ...]
    normal_mm: Vector = (0.0, 0.0, 1.0)

    def __post_init__(self) -> None:
        """Refuse a loop that encloses nothing."""
        super().__post_init__()
        loop = tuple(place(each, "A point of a lasso") for each in self.loop_mm)
        object.__setattr__(self, "loop_mm", loop)
        object.__setattr__(self, "normal_mm", place(self.normal_mm, "A lasso's normal"))
        spread = np.array(loop) - np.mean(loop, axis=0) if loop else np.zeros((1, 3))
        if len(loop) < 3 or np.linalg.matrix_rank(spread, tol=1e-6) < 2:
            raise BadValue(
                f"A lasso of {len(loop)} points encloses nothing. Draw at least three points "
                "that are not on one line."
            )

    @property
    def places_mm(self) -> tuple[Vector, ...]:
        """Its points."""
        return self.loop_mm

    def to_map(self, grid: Grid) -> NDArray[np.float32]:
        """The filled loop."""
        planes = super().to_map(grid)
        channel = CHANNELS.index("region" if self.inside else "outside")
        shape = (grid.shape[1], grid.shape[2])
        planes[channel] = draw.polygon(shape, in_plane(grid, self.loop_mm))
        return planes
