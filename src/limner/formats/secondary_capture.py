"""The picture of a mask on its scan as DICOM Secondary Capture (.sc.dcm), for people.

The same picture as `.overlay.png`, in the study of the scan, so that a viewer of any age shows
it. It refers to the slices that it shows and says that names are burnt in. Nothing can be read
back from it: the mask itself goes to `.seg.dcm` or `.rtstruct.dcm`.
"""

from dataclasses import replace
from pathlib import Path

from limner.errors import BadValue, UnreadableFile
from limner.formats.overlay import picture, shown_slices
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from limner.schema import Schema

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
    from limner.dicom.deidentify import is_deidentifying
    from limner.dicom.derived import origin

    if image is None:
        raise BadValue(f"'{path.name}' would show the mask on its image. Give the image too.")
    drawn = _nameless(mask) if is_deidentifying() else mask
    save_capture(
        picture(drawn, image), path, scan=origin(image, mask.grid), slices=shown_slices(mask)
    )


def _nameless(mask: Mask) -> Mask:
    """With classes called by the meaning of their codes or by their number, objects by theirs."""
    from limner.dicom.codes import coded_class
    from limner.dicom.deidentify_content import is_local

    called = {}
    for each in mask.schema.labels:
        codes = coded_class(each)
        told = not codes.generic and not is_local(codes.type.scheme)
        called[each.name] = f"{codes.type.meaning if told else 'class'} {each.value}"
    labels = tuple(
        replace(each, name=called[each.name], synonyms=(), parent=called.get(each.parent, ""))
        for each in mask.schema.labels
    )
    objects = tuple(replace(o, label=called.get(o.label, ""), name=f"{o.id}") for o in mask.objects)
    return replace(mask, objects=objects, schema=Schema(labels))
