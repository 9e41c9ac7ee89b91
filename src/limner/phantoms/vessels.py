"""Retinal vessels whose widths are known, and two people who traced them.

Trees leave the optic disc, fork and thin out; arteries are brighter and narrower than veins,
with a reflex along the middle. `width` is an image of its own: how wide the vessel is, in
pixels, at each pixel of one. The second observer sees fewer of the fine branches and
draws all of them a little wider, as the second observers of public fundus sets do.

Source   own drawing; that second observers differ mostly in thin vessels and in width: Staal
         et al. (DRIVE), TMI 2004; Murray's exponent for forks: Murray, PNAS 1926, with
         the usual 3 for its power.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from limner.phantoms import PHANTOMS
from limner.phantoms._layouts import smooth
from limner.phantoms._outlines import stroked
from limner.phantoms._paint import Picture
from limner.phantoms._sample import dense, eight_bits
from limner.sample import Sample, Target
from limner.schema import Schema

__all__ = ["Tree", "observed", "traced", "vessels"]

SIDE = 512
RATER = "limner.phantoms.vessels"
ARTERY, VEIN, DISC = 1, 2, 3

Field = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Tree:
    """Vessels as points along their middles.

    points   (n, 2) rows and columns
    radii    (n,) half widths, pixels
    vein     (n,) bool
    branch   (n,) which branch each point is of
    """

    points: Field
    radii: Field
    vein: Flags
    branch: NDArray[np.int64]


@PHANTOMS.add
def vessels(seed: int) -> Sample:
    """A fundus of 512 x 512 pixels; artery, vein and disc, and vessels by two observers."""
    rng = np.random.default_rng(seed)
    disc = np.array([rng.uniform(0.42, 0.58), rng.choice([0.22, 0.78])]) * SIDE
    tree = traced(rng, SIDE, disc=disc)
    kinds = (tree.vein == vein for vein in (False, True))
    cover = np.stack([_covered(tree.points[kind], tree.radii[kind]) for kind in kinds])
    field = _field(SIDE)
    picture, disc_flags = _ground(rng, disc=disc)
    picture = _lit(rng, picture, tree=tree, cover=cover) * field[..., None]
    truth = np.where(disc_flags, DISC, 0).astype(np.uint8)
    for label, share in ((ARTERY, cover[0]), (VEIN, cover[1])):
        truth[share > 0.5] = label
    truth[~field] = 0
    grid = Grid.picture(SIDE, SIDE)
    mask = Mask.from_labels(truth[None], grid, schema=Schema.of("artery", "vein", "disc"))
    width = _widths(tree) * ((truth == ARTERY) | (truth == VEIN))
    images = {"image": eight_bits(picture), "width": Image.of(width[None, ..., None], grid)}
    people = ((1.0, 0.35), (rng.uniform(1.05, 1.2), rng.uniform(0.6, 0.9)))
    seen = tuple(
        Target(
            "dense",
            Mask.of(
                (observed(rng, tree, wider=wider, least=least) & field)[None],
                grid,
                label="vessel",
                source="synthetic",
                rater=f"observer {number}",
            ),
            source="synthetic",
            rater=f"observer {number}",
            image="image",
        )
        for number, (wider, least) in enumerate(people, start=1)
    )
    targets = (dense(mask, rater=RATER, image="image"), *seen)
    return Sample(f"vessels-{seed}", images, targets, licence="CC0-1.0")


def traced(rng: np.random.Generator, side: int, *, disc: Field) -> Tree:
    """Trees of arteries and veins that leave the disc above and below and arch round the macula."""
    found: list[tuple[Field, Field, Flags, NDArray[np.int64]]] = []
    ahead = np.pi if disc[1] > side / 2 else 0.0
    starts = [(vein, sign) for vein in (False, True) for sign in (-1, 1)]
    starts += [(bool(rng.integers(2)), int(rng.choice([-1, 1]))) for _ in range(2)]
    waiting = []
    for number, (vein, sign) in enumerate(starts):
        turn = ahead + sign * rng.uniform(0.9, 1.4) if number < 4 else ahead + np.pi + sign * 0.7
        radius = side * (0.0075 if vein else 0.0058) * rng.uniform(0.85, 1.15)
        start = disc + rng.normal(0, side * 0.008, 2)
        bend = -sign * rng.uniform(0.5, 1.1) / (side * 0.5) if number < 4 else 0.0
        waiting.append((start, turn, radius if number < 4 else radius * 0.7, vein, bend))
    branch = 0
    while waiting and branch < 110:
        start, turn, radius, vein, bend = waiting.pop(0)
        steps = int(side * (0.16 + 0.4 * min(radius / (0.0075 * side), 1)) * rng.uniform(0.6, 1.1))
        wander = np.cumsum(ndimage.gaussian_filter1d(rng.normal(0, 0.06, steps), 5))
        heading = turn + bend * np.arange(steps) + wander
        path = start + np.cumsum(np.stack([np.sin(heading), np.cos(heading)], axis=1), axis=0)
        radii = radius * np.linspace(1, 0.8, steps)
        ends = np.flatnonzero(((path < -4) | (path > side + 4)).any(axis=1))
        last = int(ends[0]) if len(ends) else steps
        ids = np.full(last, branch)
        found.append((path[:last], radii[:last], np.full(last, vein), ids))
        branch += 1
        at = 0
        while radius > 0.5:
            at += int(rng.uniform(0.05, 0.13) * side)
            if at >= last:
                break
            share = rng.uniform(0.25, 0.85)  # of the parent's radius; cubes add up (Murray)
            child = radii[at] * share
            if child > 0.35:
                side_turn = rng.choice([-1, 1]) * rng.uniform(0.5, 1.2)
                waiting.append((path[at], heading[at] + side_turn, child, vein, 0.0))
                radii[at:] *= max(1 - share**3, 0.4) ** (1 / 3)
    points, radii, veins, ids = (np.concatenate(each) for each in zip(*found, strict=True))
    return Tree(points, np.maximum(radii, 0.35), veins.astype(bool), ids)


def observed(rng: np.random.Generator, tree: Tree, *, wider: float, least: float) -> Flags:
    """The vessels as one person drew them: (side, side).

    wider   by how much they overdraw the width
    least   half widths, pixels, of which half are overlooked; thinner ones mostly are
    """
    count = int(tree.branch.max()) + 1
    typical = np.bincount(tree.branch, tree.radii, count) / np.maximum(
        np.bincount(tree.branch, minlength=count), 1
    )
    noticed = rng.random(count) < 1 / (1 + (least / np.maximum(typical, 1e-3)) ** 4)
    kept = noticed[tree.branch]
    hand = np.clip(rng.normal(wider, 0.08, count), 0.7, 1.6)[tree.branch]
    points = tree.points[kept] + rng.normal(0, 0.3, (count, 2))[tree.branch][kept]
    return _covered(points, np.maximum(tree.radii[kept] * hand[kept], 0.5)) > 0.5


def _covered(points: Field, radii: Field) -> Picture:
    """The cover by a line of points a pixel apart; every second one of a wide line is enough."""
    enough = (radii < 1.5) | (np.arange(len(radii)) % 2 == 0)
    return stroked(SIDE, points[enough], radii=radii[enough])


def _widths(tree: Tree) -> NDArray[np.float32]:
    """The width of the widest vessel that passes over each pixel; 0 elsewhere."""
    # every second point of a wide one is enough, as for its cover; the widest is written last
    enough = np.flatnonzero((tree.radii < 1.5) | (np.arange(len(tree.radii)) % 2 == 0))
    order = enough[np.argsort(tree.radii[enough])]
    points, radii = tree.points[order], tree.radii[order]
    near = np.rint(points).astype(int)
    width = np.zeros((SIDE, SIDE), np.float32)
    reach = int(np.ceil(radii.max())) + 1
    for down in range(-reach, reach + 1):
        for across in range(-reach, reach + 1):
            first = np.searchsorted(radii, np.hypot(down, across) - 1.5)
            at = near[first:] + np.array([down, across])
            apart = np.hypot(*(at - points[first:]).T) < radii[first:] + 0.5
            on = apart & ((at >= 0) & (at < SIDE)).all(axis=1)
            np.maximum.at(width, tuple(at[on].T), 2 * radii[first:][on].astype(np.float32))
    return width


def _field(side: int) -> Flags:
    """The camera's round field of view."""
    rows, columns = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    return np.asarray(np.hypot(rows, columns) < 0.97)


def _ground(rng: np.random.Generator, *, disc: Field) -> tuple[Picture, Flags]:
    """Retina, macula and disc without vessels, and where the disc is."""
    red = rng.uniform(0.6, 0.85)
    tone = np.array([red, red * rng.uniform(0.4, 0.6), red * rng.uniform(0.12, 0.3)], np.float32)
    uneven = 1 + 0.1 * smooth(rng, SIDE, knots=3) + 0.02 * smooth(rng, SIDE, knots=60)
    ticks = np.arange(SIDE, dtype=np.float32)
    down, across = ticks[:, None] - np.float32(disc[0]), ticks[None, :] - np.float32(disc[1])
    size = np.float32(SIDE * rng.uniform(0.065, 0.085))
    away = np.hypot(down / np.float32(1.1), across)
    rim = np.clip((size - away) / 4 + np.float32(0.5), 0, 1)
    cup = np.clip((size * np.float32(rng.uniform(0.35, 0.6)) - away) / 5 + np.float32(0.5), 0, 1)
    macula = np.array([disc[0] + 0.02 * SIDE, SIDE - disc[1] * 0.9 - 0.05 * SIDE])
    near = (np.exp(-(((ticks - each) / (0.06 * SIDE)) ** 2)) for each in macula)
    spot = np.outer(*near).astype(np.float32)
    shade = uneven * (1 - np.float32(0.35) * spot) * (1 - np.float32(0.8) * rim)
    pale = np.array([0.98, 0.85, 0.6], np.float32)
    picture = shade[..., None] * tone + (np.float32(0.8) * rim)[..., None] * pale
    return picture + np.float32(0.1) * cup[..., None], away < size


def _lit(rng: np.random.Generator, picture: Picture, *, tree: Tree, cover: Picture) -> Picture:
    """Vessels absorb green and blue; the middle of the wide ones shines; then the camera."""
    wide = tree.radii > 1.5
    reflex = stroked(SIDE, tree.points[wide][::2], radii=tree.radii[wide][::2] * 0.3)
    artery, vein = np.float32(rng.uniform(0.25, 0.4)), np.float32(rng.uniform(0.45, 0.65))
    deep = (cover[0] * artery + cover[1] * vein) * (1 - np.float32(0.35) * reflex)
    ticks = np.linspace(-1, 1, SIDE, dtype=np.float32) ** 2
    lamp = 1 - np.float32(0.35) * (ticks[:, None] + ticks[None, :])
    absorbed = (0.25, 0.9, 0.7)
    level = np.float32(rng.uniform(0.005, 0.02))
    seen = np.empty_like(picture)
    # one grain for the three channels, as a camera that reckons colours from one sensor has
    noise = rng.standard_normal(deep.shape, np.float32) * level
    for channel, share in enumerate(absorbed):
        light = picture[..., channel] * np.exp(-deep * np.float32(share)) * lamp
        seen[..., channel] = ndimage.gaussian_filter(light, 0.8, truncate=3) + noise
    return seen
