"""A box round the object."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from limner.errors import BadValue
from limner.grid import Grid, Vector, vector
from limner.prompt import CHANNELS, PROMPTS, Prompt, Token, Tokens, draw, place


@PROMPTS.add
@dataclass(frozen=True)
class Box(Prompt):
    """The object lies within, and reaches near, the faces of this block.

    centre_mm      LPS position of its middle
    half_axes_mm   three vectors from the middle to the middle of a face, along the slices,
                   rows and columns of the view it was drawn in; measured to voxel faces, so
                   a flat box has half a voxel of depth on either side

    Raises BadValue when a side has no length. `Box.between` makes one from two corners.
    """

    centre_mm: Vector
    half_axes_mm: tuple[Vector, Vector, Vector]

    def __post_init__(self) -> None:
        """Store plain numbers."""
        super().__post_init__()
        object.__setattr__(self, "centre_mm", place(self.centre_mm, "The middle of a box"))
        first, second, third = self.half_axes_mm
        axes = tuple(place(each, "A half axis of a box") for each in (first, second, third))
        object.__setattr__(self, "half_axes_mm", axes)
        if min(float(np.linalg.norm(each)) for each in axes) <= 0:
            raise BadValue(
                f"A box has half axes {axes} mm, and one has no length. Give two corners that "
                "differ along rows and along columns."
            )

    @classmethod
    def between(
        cls, grid: Grid, first: ArrayLike, last: ArrayLike, *, object: int = 1, at_time: int = 0
    ) -> "Box":
        """The box over all voxels from index `first` to `last` (slice, row, column), both in.

        The corners may come in any order. Fractional indices name the voxel they lie in, so
        that the faces of the box are voxel faces.

        >>> Box.between(Grid((1, 9, 9)), (0, 2, 2), (0, 4, 6)).half_axes_mm[2]
        (2.5, 0.0, 0.0)
        """
        ends = np.stack([np.floor(np.asarray(each, float) + 0.5) for each in (first, last)])
        low, high = ends.min(axis=0) - 0.5, ends.max(axis=0) + 0.5
        return cls._of_faces(grid, low, high, object=object, at_time=at_time)

    @classmethod
    def between_mm(
        cls, grid: Grid, first: ArrayLike, last: ArrayLike, *, object: int = 1, at_time: int = 0
    ) -> "Box":
        """The box between two opposite corners (LPS, mm) with sides along the grid's axes.

        The corners are where a person put them, not rounded to voxels, except that a box
        thinner than a voxel along the slices takes the whole voxel that it lies in.
        """
        ends = grid.index_at(np.array([first, last], float))
        low, high = ends.min(axis=0), ends.max(axis=0)
        if high[0] - low[0] < 1:
            low[0] = np.floor((low[0] + high[0]) / 2 + 0.5) - 0.5
            high[0] = low[0] + 1
        return cls._of_faces(grid, low, high, object=object, at_time=at_time)

    @classmethod
    def _of_faces(
        cls,
        grid: Grid,
        low: NDArray[np.float64],
        high: NDArray[np.float64],
        *,
        object: int,
        at_time: int,
    ) -> "Box":
        halves = (high - low)[:, None] / 2 * np.array(grid.steps_mm)
        first, second, third = (vector(each) for each in halves)
        centre = vector(grid.position_mm((low + high) / 2))
        return cls(centre, (first, second, third), object=object, at_time=at_time)

    @property
    def places_mm(self) -> tuple[Vector, ...]:
        """Its middle."""
        return (self.centre_mm,)

    @property
    def corners_mm(self) -> tuple[Vector, ...]:
        """The eight corners."""
        axes = np.array(self.half_axes_mm)
        signs = product((-1, 1), repeat=3)
        return tuple(vector(np.array(self.centre_mm) + np.array(each) @ axes) for each in signs)

    def faces(self, grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Low and high (slice, row, column) of its faces in a grid's indices."""
        index = grid.index_at(self.corners_mm)
        return index.min(axis=0), index.max(axis=0)

    def to_map(self, grid: Grid) -> NDArray[np.float32]:
        """A filled region (its outline, for a box that is oblique to the grid)."""
        planes = super().to_map(grid)
        channel = CHANNELS.index("region" if self.inside else "outside")
        low, high = (each[1:] for each in self.faces(grid))
        planes[channel] = draw.box((grid.shape[1], grid.shape[2]), low, high)
        return planes

    def to_tokens(self, grid: Grid) -> Tokens:
        """Its low and its high corner at voxel faces."""
        return Tokens(np.stack(self.faces(grid)), np.array([Token.BOX_LOW, Token.BOX_HIGH]))
