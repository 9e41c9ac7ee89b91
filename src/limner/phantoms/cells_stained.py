"""Stained cells: metaballs share the plane out, membranes lie between, dyes absorb light.

Each cell is a few soft balls added up; where one cell's sum is the largest and large enough
the pixel is its own, and where two sums are nearly the same lies a membrane, as in a Voronoi
diagram of bodies. A smaller ball is the nucleus. Haematoxylin and eosin take light away after
Beer and Lambert.

Source   metaballs: Blinn, ACM Transactions on Graphics 1982; separation of stains in optical
         density: Ruifrok and Johnston, 2001, whose dye vectors vary here.
Differs  cells that share the plane by the largest sum instead of one iso-surface; it shares no
         drawing with `cells_fluorescence` nor with the training generators.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.phantoms import PHANTOMS
from limner.phantoms._sample import centres, dense, eight_bits, objects
from limner.sample import Sample

__all__ = ["Tissue", "cells_stained", "tissue"]

SIDE = 192
RATER = "limner.phantoms.cells_stained"

HAEMATOXYLIN = np.array([0.65, 0.70, 0.29])  # optical density in red, green and blue
EOSIN = np.array([0.07, 0.99, 0.11])

Field = NDArray[np.float64]
Ids = NDArray[np.int32]


@dataclass(frozen=True)
class Tissue:
    """A field of stained cells.

    picture   (side, side, 3) in 0..1
    bodies    which cell each pixel belongs to, from 1; 0 between them
    nuclei    which cell's nucleus it lies in; 0 in none
    places    (n, 2) centres of the nuclei; the k-th is of cell k + 1
    """

    picture: Field
    bodies: Ids
    nuclei: Ids
    places: Field


@PHANTOMS.add
def cells_stained(seed: int) -> Sample:
    """Cells with nuclei on 192 x 192 pixels in colour: cell n has nucleus 500 + n; points too."""
    found = tissue(np.random.default_rng(seed), SIDE)
    nuclei = np.where(found.nuclei > 0, found.nuclei + 500, 0)
    names = dict.fromkeys(np.unique(found.bodies).tolist(), "cell")
    names |= dict.fromkeys(np.unique(nuclei).tolist(), "nucleus")
    mask = objects(found.bodies, names, further=(nuclei,))
    kept = [number for number in np.unique(found.nuclei).tolist() if number]
    at = np.array([ndimage.center_of_mass(found.nuclei == number) for number in kept])
    points = centres(at.reshape(-1, 2), [500 + number for number in kept], rater=RATER)
    targets = (dense(mask, rater=RATER), points)
    image = eight_bits(found.picture)
    return Sample(f"cells_stained-{seed}", {"image": image}, targets, licence="CC0-1.0")


def tissue(rng: np.random.Generator, side: int) -> Tissue:
    """Cells of one kind, close together or apart, in pink stroma."""
    radius = side * rng.uniform(0.055, 0.1)
    places = _apart(rng, side, least=radius * rng.uniform(1.4, 2.4))
    best, second, owner = _bodies(rng, side, places=places, radius=radius)
    membrane = np.exp(-(((best - second) / rng.uniform(0.03, 0.1)) ** 2)) * (second > 0.25)
    bodies = np.where((best > 0.3) & (best - second > 0.03), owner, 0)
    share = _nuclei(rng, side, places=places, radius=radius * rng.uniform(0.4, 0.62))
    nuclei = np.where((share > 1) & (bodies == owner) & (bodies > 0), owner, 0)
    picture = _stained(rng, bodies=bodies, share=share * (nuclei > 0), membrane=membrane)
    return Tissue(picture, bodies.astype(np.int32), nuclei.astype(np.int32), places)


def _apart(rng: np.random.Generator, side: int, *, least: float) -> Field:
    """Places (n, 2) thrown like darts, none nearer than `least` to another."""
    found = np.empty((0, 2))
    for place in rng.uniform(-least / 2, side + least / 2, (int(6 * (side / least) ** 2), 2)):
        if len(found) == 0 or ((found - place) ** 2).sum(axis=1).min() > least**2:
            found = np.vstack([found, place])
        if len(found) >= 140:
            break
    return found


def _bodies(
    rng: np.random.Generator, side: int, *, places: Field, radius: float
) -> tuple[Field, Field, Ids]:
    """The largest and the second largest sum of balls at every pixel, and whose the largest is."""
    best, second = np.zeros((side, side)), np.zeros((side, side))
    owner = np.zeros((side, side), np.int32)
    ticks = np.arange(side)
    for number, place in enumerate(places, start=1):
        low = np.clip(np.floor(place - 3 * radius), 0, side).astype(int)
        high = np.clip(np.ceil(place + 3 * radius), 0, side).astype(int)
        near = np.s_[low[0] : high[0], low[1] : high[1]]
        total = np.zeros((high[0] - low[0], high[1] - low[1]))
        for _ in range(int(rng.integers(2, 5))):
            middle = place + rng.normal(0, radius * 0.35, 2)
            reach = radius * rng.uniform(0.6, 0.95)
            down = np.exp(-(((ticks[low[0] : high[0]] - middle[0]) / reach) ** 2))
            across = np.exp(-(((ticks[low[1] : high[1]] - middle[1]) / reach) ** 2))
            total += np.outer(down, across) * rng.uniform(0.5, 1)
        wins = total > best[near]
        second[near] = np.where(wins, best[near], np.maximum(second[near], total))
        best[near] = np.where(wins, total, best[near])
        owner[near][wins] = number
    return best, second, owner


def _nuclei(rng: np.random.Generator, side: int, *, places: Field, radius: float) -> Field:
    """A sum of two balls a cell, above 1 inside the nucleus."""
    share = np.zeros((side, side))
    rows, columns = np.arange(side)[:, None], np.arange(side)[None, :]
    for place in places:
        turn, long = rng.uniform(0, np.pi), radius * rng.uniform(0, 0.5)
        step = long * np.array([np.sin(turn), np.cos(turn)])
        size = radius * np.exp(rng.normal(0, 0.12))
        for middle in (place + step, place - step):
            squares = ((rows - middle[0]) ** 2, (columns - middle[1]) ** 2)
            near = np.exp(-squares[0] / (size**2)) * np.exp(-squares[1] / (size**2))
            share += 1.5 * near
    return share


def _stained(rng: np.random.Generator, *, bodies: Ids, share: Field, membrane: Field) -> Field:
    """Light that two dyes let through, and the microscope's blur and noise."""
    side = len(bodies)
    blue_each = rng.normal(1, 0.15, int(bodies.max()) + 1)[bodies]
    clumps = ndimage.gaussian_filter(rng.standard_normal((side, side)), 1.2) * 3
    inside = share > 0
    blue = inside * blue_each * (rng.uniform(0.6, 1.1) + 0.12 * clumps)
    fibres = ndimage.gaussian_filter(rng.standard_normal((side, side)), (1, rng.uniform(4, 12)))
    stroma = rng.uniform(0.25, 0.6) + 2.5 * fibres * rng.uniform(0.3, 1)
    plasma = rng.uniform(0.08, 0.3) * (1 + 0.15 * clumps)
    pink = np.where(bodies > 0, plasma, stroma) * np.where(inside, 0.4, 1)
    pink = pink + membrane * rng.uniform(0.1, 0.5)
    dyes = np.stack([HAEMATOXYLIN, EOSIN]) + rng.normal(0, 0.06, (2, 3))
    ink = np.maximum(blue, 0)[..., None] * dyes[0] + np.maximum(pink, 0)[..., None] * dyes[1]
    picture = np.exp(-np.maximum(ink, 0)) * rng.uniform(0.85, 0.98, 3)
    picture = ndimage.gaussian_filter(picture, (rng.uniform(0.4, 1.1),) * 2 + (0,))
    return np.asarray(np.clip(picture + rng.normal(0, 0.012, picture.shape), 0, 1))
