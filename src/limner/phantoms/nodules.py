"""Lung nodules on one CT slice: metaballs among vessels, beside a chest wall.

A nodule is a sum of soft balls cut at a level; vessels are tubes of falling width that end on
a nodule now and then; the wall is bright and is nobody's object. HU values, reconstructed
noise with a grain.

Source   densities after the Fleischner Society's glossary (Hansell et al., Radiology 2008):
         solid, part-solid and ground-glass nodules.
Differs  a toy: one slice, no anatomy. It shares no drawing with `blobs`, which it judges.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.phantoms import PHANTOMS
from limner.phantoms._sample import dense
from limner.sample import Sample
from limner.schema import Schema

__all__ = ["lung_slice", "nodules"]

SIDE = 160
STEP_MM = 0.7
SMALLEST = 12  # pixels of a nodule that the wall leaves
LUNG, WALL, SOLID, GLASS = -850.0, 40.0, 20.0, -600.0  # HU
RATER = "limner.phantoms.nodules"

Field = NDArray[np.float64]


@PHANTOMS.add
def nodules(seed: int) -> Sample:
    """A piece of lung, 160 x 160 pixels of 0.7 mm in HU, with some nodules."""
    hounsfield, labels = lung_slice(np.random.default_rng(seed), SIDE)
    grid = Grid((1, SIDE, SIDE), steps_mm=((0, 0, 1.0), (0, STEP_MM, 0), (STEP_MM, 0, 0)))
    image = Image.of(hounsfield[None, ..., None], grid, unit="HU")
    about = tuple(
        Object(number, "nodule", source="synthetic") for number in np.unique(labels)[1:].tolist()
    )
    layer = labels.astype(np.uint16)[None]
    mask = Mask(grid, (layer,), about, schema=Schema.of("nodule"))
    targets = (dense(mask, rater=RATER),)
    return Sample(f"nodules-{seed}", {"image": image}, targets, licence="CC0-1.0")


def lung_slice(rng: np.random.Generator, side: int) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
    """HU (side, side) and the int32 ids of the nodules."""
    rows, columns = np.mgrid[:side, :side].astype(float)
    amount = np.zeros((side, side))  # 0 lung .. 1 solid
    labels = np.zeros((side, side), np.int32)
    for number in range(1, int(rng.integers(4, 10))):
        place = rng.uniform(0.08, 0.92, 2) * side
        size = side * rng.uniform(0.025, 0.075)
        total = np.zeros((side, side))
        for _ in range(int(rng.integers(1, 5))):
            middle = place + rng.normal(0, size * 0.4, 2)
            reach = size * rng.uniform(0.7, 1.1)
            squares = (rows - middle[0]) ** 2 + (columns - middle[1]) ** 2
            total += np.exp(-squares / reach**2)
        inside = total > 0.45
        if (ndimage.binary_dilation(inside) & (labels > 0)).any():
            continue
        labels[inside] = number
        solid = 1.0 if rng.random() < 0.7 else (GLASS - LUNG) / (SOLID - LUNG) * rng.uniform(1, 1.6)
        amount = np.maximum(amount, solid * np.clip((total - 0.45) * size * 0.6 + 0.5, 0, 1))
    vessels = _vessels(rng, side)
    wall = _wall(rng, side)
    labels[wall > 0.5] = 0
    labels[np.bincount(labels.ravel(), minlength=11)[labels] < SMALLEST] = 0
    tone = LUNG + (SOLID - LUNG) * np.maximum(amount, 0.85 * vessels)
    tone = tone * (1 - wall) + (WALL + rng.normal(0, 15)) * wall
    tone += 40 * ndimage.gaussian_filter(rng.standard_normal((side, side)), 6) * 6
    tone = ndimage.gaussian_filter(tone, rng.uniform(0.6, 1.2))
    grain = ndimage.gaussian_filter(rng.standard_normal((side, side)), 0.8)
    tone += grain / grain.std() * rng.uniform(15, 60)
    return np.rint(tone).astype(np.int16), labels


def _vessels(rng: np.random.Generator, side: int) -> Field:
    """Bent tubes that thin out, drawn by their distance."""
    centre = np.ones((side, side))
    width = np.zeros((side, side))
    for _ in range(int(rng.integers(4, 11))):
        steps = int(side * rng.uniform(0.3, 1))
        turn = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.03, steps))
        path = rng.uniform(0, side, 2) + np.cumsum(
            np.stack([np.sin(turn), np.cos(turn)], 1), axis=0
        )
        radii = np.linspace(rng.uniform(0.8, 2.4), 0.4, steps)
        at = np.rint(path).astype(int)
        kept = ((at >= 0) & (at < side)).all(axis=1)
        centre[at[kept, 0], at[kept, 1]] = 0
        width[at[kept, 0], at[kept, 1]] = radii[kept]
    away, nearest = ndimage.distance_transform_edt(centre, return_indices=True)
    return np.asarray(np.clip(width[tuple(nearest)] - away + 0.5, 0, 1))


def _wall(rng: np.random.Generator, side: int) -> Field:
    """The chest wall on one side, in two slices of three."""
    if rng.random() < 1 / 3:
        return np.zeros((side, side))
    rows, columns = np.mgrid[:side, :side] / side - 0.5
    turn = rng.uniform(0, 2 * np.pi)
    across = rows * np.sin(turn) + columns * np.cos(turn)
    along = rows * np.cos(turn) - columns * np.sin(turn)
    edge = across + 0.3 * along**2 - rng.uniform(0.3, 0.45)
    return np.asarray(np.clip(edge * side + 0.5, 0, 1))
