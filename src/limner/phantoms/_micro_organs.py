"""Electron microscopy, skin, endoscopy and fundus, quick and various enough to learn from."""

import numpy as np
from numpy.typing import NDArray

from limner.phantoms._layouts import Field, Labels, smooth
from limner.phantoms._outlines import Form, branches, cells, crowd, scattered, stroked
from limner.phantoms._paint import Picture

Drawn = tuple[Picture, Labels]
Flags = NDArray[np.bool_]


def membranes(rng: np.random.Generator, side: int) -> Drawn:
    """Cells under the electron microscope: dark membranes, grey insides, striped organelles."""
    radius = float(side * np.exp(rng.uniform(np.log(0.06), np.log(0.25))))
    places = scattered(rng, side, spacing=radius * 1.7, share=0.95, most=48)
    stretch = np.exp(rng.normal(0, 0.25, (len(places), 2)))
    labels, apart = cells(side, places, stretch=stretch, reach=4 * radius)
    labels, apart = _bent(rng, labels, apart)
    width = 0.7 + 0.018 * side * rng.random() ** 2
    wall = np.clip(width - apart + 0.5, 0, 1)
    tone = rng.normal(0.65, rng.uniform(0, 0.12), len(places) + 1).astype(np.float32)
    grain = smooth(rng, side, knots=int(rng.integers(side // 6, side // 2)))
    grey = tone[labels] + rng.uniform(0, 0.1) * grain
    size = radius * rng.uniform(0.15, 0.4)
    inner = _organelles(rng, side, size=float(np.clip(size, 2.5, side * 0.1)))
    inside = (inner[0] > 0) & (apart > width + 1)
    grey = np.where(inside, inner[1], grey) * (1 - wall) + wall * rng.uniform(0.05, 0.4)
    if rng.random() < 0.25:
        grey = 1 - grey
    lines = (wall > 0.5).astype(np.int32)
    cell = np.where(lines > 0, 0, labels)
    organelles = np.where(inside, inner[0], 0)
    chosen = lines if rng.random() < 0.5 else cell
    both = np.where(organelles > 0, organelles + chosen.max(), chosen)
    return np.asarray(grey[..., None], np.float32), both.astype(np.int32)


def skin(rng: np.random.Generator, side: int) -> Drawn:
    """A pigmented lesion with a soft border under hair, ruler, ink, gel and vignette."""
    tone = np.array([rng.uniform(0.6, 0.98), rng.uniform(0.45, 0.8), rng.uniform(0.35, 0.75)])
    tone = np.sort(tone)[::-1]
    mottle = smooth(rng, side, knots=int(rng.integers(3, 30))) * rng.uniform(0, 0.05)
    relief = smooth(rng, side, knots=side // 3) * rng.uniform(0, 0.03)
    picture = (1 + mottle + relief)[..., None] * tone
    place = rng.uniform(0.3, 0.7, (1, 2)) * side
    radius = side * np.exp(rng.uniform(np.log(0.06), np.log(0.4)))
    form = Form(rough=float(rng.uniform(0, 0.3)), slim=0.6, waves=(2, 3, 4, 5, 6))
    drawn = crowd(rng, side, place, radii=np.array([radius * 1.25]), form=form)
    ragged = smooth(rng, side, knots=int(rng.integers(5, 18))) * rng.uniform(0, 0.12)
    edge = drawn.depth - rng.uniform(0.15, 0.25) + ragged * (drawn.depth > 0)
    soft = np.exp(rng.uniform(np.log(0.015), np.log(0.12)))
    pigment = 1 / (1 + np.exp(-np.clip(edge / soft, -30, 30)))
    labels = (edge > 0).astype(np.int32)
    dark = _pigment(rng, side)
    ink = rng.uniform(0.25, 1.9) * pigment * dark
    absorbed = np.array([0.35, 0.75, 1.0]) + rng.normal(0, 0.12, 3)
    picture = picture * np.exp(-ink[..., None] * absorbed)
    if rng.random() < 0.25:
        core = (edge > rng.uniform(0.2, 0.4)) & (smooth(rng, side, knots=4) > -0.2)
        picture[core] *= rng.uniform(0.4, 0.8)
        labels[core] = 2
    picture = _upon(rng, picture)
    return np.asarray(picture, np.float32), labels


def endoscopy(rng: np.random.Generator, side: int) -> Drawn:
    """Lit mucosa with folds, polyps, patches and a dark lumen, wet with highlights."""
    height = 2.0 * smooth(rng, side, knots=int(rng.integers(1, 4)))
    height -= rng.uniform(0, 1.2) * np.abs(smooth(rng, side, knots=int(rng.integers(2, 6))))
    count = int(rng.integers(1, 4))
    places = rng.uniform(0.15, 0.85, (count, 2)) * side
    radii = side * np.exp(rng.uniform(np.log(0.06), np.log(0.28), count))
    form = Form(rough=float(rng.uniform(0, 0.2)), slim=0.5)
    polyps = crowd(rng, side, places, radii=radii, form=form)
    labels = polyps.labels.copy()
    steep = rng.uniform(0.5, 3)
    dome = np.sqrt(np.minimum(1, polyps.depth * steep))
    height = height * 3 + dome * rng.uniform(1, 10)
    down, across = np.gradient(height)
    turn = rng.uniform(0, 2 * np.pi)
    shade = 1 + rng.uniform(0.1, 0.5) * (down * np.sin(turn) + across * np.cos(turn))
    lamp = np.exp(0.35 * smooth(rng, side, knots=1)) * np.clip(shade, 0.3, 1.7)
    tone = _mucosa(rng)
    tint = np.exp(rng.normal(0, 0.18, (count + 1, 3)))
    tint[0] = 1
    picture = tone * tint[labels] * lamp[..., None]
    if rng.random() < 0.4:
        _patch(rng, picture, labels)
    _vessels_below(rng, picture)
    shine = smooth(rng, side, knots=int(rng.integers(12, side // 3))) + (lamp - 1)
    rare = np.quantile(shine[::4, ::4], rng.uniform(0.96, 1))
    gleam = np.clip((shine - rare) * 4, 0, 1)[..., None]
    picture = picture * (rng.uniform(0.25, 0.55) / max(float(picture.mean()), 0.05))
    picture = picture * (1 - gleam) + gleam
    if rng.random() < 0.5:
        _lumen(rng, picture, labels)
    if rng.random() < 0.4:
        frame = _frame(rng, side)
        picture, labels = picture * frame[..., None], labels * frame
    return np.asarray(picture, np.float32), labels.astype(np.int32)


def fundus(rng: np.random.Generator, side: int) -> Drawn:
    """Branching vessels: a retina with its disc, or an angiogram bright or dark on grey."""
    retina = rng.random() < 0.65
    centre = rng.uniform(0.1, 0.9, 2) * side
    count = int(rng.integers(4, 9)) if retina else int(rng.integers(1, 4))
    start = centre + rng.normal(0, 0.01 * side, (count, 2))
    if not retina:
        start = rng.uniform(-0.05, 1.05, (count, 2)) * side
    middle = np.arctan2(side / 2 - start[:, 0], side / 2 - start[:, 1])
    turns = rng.uniform(0, 2 * np.pi, count) if retina else middle + rng.normal(0, 0.5, count)
    thick = side * np.exp(rng.uniform(np.log(0.006), np.log(0.02)))
    points, radii = branches(rng, start, turns=turns, radius=thick, steps=int(side * 0.9))
    points, radii = points[::2], radii[::2]  # half the points leave no gap
    cover = stroked(side, points, radii=np.maximum(radii, 0.4))
    labels = (cover > 0.4).astype(np.int32)
    if not retina:
        return _angiogram(rng, cover), labels
    picture, disc = _retina(rng, side, centre=centre)
    reflex = stroked(side, points, radii=np.maximum(radii * 0.3, 0.2))
    dark = cover * rng.uniform(0.15, 0.7) * (1 - rng.uniform(0, 0.6) * reflex)
    picture = picture * np.exp(-dark[..., None] * np.array([0.45, 1.0, 0.8]))
    labels = np.where(labels > 0, 1, disc * 2).astype(np.int32)
    picture, labels = _seen(rng, picture, labels)
    return np.asarray(picture, np.float32), labels


def _bent(rng: np.random.Generator, labels: Labels, field: Field) -> tuple[Labels, Field]:
    """Both maps read at smoothly displaced places, nearest pixel."""
    side = len(labels)
    rows, columns = np.mgrid[:side, :side]
    knots = int(rng.integers(3, 10))
    reach = side * rng.uniform(0, 0.25) / (knots + 2)
    rows = np.clip(rows + reach * smooth(rng, side, knots=knots), 0, side - 1).astype(int)
    columns = np.clip(columns + reach * smooth(rng, side, knots=knots), 0, side - 1).astype(int)
    return labels[rows, columns], field[rows, columns]


def _organelles(rng: np.random.Generator, side: int, *, size: float) -> tuple[Labels, Field]:
    """Mitochondria, vesicles or vacuoles: their ids and their grey."""
    spacing = size * rng.uniform(2.5, 6)
    places = scattered(rng, side, spacing=spacing, share=rng.uniform(0, 0.8), most=40)
    radii = size * np.exp(rng.normal(0, 0.25, len(places)))
    found = crowd(rng, side, places, radii=radii, form=Form(rough=0.1, slim=0.9))
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    turn = rng.uniform(0, np.pi)
    phase = (rows * np.cos(turn) + columns * np.sin(turn)) / rng.uniform(0.6, 1.6)
    stripes = np.sin(phase + 2 * smooth(rng, side, knots=5)) * rng.uniform(0, 0.15)
    rim = np.exp(-found.depth * rng.uniform(4, 12))
    grey = rng.uniform(0.25, 0.9) + stripes - rng.uniform(0.1, 0.5) * rim
    return found.labels, np.asarray(grey, np.float32)


def _pigment(rng: np.random.Generator, side: int) -> Field:
    """How much pigment where: blotches, a network of lines, dots."""
    dark = 1 + rng.uniform(0, 0.35) * smooth(rng, side, knots=int(rng.integers(2, 12)))
    kind = rng.random()
    fine = smooth(rng, side, knots=int(rng.integers(side // 8, side // 3)))
    if kind < 0.35:
        dark += rng.uniform(0.1, 0.5) * (np.abs(fine) < 0.3)
    elif kind < 0.6:
        dark += rng.uniform(0.2, 0.8) * (fine > 1.3)
    return np.asarray(np.maximum(dark, 0.05), np.float32)


def _upon(rng: np.random.Generator, picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """What lies on the skin or in front of it, which is not the lesion."""
    side = len(picture)
    if rng.random() < 0.5:
        hair = _hairs(rng, side)[..., None] * rng.uniform(0.4, 1)
        tone = rng.uniform(0.05, 0.4) * np.array([1, 0.8, 0.6])
        picture = picture * (1 - hair) + hair * (tone if rng.random() < 0.85 else 0.9)
    if rng.random() < 0.2:
        picture = picture * (1 - 0.8 * _ruler(rng, side)[..., None])
    if rng.random() < 0.15:
        ink = np.clip(smooth(rng, side, knots=3) - rng.uniform(0.8, 1.6), 0, 1)[..., None]
        picture = picture * (1 - ink * np.array([0.6, 0.8, 0.1]))
    if rng.random() < 0.25:
        gleam = np.clip(smooth(rng, side, knots=side // 4) - rng.uniform(1.8, 2.6), 0, 1)
        picture = np.minimum(picture + gleam[..., None], 1)
    if rng.random() < 0.4:
        rows, columns = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
        out = np.hypot(rows, columns) - rng.uniform(0.9, 1.3)
        picture = picture / (1 + np.exp(np.clip(out / rng.uniform(0.02, 0.2), -30, 30)))[..., None]
    return np.asarray(picture)


def _hairs(rng: np.random.Generator, side: int) -> Field:
    """Bent lines that run over everything, mostly one way."""
    count = int(rng.integers(2, 26))
    start = rng.uniform(-0.1, 1.1, (count, 2)) * side
    turn = rng.normal(rng.uniform(0, np.pi), 0.5, count)
    steps = np.arange(int(side * rng.uniform(0.3, 1.2)))
    heading = turn[:, None] + rng.normal(0, 0.6 / side, (count, 1)) * steps
    path = np.stack([np.sin(heading), np.cos(heading)], axis=-1).cumsum(axis=1)
    points = (start[:, None] + path).reshape(-1, 2)[::2]
    return stroked(side, points, radii=np.full(len(points), rng.uniform(0.35, 1.2)))


def _ruler(rng: np.random.Generator, side: int) -> Field:
    """A line with ticks."""
    turn = rng.choice([0, np.pi / 2]) + rng.normal(0, 0.1)
    ahead, aside = np.array([np.sin(turn), np.cos(turn)]), np.array([np.cos(turn), -np.sin(turn)])
    start = rng.uniform(0.05, 0.4, 2) * side
    line = np.arange(0, side * rng.uniform(0.3, 0.9))
    ticks = line[:: int(rng.integers(5, 12))]
    tall = np.arange(0, side * 0.03)
    marks = ticks[:, None, None] * ahead + tall[None, :, None] * aside
    points = start + np.concatenate([line[:, None] * ahead, marks.reshape(-1, 2)])
    return stroked(side, points, radii=np.full(len(points), 0.5))


def _mucosa(rng: np.random.Generator) -> NDArray[np.float64]:
    """Red to pale as a rule, now and then blue or green from dye or narrow-band light."""
    if rng.random() < 0.85:
        red = rng.uniform(0.5, 0.9)
        green = red * rng.uniform(0.3, 0.75)
        return np.array([red, green, green * rng.uniform(0.5, 1)])
    return rng.uniform(0.15, 0.7, 3)


def _patch(rng: np.random.Generator, picture: NDArray[np.float64], labels: Labels) -> None:
    """A flat patch of another colour, with a ragged edge."""
    field = smooth(rng, len(labels), knots=int(rng.integers(2, 5)))
    where = field + 0.2 * smooth(rng, len(labels), knots=16) > rng.uniform(0.8, 1.4)
    where &= labels == 0
    picture[where] *= np.exp(rng.normal(0, 0.3, 3))
    labels[where] = labels.max() + 1


def _vessels_below(rng: np.random.Generator, picture: NDArray[np.float64]) -> None:
    """Fine red veins under the surface."""
    veins = np.abs(smooth(rng, len(picture), knots=int(rng.integers(5, 25)))) < 0.08
    picture[veins] *= 1 - rng.uniform(0, 0.35) * np.array([0.3, 1, 0.9])


def _lumen(rng: np.random.Generator, picture: NDArray[np.float64], labels: Labels) -> None:
    """The way on: light is lost towards it."""
    side = len(labels)
    place = rng.uniform(0.1, 0.9, (1, 2)) * side
    radius = side * rng.uniform(0.08, 0.25)
    hole = crowd(rng, side, place, radii=np.array([radius]), form=Form(rough=0.1, slim=0.6))
    rows, columns = np.mgrid[:side, :side]
    away = np.hypot(rows - place[0, 0], columns - place[0, 1])
    picture *= (1 - rng.uniform(0.2, 0.7) * np.exp(-away / (2 * radius)))[..., None]
    dark = np.minimum(1, hole.depth * np.exp(rng.uniform(np.log(2), np.log(15))))
    picture *= (1 - rng.uniform(0.4, 0.95) * dark)[..., None]
    labels[hole.labels > 0] = labels.max() + 1


def _frame(rng: np.random.Generator, side: int) -> Flags:
    """Where the endoscope sees at all: a square with its corners cut, or a disc."""
    rows, columns = np.abs(np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j])
    if rng.random() < 0.5:
        return np.asarray(rows + columns < rng.uniform(1.4, 1.8))
    return np.asarray(np.hypot(rows, columns) < rng.uniform(0.95, 1.2))


def _retina(
    rng: np.random.Generator, side: int, *, centre: NDArray[np.float64]
) -> tuple[NDArray[np.float64], Flags]:
    """The ground behind the vessels, and where the optic disc lies."""
    rows, columns = np.mgrid[:side, :side]
    red = rng.uniform(0.5, 0.95)
    tone = np.array([red, red * rng.uniform(0.3, 0.65), red * rng.uniform(0.08, 0.4)])
    mottle = 1 + rng.uniform(0, 0.08) * smooth(rng, side, knots=int(rng.integers(8, 40)))
    shade = np.exp(0.15 * smooth(rng, side, knots=2)) * mottle
    away = np.hypot(rows - centre[0], columns - centre[1])
    size = side * rng.uniform(0.05, 0.16)
    disc = np.clip((size - away) / rng.uniform(1, 6) + 0.5, 0, 1)
    cup = np.clip((size * rng.uniform(0.3, 0.7) - away) / 3 + 0.5, 0, 1)
    picture = shade[..., None] * tone
    bright = np.minimum(tone * rng.uniform(1.1, 1.9) + [0, 0.1, 0.1], 1)
    picture += (disc[..., None] * (bright - tone)) + 0.15 * cup[..., None]
    spot = rng.uniform(0.2, 0.8, 2) * side
    fovea = np.exp(-(((rows - spot[0]) ** 2 + (columns - spot[1]) ** 2) / (0.06 * side) ** 2))
    return picture * (1 - rng.uniform(0, 0.5) * fovea[..., None]), disc > 0.5


def _seen(
    rng: np.random.Generator, picture: NDArray[np.float64], labels: Labels
) -> tuple[NDArray[np.float64], Labels]:
    """The round field of view, where the camera shows one."""
    if rng.random() < 0.5:
        return picture, labels
    side = len(labels)
    rows, columns = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    out = np.hypot(rows, columns) / rng.uniform(0.9, 1.2)
    picture = picture * (1 - rng.uniform(0, 0.5) * out**2)[..., None]
    return picture * (out < 1)[..., None], np.where(out < 1, labels, 0).astype(np.int32)


def _angiogram(rng: np.random.Generator, cover: Field) -> Picture:
    """Vessels filled with contrast on a grey ground that has shapes of its own."""
    side = len(cover)
    ground = 0.5 + rng.uniform(0, 0.1) * smooth(rng, side, knots=int(rng.integers(2, 12)))
    ground += rng.uniform(0, 0.04) * smooth(rng, side, knots=side // 4)
    contrast = rng.choice([-1, 1]) * rng.uniform(0.15, 0.5)
    return np.asarray((ground + contrast * cover)[..., None], np.float32)
