"""A skin lesion under the dermatoscope, with how pigmented each pixel is as its soft border.

Pigment falls off across the border over a known width and with spikes; a network of lines,
globules and a darker part may lie inside. Hairs, a ruler, ink of a marker pen, bubbles of gel
and the dark ring of the instrument lie over it, and none of them is the lesion.

Source   own drawing; structures after the dermoscopic terms of Kittler et al., Journal of the
         American Academy of Dermatology 2016 (network, globules, streaks).
Differs  colours from one melanin density after Beer and Lambert, not from histology.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.grid import Grid
from limner.mask import Mask, Object, soft
from limner.phantoms import PHANTOMS
from limner.phantoms._layouts import smooth
from limner.phantoms._outlines import stroked
from limner.phantoms._sample import dense, eight_bits
from limner.sample import Sample
from limner.schema import Schema

__all__ = ["Lesion", "lesion", "skin"]

SIDE = 256
RATER = "limner.phantoms.skin"
MELANIN = np.array([0.45, 0.85, 1.15])  # what it absorbs of red, green and blue, relative

Field = NDArray[np.float64]


@dataclass(frozen=True)
class Lesion:
    """Where the pigment is.

    away    (side, side): pixels inside the border, negative outside
    share   (side, side): 0..1, how much of the lesion's pigment is there; 0.5 on the border
    width   over how many pixels the share rises from a quarter to three quarters
    """

    away: Field
    share: Field
    width: float


@PHANTOMS.add
def skin(seed: int) -> Sample:
    """A lesion on 256 x 256 pixels in colour: its mask, and its share of pigment as probability."""
    rng = np.random.default_rng(seed)
    found = lesion(rng, SIDE)
    picture = _over(rng, _skin(rng, found))
    inside = found.away > 0
    grid = Grid.picture(SIDE, SIDE)
    mask = Mask(
        grid,
        (inside.astype(np.uint8)[None],),
        (Object(1, "lesion", source="synthetic", rater=RATER),),
        soft=(soft(1, found.share[None]),),
        schema=Schema.of("lesion"),
    )
    targets = (dense(mask, rater=RATER),)
    return Sample(f"skin-{seed}", {"image": eight_bits(picture)}, targets, licence="CC0-1.0")


def lesion(rng: np.random.Generator, side: int) -> Lesion:
    """One lesion in about the middle, its border jagged or smooth, sharp or soft."""
    rows, columns = np.mgrid[:side, :side].astype(float)
    place = rng.uniform(0.38, 0.62, 2) * side
    radius = side * np.exp(rng.uniform(np.log(0.12), np.log(0.34)))
    turn, long = rng.uniform(0, np.pi), np.exp(rng.uniform(0, 0.5))
    down, across = rows - place[0], columns - place[1]
    first = (down * np.sin(turn) + across * np.cos(turn)) / np.sqrt(long)
    second = (down * np.cos(turn) - across * np.sin(turn)) * np.sqrt(long)
    angle = np.arctan2(second, first)
    border = np.ones_like(angle)
    for wave in range(2, 9):
        border += rng.normal(0, 0.18 / wave) * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    jagged = smooth(rng, side, knots=int(rng.integers(8, 30))) * rng.uniform(0, 0.07)
    inside = np.hypot(first, second) / radius < np.maximum(border, 0.4) + jagged
    parts, _ = ndimage.label(inside)
    inside = ndimage.binary_fill_holes(parts == np.bincount(parts.ravel())[1:].argmax() + 1)
    away = ndimage.distance_transform_edt(inside) - ndimage.distance_transform_edt(~inside)
    away = away - np.where(inside, 0.5, -0.5)
    width = float(np.exp(rng.uniform(np.log(0.8), np.log(0.06 * side))))
    # a logistic curve rises from a quarter to three quarters over 2 ln 3 of its scale
    share = 1 / (1 + np.exp(-np.clip(away * 2 * np.log(3) / width, -40, 40)))
    return Lesion(away, share, width)


def _skin(rng: np.random.Generator, found: Lesion) -> Field:
    """Skin of a type by chance, with the lesion's pigment in it."""
    side = len(found.away)
    melanin = rng.uniform(0.02, 0.55) + 0.02 * smooth(rng, side, knots=int(rng.integers(3, 20)))
    blood = rng.uniform(0.02, 0.2) * (1 + 0.2 * smooth(rng, side, knots=5))
    furrows = np.abs(smooth(rng, side, knots=side // 6))
    relief = 1 - rng.uniform(0.01, 0.05) * np.exp(-((furrows / 0.2) ** 2))
    amount = rng.uniform(0.5, 1.8) * found.share * _structure(rng, found)
    ink = (melanin + amount)[..., None] * MELANIN + blood[..., None] * np.array([0.1, 0.9, 0.7])
    veil = (rng.random() < 0.2) * np.clip(smooth(rng, side, knots=4), 0, 1) * found.share
    picture = np.exp(-ink) * relief[..., None] * np.array([0.97, 0.93, 0.9])
    picture += veil[..., None] * np.array([0.12, 0.16, 0.28])  # blue-white, over the pigment
    return np.asarray(picture)


def _structure(rng: np.random.Generator, found: Lesion) -> Field:
    """How the pigment is laid out inside: blotches, network, globules, a darker part."""
    side = len(found.away)
    amount = 1 + rng.uniform(0.05, 0.3) * smooth(rng, side, knots=int(rng.integers(3, 12)))
    fine = smooth(rng, side, knots=int(rng.integers(side // 12, side // 6)))
    kind = rng.random()
    if kind < 0.4:  # lines round holes
        amount += rng.uniform(0.2, 0.7) * np.exp(-((fine / 0.35) ** 2))
    elif kind < 0.7:  # globules
        amount += rng.uniform(0.4, 1.2) * np.clip(fine - 1.2, 0, 0.5) * 2
    if rng.random() < 0.35:
        amount += rng.uniform(0.4, 1) * (smooth(rng, side, knots=3) > rng.uniform(0, 0.8))
    return np.asarray(np.maximum(amount, 0.1))


def _over(rng: np.random.Generator, picture: Field) -> Field:
    """What lies over the skin, and the camera."""
    side = len(picture)
    if rng.random() < 0.3:
        ink = np.clip((smooth(rng, side, knots=3) - rng.uniform(1.0, 1.8)) * 2, 0, 0.9)
        picture = picture * (1 - ink[..., None] * np.array([0.55, 0.75, 0.15]))
    if rng.random() < 0.6:
        hair = _hair(rng, side)[..., None]
        tone = np.array([0.16, 0.1, 0.07]) if rng.random() < 0.8 else np.array([0.75, 0.7, 0.6])
        picture = picture * (1 - hair) + tone * hair
    if rng.random() < 0.35:
        picture = picture * (1 - 0.85 * _ruler(rng, side)[..., None])
    if rng.random() < 0.35:
        picture = picture + _bubbles(rng, side)[..., None]
    if rng.random() < 0.45:
        rows, columns = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
        out = np.hypot(rows, columns) - rng.uniform(0.95, 1.25)
        ring = 1 / (1 + np.exp(np.clip(out / rng.uniform(0.01, 0.15), -40, 40)))
        picture = picture * ring[..., None]
    picture = ndimage.gaussian_filter(picture, (rng.uniform(0.4, 0.9),) * 2 + (0,))
    return np.asarray(picture + rng.normal(0, rng.uniform(0.004, 0.02), picture.shape))


def _hair(rng: np.random.Generator, side: int) -> NDArray[np.float32]:
    """Hairs that lie mostly one way, each an arc of its own thickness."""
    count = int(rng.integers(3, 36))
    steps = np.arange(int(side * rng.uniform(0.5, 1.3)))
    turn = rng.normal(rng.uniform(0, np.pi), 0.45, (count, 1))
    heading = turn + rng.normal(0, 1.2 / side, (count, 1)) * steps
    ahead = np.stack([np.sin(heading), np.cos(heading)], axis=-1)
    path = rng.uniform(-0.2, 1.1, (count, 1, 2)) * side + np.cumsum(ahead, axis=1)
    radii = np.exp(rng.normal(np.log(rng.uniform(0.4, 1.1)), 0.25, (count, 1))) + 0 * heading
    return stroked(side, path.reshape(-1, 2), radii=radii.ravel()) * np.float32(0.92)


def _ruler(rng: np.random.Generator, side: int) -> NDArray[np.float32]:
    """A scale along one edge: a line, ticks, every fifth of them longer."""
    line = np.arange(0.1, 0.9, 1 / side) * side
    edge = side * rng.uniform(0.88, 0.95)
    gap = rng.uniform(5, 10)
    marks = [np.stack([np.full(len(line), edge), line], axis=1)]
    for number in range(int(0.8 * side / gap)):
        tall = np.arange(0, side * (0.035 if number % 5 == 0 else 0.018))
        marks.append(np.stack([edge - tall, np.full(len(tall), 0.1 * side + gap * number)], 1))
    points = np.concatenate(marks)
    points = points if rng.random() < 0.5 else points[:, ::-1]
    return stroked(side, points, radii=np.full(len(points), 0.5))


def _bubbles(rng: np.random.Generator, side: int) -> Field:
    """Gel: rings of light with a bright point each."""
    rows, columns = np.mgrid[:side, :side].astype(float)
    light = np.zeros((side, side))
    for _ in range(int(rng.integers(1, 14))):
        place, radius = rng.uniform(0, side, 2), side * rng.uniform(0.006, 0.03)
        away = np.hypot(rows - place[0], columns - place[1])
        light += 0.25 * np.exp(-(((away - radius) / 1.2) ** 2))
        glint = np.hypot(rows - place[0] + radius / 2, columns - place[1] - radius / 2)
        light += 0.8 * np.exp(-((glint / max(radius / 4, 0.8)) ** 2))
    return light
