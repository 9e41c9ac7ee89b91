"""Cases of the challenge "Segment Anything in Medical Images on Laptop", as .npz files.

    imgs      uint8 (rows, columns), (rows, columns, 3) or (slices, rows, columns)
    boxes     one a label, in the order of the labels: (n, 4) first column, first row, last
              column, last row; in a volume (n, 6) with the slice third: the first and last
              voxel of the object
    gts       the labels, 1 to n and 0 outside, of the shape of `imgs` without colours; in the
              case's own file or in another of the same name
    spacing   mm, where the case is a volume

A file's name tells its modality: "2D_US_0001", "3DBox_CT_0001".
"""

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, NotFound, UnreadableFile
from limner.evaluate.protocols.objects import Entry, load, pictures
from limner.npz import arrays
from limner.safely import replacing
from limner.window import window_of

Array = NDArray[Any]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Case:
    """One case; `file` has its picture and boxes, `truth` its labels."""

    name: str
    modality: str
    file: Path
    truth: Path


def cases(folder: Path, truth: Path | None = None) -> tuple[Case, ...]:
    """The .npz files of a folder by name; `truth` is a folder with the same names, or None.

    Raises NotFound where there is none, or where one has no file of its name in `truth`.
    """
    found = []
    for file in sorted(folder.glob("*.npz")):
        labels = file if truth is None else truth / file.name
        if not labels.is_file():
            raise NotFound(
                f"There is no '{labels}' with the labels of '{file.name}'. Put it there."
            )
        found.append(Case(file.stem, modality_of(file.stem), file, labels))
    if not found:
        raise NotFound(
            f"There is no .npz case in '{folder}'. Give a folder of the challenge's cases, or that "
            "of the shared data with objects.json."
        )
    return tuple(found)


def modality_of(name: str) -> str:
    """The second word of a case's name where the first says its dimensions; else "other".

    >>> modality_of("2DBox_US_0001"), modality_of("lesion_7")
    ('US', 'other')
    """
    words = re.split(r"[_\s]+", name)
    return words[1] if len(words) > 1 and words[0][:2].upper() in {"2D", "3D"} else "other"


def question(case: Case) -> dict[str, Array]:
    """What a model is given: everything of the case's file but the labels.

    Boxes that are not there are the tight ones of the labels. Raises UnreadableFile.
    """
    held, _ = arrays(case.file)
    if "imgs" not in held:
        raise UnreadableFile(f"'{case.file}' holds no 'imgs'. Give a case of the challenge's form.")
    if "boxes" not in held:
        held["boxes"] = tight(labels_of(case)[0])
    held.pop("gts", None)
    return held


def labels_of(case: Case) -> tuple[Labels, tuple[float, ...]]:
    """The labels (rows, columns) or (slices, rows, columns), and the spacing of its axes.

    A picture has pixels of size 1. Raises UnreadableFile.
    """
    held, _ = arrays(case.truth)
    labels = held.get("gts")
    if labels is None or labels.ndim not in (2, 3) or labels.dtype.kind not in "iub":
        raise UnreadableFile(
            f"'{case.truth}' holds no 'gts' of whole numbers with two or three axes. Give labels."
        )
    if labels.ndim == 2 or "spacing" not in held:
        return labels.astype(np.int64), (1.0,) * labels.ndim
    across, down, along = np.ravel(held["spacing"]).astype(float)[:3]  # as SimpleITK counts axes
    return labels.astype(np.int64), (float(along), float(down), float(across))


def numbers_in(labels: Labels) -> list[int]:
    """The labels that are there, rising, without 0."""
    return [int(each) for each in np.unique(labels) if each != 0]


def tight(labels: Labels) -> Array:
    """(n, 4) or (n, 6): the smallest box of every label, columns first, last voxels included."""
    boxes = []
    for number in numbers_in(labels):
        places = np.argwhere(labels == number)[:, ::-1]
        boxes.append([*places.min(axis=0), *places.max(axis=0)])
    return np.array(boxes, np.int64).reshape(len(boxes), 2 * labels.ndim)


def answer(file: Path, shape: tuple[int, ...]) -> Labels:
    """The labels of an answer. Raises UnreadableFile, BadValue for what is none of that shape."""
    if not file.is_file():
        raise NotFound("It wrote no answer. Let it write an .npz with 'segs' to the place it got.")
    with zipfile.ZipFile(file) as archive:  # looked at before anything is unpacked
        most = 8 * int(np.prod(shape)) + 4096
        if any(each.file_size > most for each in archive.infolist() if each.filename == "segs.npy"):
            raise BadValue(f"'segs' of '{file.name}' is larger than {shape} labels can be.")
    segs = arrays(file, ("segs",))[0].get("segs")
    if segs is None:
        raise BadValue(f"'{file.name}' holds no 'segs'. Write the labels under that name.")
    if segs.shape != shape or segs.dtype.kind not in "iub":
        raise BadValue(
            f"'segs' is {segs.dtype} of shape {segs.shape}, but the case has whole numbers of "
            f"shape {shape}. Write one label a pixel."
        )
    return segs.astype(np.int64)


def write(held: Mapping[str, Array], file: Path) -> None:
    """Write arrays as one .npz, whole or not at all."""
    with replacing(file) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **held)


def written(data: Path, entries: Sequence[Entry], folder: Path) -> tuple[Case, ...]:
    """Listed objects as cases in a folder: one a slice, with a label an object.

    Pictures are shown in their window, as 8 bits. Thin objects are left out: a box says little
    of a thread.
    """
    chosen = [each for each in entries if not each.thin]
    for count, together in enumerate(pictures(chosen)):
        subjects = list(load(data, together))
        labels = np.zeros(subjects[0].target.shape, np.uint16)
        for number, subject in enumerate(subjects, start=1):
            labels[subject.target] = number
        image = subjects[0].image
        shown = np.rint(window_of(image).apply(image.slice(0)) * 255).astype(np.uint8)
        shown = shown[..., 0] if shown.shape[2] < 3 else shown[..., :3]
        kind = together[0].modality.replace(" ", "-") or "other"
        name = f"2D_{kind}_{together[0].set}_{count:04d}.npz"
        write(
            {"imgs": shown, "gts": labels, "boxes": tight(labels.astype(np.int64))}, folder / name
        )
    return cases(folder)
