"""Outlines drawn many at a time: star-convex crowds, Voronoi cells, branching lines.

Everything is vectorised over the things drawn: a training run asks for hundreds of pictures
a second from one core.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.phantoms._layouts import Field, Labels

Places = NDArray[np.floating]


@dataclass(frozen=True)
class Crowd:
    """Star-convex things on one plane.

    labels   int32 (side, side): 0 is none, the k-th place has k + 1; the first drawn lies on top
    depth    (side, side): 0 on the outline, 1 at the centre, 0 outside
    """

    labels: Labels
    depth: Field


@dataclass(frozen=True)
class Form:
    """How the members of a crowd look.

    rough   how far the outline leaves an ellipse, as a share of the radius
    slim    the most that an ellipse is longer than wide, as a natural logarithm
    along   the direction (radians) that long axes keep to; None for any
    waves   the harmonics of the outline
    """

    rough: float = 0.1
    slim: float = 0.4
    along: float | None = None
    waves: tuple[int, ...] = (2, 3, 4)


def scattered(
    rng: np.random.Generator, side: int, *, spacing: float, share: float = 0.85, most: int = 120
) -> Places:
    """(n, 2) places about `spacing` apart, row by row jittered, a share of them left out."""
    ticks = np.arange(rng.uniform(-0.5, 0.5), side / spacing + 0.5) * spacing
    places = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)
    places = places + rng.normal(0, spacing * 0.22, places.shape)
    places = places[rng.random(len(places)) < share]
    return np.asarray(places[rng.permutation(len(places))[:most]])


def crowd(
    rng: np.random.Generator, side: int, places: Places, *, radii: Places, form: Form
) -> Crowd:
    """Draw one star at each of the (n, 2) places with the (n,) radii, pixels."""
    labels = np.zeros((side, side), np.int32)
    depth = np.zeros((side, side), np.float32)
    if len(places) == 0:
        return Crowd(labels, depth)
    corners = np.floor(places).astype(int)
    shares = _shares(rng, places - corners, radii=np.asarray(radii, np.float32), form=form)
    reach = shares.shape[1] // 2
    for number, (row, column) in enumerate(corners, start=1):
        up, left = max(0, reach - row), max(0, reach - column)
        down, right = (
            min(reach + side - row, 2 * reach + 1),
            min(reach + side - column, 2 * reach + 1),
        )
        if up >= down or left >= right:
            continue
        here = np.s_[
            row - reach + up : row - reach + down, column - reach + left : column - reach + right
        ]
        share = shares[number - 1, up:down, left:right]
        inside = (share < 1) & (labels[here] == 0)
        labels[here][inside] = number
        depth[here][inside] = 1 - share[inside]
    return Crowd(labels, depth)


def _shares(
    rng: np.random.Generator, rest: Places, *, radii: Field, form: Form
) -> NDArray[np.float32]:
    """(n, w, w): how far each pixel of each window is out, the outline being 1."""
    count = len(radii)
    slim = np.exp(rng.uniform(0, max(form.slim, 1e-6), count)).astype(np.float32)
    turn = (
        rng.uniform(0, np.pi, count) if form.along is None else rng.normal(form.along, 0.2, count)
    )
    steps = np.sqrt(slim)
    reach = int(np.ceil((radii * steps).max() * (1 + form.rough * 1.5))) + 1
    at = np.arange(-reach, reach + 1, dtype=np.float32)
    rows = at[None, :, None] - rest[:, 0, None, None].astype(np.float32)
    columns = at[None, None, :] - rest[:, 1, None, None].astype(np.float32)
    plane = columns + 1j * rows  # complex64: a turn is one product, a harmonic a power
    plane = plane * np.exp(-1j * turn).astype(np.complex64)[:, None, None]
    plane = plane.real / steps[:, None, None] + 1j * plane.imag * steps[:, None, None]
    out = np.abs(plane)
    unit = plane / np.maximum(out, 1e-3)
    border = np.ones_like(out)
    power = unit
    for wave in range(2, max(form.waves, default=1) + 1):
        power = power * unit
        if wave in form.waves:
            phase = np.exp(1j * rng.uniform(0, 2 * np.pi, count)).astype(np.complex64)
            swing = np.float32(form.rough * 2 / wave) * rng.uniform(0.4, 1, count).astype(
                np.float32
            )
            border += swing[:, None, None] * (power * phase[:, None, None]).real
    return np.asarray(out / (border * radii[:, None, None]), np.float32)


def cells(side: int, places: Places, *, stretch: Places, reach: float) -> tuple[Labels, Field]:
    """The plane shared out to the nearest of (n, 2) places, and how far the next one's is, pixels.

    stretch  (n, 2): each place measures rows and columns by its own yardstick
    reach    how far a place is looked for, pixels; beyond all of them the label is 0
    """
    best = np.full((side, side), 1e6, np.float32)
    second = np.full((side, side), 2e6, np.float32)
    labels = np.zeros((side, side), np.int32)
    for number, (place, yard) in enumerate(zip(places, stretch, strict=True), start=1):
        low = np.clip(np.floor(place - reach), 0, side).astype(int)
        high = np.clip(np.ceil(place + reach) + 1, 0, side).astype(int)
        here = np.s_[low[0] : high[0], low[1] : high[1]]
        rows = (np.arange(low[0], high[0]) - place[0]) * yard[0]
        columns = (np.arange(low[1], high[1]) - place[1]) * yard[1]
        squares = np.add.outer(rows**2, columns**2).astype(np.float32)
        away = np.sqrt(squares)
        labels[here][away < best[here]] = number
        second[here] = np.minimum(second[here], np.maximum(best[here], away))
        best[here] = np.minimum(best[here], away)
    return labels, np.asarray((second - best) / 2, np.float32)


def branches(
    rng: np.random.Generator, start: Places, *, turns: Places, radius: float, steps: int
) -> tuple[Places, Places]:
    """Points (n, 2) and radii (n,) of trees that leave the (k, 2) starts in the (k,) directions.

    radius   of the trunks, pixels; a child has 0.6 to 0.8 of its parent's
    steps    the length of a trunk, pixels
    """
    points: list[Places] = []
    widths: list[Places] = []
    radii = np.full(len(start), radius)
    for _ in range(4):
        bends = np.cumsum(rng.normal(0, 0.035, (len(start), steps)), axis=1)
        pull = rng.normal(0, 0.008, (len(start), 1)) * np.arange(steps)
        heading = turns[:, None] + bends + pull
        path = start[:, None] + np.cumsum(
            np.stack([np.sin(heading), np.cos(heading)], axis=-1), axis=1
        )
        thins = radii[:, None] * np.linspace(1, 0.6, steps)
        points.append(path.reshape(-1, 2))
        widths.append(thins.ravel())
        per = int(rng.integers(2, 5))
        at = rng.integers(steps // 8, steps, (len(start), per))
        parents = np.arange(len(start))[:, None].repeat(per, axis=1)
        start = path[parents, at].reshape(-1, 2)
        away = rng.choice([-1, 1], at.shape) * rng.uniform(0.35, 1.1, at.shape)
        turns = (heading[parents, at] + away).ravel()
        radii = (thins[parents, at] * rng.uniform(0.55, 0.85, at.shape)).ravel()
        steps = max(8, int(steps * 0.6))
        kept = (radii > 0.35) & (rng.random(len(radii)) < 60 / max(len(radii), 60))
        start, turns, radii = start[kept], turns[kept], radii[kept]
        if len(start) == 0:
            break
    return np.concatenate(points), np.concatenate(widths)


def stroked(side: int, points: Places, *, radii: Places) -> Field:
    """How much of each pixel a line covers, 0..1, after points (n, 2) and half widths (n,)."""
    drawn = np.zeros(side * side, np.float32)
    reaches = np.ceil(radii).astype(int) + 1
    for reach in np.unique(reaches):  # a thin line does not pay for the stamp of a thick one
        same = reaches == reach
        _stamp(drawn, points[same], radii=radii[same], reach=int(reach))
    return drawn.reshape(side, side)


def _stamp(drawn: Field, points: Places, *, radii: Places, reach: int) -> None:
    """Raise the flat picture to the cover of each point's disc, (2 reach + 1) squared pixels."""
    side = round(len(drawn) ** 0.5)
    at = np.arange(-reach, reach + 1, dtype=np.float32)
    near = np.floor(points + 0.5)
    whole = ((near >= -reach) & (near < side + reach)).all(axis=1)
    points, near, radii = points[whole], near[whole], radii[whole].astype(np.float32)
    rest = (near - points).astype(np.float32)
    away = np.hypot((rest[:, 0, None] + at)[:, :, None], (rest[:, 1, None] + at)[:, None, :])
    wide = radii[:, None, None]
    cover = np.minimum(np.minimum(wide - away + np.float32(0.5), 2 * wide), 1)
    rows = near[:, 0, None].astype(int) + at.astype(int)
    columns = near[:, 1, None].astype(int) + at.astype(int)
    within = ((rows >= 0) & (rows < side))[:, :, None] & ((columns >= 0) & (columns < side))[
        :, None
    ]
    seen = (cover > 0) & within
    flat = (rows * side)[:, :, None] + columns[:, None, :]
    np.maximum.at(drawn, flat[seen], cover[seen])
