"""What is fed with damaged files: every reader, with sound small files to begin from."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from limner.cases.reports import read_report, write_report
from limner.cases.save import read_mask
from limner.formats import FORMATS, _tables, format_named, held_by
from limner.formats._holds import reduced
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object, Soft
from limner.measure import measure
from limner.read import open_image
from limner.schema import Code, Label, Schema
from tests.dicom.make import compressed, enhanced, image, placed, plane, save
from tests.read.files import one_of_each, png16

GRID = Grid((3, 7, 8), (-120.25, 88.5, 1500.75), ((0, 0, 2.5), (0, -0.7, 0), (-0.7, 0, 0)))
LIVER = Code("SCT", "10200004", "Liver")
SCHEMA = Schema((Label(1, "liver", type=LIVER, colour=(221, 130, 101)), Label(2, "lesion")))
JPEG_2000, RLE = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5"


@dataclass(frozen=True)
class Target:
    """One reader.

    name    of the target, for people and for the folders of finds
    ending  of the file that it is given
    take    reads the file whole; a LimnerError is a good answer
    seeds   sound files, as bytes
    """

    name: str
    ending: str
    take: Callable[[Path], object]
    seeds: tuple[bytes, ...]


def targets(folder: Path) -> dict[str, Target]:
    """Every target by its name; the folder is for the sound files."""
    every = [*_images(folder), *_masks(folder), _report(folder), *_classes(folder)]
    return {each.name: each for each in every}


def _whole(path: Path) -> object:
    return open_image(path).whole()


def _mask(path: Path) -> object:
    return read_mask(path, grid=GRID)


def _images(folder: Path) -> list[Target]:
    files = one_of_each(folder)
    slices = plane(1, (7, 8))
    dicom = {
        "plain": placed(slices, (0, 0, 3)),
        "enhanced": enhanced(np.stack([slices, slices]), [(0, 0, 0), (0, 0, 3)]),
        "colour": image(np.zeros((2, 4, 6, 3), np.uint8), modality="US"),
        "rle": compressed(placed(slices, (0, 0, 3)), RLE),
        "jpeg2000": compressed(placed(plane(1, (32, 32)), (0, 0, 3)), JPEG_2000),
    }
    scans = tuple(save(made, folder / f"{name}.dcm").read_bytes() for name, made in dicom.items())
    deep = png16(folder / "deep.png", np.arange(24, dtype=np.uint16).reshape(2, 4, 3))
    pictures = (files["picture"].read_bytes(), deep.read_bytes())
    zipped = files["nifti"].read_bytes()
    return [
        Target("image-dicom", ".dcm", _whole, scans),
        Target("image-nifti", ".nii", _whole, (_unzipped(zipped),)),
        Target("image-nifti-gz", ".nii.gz", _whole, (zipped,)),
        Target("image-nrrd", ".nrrd", _whole, (files["itk"].read_bytes(),)),
        Target("image-npz", ".npz", _whole, (files["npz"].read_bytes(),)),
        Target("image-picture", ".png", _whole, pictures),
        *_pictures(folder),
        Target("image-nameless", "", _whole, (*scans[:1], *pictures[:1], zipped)),
    ]


def _pictures(folder: Path) -> list[Target]:
    """The formats of pictures beside PNG."""
    import tifffile
    from PIL import Image as Picture

    grey = np.arange(60, dtype=np.uint8).reshape(5, 12)
    seeds: dict[str, list[bytes]] = {}
    for ending in (".tif", ".jpg", ".bmp", ".webp"):
        Picture.fromarray(grey).save(folder / f"grey{ending}")
        seeds[ending] = [(folder / f"grey{ending}").read_bytes()]
    deep = np.arange(180, dtype=np.uint16).reshape(5, 12, 3)
    tifffile.imwrite(folder / "deep.tif", deep, photometric="rgb", compression="deflate")
    seeds[".tif"].append((folder / "deep.tif").read_bytes())
    return [
        Target(f"image{ending.replace('.', '-')}", ending, _whole, tuple(found))
        for ending, found in seeds.items()
    ]


def _unzipped(data: bytes) -> bytes:
    import gzip

    return gzip.decompress(data)


def _masks(folder: Path) -> list[Target]:
    found = []
    for name in FORMATS.names():
        form = format_named(name)
        if getattr(form, "FOR_PEOPLE", False):
            continue
        for ending in form.ENDINGS:
            if ending == ".nhdr":  # its samples lie in another file
                continue
            path = folder / f"sound{ending}"
            held = held_by(form, path)
            scan = Image.of(np.zeros(GRID.shape, np.int16), GRID)
            form.write(reduced(_everything(held), held), path, image=scan)
            found.append(
                Target(f"mask{ending.replace('.', '-')}", ending, _mask, (path.read_bytes(),))
            )
    return found


def _everything(held: frozenset[str]) -> Mask:
    slices = 3 if "stack" in held else 1
    grid = replace(GRID, shape=(slices, *GRID.shape[1:]))
    labels = np.zeros((1, *grid.shape), np.uint8)
    labels[:, :, 1:6, 1:7] = 1
    labels[:, 0, 2:4, 2:4] = 2
    over = np.zeros_like(labels)
    over[:, 0, 3:5, 3:6] = 3
    objects = (
        Object(1, "liver", source="human"),
        Object(2, "lesion", name="lesion 1", tracking_uid="2.25.12", source="model"),
        Object(3, "lesion", name="lesion 2", tracking_uid="2.25.13"),
    )
    soft = (Soft(2, (0, 0, 0), np.arange(48, dtype=np.uint8).reshape(1, 6, 8) * 5),)
    return Mask(grid, (labels, over), objects, soft, SCHEMA)


def _report(folder: Path) -> Target:
    save(placed(np.zeros((7, 8), np.int16), (0, 0, 0)), folder / "scan" / "1.dcm")
    scan = open_image(folder / "scan")
    inside = np.zeros(scan.grid.shape, bool)
    inside[0, 2:6, 1:7] = True
    mask = Mask.of(inside, scan.grid, label="lesion")
    path = folder / "sound.sr.dcm"
    write_report(measure(mask, scan), path, mask=mask, image=scan)
    return Target("report", ".sr.dcm", read_report, (path.read_bytes(),))


def _classes(folder: Path) -> list[Target]:
    mask = _everything(frozenset({"stack"}))
    found = []
    for ending in _tables.FORMS:
        path = folder / f"classes{ending}"
        _tables.write(mask, path)
        name = f"classes{ending.replace('.', '-')}"
        found.append(Target(name, ending, _tables.read, (path.read_bytes(),)))
    return found
