"""Where things lie: integer label maps drawn at random, one function per kind of anatomy.

Every layout takes a generator and a side and returns (side, side) int32 labels, 0 where
nothing in particular is. They are meant to differ wildly, not to look like a patient.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Labels = NDArray[np.int32]
Field = NDArray[np.float32]
Layout = Callable[[np.random.Generator, int], Labels]


def smooth(rng: np.random.Generator, side: int, *, knots: int) -> Field:
    """Smooth noise (side, side) of mean 0 and sd about 1 that bends about `knots` times."""
    spline = _spline(side, knots)
    noise = spline @ rng.standard_normal((knots + 3, knots + 3), np.float32) @ spline.T
    return np.asarray(noise / (noise.std() + 1e-6), np.float32)


def curve(rng: np.random.Generator, side: int, *, knots: int) -> Field:
    """Smooth noise along a line (side,), of sd about 1."""
    noise = _spline(side, knots) @ rng.standard_normal(knots + 3, np.float32)
    return np.asarray(noise / (noise.std() + 1e-6), np.float32)


def domains(rng: np.random.Generator, side: int) -> Labels:
    """The plane shared out: at each place the largest of several smooth fields wins."""
    count = int(rng.integers(2, 9))
    knots = int(rng.integers(2, 10))
    fields = [
        smooth(rng, side, knots=max(1, knots + int(rng.integers(-1, 2)))) for _ in range(count)
    ]
    raised = rng.normal(0, 0.5, count)
    stack = np.stack([field + lift for field, lift in zip(fields, raised, strict=True)])
    labels = np.asarray(stack.argmax(axis=0), np.int32)
    return labels if rng.random() < 0.5 else labels + 1


def ellipses(rng: np.random.Generator, side: int) -> Labels:
    """Warped ellipses of very different sizes, some inside one another, some with a wall."""
    rows, columns = _warped(rng, side)
    labels = np.zeros((side, side), np.int32)
    for number in range(int(rng.integers(1, 9))):
        centre = rng.uniform(0.1, 0.9, 2) * side
        half = side * np.exp(rng.uniform(np.log(0.03), np.log(0.4)))
        distance = _ellipse(rng, (rows - centre[0], columns - centre[1])) / half
        labels[distance < 1] = 2 * number + 1
        if rng.random() < 0.35:
            labels[distance < rng.uniform(0.45, 0.9)] = 2 * number + 2
    return labels


def crowd(rng: np.random.Generator, side: int) -> Labels:
    """Many star-convex blobs of one kind, touching or apart, as cells lie on a slide."""
    radius = side * np.exp(rng.uniform(np.log(0.02), np.log(0.12)))
    spacing = radius * rng.uniform(1.7, 4.0)
    ticks = np.arange(-0.5, side / spacing + 0.5) * spacing
    places = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)
    places = places[rng.permutation(len(places))[:90]]
    places = places + rng.normal(0, spacing * 0.3, places.shape)
    labels = np.zeros((side, side), np.int32)
    rough = rng.uniform(0, 0.3)
    for number, place in enumerate(places[rng.random(len(places)) < 0.85], start=1):
        size = radius * np.exp(rng.normal(0, 0.25))
        _star(rng, labels, number=number, place=place, shape=(size, rough))
    return labels


def trees(rng: np.random.Generator, side: int) -> Labels:
    """Branching tubes, as vessels, nerves, ducts and airways run through a picture.

    From 1 pixel wide to a fourteenth of the side; all are one label, or each tree its own.
    """
    labels = np.zeros((side, side), np.int32)
    apart = rng.random() < 0.4
    width = float(np.exp(rng.uniform(np.log(1.0), np.log(0.07 * side))))
    count = int(rng.integers(1, 4 if width > 5 else 6))
    for number in range(1, count + 1):
        paper = Image.new("L", (side, side))
        start = rng.uniform(-0.05, 1.05, 2) * side
        _grow(rng, ImageDraw.Draw(paper), side=side, start=start, width=width)
        labels[joined(np.asarray(paper) > 0)] = number if apart else 1
    return labels


def membranes(rng: np.random.Generator, side: int) -> Labels:
    """Cells that fill the plane, apart by thin lines (label 0), some of them missing."""
    spacing = side * float(np.exp(rng.uniform(np.log(0.05), np.log(0.3))))
    rows, columns = _warped(rng, side)
    down = np.clip(rows / spacing, 0, side / spacing).astype(np.int32) + 1
    across = np.clip(columns / spacing, 0, side / spacing).astype(np.int32) + 1
    count = int(side / spacing) + 3  # cells along an axis, one more at each side
    jitter = rng.uniform(0.05, 0.95, (2, count, count))
    seeds = ((np.indices((count, count)) - 1 + jitter) * spacing).astype(np.float32)
    near = np.full((side, side), np.inf, np.float32)
    second, labels = near.copy(), np.zeros((side, side), np.int32)
    for step_down in (-1, 0, 1):
        for step_across in (-1, 0, 1):
            cell = (down + step_down) * count + across + step_across
            away = np.square(rows - seeds[0].take(cell)) + np.square(columns - seeds[1].take(cell))
            np.minimum(second, np.maximum(near, away), out=second)
            np.copyto(labels, cell, where=away < near)
            np.minimum(near, away, out=near)
    labels[np.sqrt(second) - np.sqrt(near) < rng.uniform(1.0, max(2.5, 0.25 * spacing))] = 0
    _, labels.flat[:] = np.unique(labels, return_inverse=True)
    gone = rng.random(int(labels.max()) + 1) < rng.uniform(0, 0.5)
    gone[0] = True
    return np.where(gone[labels], 0, labels).astype(np.int32)


def glands(rng: np.random.Generator, side: int) -> Labels:
    """Rings of wall round a hollow, as glands, vessels cut across, bowel and follicles are."""
    rows, columns = _warped(rng, side)
    labels = np.zeros((side, side), np.int32)
    radius = side * np.exp(rng.uniform(np.log(0.05), np.log(0.25)))
    wall = rng.uniform(0.12, 0.5)
    for number in range(int(rng.integers(1, 12))):
        centre = rng.uniform(0, 1, 2) * side
        size = radius * np.exp(rng.normal(0, 0.3))
        distance = _ellipse(rng, (rows - centre[0], columns - centre[1])) / size
        labels[distance < 1] = 2 * number + 1
        labels[distance < 1 - wall] = 2 * number + 2
    return labels


def level_lines(rng: np.random.Generator, side: int) -> Labels:
    """Bands along the level lines of a smooth field: membranes, walls, cortex."""
    field = smooth(rng, side, knots=int(rng.integers(3, 14)))
    if rng.random() < 0.4:
        return np.asarray(field > rng.uniform(-0.5, 1.2), np.int32)
    down, across = np.gradient(field)
    apart = np.abs(field - rng.uniform(-0.7, 0.7)) / (np.hypot(down, across) + 1e-3)
    return np.asarray(apart < rng.uniform(0.6, 0.025 * side), np.int32)


def sheets(rng: np.random.Generator, side: int) -> Labels:
    """Layers upon one another, as in skin, retina, bowel wall and muscle."""
    rows, columns = _warped(rng, side)
    turn = rng.uniform(0, np.pi)
    depth = rows * np.cos(turn) + columns * np.sin(turn)
    depth = depth + curve(rng, side, knots=4)[None, :] * side * 0.04
    cuts = np.sort(rng.uniform(depth.min(), depth.max(), int(rng.integers(2, 8))))
    return np.asarray(np.searchsorted(cuts, depth.ravel()).reshape(side, side), np.int32)


LAYOUTS: tuple[tuple[Layout, float], ...] = (
    (domains, 0.18),
    (ellipses, 0.24),
    (crowd, 0.16),
    (trees, 0.14),
    (level_lines, 0.08),
    (sheets, 0.07),
    (membranes, 0.07),
    (glands, 0.06),
)  # how often each is drawn


def joined(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask with one pixel more wherever two of its pixels touch by a corner only."""
    falling = mask[:-1, :-1] & mask[1:, 1:] & ~mask[1:, :-1] & ~mask[:-1, 1:]
    rising = mask[1:, :-1] & mask[:-1, 1:] & ~mask[:-1, :-1] & ~mask[1:, 1:]
    whole = mask.copy()
    whole[1:, :-1] |= falling
    whole[:-1, :-1] |= rising
    return whole


@cache
def _spline(side: int, knots: int) -> Field:
    """(side, knots + 3) weights that carry cubic B-spline coefficients to pixels."""
    at = np.linspace(0, knots, side, endpoint=False)[:, None] - np.arange(-1, knots + 2)[None, :]
    far = np.abs(at)
    near = 2 / 3 - far**2 + far**3 / 2
    tail = np.where(far < 2, (2 - np.minimum(far, 2)) ** 3 / 6, 0)
    return np.asarray(np.where(far < 1, near, tail), np.float32)


def _warped(rng: np.random.Generator, side: int) -> tuple[Field, Field]:
    """Row and column of every pixel, bent by a smooth displacement."""
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    knots = int(rng.integers(1, 7))
    reach = side * rng.uniform(0, 0.25) / (knots + 2)
    return (
        rows + reach * smooth(rng, side, knots=knots),
        columns + reach * smooth(rng, side, knots=knots),
    )


def _ellipse(rng: np.random.Generator, offset: tuple[Field, Field]) -> Field:
    """A distance whose unit circle is an ellipse of random direction and slimness."""
    turn, slim = rng.uniform(0, np.pi), np.exp(rng.uniform(0, 1.1))
    along = offset[0] * np.cos(turn) + offset[1] * np.sin(turn)
    across = offset[1] * np.cos(turn) - offset[0] * np.sin(turn)
    power = rng.choice([2.0, 2.0, 3.0])
    return np.asarray(
        (np.abs(along) ** power + np.abs(across * slim) ** power) ** (1 / power), np.float32
    )


def _star(
    rng: np.random.Generator,
    labels: Labels,
    *,
    number: int,
    place: NDArray[np.float64],
    shape: tuple[float, float],
) -> None:
    """Draw one blob whose border is a function of the angle; it never covers an earlier one."""
    size, rough = shape
    reach = int(np.ceil(size * (1 + 2.2 * rough)))
    low = np.clip(place.astype(int) - reach, 0, labels.shape[0])
    high = np.clip(place.astype(int) + reach + 1, 0, labels.shape[0])
    window = labels[low[0] : high[0], low[1] : high[1]]
    if window.size == 0:
        return
    rows = np.arange(low[0], high[0], dtype=np.float32)[:, None] - np.float32(place[0])
    columns = np.arange(low[1], high[1], dtype=np.float32)[None, :] - np.float32(place[1])
    apart = np.hypot(rows, columns)
    turn = (columns + 1j * rows) / np.maximum(apart, 1e-3)  # its powers are waves of the angle
    two, three, four = rough * np.exp(1j * rng.uniform(0, 2 * np.pi, 3)) * (1, 2 / 3, 1 / 2)
    border = 1 + (turn * turn * (two + turn * (three + turn * four))).real
    window[(apart < size * border) & (window == 0)] = number


def _grow(
    rng: np.random.Generator,
    pen: ImageDraw.ImageDraw,
    *,
    side: int,
    start: NDArray[np.floating],
    width: float,
) -> None:
    """Draw one tree from `start`: it winds, thins out, and branches now and then."""
    todo = [(start, float(rng.uniform(0, 2 * np.pi)), width)]
    winding, branching = rng.uniform(0.01, 0.12), int(rng.integers(0, 5))
    for _ in range(9):
        if not todo:
            return
        place, turn, wide = todo.pop(0)
        steps = int(rng.integers(side // 8, side // 2))  # of two pixels
        bends = np.convolve(rng.normal(0, winding, steps + 9), np.full(10, 0.25), "valid")
        turns = turn + np.cumsum(bends)
        path = place + 2 * np.cumsum(np.stack([np.sin(turns), np.cos(turns)], axis=1), axis=0)
        ends = wide * rng.uniform(0.4, 1.0)
        columns_first = path[:, ::-1].ravel().tolist()  # as Pillow counts
        for third in range(3):
            first, last = 2 * (third * steps // 3), 2 * ((third + 1) * steps // 3 + 1)
            across = max(1, round(wide + (ends - wide) * third / 3))
            pen.line(columns_first[first:last], fill=255, width=across)
        for at in rng.integers(0, steps, branching):
            side_turn = float(turns[at] + rng.choice([-1, 1]) * rng.uniform(0.3, 1.2))
            todo.append((path[at], side_turn, float(wide * rng.uniform(0.5, 0.9))))
