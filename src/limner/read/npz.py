"""The .npz cases of the CVPR challenges "Segment Anything in Medical Images on Laptop".

    imgs      uint8 (rows, columns), (rows, columns, 3) or (slices, rows, columns)
    spacing   mm in SimpleITK's order (columns, rows, slices), as the challenge's own
              preparation writes it; a file without one has no size
    name      "2D_..." or "3D_...": says whether three layers are colours or slices. Without
              it a last axis of 3 and no `spacing` mean colours

`gts` of the same file is read as a mask by `limner.formats.npz`. Arrays of Python objects
are refused, for loading one can run anything.

Source   Ma et al., arXiv:2304.12306 and github.com/bowang-lab/MedSAM, branch LiteMedSAM.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, UnreadableFile
from limner.grid import Grid
from limner.image import ArrayPixels, Image, Source
from limner.npz import arrays
from limner.read._files import ends_in, file_source, kind_of


def claims(path: Path) -> bool:
    """By content; by its ending where the content is of no kind that is known."""
    kind = kind_of(path)
    return kind == "npz" or (kind == "" and ends_in(path, ".npz"))


def read(path: Path) -> Image:
    """The case's image. Raises UnreadableFile for another archive, or a damaged one."""
    held, told = arrays(path, ("imgs", "spacing"))
    if "imgs" not in held:
        raise UnreadableFile(
            f"'{path.name}' holds {told}, but no 'imgs'. "
            "Give a case of the challenge's form, or the scan itself."
        )
    samples = held["imgs"]
    try:
        spacing = np.asarray(held["spacing"], float) if "spacing" in held else None
    except (TypeError, ValueError) as error:
        raise UnreadableFile(f"'spacing' of '{path.name}' is no number of mm.") from error
    full, said = _axes(samples, path, spacing)
    try:
        grid = _grid(full.shape[1:4], spacing)
    except BadValue as error:
        raise UnreadableFile(f"'{path.name}' has no usable spacing. {error}") from error
    source = Source(
        format="npz",
        folder=str(path.parent),
        files=(file_source(path),),
        problems=said,
    )
    return Image(ArrayPixels(full), grid, source=source)


def _axes(
    samples: NDArray[Any], path: Path, spacing: NDArray[Any] | None
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """(1, slices, rows, columns, channels), and what had to be assumed."""
    if samples.dtype.kind not in "iuf" or not 2 <= samples.ndim <= 4 or 0 in samples.shape:
        raise UnreadableFile(
            f"'imgs' of '{path.name}' is {samples.dtype} of shape {samples.shape}. "
            "Give numbers of (rows, columns), with 3 colours last, or slices first."
        )
    told = path.name[:2].upper()
    said: tuple[str, ...] = ()
    if samples.ndim == 2:
        samples = samples[None, :, :, None]
    elif samples.ndim == 3:
        last = samples.shape[2] == 3
        colour = last and (told == "2D" or (told != "3D" and spacing is None))
        if last and told not in {"2D", "3D"}:
            word = "colours" if colour else "columns"
            said = (f"The last axis of 'imgs' has 3 entries; they are taken for {word}.",)
        samples = samples[None] if colour else samples[..., None]
    return samples[None], said


def _grid(shape: tuple[int, ...], spacing: NDArray[Any] | None) -> Grid:
    slices, rows, columns = shape
    if spacing is None or spacing.size != 3 or slices == 1:
        return Grid.picture(rows, columns, slices=slices)
    along, down, across = spacing.ravel().tolist()  # SimpleITK counts columns first
    steps = ((0.0, 0.0, across), (0.0, down, 0.0), (along, 0.0, 0.0))
    return Grid((slices, rows, columns), steps_mm=steps, placed=False)
