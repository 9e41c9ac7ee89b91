"""The picture of a mask on its scan as DICOM Secondary Capture (.sc.dcm), for people.

The same picture as `.overlay.png`, in the study of the scan, so that a viewer of any age shows
it. It refers to the slices that it shows and says that names are burnt in. Nothing can be read
back from it: the mask itself goes to `.seg.dcm` or `.rtstruct.dcm`.
"""

from pathlib import Path

from limner.errors import BadValue, UnreadableFile
from limner.formats.overlay import picture, shown_slices
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask

ENDINGS = (".sc.dcm",)
FOR_PEOPLE = True
NEEDS_SCAN = frozenset({"write"})


def claims(path: Path) -> bool:
    """By the ending."""
    return path.name.lower().endswith(ENDINGS)


def read(path: Path, *, grid: Grid | None = None) -> Mask:
    """Raises UnreadableFile: a capture is for people."""
    del grid
    raise UnreadableFile(
        f"'{path.name}' is a picture of a mask, not a mask. Give the SEG or the NIfTI file."
    )


def write(mask: Mask, path: Path, *, image: Image | None = None) -> None:
    """Draw and write, whole or not at all. Raises BadValue without an image; UnwritableFile."""
    from limner.dicom.capture import save_capture
    from limner.dicom.derived import origin

    if image is None:
        raise BadValue(f"'{path.name}' would show the mask on its image. Give the image too.")
    save_capture(
        picture(mask, image), path, scan=origin(image, mask.grid), slices=shown_slices(mask)
    )
