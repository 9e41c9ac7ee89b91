"""`limner.write`, and masks read back: the ending of the name picks the format."""

from pathlib import Path

import numpy as np

from limner.errors import BadValue, NotFound, UnreadableFile
from limner.formats import format_of
from limner.formats._layers import Overlap, later_on_top
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from limner.nifti import save_volume
from limner.safely import replacing


def write(
    mask: Mask, path: Path | str, *, image: Image | None = None, overlap: Overlap = "refuse"
) -> None:
    """Write a mask, whole or not at all; the ending of the name picks the format.

    image     the one it belongs to: codes of its header are kept, and an overlay shows it
    overlap   what becomes of voxels of two objects in a format that holds one a voxel:
              "refuse", or "later" leaves them to the object that comes later in the mask

    Raises BadValue for an ending that is nobody's or a mask that the format cannot hold,
    UnwritableFile where the disk does not take it.
    """
    target = Path(path)
    held = later_on_top(mask) if overlap == "later" and mask.overlap else mask
    format_of(target).write(held, target, image=image)


def read_mask(path: Path | str, *, grid: Grid | None = None) -> Mask:
    """The mask in a file.

    grid   taken where the format has none and the sizes agree, and where the two coincide;
           else the mask keeps its own

    Raises NotFound, UnreadableFile, and BadValue for an ending or values that are no mask's.
    """
    place = Path(path)
    if not place.is_file():
        raise NotFound(f"There is no mask '{place}'. Check the name.")
    if place.stat().st_size == 0:
        raise UnreadableFile(f"'{place.name}' is empty (0 bytes). Write or fetch it again.")
    return format_of(place).read(place, grid=grid)


def save_image(image: Image, path: Path) -> None:
    """Write the samples of an image of one time as .nii, .nii.gz or .png, whole or not at all.

    Raises BadValue for what the format cannot hold: slices or floats as PNG, colour as NIfTI.
    """
    from PIL import Image as Picture

    samples = np.asarray(image.block((0, 0, 0), image.grid.shape))
    if path.suffix == ".png":
        if len(samples) != 1 or samples.dtype not in (np.uint8, np.uint16):
            raise BadValue(
                f"'{path.name}' would hold one slice of bytes, but the image has {len(samples)} "
                f"of {samples.dtype}. Give a name that ends in .nii.gz."
            )
        flat = samples[0] if samples.shape[3] == 3 else samples[0, ..., 0]
        with replacing(path) as temporary:
            Picture.fromarray(flat).save(temporary, "PNG")
        return
    if samples.shape[3] != 1:
        raise BadValue(
            f"'{path.name}' would hold one channel, but the image has {samples.shape[3]}. "
            "Give a name that ends in .png."
        )
    with replacing(path) as temporary:
        save_volume(samples[None, ..., 0], image.grid, temporary, about=None)
