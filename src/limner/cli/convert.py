"""`limner convert`: a mask from one format to another, or a data set to another layout."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from limner.cli import app

OUT = "The new file, whose ending picks the format; or a new folder (see --to)."
LOSSY = "Write it although something is lost; what is lost is printed."
CLASSES = "Names, colours, codes from a file: .toml, dcmqi's .json, BIDS' .tsv, Slicer's .ctbl."
CHOOSE = "How the format writes: outline=smooth or holes=xor for a structure set. Repeatable."
KEY = "Write DICOM that joins the scans which 'limner deidentify' wrote with this key."
SOURCE = "A mask file; or a data set: MSD, nnU-Net, BIDS, or folders images/ and masks/."


@app.command()
def convert(
    *,
    source: Annotated[Path, Argument(metavar="A", help=SOURCE)],
    out: Annotated[Path, Option("--output", "-o", metavar="B", help=OUT)],
    image: Annotated[
        Path | None,
        Option("--image", "-i", metavar="SCAN", help="Its scan, where a format needs it."),
    ] = None,
    lossy: Annotated[bool, Option("--lossy", help=LOSSY)] = False,
    from_: Annotated[
        str, Option("--from", metavar="NAME", help="The format or layout of A, by its name.")
    ] = "",
    to: Annotated[
        str, Option("--to", metavar="NAME", help="The format or layout of B, by its name.")
    ] = "",
    classes: Annotated[Path | None, Option(metavar="FILE", help=CLASSES)] = None,
    write_classes: Annotated[
        Path | None,
        Option("--write-classes", metavar="FILE", help="Write the classes to such a file too."),
    ] = None,
    choose: Annotated[list[str] | None, Option(metavar="NAME=WORD", help=CHOOSE)] = None,
    name: Annotated[
        str | None, Option(help="Which image's mask, where A holds those of several.")
    ] = None,
    series: Annotated[
        str | None, Option(help="Which series of the scan: its number, UID, or a rule.")
    ] = None,
    deidentify: Annotated[Path | None, Option(metavar="KEY", help=KEY)] = None,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Write a mask in another format. What would be lost is said, and refused without --lossy.

    limner convert liver.seg.nrrd -o liver.nii.gz
    """
    from limner.cli._convert import Wishes, convert_mask
    from limner.cli._deidentify import joining

    wishes = Wishes(
        image=image,
        lossy=lossy,
        source=from_,
        target=to,
        classes=classes,
        write_classes=write_classes,
        name=name,
        series=series,
        choices=tuple(choose or ()),
    )
    with joining(deidentify, out):
        if source.is_dir():
            from limner.cli._convert_data import convert_data

            said = convert_data(source, out, wishes)
        else:
            said = convert_mask(source, out, wishes)
    if not quiet:
        echo("\n".join(said))
