"""Fluorescent nuclei: star-convex polygons, thick in the middle, through a microscope.

Each outline is a polygon of 48 corners whose radius wanders; a nucleus shines by how thick it
is there and by its chromatin. What shines is added, spread by a point-spread function with a
sharp core and a wide foot, counted as photons by a camera of 12 bits, and overlapping nuclei
keep all of their pixels in layers of their own.

Source   the steps of an optical simulation as in Svoboda et al. (CytoPacq), Bioinformatics 2019,
         and Lehmussola et al. (SIMCEP), TMI 2007: object, optics, camera.
Differs  own outlines, textures and constants, in 2D; no code of those works was used. It shares
         no drawing with `cells_stained` nor with the training generators, so that one
         can be learnt from and the other scored on.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.grid import Grid
from limner.image import Image
from limner.phantoms import PHANTOMS
from limner.phantoms._sample import centres, dense, objects
from limner.sample import Sample

__all__ = ["cells_fluorescence", "field_of_nuclei"]

SIDE = 192
CORNERS = 48
RATER = "limner.phantoms.cells_fluorescence"

Field = NDArray[np.float64]


@PHANTOMS.add
def cells_fluorescence(seed: int) -> Sample:
    """Nuclei on 192 x 192 pixels of 12 bits; a dense target with layers, and one point each."""
    counts, flags, places = field_of_nuclei(np.random.default_rng(seed), SIDE)
    layers = _layered(flags)
    ids = [number for number, inside in enumerate(flags, start=1) if inside.any()]
    mask = objects(layers[0], dict.fromkeys(ids, "nucleus"), further=layers[1:])
    image = Image.of(counts[None, ..., None], Grid.picture(SIDE, SIDE))
    kept = [number for number in ids if _shown(flags[number - 1], places[number - 1])]
    points = centres(places[[number - 1 for number in kept]], kept, rater=RATER)
    targets = (dense(mask, rater=RATER), points)
    return Sample(f"cells_fluorescence-{seed}", {"image": image}, targets, licence="CC0-1.0")


def field_of_nuclei(
    rng: np.random.Generator, side: int
) -> tuple[NDArray[np.uint16], list[NDArray[np.bool_]], Field]:
    """Counts (side, side) of 12 bits, the flags of every nucleus, and their (n, 2) centres."""
    radius = side * rng.uniform(0.035, 0.075)
    places = _colonies(rng, side, radius=radius)
    light = np.zeros((side, side))
    flags = []
    for place in places:
        size = radius * np.exp(rng.normal(0, 0.18))
        inside, thick = _nucleus(rng, side, place=place, size=size)
        bright = np.exp(rng.normal(0, 0.3)) * (1.8 if rng.random() < 0.06 else 1)  # in division
        light += thick * bright * _chromatin(rng, side)
        flags.append(inside)
    return _camera(rng, _optics(rng, light)), flags, places


def _colonies(rng: np.random.Generator, side: int, *, radius: float) -> Field:
    """Centres (n, 2) that keep some distance, mostly gathered in colonies."""
    middles = rng.uniform(0, side, (int(rng.integers(2, 6)), 2))
    wanted = int(rng.integers(12, 45))
    apart = radius * rng.uniform(1.5, 2.2)
    found: list[Field] = []
    for _ in range(wanted * 6):
        if len(found) == wanted:
            break
        middle = middles[rng.integers(len(middles))]
        place = rng.normal(middle, side * 0.16) if rng.random() < 0.7 else rng.uniform(0, side, 2)
        inside = (place > -radius / 2).all() and (place < side + radius / 2).all()
        if inside and all(np.hypot(*(place - other)) > apart for other in found):
            found.append(place)
    return np.array(found).reshape(-1, 2)


def _nucleus(
    rng: np.random.Generator, side: int, *, place: Field, size: float
) -> tuple[NDArray[np.bool_], Field]:
    """The flags of one polygon, and how thick the nucleus is, 0..1."""
    from skimage.draw import polygon

    turns = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    wander = ndimage.gaussian_filter1d(rng.standard_normal(CORNERS), 4, mode="wrap")
    radii = size * (1 + 0.35 * wander)
    long, turn = np.exp(rng.uniform(0, 0.25)), rng.uniform(0, np.pi)
    down, across = radii * np.sin(turns) / long, radii * np.cos(turns) * long
    rows = place[0] + down * np.cos(turn) - across * np.sin(turn)
    columns = place[1] + down * np.sin(turn) + across * np.cos(turn)
    inside = np.zeros((side, side), bool)
    drawn: Any = polygon  # scikit-image has no types
    inside[drawn(rows, columns, (side, side))] = True
    low = np.maximum(np.floor(place - 2 * size).astype(int), 0)
    high = np.maximum(np.ceil(place + 2 * size).astype(int), 1)
    near = np.s_[low[0] : high[0], low[1] : high[1]]
    thick = np.zeros((side, side))
    from_edge = ndimage.distance_transform_edt(np.pad(inside[near], 1, mode="edge"))[1:-1, 1:-1]
    thick[near] = np.sqrt(np.clip(from_edge / (0.7 * size), 0, 1))
    return inside, thick


def _chromatin(rng: np.random.Generator, side: int) -> Field:
    """Clumps and the dark spots of nucleoli; the same for a whole field would look woven."""
    coarse = rng.standard_normal((side // 4, side // 4))
    clumps = ndimage.zoom(coarse, side / coarse.shape[0], order=1)
    return np.asarray(np.clip(1 + rng.uniform(0.05, 0.25) * clumps, 0.3, None))


def _optics(rng: np.random.Generator, light: Field) -> Field:
    """A sharp core, a wide foot, and lamps that light the middle more than the corners."""
    core = ndimage.gaussian_filter(light, rng.uniform(0.7, 1.8))
    foot = ndimage.gaussian_filter(light, rng.uniform(8, 20))
    share = rng.uniform(0.05, 0.3)
    rows, columns = np.mgrid[-1 : 1 : len(light) * 1j, -1 : 1 : len(light) * 1j]
    middle = rng.uniform(-0.4, 0.4, 2)
    lamp = np.exp(-((rows - middle[0]) ** 2 + (columns - middle[1]) ** 2) * rng.uniform(0, 0.4))
    return np.asarray((core * (1 - share) + foot * share + rng.uniform(0.01, 0.08)) * lamp)


def _camera(rng: np.random.Generator, light: Field) -> NDArray[np.uint16]:
    """Photons, electrons, 12 bits."""
    photons = rng.poisson(light * np.exp(rng.uniform(np.log(40), np.log(900))))
    counts = photons * (2200 / max(np.quantile(photons, 0.995), 1)) * rng.uniform(0.3, 1.4)
    counts = counts + rng.normal(100, rng.uniform(2, 12), light.shape)
    return np.asarray(np.clip(np.rint(counts), 0, 4095), np.uint16)


def _layered(flags: list[NDArray[np.bool_]]) -> list[NDArray[np.uint16]]:
    """Label maps, as few as overlaps allow."""
    layers = [np.zeros(flags[0].shape, np.uint16)]
    for number, inside in enumerate(flags, start=1):
        free = next((layer for layer in layers if not layer[inside].any()), None)
        if free is None:
            free = np.zeros(inside.shape, np.uint16)
            layers.append(free)
        free[inside] = number
    return layers


def _shown(inside: NDArray[np.bool_], place: Field) -> bool:
    row, column = np.rint(place).astype(int)
    rows, columns = inside.shape
    return bool(0 <= row < rows and 0 <= column < columns and inside[row, column])
