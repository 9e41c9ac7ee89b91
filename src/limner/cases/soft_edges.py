"""Soft edges as files, beside a mask that only says yes or no: how much of a pixel is filled.

.png            8-bit grey, 255 where the object fills the whole pixel: the alpha of a picture.
                One slice, one object
.nii, .nii.gz   0 to 1 (float32) on the mask's grid, frames behind one another. One object
.npz            any number of objects of one frame: `ids` and `shape`, and for each id the block
                `levels_ID` (uint8, 255 for filled) whose first voxel is `low_ID`; 0 elsewhere
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue
from limner.image import Image
from limner.mask import Mask
from limner.nifti import save_volume
from limner.refine.matte import matte
from limner.safely import replacing

ENDINGS = (".png", ".nii", ".nii.gz", ".npz")


def need_ending(path: Path) -> None:
    """Raise BadValue for a name whose ending is none of `ENDINGS`."""
    if not path.name.lower().endswith(ENDINGS):
        raise BadValue(
            f"'{path.name}' does not say how to write the soft edge. "
            f"Give a name that ends in one of: {', '.join(ENDINGS)}."
        )


def write_soft_edge(mask: Mask, path: Path, *, image: Image) -> None:
    """Write how much of each pixel the objects of a mask fill, whole or not at all.

    image   the one that the mask was drawn on

    Raises BadValue for an ending that is none of `ENDINGS` or a mask that such a file cannot
    hold, GeometryMismatch for an image on another grid, UnwritableFile.
    """
    need_ending(path)
    packed = path.name.lower().endswith(".npz")
    if len(mask.ids) != 1 and not packed:
        raise BadValue(
            f"'{path.name}' would hold the soft edge of one object, but the mask has "
            f"{len(mask.ids)}. Name a .npz, or keep one object with 'limner edit --keep'."
        )
    soft = matte(mask, image)
    if packed:
        _write_blocks(soft, path)
    elif path.suffix.lower() == ".png":
        _write_grey(soft, path)
    else:
        levels = np.stack([_levels(soft, time) for time in range(soft.times)])
        codes = (1, 1) if soft.grid.placed else (2, 2)
        with replacing(path) as temporary:
            shares = levels.astype(np.float32) / np.float32(255)
            save_volume(shares, soft.grid, temporary, codes=codes, about=None)


def _levels(soft: Mask, time: int) -> NDArray[np.uint8]:
    """(slices, rows, columns) of the one object."""
    found = soft.probability(soft.ids[0], time=time)
    return np.zeros(soft.grid.shape, np.uint8) if found is None else found


def _write_grey(soft: Mask, path: Path) -> None:
    from PIL import Image as Picture

    if soft.grid.shape[0] * soft.times != 1:
        raise BadValue(
            f"'{path.name}' would hold one slice, but the mask has {soft.grid.shape[0]} slices "
            f"and {soft.times} frames. Give a name that ends in .nii.gz."
        )
    with replacing(path) as temporary:
        Picture.fromarray(_levels(soft, 0)[0]).save(temporary, "PNG")


def _write_blocks(soft: Mask, path: Path) -> None:
    if soft.times != 1:
        raise BadValue(f"A .npz holds one frame, but the mask has {soft.times}. Name a .nii.gz.")
    held: dict[str, Any] = {"ids": np.array(soft.ids, np.int64), "shape": np.array(soft.grid.shape)}
    for each in soft.soft:
        held[f"levels_{each.object}"] = each.levels
        held[f"low_{each.object}"] = np.array(each.low)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **held)
