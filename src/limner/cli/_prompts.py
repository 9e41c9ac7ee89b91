"""What was typed, as prompts: positions in mm (LPS), or in voxels with `--index`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from limner.errors import BadValue, GeometryMismatch

if TYPE_CHECKING:
    from limner.grid import Grid, Vector
    from limner.prompt import Prompt


@dataclass(frozen=True)
class Typed:
    """The prompts of one object as they were typed.

    clicks, outside   one position each
    boxes             two opposite corners each
    strokes, lassos   as many positions as were drawn
    priors            mask files
    index             whether positions are slice,row,column in voxels, counted from 0
    """

    clicks: Sequence[str] = ()
    outside: Sequence[str] = ()
    boxes: Sequence[str] = ()
    strokes: Sequence[str] = ()
    lassos: Sequence[str] = ()
    priors: Sequence[Path] = ()
    index: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing was said."""
        return not (
            self.clicks or self.outside or self.boxes or self.strokes or self.lassos or self.priors
        )

    def prompts(self, grid: "Grid", *, object: int = 1, at_time: int = 0) -> list["Prompt"]:
        """The prompts on a grid. Raises BadValue for what cannot be read."""
        from limner.prompt.click import Click
        from limner.prompt.lasso import Lasso
        from limner.prompt.stroke import Stroke

        said: list[Prompt] = []
        for texts, inside in ((self.clicks, True), (self.outside, False)):
            for text in texts:
                (at,) = self._places(text, grid, kind="click", count=1)
                said.append(Click(at, inside=inside, object=object, at_time=at_time))
        said += [self._box(text, grid, object=object, at_time=at_time) for text in self.boxes]
        for text in self.strokes:
            path = self._places(text, grid, kind="stroke")
            said.append(Stroke(path, object=object, at_time=at_time))
        for text in self.lassos:
            loop = self._places(text, grid, kind="lasso")
            said.append(Lasso(loop, grid.normal, object=object, at_time=at_time))
        said += [prior(file, grid, object=object, at_time=at_time) for file in self.priors]
        return said

    def _places(
        self, text: str, grid: "Grid", *, kind: str, count: int | None = None
    ) -> tuple["Vector", ...]:
        from limner.grid import vector

        found = positions(text, grid, kind=kind, count=count, index=self.index)
        return tuple(vector(grid.position_mm(one)) for one in found) if self.index else found

    def _box(self, text: str, grid: "Grid", *, object: int, at_time: int) -> "Prompt":
        from limner.prompt.box import Box

        first, last = positions(text, grid, kind="box", count=2, index=self.index)
        make = Box.between if self.index else Box.between_mm
        return make(grid, first, last, object=object, at_time=at_time)


def positions(
    text: str, grid: "Grid", *, kind: str, count: int | None = None, index: bool = False
) -> tuple["Vector", ...]:
    """The numbers of one quoted option: positions divided by spaces, numbers by commas.

    Raises BadValue, naming `kind`, for another number of positions than `count`.
    """
    found = tuple(_position(part, grid, index=index) for part in text.split())
    if count is not None and len(found) != count:
        needed = "one position" if count == 1 else f"{count} positions, divided by a space"
        example = {1: "'X'", 2: "'X Y'"}[count].replace("X", _example(index=index))
        example = example.replace("Y", "50,60,30" if not index else "12,60,80")
        raise BadValue(
            f"The {kind} '{text}' has {len(found)} positions. Give {needed}, as --{kind} {example}."
        )
    return found


def _position(text: str, grid: "Grid", *, index: bool) -> "Vector":
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise BadValue(
            f"The position '{text}' is not made of numbers. {_how(grid, index=index)}"
        ) from error
    if index and len(numbers) == 2 and grid.shape[0] == 1:
        numbers = [0.0, *numbers]
    if len(numbers) != 3:
        raise BadValue(
            f"The position '{text}' has {len(numbers)} numbers. {_how(grid, index=index)}"
        )
    return numbers[0], numbers[1], numbers[2]


def _how(grid: "Grid", *, index: bool) -> str:
    if index and grid.shape[0] == 1:
        return "Write row,column in pixels, counted from 0, as 40,62."
    if index:
        return "Write slice,row,column in voxels, counted from 0, as 12,40,62."
    return "Write x,y,z in mm (LPS), as 12.5,-30,41; or say --index and write voxels."


def _example(*, index: bool) -> str:
    return "12,40,62" if index else "12.5,-30,41"


def prior(
    file: Path, grid: "Grid", *, object: int = 1, at_time: int = 0, value: int | None = None
) -> "Prompt":
    """The mask in a file as a prompt.

    value   which object of the file; None for the one with the id of `object`, or the only one

    Raises GeometryMismatch where it lies elsewhere, BadValue where it is unclear which is meant.
    """
    from limner.cases.save import read_mask
    from limner.prompt.prior import Prior

    mask = read_mask(file, grid=grid)
    if not mask.grid.placed and mask.grid.shape != grid.shape:
        raise GeometryMismatch(
            f"The mask '{file.name}' has {mask.grid.shape} voxels and the image {grid.shape}, and "
            "it does not say where it lies. Give a mask of the image's own size."
        )
    number = object if value is None else value
    if number not in mask.ids:
        if value is not None or len(mask.ids) != 1:
            held = ", ".join(str(each) for each in mask.ids) or "none"
            raise BadValue(
                f"The mask '{file.name}' has no object {number}; it holds: {held}. "
                "Give a mask of that object alone, or its number."
            )
        (number,) = mask.ids
    return Prior.of(mask.where(number), mask.grid, object=object, at_time=at_time)
