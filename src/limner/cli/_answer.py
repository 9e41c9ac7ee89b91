"""The labels of one case of the laptop challenge, from its boxes."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from limner.errors import BadValue
from limner.npz import arrays

if TYPE_CHECKING:
    from limner.image import Image
    from limner.mask import Mask
    from limner.prompt.box import Box


def answered(case: Path, *, model: str, threads: int | None = None) -> "Mask":
    """One label a box. Raises UnreadableFile, BadValue, UnknownName."""
    from limner.evaluate.contestant import Contestant
    from limner.mask import Mask
    from limner.read import npz

    image = npz.read(case)
    predictor = Contestant.of("model", model).make(threads=threads)
    encoded = predictor.encode(image)
    labels = np.zeros(image.grid.shape, np.uint16)
    for number, boxes in enumerate(_boxes(case, image), start=1):
        for box in boxes:  # a model takes one box an object and call
            labels[predictor.predict(encoded, [box]).mask.where(1)] = number
    return Mask.from_labels(labels, image.grid)


def _boxes(case: Path, image: "Image") -> list[list["Box"]]:
    """The boxes of every object: one on each slice that it spans."""
    from limner.prompt.box import Box

    held, _ = arrays(case, ("boxes",))
    if "boxes" not in held:
        raise BadValue(f"'{case.name}' holds no 'boxes'. Give one a line, columns first.")
    told = np.atleast_2d(np.asarray(held["boxes"], float))
    volume = image.grid.shape[0] > 1
    if told.ndim != 2 or told.shape[1] != (6 if volume else 4):
        raise BadValue(
            f"'boxes' of '{case.name}' has shape {told.shape}. Give {6 if volume else 4} numbers a "
            "box: first column and row, last column and row; in a volume the slice third."
        )
    boxes = []
    for each in np.rint(told).astype(int):
        low, high = each[: len(each) // 2], each[len(each) // 2 :]
        slices = range(low[2], high[2] + 1) if volume else range(1)
        boxes.append(
            [
                Box.between(image.grid, (number, low[1], low[0]), (number, high[1], high[0]))
                for number in slices
            ]
        )
    return boxes
