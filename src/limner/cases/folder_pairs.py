"""The plainest data set: `images/` and `masks/`, a mask called like its image.

    images/NAME.png | .nii.gz | ...      anything that is read here, also DICOM folders
    masks/NAME.png | .nii.gz             integer labels, 0 for background
    meta.json                            optional: "licence", "labels" {"1": "liver"}

An image without a mask is a sample without a target; a mask without an image is an error,
for a wrong name would otherwise lose it in silence.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from limner.cases.open import read
from limner.cases.save import read_mask
from limner.errors import BadValue, GeometryMismatch, NotFound, UnreadableFile
from limner.image import Image
from limner.mask import Mask
from limner.sample import Sample, Target
from limner.schema import PALETTE, Label, Schema

DOUBLE = (".nii.gz", ".ome.tif", ".ome.tiff")


def samples(folder: Path | str) -> Iterator[Sample]:
    """The samples of a folder, by name; each is opened when it is its turn.

    Raises NotFound without `images`, BadValue for a mask that has no image or two images
    of one name, GeometryMismatch for a mask that does not fit its image.
    """
    root = Path(folder)
    images = by_stem(root / "images")
    masks = by_stem(root / "masks") if (root / "masks").is_dir() else {}
    lost = sorted(set(masks) - set(images))
    if lost:
        raise BadValue(
            f"The mask '{masks[lost[0]].name}' has no image of its name in '{root / 'images'}'. "
            "Give both the same name, endings aside."
        )
    about = _meta(root / "meta.json")
    schema = _schema(about)
    for name, path in images.items():
        image = read(path)
        targets: tuple[Target, ...] = ()
        if name in masks:
            targets = (Target("dense", _fitting(masks[name], image, schema)),)
        yield Sample(name, {"image": image}, targets, licence=str(about.get("licence") or ""))


def by_stem(folder: Path) -> dict[str, Path]:
    """What lies in a folder, by name without its endings, in order; hidden files are not.

    Raises NotFound, and BadValue where two share a name.
    """
    if not folder.is_dir():
        raise NotFound(f"There is no folder '{folder}'. Check the name.")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        name = stem(path)
        if name in found:
            raise BadValue(
                f"'{found[name].name}' and '{path.name}' in '{folder}' are both called '{name}'. "
                "Keep one of them."
            )
        found[name] = path
    return found


def stem(path: Path) -> str:
    """The name without the endings of its format; of a folder, all of it."""
    if path.is_dir():
        return path.name
    for ending in DOUBLE:
        if path.name.lower().endswith(ending):
            return path.name[: -len(ending)]
    return path.stem


def _fitting(path: Path, image: Image, schema: Schema) -> Mask:
    mask = read_mask(path, grid=image.grid)
    if mask.grid != image.grid:
        raise GeometryMismatch(
            f"The mask '{path.name}' has {mask.grid.shape} voxels and the image "
            f"{image.grid.shape}, or they lie elsewhere. Give the mask of this image."
        )
    if not schema.labels:
        return mask
    return Mask.from_labels(mask.label_map(), image.grid, schema=schema, source="human")


def _meta(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnreadableFile(f"'{path}' is not JSON: {error}. Repair that line.") from error
    return told if isinstance(told, dict) else {}


def _schema(about: dict[str, Any]) -> Schema:
    """Classes from "labels", {"value": "name"}; the background is no class."""
    told = about.get("labels")
    if not isinstance(told, dict):
        return Schema()
    named = {
        int(value): str(name)
        for value, name in told.items()
        if str(value).isdigit() and int(value) > 0
    }
    return Schema(
        tuple(
            Label(value, name, colour=PALETTE[(value - 1) % len(PALETTE)])
            for value, name in sorted(named.items())
        )
    )
