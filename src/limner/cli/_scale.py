"""A pixel size for a picture whose file gives none: `--spacing`."""

from dataclasses import replace
from typing import TYPE_CHECKING

from limner.errors import BadValue

if TYPE_CHECKING:
    from limner.grid import Grid
    from limner.image import Image


def sized(image: "Image", text: str) -> "Image":
    """The image with pixels of this many mm, from a person's word; see `sized_grid`.

    Raises BadValue where regions of the picture have a size of their own, too.
    """
    if any(min(each.step_mm) > 0 for each in image.source.regions):
        raise BadValue(
            f"The file gives the size of a pixel for each region of the picture, and --spacing "
            f"'{text}' would say otherwise. Leave --spacing out."
        )
    return replace(image, grid=sized_grid(image.grid, text))


def sized_grid(grid: "Grid", text: str) -> "Grid":
    """The grid with pixels of this many mm: one number, or rows,columns, or slices,rows,columns.

    Raises BadValue where the file gave a size itself, or for other than numbers above zero.
    """
    if grid.scale != "none":
        spacing = " x ".join(f"{each:g}" for each in grid.spacing_mm)
        raise BadValue(
            f"The file says that its voxels are {spacing} mm, and --spacing '{text}' would say "
            "otherwise. Leave --spacing out."
        )
    try:
        numbers = [float(part) for part in text.replace("x", ",").split(",")]
    except ValueError as error:
        raise BadValue(f"The spacing '{text}' is not a number of mm. {_HOW}") from error
    if not 1 <= len(numbers) <= 3 or not all(0 < each < float("inf") for each in numbers):
        raise BadValue(f"The spacing '{text}' is not one to three sizes above zero. {_HOW}")
    if len(numbers) == 1:
        numbers *= 2
    rows, columns = numbers[-2:]
    deep = numbers[0] if len(numbers) == 3 else 1.0
    steps = ((0.0, 0.0, deep), (0.0, rows, 0.0), (columns, 0.0, 0.0))
    return replace(grid, steps_mm=steps, scale="ruler")


_HOW = "Write --spacing 0.2, or rows and columns as --spacing 0.2,0.25."
