"""What the network sees of a picture: a square that is turned, bent and brought to its side.

Pictures are (rows, columns, channels); places are (row, column) at pixel faces, so that the
first pixel reaches from 0 to 1.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from limner.phantoms._layouts import smooth
from limner.phantoms._paint import blurred
from limner.phantoms.artefacts import spoiled

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

SIDE = 128  # pixels of the network's input


@dataclass(frozen=True)
class View:
    """Where to look: a square of `extent` pixels round `centre`, turned, mirrored, bent."""

    centre: tuple[float, float]
    extent: float
    turn: float = 0.0
    mirrored: bool = False
    bend: float = 0.0  # standard deviation of a smooth displacement, in shares of the extent
    side: int = SIDE  # pixels of the crop


def places(view: View, rng: np.random.Generator) -> Floats:
    """The place in the picture (side, side, 2) of every pixel of the crop."""
    ticks = ((np.arange(view.side) + 0.5) / view.side - 0.5) * view.extent
    rows, columns = np.meshgrid(ticks, -ticks if view.mirrored else ticks, indexing="ij")
    if view.bend:
        knots = int(rng.integers(1, 4))
        rows = rows + view.bend * view.extent * smooth(rng, view.side, knots=knots)
        columns = columns + view.bend * view.extent * smooth(rng, view.side, knots=knots)
    sine, cosine = np.sin(view.turn), np.cos(view.turn)
    turned = np.stack([rows * cosine - columns * sine, rows * sine + columns * cosine], axis=-1)
    return np.asarray(turned + view.centre, np.float32)


def cut(picture: NDArray[np.generic], at: Floats) -> tuple[Floats, Bools]:
    """Samples (side, side, channels) at places, and which of them lie inside the picture.

    Where the crop is coarser than the picture, blocks of pixels are averaged first.
    """
    shape = np.array(picture.shape[:2])
    step = np.abs(at[-1, -1] - at[0, 0]).max() / (len(at) - 1)
    factor = max(1, min(round(float(step)), int(shape.min()) // 8))
    first, last = (np.array([edge(at[..., 0]), edge(at[..., 1])]) for edge in (np.min, np.max))
    low = np.clip(np.floor(first) - 2 * factor, 0, shape - 1).astype(int)
    high = np.clip(np.ceil(last) + 2 * factor, low + 1, shape).astype(int)
    window = picture[low[0] : high[0], low[1] : high[1]].astype(np.float32)
    spare = -np.array(window.shape[:2]) % factor
    if spare.any():
        window = np.pad(window, ((0, spare[0]), (0, spare[1]), (0, 0)), mode="edge")
    source = torch.from_numpy(np.ascontiguousarray(window.transpose(2, 0, 1)[None]))
    if factor > 1:
        source = functional.avg_pool2d(source, factor)
    scaled = (at - low) / factor / source.shape[2:] * 2 - 1
    grid = torch.from_numpy(np.ascontiguousarray(scaled[None, ..., ::-1], np.float32))
    sampled = functional.grid_sample(source, grid, padding_mode="border", align_corners=False)
    rows, columns = at[..., 0], at[..., 1]
    inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    return np.ascontiguousarray(sampled[0].numpy().transpose(1, 2, 0)), inside


def solid(share: Floats) -> Bools:
    """The mask (side, side) of a coverage in 0..1; a thin object keeps about its area."""
    mask = share > 0.5
    area = float(share.sum())
    return np.asarray(share > 0.33) if mask.sum() < 0.75 * area else mask


def restyled(crop: Floats, rng: np.random.Generator) -> Floats:
    """The same crop (side, side, 1 or 3) in 0..1, as another machine might have shown it."""
    if crop.shape[2] == 3:
        crop = _recoloured(crop, rng)
    if rng.random() < 0.3:  # another window
        low, high = rng.uniform(0, 0.15), rng.uniform(0.7, 1.0)
        crop = np.clip((crop - low) / (high - low), 0, 1)
    if rng.random() < 0.5:
        crop = np.clip(crop, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.35)))
    if rng.random() < 0.2:
        crop = 1 - crop
    if rng.random() < 0.25:
        bias = smooth(rng, crop.shape[0], knots=int(rng.integers(1, 4))) * rng.uniform(0, 0.25)
        crop = crop * np.exp(bias)[..., None]
    return _degraded(spoiled(rng, np.asarray(crop, np.float32)), rng)


def _recoloured(crop: Floats, rng: np.random.Generator) -> Floats:
    """Colours shifted, mixed, or taken away."""
    kind = rng.random()
    if kind < 0.25:
        share = rng.dirichlet((1.5, 1.5, 1.5)).astype(np.float32)
        return np.asarray((crop @ share)[..., None])
    if kind < 0.75:
        gain = np.exp(rng.normal(0, 0.15, 3)).astype(np.float32)
        return np.asarray(np.clip(crop * gain + rng.normal(0, 0.05, 3).astype(np.float32), 0, 1))
    if kind < 0.85:
        return np.ascontiguousarray(crop[..., rng.permutation(3)])
    return crop


def _degraded(crop: Floats, rng: np.random.Generator) -> Floats:
    """Blur, lost resolution, noise and speckle, each now and then."""
    side = crop.shape[0]
    if rng.random() < 0.2:
        crop = blurred(crop, sigma=float(rng.uniform(0.4, 1.6)))
    if rng.random() < 0.15:
        coarse = int(rng.choice([32, 43, 64, 90]))
        picture = torch.from_numpy(np.ascontiguousarray(crop.transpose(2, 0, 1)[None]))
        small = functional.interpolate(picture, size=(coarse, coarse), mode="area")
        back = functional.interpolate(small, size=(side, side), mode="bilinear")
        crop = np.ascontiguousarray(back[0].numpy().transpose(1, 2, 0))
    if rng.random() < 0.35:
        noise = rng.standard_normal(crop.shape, np.float32)
        crop = crop + noise * np.float32(0.1 * rng.uniform(0, 1) ** 2)
    if rng.random() < 0.12:
        grain = blurred(rng.standard_normal((side, side, 1), np.float32), sigma=0.8) * 2
        crop = crop * (1 + grain * np.float32(rng.uniform(0, 0.25)))
    return np.asarray(crop, np.float32)
