"""What the phantoms of cells and surfaces hand over: numbers as Samples with honest targets."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.prompt import PROMPTS, Prompt
from limner.sample import Target
from limner.schema import Schema

Flags = NDArray[np.bool_]


def eight_bits(picture: NDArray[np.floating]) -> Image:
    """A picture (rows, columns, channels) in 0..1 as a file of bytes would hold it."""
    samples = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    return Image.of(samples[None], Grid.picture(*samples.shape[:2]))


def objects(
    labels: NDArray[np.integer],
    names: Mapping[int, str],
    *,
    further: Sequence[NDArray[np.integer]] = (),
) -> Mask:
    """A mask of what a label map (rows, columns) holds, its classes by id.

    further   more maps of the same shape, for objects that lie over or under others
    """
    layers = [np.asarray(labels, np.uint16)[None]]
    layers += [np.asarray(layer, np.uint16)[None] for layer in further]
    ids = sorted({int(number) for layer in layers for number in np.unique(layer)} - {0})
    schema = Schema.of(*dict.fromkeys(names[number] for number in ids))
    about = tuple(Object(number, names[number], source="synthetic") for number in ids)
    return Mask(Grid.picture(*labels.shape), tuple(layers), about, schema=schema)


def dense(mask: Mask, *, rater: str, image: str = "") -> Target:
    """The exact mask as a target."""
    return Target("dense", mask, source="synthetic", rater=rater, image=image)


def centres(places: NDArray[np.floating], ids: Sequence[int], *, rater: str) -> Target:
    """Points (n, 2), one in each object of the same number, as clicks."""
    click: Callable[..., Prompt] = PROMPTS.get("click")
    clicks = tuple(
        click(at_mm=(float(column), float(row), 0.0), object=number)
        for (row, column), number in zip(places, ids, strict=True)
    )
    return Target("points", clicks, source="synthetic", rater=rater)
