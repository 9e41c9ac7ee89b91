"""The Medical Segmentation Decathlon's layout: a file a case, its sequences as a fourth axis.

    dataset.json            modality, labels, training and test lists of files
    imagesTr/NAME.nii.gz    one image; several (T1, FLAIR, ...) along the fourth axis
    labelsTr/NAME.nii.gz    values of classes, 0 for background
    imagesTs/NAME.nii.gz    the test part, without labels

nnU-Net's version 1, which lists NAME.nii.gz where NAME_0000.nii.gz lie, is read too.

Source   Antonelli et al., Nature Communications 13, 4128 (2022), and its tasks' dataset.json.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
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
from limner.errors import BadValue, UnreadableFile
from limner.formats import format_named
from limner.formats._tables import from_labels_json
from limner.image import Image
from limner.nifti import save_volume
from limner.read import at_time
from limner.safely import replacing, write_text
from limner.sample import Sample, Target

HOLDS = _classes.HOLDS
CODES = {"CT": "CT", "PET": "PT", "PT": "PT", "MRI": "MR", "MR": "MR"}


def claims(folder: Path) -> bool:
    """By the members of its dataset.json."""
    return claimed(folder, "modality", "labels", "training")


def samples(folder: Path) -> Iterator[Sample]:
    """Training cases, then those of the test part."""
    told = described(folder / "dataset.json")
    try:
        names = {int(key): str(name) for key, name in dict(told["modality"]).items()}
        listed = [("", each["image"], each["label"]) for each in told["training"]]
        tests = [each if isinstance(each, str) else each["image"] for each in told.get("test", ())]
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableFile(
            f"'{folder / 'dataset.json'}' cannot be followed: {error!r}. Fetch it again."
        ) from error
    schema = from_labels_json(told["labels"])
    licence = str(told.get("licence") or told.get("license") or "")
    for split, image, label in [*listed, *(("test", each, "") for each in tests)]:
        channels = _channels(inside(folder, image), names)
        first = next(iter(channels.values()))
        mask = classed(inside(folder, label), first.grid, schema) if label else None
        targets = (Target("dense", mask),) if mask else ()
        case = Path(image).name.removesuffix(".gz").removesuffix(".nii")
        yield Sample(case, channels, targets, {"split": split} if split else {}, licence)


def _channels(path: Path, names: Mapping[int, str]) -> dict[str, Image]:
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    files = [path] if path.exists() else sorted(path.parent.glob(f"{stem}_[0-9][0-9][0-9][0-9].*"))
    if len(files) < 2:
        image = read(files[0] if files else path)
        frames = [at_time(image, number) for number in range(image.times)]
    else:
        frames = [read(each) for each in files]
    if len(frames) == 1:
        code = CODES.get(next(iter(names.values()), "").upper())
        unit = read(files[0] if files else path, modality=code) if code == "CT" else frames[0]
        return {"image": unit}
    return {names.get(number, f"channel {number}"): each for number, each in enumerate(frames)}


def write(samples: Iterable[Sample], folder: Path) -> None:
    """Write images, masks and dataset.json. Raises BadValue for cases with unlike images."""
    for place in ("imagesTr", "labelsTr", "imagesTs"):
        (folder / place).mkdir()
    classes, licence = Classes(), ""
    channels: tuple[str, ...] = ()
    training: list[dict[str, str]] = []
    tests: list[str] = []
    modality = ""
    for sample in samples:
        if channels and tuple(sample.images) != channels:
            raise BadValue(
                f"The case '{sample.id}' has the images {', '.join(sample.images)}, but the others "
                f"{', '.join(channels)}. One data set has the same of all."
            )
        channels, licence = tuple(sample.images), sample.licence
        first = next(iter(sample.images.values()))
        modality = first.source.modality
        name = f"{sample.id}.nii.gz"
        place = "imagesTr" if sample.targets else "imagesTs"
        _save(sample, folder / place / name)
        if sample.targets:
            path = folder / "labelsTr" / name
            format_named("nifti").write(classes.mapped(sample.mask), path, image=first)
            training.append({"image": f"./imagesTr/{name}", "label": f"./labelsTr/{name}"})
        else:
            tests.append(f"./imagesTs/{name}")
    if not channels:
        raise BadValue("There is no case to write. Give a data set that holds one.")
    shown = [modality or "unknown"] if channels == ("image",) else list(channels)
    ordered = sorted(classes.labels.values(), key=lambda label: label.value)
    told: dict[str, Any] = {
        "name": folder.name.strip(".").partition(".")[0],
        "description": "",
        "reference": "",
        "licence": licence,
        "release": "",
        "tensorImageSize": "3D" if len(channels) == 1 else "4D",
        "modality": {str(number): each for number, each in enumerate(shown)},
        "labels": {"0": "background", **{str(each.value): each.name for each in ordered}},
        "numTraining": len(training),
        "numTest": len(tests),
        "training": training,
        "test": tests,
    }
    write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", folder / "dataset.json")


def _save(sample: Sample, path: Path) -> None:
    """One file; several images on one grid along the fourth axis."""
    images = list(sample.images.values())
    if len(images) == 1:
        save_image(images[0], path)
        return
    need_one_grid(sample)
    grid = images[0].grid
    frames = [np.asarray(each.block((0, 0, 0), grid.shape))[..., 0] for each in images]
    with replacing(path) as temporary:
        save_volume(np.stack(frames), grid, temporary, about=None)
