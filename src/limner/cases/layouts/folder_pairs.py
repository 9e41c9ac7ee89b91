"""The plainest data set: `images/` and `masks/`, a mask called like its image.

See `limner.cases.folder_pairs`. Written masks are label maps of object ids as `limner segment`
writes them, so that single objects, their names and their tracking ids come back.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from limner.cases import folder_pairs
from limner.cases.save import read_mask, save_image
from limner.errors import BadValue
from limner.formats import format_named, held_by
from limner.safely import write_text
from limner.sample import Sample, Target

HOLDS = held_by(format_named("nifti")) - {"times"}


def claims(folder: Path) -> bool:
    """By its folder of images, where nothing else describes it."""
    return (folder / "images").is_dir() and not (folder / "dataset.json").is_file()


def samples(folder: Path) -> Iterator[Sample]:
    """As `limner.cases.folder_pairs` reads them; masks keep what is in their headers."""
    masks = folder_pairs.by_stem(folder / "masks") if (folder / "masks").is_dir() else {}
    for sample in folder_pairs.samples(folder):
        if sample.id not in masks:
            yield sample
            continue
        mask = sample.mask
        own = read_mask(masks[sample.id], grid=sample.image.grid)
        plain = all(each.label == f"label {each.id}" for each in own)
        target = Target("dense", mask if plain else own)
        yield Sample(sample.id, sample.images, (target,), sample.groups, sample.licence)


def write(samples: Iterable[Sample], folder: Path) -> None:
    """Write `images/`, `masks/` and `meta.json`. Raises BadValue for several images a case."""
    (folder / "images").mkdir()
    (folder / "masks").mkdir()
    licences = set()
    for sample in samples:
        if len(sample.images) != 1:
            raise BadValue(
                f"The case '{sample.id}' has {len(sample.images)} images: "
                f"{', '.join(sample.images)}. This layout has one a case; choose another."
            )
        ending = ".png" if sample.image.grid.scale == "none" else ".nii.gz"
        save_image(sample.image, folder / "images" / f"{sample.id}{ending}")
        if sample.targets:
            form = format_named("png" if ending == ".png" else "nifti")
            form.write(sample.mask, folder / "masks" / f"{sample.id}{ending}", image=sample.image)
        licences.add(sample.licence)
    about = {"licence": licences.pop() if len(licences) == 1 else ""}
    write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", folder / "meta.json")
