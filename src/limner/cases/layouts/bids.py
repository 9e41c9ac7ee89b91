"""BIDS: scans under `sub-LABEL/`, masks as derivatives, with a table of their classes.

    dataset_description.json, participants.tsv
    sub-001/anat/sub-001_T1w.nii.gz                        the images, by their suffix
    derivatives/limner/dataset_description.json            DatasetType "derivative"
    derivatives/limner/sub-001/anat/sub-001_dseg.nii.gz    values of classes
    derivatives/limner/sub-001/anat/sub-001_dseg.tsv       index, name, color
    derivatives/limner/sub-001/anat/sub-001_dseg.json      {"Manual": true}

A label of BIDS has letters and digits only: a case `ct_3` becomes `sub-ct3`, and its own name
stands in participants.tsv. Read are the discrete segmentations (`_dseg`) of any derivative
that lie on one of the subject's images; each pipeline is a rater. Sessions are cases.

Source   Brain Imaging Data Structure 1.9, "Segmentations" under "Imaging derivatives".
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path

from limner import __version__
from limner.cases.layouts import _classes
from limner.cases.layouts._classes import Classes, classed
from limner.cases.open import read
from limner.cases.save import read_mask, save_image
from limner.errors import BadValue, NotFound, UnreadableFile
from limner.formats import format_named
from limner.formats._tables import read as read_table
from limner.formats._tables import to_tsv
from limner.image import Image
from limner.safely import write_text
from limner.sample import Sample, Target

HOLDS = _classes.HOLDS
ENDINGS = (".nii", ".nii.gz")
NO_IMAGE = {"dseg", "probseg", "mask", "bold", "dwi"}  # suffixes of what is no scan, or no volume
SUFFIXES = {"CT": "ct", "PT": "pet", "MR": "MR"}


def claims(folder: Path) -> bool:
    """By its description, or its subjects."""
    if not folder.is_dir():
        return False
    subjects = any(each.is_dir() for each in folder.glob("sub-*"))
    return subjects and not (folder / "dataset.json").is_file()


def samples(folder: Path) -> Iterator[Sample]:
    """A sample for every subject, or for every session of one.

    Raises NotFound where a segmentation lies on no image of its subject.
    """
    told = _participants(folder)
    masks = _masks(folder)
    for case, files in _images(folder).items():
        images: dict[str, Image] = {}
        for path in files:
            images[_suffix(path) if _suffix(path) not in images else _stem(path)] = read(path)
        targets = [_target(path, images, folder) for path in masks.pop(case, ())]
        subject = case.partition("_")[0]
        name = told.get(subject, case) if "_" not in case else case
        named = {"image": next(iter(images.values()))} if len(images) == 1 else images
        yield Sample(name, named, tuple(targets), {"patient": subject})
    if masks:
        case = next(iter(masks))
        raise NotFound(
            f"There is a segmentation of '{case}' but no image of it in '{folder}'. "
            "Put the scans beside the derivatives."
        )


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".nii")


def _suffix(path: Path) -> str:
    return _stem(path).rpartition("_")[2]


def _case(path: Path) -> str:
    """ "sub-01" or "sub-01_ses-2", by the entities of a file's name."""
    found = re.match(r"(sub-[^_]+)(?:_(ses-[^_]+))?_", path.name)
    return "_".join(each for each in found.groups() if each) if found else ""


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("sub-*")):
        if path.is_file() and path.name.endswith(ENDINGS) and _case(path):
            yield path


def _images(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in _files(folder):
        raw = "derivatives" not in path.relative_to(folder).parts
        if raw and _suffix(path) not in NO_IMAGE:
            found.setdefault(_case(path), []).append(path)
    return found


def _masks(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in _files(folder):
        if _suffix(path) == "dseg":
            found.setdefault(_case(path), []).append(path)
    return found


def _target(path: Path, images: Mapping[str, Image], folder: Path) -> Target:
    """The segmentation on the image that it lies on, with the names of its table."""
    own = read_mask(path)
    parts = path.relative_to(folder).parts
    rater = parts[1] if parts[0] == "derivatives" and len(parts) > 2 else ""
    table = next((each for each in _tables(path, folder) if each.is_file()), None)
    for name, image in images.items():
        fitted = read_mask(path, grid=image.grid)
        if fitted.grid == image.grid:
            schema = read_table(table) if table else own.schema
            mask = classed(path, image.grid, schema)
            return Target("dense", mask, rater=rater, image="" if len(images) == 1 else name)
    raise NotFound(
        f"The segmentation '{path.name}' has {own.grid.shape} voxels and lies on none of the "
        f"images of its subject: {', '.join(images)}. Put its own image beside them."
    )


def _tables(path: Path, folder: Path) -> Iterator[Path]:
    """Where the table of a segmentation may lie: beside it, or inherited from above."""
    yield path.with_name(f"{_stem(path)}.tsv")
    for above in path.parents:
        yield above / "dseg.tsv"
        if above == folder:
            return


def _participants(folder: Path) -> dict[str, str]:
    """The name of every subject in the data set that it came from."""
    path = folder / "participants.tsv"
    if not path.is_file():
        return {}
    try:
        rows = list(csv.DictReader(StringIO(path.read_text("utf-8-sig")), delimiter="\t"))
    except (csv.Error, ValueError) as error:
        raise UnreadableFile(f"'{path}' is no table: {error}. Repair it.") from error
    return {row["participant_id"]: row["case"] for row in rows if row.get("case")}


def write(samples: Iterable[Sample], folder: Path) -> None:
    """Write scans, derivatives and their descriptions. Raises BadValue for names that collide."""
    pipeline = folder / "derivatives" / "limner"
    classes, names = Classes(), dict[str, str]()
    licence = ""
    for sample in samples:
        subject = _subject(sample.id, names)
        licence = sample.licence
        place = folder / subject / "anat"
        place.mkdir(parents=True)
        for name, image in sample.images.items():
            save_image(image, place / f"{subject}_{_shown(name, image)}.nii.gz")
        target = next((each for each in sample.targets if each.kind == "dense"), None)
        if target is None:
            continue
        image = sample.images[target.image] if target.image else next(iter(sample.images.values()))
        path = pipeline / subject / "anat" / f"{subject}_dseg.nii.gz"
        path.parent.mkdir(parents=True)
        mask = classes.mapped(target.value)
        format_named("nifti").write(mask, path, image=image)
        write_text(to_tsv(mask.schema.labels), path.with_name(f"{subject}_dseg.tsv"))
        manual = json.dumps({"Manual": target.source == "human"}) + "\n"
        write_text(manual, path.with_name(f"{subject}_dseg.json"))
    if not names:
        raise BadValue("There is no case to write. Give a data set that holds one.")
    _describe(folder, pipeline, licence=licence)
    rows = [f"{subject}\t{case}" for subject, case in names.items()]
    write_text("\n".join(["participant_id\tcase", *rows]) + "\n", folder / "participants.tsv")


def _subject(case: str, names: dict[str, str]) -> str:
    """The label of a case: letters and digits; noted in `names`."""
    label = re.sub(r"[^0-9A-Za-z]", "", case.removeprefix("sub-"))
    subject = f"sub-{label}"
    if not label or subject in names:
        raise BadValue(
            f"The case '{case}' would be called '{subject}' in BIDS, which "
            f"{'is no name' if not label else f'is that of {names[subject]!r} too'}. Rename it."
        )
    names[subject] = case
    return subject


def _shown(name: str, image: Image) -> str:
    """The suffix of an image's file: its name, or its modality for the only one."""
    if name == "image":
        return SUFFIXES.get(image.source.modality, "scan")
    return re.sub(r"[^0-9A-Za-z]", "", name) or "scan"


def _describe(folder: Path, pipeline: Path, *, licence: str) -> None:
    about = {
        "Name": folder.name.strip(".").partition(".")[0],
        "BIDSVersion": "1.9.0",
        "DatasetType": "raw",
        **({"License": licence} if licence else {}),
    }
    derived = {
        "Name": "Masks",
        "BIDSVersion": "1.9.0",
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "limner", "Version": __version__}],
    }
    for place, told in ((folder, about), (pipeline, derived)):
        if place.is_dir():
            text = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
            write_text(text, place / "dataset_description.json")
