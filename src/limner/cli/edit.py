"""`limner edit`: change a mask's objects without a model."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from limner.cli import app

SOFT_EDGE = "Also write how much of each pixel it fills: .png, .nii.gz or .npz. Needs -i."


@app.command()
def edit(
    *,
    mask: Annotated[Path, Argument(metavar="MASK", help="A mask file.")],
    out: Annotated[
        Path, Option("--output", "-o", metavar="OUT", help="The new mask; may be another format.")
    ],
    image: Annotated[
        Path | None,
        Option("--input", "-i", metavar="SCAN", help="Its scan, where the format needs it."),
    ] = None,
    keep: Annotated[
        str | None, Option(metavar="1,liver", help="Keep these objects, drop the others.")
    ] = None,
    drop: Annotated[str | None, Option(metavar="2,cyst", help="Drop these objects.")] = None,
    merge: Annotated[
        list[str] | None, Option(metavar="1,2", help="Make one object of these, the first.")
    ] = None,
    remap: Annotated[
        list[str] | None, Option(metavar="3=1", help="Give object 3 the id 1. Repeatable.")
    ] = None,
    rename: Annotated[
        list[str] | None, Option(metavar="1=liver", help="Give object 1 this class. Repeatable.")
    ] = None,
    crop: Annotated[
        str | None,
        Option(metavar='"P Q"', help="Keep only this block: two corners in voxels, both in."),
    ] = None,
    soft_edge: Annotated[Path | None, Option(metavar="FILE", help=SOFT_EDGE)] = None,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Drop, merge, name, renumber and crop the objects of a mask, in this order.

    Objects are meant by their id or by their class.

    limner edit mask.nii.gz -o lesions.nii.gz --merge 2,3 --rename 2=lesion
    """
    from limner.cases.open import read
    from limner.cases.save import read_mask, write
    from limner.cases.soft_edges import write_soft_edge
    from limner.cli._edits import cropped, kept, merged, remapped, renamed, without
    from limner.errors import BadValue

    if soft_edge is not None and image is None:
        raise BadValue("A soft edge is told from the scan's pixels. Give the scan with -i.")
    scan = None if image is None else read(image)
    found = read_mask(mask, grid=None if scan is None else scan.grid)
    if keep is not None:
        found = kept(found, keep)
    if drop is not None:
        found = without(found, drop)
    for told in merge or ():
        found = merged(found, told)
    for told in rename or ():
        found = renamed(found, told)
    found = remapped(found, remap or ())
    if crop is not None:
        found = cropped(found, crop)
    if soft_edge is not None and scan is not None:
        write_soft_edge(found, soft_edge, image=scan)
    write(found, out, image=scan)
    if not quiet:
        named = ", ".join(f"{each.id} {each.label}".strip() for each in found) or "no object"
        echo(f"Written to {out}: {named}")
