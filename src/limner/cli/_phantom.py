"""Samples as files: a data set's folders, or one image with its mask beside it."""

import json
from collections.abc import Iterator
from pathlib import Path

from limner.cases.save import save_image, write
from limner.errors import BadValue
from limner.mask import Mask
from limner.phantoms import PHANTOMS
from limner.safely import write_text
from limner.sample import Sample

ENDINGS = (".nii.gz", ".nii", ".png")


def listed() -> list[tuple[str, str]]:
    """The name of every phantom and the first line of what is said of it."""
    return [
        (name, (PHANTOMS.get(name).__doc__ or "").strip().splitlines()[0])
        for name in PHANTOMS.names()
    ]


def need_out(out: Path | None, *, count: int) -> Path:
    """Where to write. Raises BadValue for nowhere, several images in one file, other endings."""
    if out is None:
        raise BadValue("There is no place to write to. Give one with '-o FOLDER' or '-o FILE'.")
    if out.suffix and not out.name.lower().endswith(ENDINGS):
        raise BadValue(
            f"'{out.name}' is neither a folder's name nor ends in {', '.join(ENDINGS)}. "
            "Give one of these."
        )
    if out.suffix and count > 1:
        raise BadValue(f"{count} images do not fit into '{out.name}'. Give a folder.")
    return out


def write_folder(sample: Sample, root: Path) -> list[Path]:
    """Write `images/`, `masks/` and `meta.json` as `limner.cases` reads them.

    Further images lie in folders of their names, further raters' masks in `raters/`.
    Classes that overlap have a folder each in `objects/`: a label map holds one a voxel.
    """
    ending = ".nii.gz" if sample.image.grid.scale == "patient" else ".png"
    files = []
    for name, image in sample.images.items():
        folder = "images" if image is sample.image else name
        files.append(root / folder / f"{sample.id}{ending}")
        save_image(image, _ready(files[-1]))
    for folder, mask in _masks(sample):
        files.append(root / folder / f"{sample.id}{ending}")
        write(mask, _ready(files[-1]), image=sample.image)
    meta = {"licence": sample.licence, "source": "synthetic (limner phantom)"}
    write_text(json.dumps(meta, indent=2) + "\n", root / "meta.json")
    return files


def write_file(sample: Sample, path: Path) -> list[Path]:
    """Write the image to `path`, and what belongs to it beside it, by name."""
    ending = next(each for each in ENDINGS if path.name.lower().endswith(each))
    stem = path.name[: -len(ending)]
    files = []
    for name, image in sample.images.items():
        files.append(path if image is sample.image else path.with_name(f"{stem}-{name}{ending}"))
        save_image(image, _ready(files[-1]))
    for folder, mask in _masks(sample):
        part = "mask" if folder == "masks" else folder.replace("objects/", "").replace("/", "-")
        files.append(path.with_name(f"{stem}-{part}{ending}"))
        write(mask, files[-1], image=sample.image)
    return files


def _masks(sample: Sample) -> Iterator[tuple[str, Mask]]:
    """Every dense target of the image, by the folder it goes to, its overlaps apart.

    The first target has no folder of its own; those of further raters are called after them.
    """
    first = True
    for target in sample.targets:
        if target.kind != "dense" or target.image not in {"", "image"}:
            continue
        rater = "" if first else f"raters/{target.rater.rpartition('.')[2]}"
        first = False
        for part, mask in _apart(target.value):
            folder = f"objects/{part}" if part else "" if rater else "masks"
            yield "/".join(each for each in (rater, folder) if each), mask


def _apart(mask: Mask) -> Iterator[tuple[str, Mask]]:
    """The mask, or where objects overlap one for each class, or one for each object, by name."""
    if not mask.overlap:
        yield "", mask
        return
    for label in dict.fromkeys(each.label for each in mask.objects):
        whole = Mask(mask.grid, schema=mask.schema)
        for each in mask.objects:
            if each.label == label:
                whole = whole.with_object(mask.where(each.id), each)
        if not whole.overlap:
            yield _plain(label or "objects"), whole
            continue
        for each in whole.objects:
            alone = Mask(mask.grid, schema=mask.schema).with_object(mask.where(each.id), each)
            yield _plain(each.name or f"{label} {each.id}"), alone


def _plain(name: str) -> str:
    """A name that is no path."""
    return name.strip().replace("/", " ").replace("\\", " ")


def _ready(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
