"""nnU-Net's raw data, version 2: a file a channel, and a list of classes without gaps.

    dataset.json                    channel_names, labels, numTraining, file_ending
    imagesTr/CASE_0000.nii.gz       one channel a file; imagesTs/ is the test part
    labelsTr/CASE.nii.gz            values of classes, 0 for background

A label "ignore" says where nobody looked: it becomes the coverage of the target, and back.
A region ("whole tumour": [1, 2]) is made of other classes and is left out. The file of a
picture with three channels holds them all, as nnU-Net has it for .png.

Source   nnU-Net, documentation/dataset_format.md (version 2).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from limner.cases.layouts import _classes
from limner.cases.layouts._classes import (
    Classes,
    claimed,
    classed,
    described,
    inside,
    need_one_grid,
)
from limner.cases.open import read
from limner.cases.save import save_image
from limner.errors import BadValue, NotFound
from limner.formats import format_named
from limner.formats._tables import from_labels_json
from limner.image import Image
from limner.mask import Flags, Mask
from limner.safely import write_text
from limner.sample import Coverage, Sample, Target
from limner.schema import Label, Schema

HOLDS = (_classes.HOLDS - {"values"}) | {"coverage"}
PARTS = {"": ("imagesTr", "labelsTr"), "test": ("imagesTs", "labelsTs")}
COLOURS = ("R", "G", "B")
IGNORE = "ignore"


def claims(folder: Path) -> bool:
    """By the members of its dataset.json."""
    return claimed(folder, "channel_names", "labels", "file_ending")


def samples(folder: Path) -> Iterator[Sample]:
    """Training cases, then those of the test part."""
    told = described(folder / "dataset.json")
    ending = str(told.get("file_ending") or ".nii.gz")
    names = {int(key): str(name) for key, name in dict(told["channel_names"]).items()}
    schema = from_labels_json(told["labels"])
    ignored = told["labels"].get(IGNORE)
    for split, (images, labels) in PARTS.items():
        for case, files in _cases(folder, told, images=images, ending=ending).items():
            channels = _channels(case, files, names)
            mask_file = folder / labels / f"{case}{ending}"
            mask_file = _told_mask(folder, told, case) or mask_file
            targets: tuple[Target, ...] = ()
            if mask_file.is_file():
                first = next(iter(channels.values()))
                targets = (_target(classed(mask_file, first.grid, schema), ignored),)
            elif not split:
                raise NotFound(
                    f"The case '{case}' has no '{mask_file.name}' in '{mask_file.parent}'. "
                    "Add it, or move its images to imagesTs."
                )
            groups = {"split": split} if split else {}
            yield Sample(case, channels, targets, groups, str(told.get("licence") or ""))


def _cases(
    folder: Path, told: Mapping[str, Any], *, images: str, ending: str
) -> dict[str, dict[int, Path]]:
    """The files of every case by the number of their channel."""
    listed = told.get("dataset")
    if isinstance(listed, dict) and images == "imagesTr":
        return {
            case: {n: inside(folder, name) for n, name in enumerate(each["images"])}
            for case, each in sorted(listed.items())
        }
    found: dict[str, dict[int, Path]] = {}
    place = folder / images
    for path in sorted(place.iterdir()) if place.is_dir() else ():
        named = re.fullmatch(rf"(.+)_(\d{{4}}){re.escape(ending)}", path.name)
        if named:
            found.setdefault(named[1], {})[int(named[2])] = path
    return found


def _told_mask(folder: Path, told: Mapping[str, Any], case: str) -> Path | None:
    listed = told.get("dataset")
    each = listed.get(case) if isinstance(listed, dict) else None
    return inside(folder, each["label"]) if each else None


def _channels(case: str, files: Mapping[int, Path], names: Mapping[int, str]) -> dict[str, Image]:
    """The images of a case by the names of their channels; several of one name are numbered."""
    found: dict[str, Image] = {}
    colours = len(files) == 1 and len(names) == len(COLOURS)
    lacking = set() if colours else set(names) - set(files)
    if lacking:
        raise NotFound(
            f"The case '{case}' lacks the file of channel {min(lacking)} "
            f"('{names[min(lacking)]}'). Fetch it again."
        )
    for number, path in sorted(files.items()):
        name = "image" if colours or len(names) == 1 else names.get(number, f"channel {number}")
        image = read(path)
        code = names.get(number, "").upper()
        if code in {"CT", "PT", "MR"} and not image.source.modality:
            image = read(path, modality=code)
        found[name if name not in found else f"{name} {number}"] = image
    return found


def _target(mask: Mask, ignored: int | None) -> Target:
    if ignored is None or ignored not in mask.ids:
        return Target("dense", mask)
    where = ~mask.where(ignored)
    name = mask.find(ignored).label
    rest = mask.without(ignored)
    kept = tuple(label for label in rest.schema.labels if label.name != name)
    return Target("dense", replace(rest, schema=Schema(kept)), Coverage(where=where))


def write(samples: Iterable[Sample], folder: Path) -> None:
    """Write the images, the masks, and dataset.json. Raises BadValue for unlike cases."""
    classes, ending = Classes(dense=True), ""
    channels: tuple[str, ...] = ()
    for place in PARTS["test"][:1] + PARTS[""]:
        (folder / place).mkdir()
    unseen: list[tuple[Mask, Flags, Path]] = []
    count, licence = 0, ""
    for sample in samples:
        first = next(iter(sample.images.values()))
        own = tuple(sample.images), (".png" if first.grid.scale == "none" else ".nii.gz")
        if channels and own != (channels, ending):
            raise BadValue(
                f"The case '{sample.id}' has the images {', '.join(own[0])} as {own[1]}, but the "
                f"others {', '.join(channels)} as {ending}. nnU-Net needs the same of all."
            )
        (channels, ending), licence = own, sample.licence
        need_one_grid(sample)
        images, labels = PARTS["" if sample.targets else "test"]
        for number, image in enumerate(sample.images.values()):
            save_image(image, folder / images / f"{sample.id}_{number:04d}{ending}")
        if sample.targets:
            mask, where = classes.mapped(sample.mask), _seen(sample)
            path = folder / labels / f"{sample.id}{ending}"
            if where is not None:
                unseen.append((mask, where, path))
            else:
                _form(path).write(mask, path, image=first)
        count += bool(sample.targets)
        colours = ending == ".png" and first.channels == len(COLOURS)
    if not channels:
        raise BadValue("There is no case to write. Give a data set that holds one.")
    top = len(classes.labels) + 1
    schema = Schema((*classes.labels.values(), Label(top, IGNORE)))
    for mask, where, path in unseen:  # the number of "ignore" is known now: the highest
        labelled = np.where(where, mask.label_map(), top).astype(np.uint16)
        _form(path).write(Mask.from_labels(labelled, mask.grid, schema=schema), path)
    labels_told = {"background": 0, **{n: label.value for n, label in classes.labels.items()}}
    told = {
        "channel_names": dict(enumerate(COLOURS if colours else channels)),
        "labels": labels_told | ({IGNORE: top} if unseen else {}),
        "numTraining": count,
        "file_ending": ending,
        "licence": licence,
    }
    write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", folder / "dataset.json")


def _form(path: Path) -> Any:
    return format_named("png" if path.suffix == ".png" else "nifti")


def _seen(sample: Sample) -> Flags | None:
    """Where somebody looked; None for everywhere."""
    return next(each.coverage.where for each in sample.targets if each.kind == "dense")
