"""Flat canvases as Samples: an image in its own unit and a mask with the names of organs."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.phantoms._canvas import Canvas
from limner.phantoms._layouts import Labels, smooth
from limner.phantoms._paint import blurred
from limner.phantoms._tissues import TONES
from limner.sample import Sample, Target
from limner.schema import Schema

CLASSES: Mapping[str, str] = MappingProxyType(
    {  # of tissues that an organ is not called by
        "grey": "grey matter",
        "white": "white matter",
        "deep": "deep grey matter",
        "skin": "scalp",
        "compact": "bone",
        "wall": "bowel",
        "gland": "prostate",
        "blood": "vessel",
        "vein": "vessel",
        "fluid": "cyst",
        "mass": "tumour",
        "bright": "tumour",
        "cord": "spinal cord",
    }
)
COLUMNS = ("ct", "contrast ct", "t1", "t2", "bright blood")  # of `TONES`


def measured(canvas: Canvas, rng: np.random.Generator, *, kind: str, pixel_mm: float) -> Image:
    """What a scanner gives of a canvas: HU (int16) for the kinds of CT, else MR's numbers.

    kind  "ct", "contrast ct", "t1", "t2" or "bright blood"
    """
    table = np.array([TONES[tissue] for tissue in canvas.tissues])[:, COLUMNS.index(kind)]
    ct = kind.endswith("ct")
    count = len(table)
    table = table + rng.normal(0, 6, count) if ct else table * np.exp(rng.normal(0, 0.06, count))
    side = canvas.side
    values = blurred(table[canvas.looks].astype(np.float32)[..., None], sigma=0.7)[..., 0]
    if ct:
        seen = values + rng.normal(0, rng.uniform(5, 30), values.shape)
        samples = np.rint(np.clip(seen, -1024, 3071)).astype(np.int16)
    else:
        shaded = values * np.exp(smooth(rng, side, knots=2) * rng.uniform(0, 0.2))
        grain = rng.normal(0, rng.uniform(0.005, 0.05), (2, *values.shape))
        magnitude = np.hypot(shaded + grain[0], grain[1])
        samples = np.rint(magnitude * 1000).astype(np.int16)
    image = Image.of(samples[None], plane(side, pixel_mm), unit="HU" if ct else "")
    return replace(image, source=replace(image.source, modality="CT" if ct else "MR"))


def plane(side: int, pixel_mm: float) -> Grid:
    """One slice of square pixels, its middle at the origin."""
    low = -(side - 1) / 2 * pixel_mm
    steps = ((0.0, 0.0, 5.0), (0.0, pixel_mm, 0.0), (pixel_mm, 0.0, 0.0))
    return Grid((1, side, side), origin_mm=(low, low, 0.0), steps_mm=steps)


def named(labels: Labels, names: list[str], grid: Grid) -> Mask:
    """The mask of a label map (rows, columns); `names` gives the class of each number."""
    present = [int(number) for number in np.flatnonzero(np.bincount(labels.ravel())) if number]
    classes = {number: CLASSES.get(names[number], names[number]) for number in present}
    about = tuple(Object(number, classes[number], source="synthetic") for number in present)
    layer: NDArray[np.uint16] = labels.astype(np.uint16)[None]
    return Mask(grid, (layer,), about, schema=Schema.of(*dict.fromkeys(classes.values())))


def sample(number: str, image: Image, mask: Mask) -> Sample:
    """The sample of that id, a phantom's name and its seed; a patient of its own."""
    rater = f"limner.phantoms.{number.rpartition('-')[0]}"
    target = Target("dense", mask, source="synthetic", rater=rater)
    return Sample(number, {"image": image}, (target,), {"patient": number}, licence="CC0-1.0")
