"""NIfTI label maps: .nii and .nii.gz, on the grid of the scan.

values      object ids, 0 outside every object, in the smallest whole-number type
geometry    sform always, qform where it can hold the grid; their codes are those of the
            scan's own file, so that every viewer treats both alike
names       classes, colours, codes and answered slices ride in a header extension (a
            comment, code 6), which other programs skip, and come back when read. Before it
            lies a label table in Connectome Workbench's XML, as TotalSegmentator writes it
of others   names and colours of such a table; else of a BIDS table, a colour table or
            dcmqi's JSON of the same name beside the file (x_dseg.nii.gz, x_dseg.tsv)
overlap     refused, for a label map holds one object a voxel; "later" lets the later win
not held    probabilities
"""

from pathlib import Path

import numpy as np

from limner.errors import BadValue
from limner.formats._holds import TRAITS
from limner.formats._lattice import fitted
from limner.formats._layers import flattened
from limner.formats._names import beside, named, table
from limner.formats._record import heard, restored, told
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from limner.nifti import ANY, COMMENT, open_volume, save_volume
from limner.safely import replacing

ENDINGS = (".nii", ".nii.gz")
HOLDS = frozenset(TRAITS) - {"overlap", "probability"}


def claims(path: Path) -> bool:
    """By the ending."""
    return path.name.lower().endswith(ENDINGS)


def read(path: Path, *, grid: Grid | None = None) -> Mask:
    """The objects of a label map, on its own grid, or on the one told where they coincide.

    Raises UnreadableFile, and BadValue for values that are not whole numbers.
    """
    volume = open_volume(path)
    if volume.stored.shape[4] != 1:
        raise BadValue(
            f"'{path.name}' has {volume.stored.shape[4]} channels, so it is no label map. "
            "Give one whole number a voxel."
        )
    labels = volume.stored[..., 0]
    if volume.scaled:
        labels = labels * volume.slope + volume.inter
    record = next((each for each in map(heard, volume.notes) if each), None)
    schema = None if record else named(volume.notes) or beside(path)
    mask = restored(np.asarray(labels), volume.grid, record, schema=schema)
    return mask if grid is None else fitted(mask, grid)


def write(mask: Mask, path: Path, *, image: Image | None = None) -> None:
    """Write a label map, whole or not at all.

    image   the scan; the codes of its header are kept
    Raises BadValue when objects overlap, and UnwritableFile.
    """
    samples = flattened(mask)
    if samples.dtype == np.uint32:
        samples = samples.astype(np.int32)  # read by more programs, and ids end far below
    with replacing(path) as temporary:
        save_volume(
            samples,
            mask.grid,
            temporary,
            codes=_codes(mask.grid, image),
            about=_about(mask),
            notes=[(ANY, table(mask)), (COMMENT, told(mask))],
        )


def _codes(grid: Grid, image: Image | None) -> tuple[int, int]:
    """(sform_code, qform_code) of the scan where it is NIfTI; else scanner, or aligned."""
    if image is not None and image.source.format == "nifti":
        sform = int(image.source.attribute("sform_code") or 0)
        qform = int(image.source.attribute("qform_code") or 0)
        return sform or qform, qform or sform
    return (1, 1) if grid.placed else (2, 2)


def _about(mask: Mask) -> str:
    labels = {each.label for each in mask.objects}
    return next(iter(labels)) if len(labels) == 1 else ""
