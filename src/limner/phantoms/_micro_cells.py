"""Blood smears, stained sections and fluorescence, quick and various enough to learn from."""

import numpy as np
from numpy.typing import NDArray

from limner.phantoms._layouts import Field, Labels, smooth
from limner.phantoms._outlines import Crowd, Form, crowd, scattered
from limner.phantoms._paint import Picture

Drawn = tuple[Picture, Labels]
Colour = NDArray[np.float32]


def blood(rng: np.random.Generator, side: int) -> Drawn:
    """White cells with their nuclei among red cells, near or far, in a stain by chance."""
    red = float(side * np.exp(rng.uniform(np.log(0.035), np.log(0.22))))
    reds = _red_cells(rng, side, radius=red)
    white = min(red * rng.uniform(1.15, 2.2), side * 0.42)
    count = int(rng.integers(1, 4)) if white < side * 0.2 else 1
    places = rng.uniform(0.15, 0.85, (count, 2)) * side
    form = Form(rough=float(rng.uniform(0, 0.16)), slim=0.35, waves=(2, 3, 5))
    whites = crowd(rng, side, places, radii=white * rng.uniform(0.85, 1.1, count), form=form)
    nuclei = _nuclei(rng, side, whites, places=places, radius=white)
    stains = _blood_stains(rng, whites, nuclei)
    red_shape = _dimple(rng, reds.depth)
    red_shape[whites.labels > 0] *= rng.uniform(0, 0.3)
    ink = red_shape[..., None] * _colour(rng, (0.25, 0.5, 0.35), spread=0.15)
    ink += stains
    picture = np.exp(-ink) * _glass(rng, side)
    red_ids = np.where(whites.labels > 0, 0, reds.labels)
    labels = _joined(red_ids, whites.labels)
    if rng.random() < 0.3:  # the whole cell is one thing, as some annotators have it
        return picture, labels
    return picture, _joined(labels, nuclei.astype(np.int32) * np.maximum(whites.labels, 1))


def stained(rng: np.random.Generator, side: int) -> Drawn:
    """A section under haematoxylin and eosin or the like: nuclei near, or glands and nests far."""
    return _nuclei_near(rng, side) if rng.random() < 0.55 else _glands_far(rng, side)


def fluorescent(rng: np.random.Generator, side: int) -> Drawn:
    """Glowing nuclei on black: some dim, some out of focus, in clumps, with noise of counting."""
    radius = float(side * np.exp(rng.uniform(np.log(0.022), np.log(0.13))))
    places = scattered(
        rng, side, spacing=radius * rng.uniform(1.7, 3.6), share=rng.uniform(0.3, 0.95)
    )
    if rng.random() < 0.5:  # clumps: places are drawn towards a few
        pulls = places[rng.integers(len(places), size=len(places))] if len(places) else places
        places = places + (pulls - places) * rng.uniform(0, 0.35, (len(places), 1))
    form = Form(rough=float(rng.uniform(0, 0.15)), slim=0.6)
    sizes = radius * np.exp(rng.normal(0, rng.uniform(0.05, 0.3), len(places)))
    drawn = crowd(rng, side, places, radii=sizes, form=form)
    glow = np.exp(rng.normal(0, rng.uniform(0.05, 0.6), len(places) + 1)).astype(np.float32)
    glow = np.maximum(glow, 0.35)
    glow[0] = 0
    body = np.minimum(1, drawn.depth * rng.uniform(1.5, 6)) ** rng.uniform(0.3, 1)
    grain = 1 + rng.uniform(0, 0.3) * smooth(rng, side, knots=max(6, int(side / radius)))
    light = glow[drawn.labels] * body * np.maximum(grain, 0.2)
    haze = np.exp(0.7 * smooth(rng, side, knots=int(rng.integers(1, 5))))
    light = light + np.float32(rng.uniform(0.02, 0.25)) * haze.astype(np.float32)
    if rng.random() < 0.35:  # cytoplasm in another colour, or in the only one
        light += (
            0.3
            * np.exp(smooth(rng, side, knots=max(4, int(side / radius / 2))))
            * (rng.uniform(0.2, 1))
        )
    hue = rng.dirichlet((0.5, 0.5, 0.5)) if rng.random() < 0.3 else np.ones(1)
    picture = light[..., None] * (hue / hue.max()).astype(np.float32)
    picture = picture / max(float(np.quantile(picture, rng.uniform(0.97, 1))), 1e-3)
    counts = np.exp(rng.uniform(np.log(15), np.log(800)))
    noise = rng.standard_normal(picture.shape, np.float32) / np.float32(np.sqrt(counts))
    return picture + noise * np.sqrt(np.maximum(picture, 0.01)), drawn.labels


def _red_cells(rng: np.random.Generator, side: int, *, radius: float) -> Crowd:
    spacing = radius * rng.uniform(1.9, 4.0)
    places = scattered(rng, side, spacing=spacing, share=rng.uniform(0.2, 0.95), most=60)
    radii = radius * np.exp(rng.normal(0, 0.08, len(places)))
    return crowd(rng, side, places, radii=radii, form=Form(rough=0.04, slim=0.3))


def _dimple(rng: np.random.Generator, depth: Field) -> Field:
    """Red cells are thin in the middle: density against the depth below the outline."""
    edge = np.minimum(depth * rng.uniform(4, 12), 1)
    pale = rng.uniform(0, 0.9) * np.exp(-(((1 - depth) / rng.uniform(0.3, 0.6)) ** 2))
    return np.asarray(edge * (1 - pale) * rng.uniform(0.35, 1.2), np.float32)


def _nuclei(
    rng: np.random.Generator,
    side: int,
    whites: Crowd,
    *,
    places: NDArray[np.float64],
    radius: float,
) -> NDArray[np.bool_]:
    """Round, bean-shaped or lobed, always inside the cell."""
    found = np.zeros((side, side), bool)
    for place in places:
        kind = rng.random()
        lobes = 1 if kind < 0.4 else int(rng.integers(2, 5))
        turn = rng.uniform(0, 2 * np.pi) + np.arange(lobes) * rng.uniform(0.7, 1.6)
        out = radius * (0.12 if lobes == 1 else rng.uniform(0.32, 0.45))
        size = radius * (rng.uniform(0.5, 0.85) if lobes == 1 else rng.uniform(0.25, 0.42))
        at = place + out * np.stack([np.sin(turn), np.cos(turn)], axis=-1)
        radii = size * rng.uniform(0.85, 1.15, lobes)
        found |= crowd(rng, side, at, radii=radii, form=Form(rough=0.1, slim=0.3)).labels > 0
        if 0.4 <= kind < 0.75:  # a bean: the lobes hang together along an arc
            links = (at[1:] + at[:-1]) / 2 if lobes > 1 else at
            near = np.full(len(links), size * rng.uniform(0.6, 1))
            found |= crowd(rng, side, links, radii=near, form=Form(rough=0.05)).labels > 0
        elif lobes == 1 and rng.random() < 0.4:  # a notch
            notch = place + radius * 0.8 * np.array([[np.sin(turn[0]), np.cos(turn[0])]])
            found &= crowd(rng, side, notch, radii=np.array([size * 0.5]), form=Form()).labels == 0
    return found & (whites.depth > 0.04)


def _blood_stains(rng: np.random.Generator, whites: Crowd, nuclei: NDArray[np.bool_]) -> Picture:
    """How much each colour is absorbed by the cytoplasm and the nuclei of white cells."""
    side = len(nuclei)
    fine = smooth(rng, side, knots=int(rng.integers(side // 6, side // 2)))
    plasma = (whites.labels > 0) * rng.uniform(0.1, 0.9) * (1 + rng.uniform(0, 0.5) * fine)
    coarse = smooth(rng, side, knots=int(rng.integers(8, side // 3)))
    dark = nuclei * rng.uniform(0.7, 2.6) * (1 + rng.uniform(0, 0.3) * coarse)
    ink = plasma[..., None] * _colour(rng, (0.3, 0.45, 0.15), spread=0.2)
    return np.asarray(
        ink + dark[..., None] * _colour(rng, (0.5, 0.95, 0.3), spread=0.2), np.float32
    )


def _glass(rng: np.random.Generator, side: int) -> Picture:
    """What shines through where nothing lies: white, grey or yellow, not quite even."""
    tone = 1 - rng.uniform(0, 0.3) * np.array([rng.uniform(0, 0.4), rng.uniform(0, 0.5), 1])
    uneven = 1 + rng.uniform(0, 0.06) * smooth(rng, side, knots=int(rng.integers(2, 20)))
    return np.asarray(uneven[..., None] * tone * rng.uniform(0.75, 1), np.float32)


def _colour(
    rng: np.random.Generator, absorbed: tuple[float, float, float], *, spread: float
) -> Colour:
    """What a dye takes from red, green and blue, give or take."""
    return np.maximum(np.array(absorbed) + rng.normal(0, spread, 3), 0.02).astype(np.float32)


def _dyes(rng: np.random.Generator) -> tuple[Colour, Colour]:
    """Haematoxylin and eosin as they differ from laboratory to laboratory, or two others."""
    if rng.random() < 0.8:
        return _colour(rng, (0.7, 0.7, 0.25), spread=0.12), _colour(
            rng, (0.1, 0.6, 0.25), spread=0.1
        )
    other = rng.uniform(0.05, 0.9, (2, 3)).astype(np.float32)
    return other[0], other[1]


def _stroma(rng: np.random.Generator, side: int, *, coarse: float) -> Field:
    """Eosin between the nuclei: fibres along a direction, or grain; 0..about 1."""
    bend = smooth(rng, side, knots=int(rng.integers(2, 8)))
    if rng.random() < 0.6:
        rows, columns = np.mgrid[:side, :side].astype(np.float32)
        turn = rng.uniform(0, np.pi)
        across = rows * np.cos(turn) + columns * np.sin(turn)
        wavy = 0.8 * smooth(rng, side, knots=max(8, min(side // 3, int(side / coarse / 3))))
        fibres = np.sin(across / max(coarse, 0.8) + bend * rng.uniform(2, 9) + wavy)
    else:
        fibres = smooth(rng, side, knots=max(6, min(side // 2, int(side / coarse))))
    amount = 0.55 + 0.2 * fibres + 0.2 * smooth(rng, side, knots=int(rng.integers(2, 10)))
    return np.asarray(np.maximum(amount, 0), np.float32)


def _nuclei_near(rng: np.random.Generator, side: int) -> Drawn:
    """Nuclei of several pixels' radius, each an object of its own."""
    radius = float(side * np.exp(rng.uniform(np.log(0.02), np.log(0.1))))
    blank = _holes(rng, side) if rng.random() < 0.4 else np.zeros((side, side), bool)
    crowding = smooth(rng, side, knots=int(rng.integers(1, 5)))
    places = scattered(rng, side, spacing=radius * rng.uniform(2.0, 4.0), share=0.95)
    at = np.clip(places.astype(int), 0, side - 1)
    dense = crowding[at[:, 0], at[:, 1]] > rng.uniform(-1.5, 0.3)
    places = places[dense & ~blank[at[:, 0], at[:, 1]]]
    along = rng.uniform(0, np.pi) if rng.random() < 0.5 else None
    form = Form(rough=float(rng.uniform(0.03, 0.18)), slim=rng.uniform(0.2, 0.9), along=along)
    sizes = radius * np.exp(rng.normal(0, 0.22, len(places)))
    drawn = crowd(rng, side, places, radii=sizes, form=form)
    inside = drawn.labels > 0
    chromatin = smooth(rng, side, knots=min(side // 2, int(side / radius * 2)))
    rim = np.exp(-drawn.depth * rng.uniform(3, 12)) * rng.uniform(0, 0.8)
    deep = np.exp(rng.normal(0, 0.25, len(places) + 1)).astype(np.float32)[drawn.labels]
    blue = inside * deep * (rng.uniform(0.4, 1.3) + 0.25 * chromatin + rim)
    pink = _stroma(rng, side, coarse=radius * 0.5) * rng.uniform(0.3, 1.2)
    pink = pink * np.where(blank, rng.uniform(0, 0.1), 1) * np.where(inside, 0.5, 1)
    haze = rng.uniform(0, 0.25) * (crowding > 0) * ~blank
    picture = _absorbed(rng, np.maximum(blue, 0) + haze, pink)
    return picture, drawn.labels


def _glands_far(rng: np.random.Generator, side: int) -> Drawn:
    """Glands with a lumen and a wall of cells, or nests of crowded cells, in pink stroma."""
    radius = float(side * np.exp(rng.uniform(np.log(0.07), np.log(0.32))))
    places = scattered(rng, side, spacing=radius * rng.uniform(2.0, 3.2), share=0.8, most=20)
    form = Form(rough=float(rng.uniform(0.1, 0.35)), slim=0.7, waves=(2, 3, 5))
    drawn = crowd(
        rng, side, places, radii=radius * np.exp(rng.normal(0, 0.25, len(places))), form=form
    )
    gland = drawn.labels > 0
    folds = 0.12 * smooth(rng, side, knots=int(rng.integers(6, 20)))
    hollow = rng.random() < 0.65
    lumen = gland & (drawn.depth + folds > rng.uniform(0.3, 0.7)) & hollow
    grain = smooth(rng, side, knots=int(rng.integers(side // 8, side // 3)))
    wall = gland & ~lumen
    dots = np.maximum(grain - rng.uniform(-0.4, 0.8), 0)
    stray = np.maximum(grain - rng.uniform(1.0, 2.0), 0)
    blue = np.where(wall, rng.uniform(0.15, 0.5) + 0.7 * dots, stray * ~lumen)
    pink = _stroma(rng, side, coarse=rng.uniform(1, 5)) * np.where(wall, rng.uniform(0.2, 1), 0.8)
    secret = rng.uniform(0.2, 0.7) if rng.random() < 0.3 else 0.03
    pink = np.where(lumen, secret * (1 + 0.2 * grain), pink)
    if rng.random() < 0.3:
        blank = _holes(rng, side) & ~gland
        blue, pink = blue * ~blank, pink * ~blank
    labels = drawn.labels
    if hollow and rng.random() < 0.5:
        labels = _joined(labels, np.where(lumen, drawn.labels, 0))
    return _absorbed(rng, blue, pink), labels


def _holes(rng: np.random.Generator, side: int) -> NDArray[np.bool_]:
    """Fat, tears and the edge of the tissue: nothing there but glass."""
    if rng.random() < 0.5:
        field = smooth(rng, side, knots=int(rng.integers(1, 5)))
        return np.asarray(field > rng.uniform(0.7, 1.6))
    radius = side * rng.uniform(0.08, 0.25)
    places = rng.uniform(0, side, (int(rng.integers(1, 7)), 2))
    radii = radius * rng.uniform(0.7, 1.2, len(places))
    return np.asarray(crowd(rng, side, places, radii=radii, form=Form(rough=0.08)).labels > 0)


def _absorbed(rng: np.random.Generator, blue: Field, pink: Field) -> Picture:
    """Light through two dyes: Beer and Lambert."""
    first, second = _dyes(rng)
    ink = blue[..., None] * first * rng.uniform(0.8, 1.6) + pink[..., None] * second
    return np.asarray(np.exp(-ink) * rng.uniform(0.7, 1), np.float32)


def _joined(labels: Labels, above: Labels) -> Labels:
    """Both in one map, the second on top, with ids of its own."""
    return np.where(above > 0, above + labels.max(), labels).astype(np.int32)
