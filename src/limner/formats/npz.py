"""The .npz answers of the CVPR challenges: one array `segs` of label values.

`segs` has the shape of the case's `imgs`: (rows, columns), or (slices, rows, columns). A
case's reference, `gts`, is read the same way. Names and places are not kept.
"""

from pathlib import Path

import numpy as np

from limner.errors import BadValue, UnreadableFile
from limner.formats._layers import flattened
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from limner.npz import arrays
from limner.safely import replacing

ENDINGS = (".npz",)
HOLDS = frozenset({"stack", "ids"})


def claims(path: Path) -> bool:
    """By the ending."""
    return path.name.lower().endswith(ENDINGS)


def read(path: Path, *, grid: Grid | None = None) -> Mask:
    """`segs`, or where there is none `gts`. Raises UnreadableFile."""
    held, told = arrays(path, ("segs", "gts"))
    name = next((each for each in ("segs", "gts") if each in held), "")
    if not name:
        raise UnreadableFile(
            f"'{path.name}' holds {told}, but neither 'segs' nor 'gts'. Give a mask."
        )
    labels = held[name]
    labels = labels[None] if labels.ndim == 2 else labels
    if labels.ndim != 3:
        raise BadValue(
            f"'{name}' of '{path.name}' has shape {labels.shape}. Give two or three axes."
        )
    slices, rows, columns = labels.shape
    own = Grid.picture(rows, columns, slices=slices)
    return Mask.from_labels(labels, grid if grid and grid.shape == own.shape else own)


def write(mask: Mask, path: Path, *, image: Image | None = None) -> None:
    """Write `segs`, whole or not at all.

    Raises BadValue for more than one frame or objects that overlap; UnwritableFile.
    """
    del image  # the answer has the shape of the case and nothing else
    if mask.times != 1:
        raise BadValue(f"A .npz answer holds one frame, but the mask has {mask.times}.")
    labels = flattened(mask)[0]
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, segs=labels[0] if len(labels) == 1 else labels)
