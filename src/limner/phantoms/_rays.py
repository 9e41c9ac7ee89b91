"""Radiographs of made-up people: thicknesses of what the rays pass, added up."""

import numpy as np
from numpy.typing import NDArray

from limner.phantoms._canvas import Canvas
from limner.phantoms._layouts import Field, Labels, smooth
from limner.phantoms._paint import Picture, blurred


class Film:
    """What a ray has met on its way to each pixel, and the outlines of what was named."""

    def __init__(self, rng: np.random.Generator, side: int, *, turn: float) -> None:
        self.canvas = Canvas(rng, side, bend=float(rng.uniform(0, 0.1)), turn=turn)
        self.met: Field = np.zeros((side, side), np.float32)

    def add(self, distance: Field, dense: float, *, named: bool = False) -> NDArray[np.bool_]:
        """Add an ellipsoid (its depth falls to 0 at the border) of a density; where it is."""
        inside = distance < 1
        depth = np.sqrt(np.maximum(1 - distance * distance, 0))
        self.met += depth * np.float32(dense)
        if named:
            self.canvas.put(inside, "air")
        return inside


def chest_film(rng: np.random.Generator, side: int) -> tuple[Picture, Labels]:
    """A chest from the front: lungs, heart, ribs, spine, collar bones, perhaps a nodule."""
    film, _ = _chest(rng, side)
    return developed(rng, film.met), film.canvas.labels


def lungs_on_film(rng: np.random.Generator, side: int) -> tuple[Picture, NDArray[np.bool_]]:
    """The same chest with its lungs alone, without what the heart hides of them."""
    film, lungs = _chest(rng, side)
    return developed(rng, film.met), lungs


def _chest(rng: np.random.Generator, side: int) -> tuple[Film, NDArray[np.bool_]]:
    film = Film(rng, side, turn=0.05)
    canvas = film.canvas
    film.add(canvas.ellipse((0.2, 0), (1.7, 1.25), rough=0.02), 1.0)
    film.add(canvas.ellipse((1.0, 0), (0.75, 1.1), rough=0.02), rng.uniform(0.4, 0.8))  # belly
    for hand in (-1, 1):
        film.add(canvas.ellipse((-0.75, hand * 0.95), (0.5, 0.4)), 0.4)  # shoulder
    heart_at = (0.25, 0.16)
    heart = canvas.ellipse(heart_at, (0.36, rng.uniform(0.24, 0.4)), turn=-0.5, rough=0.03)
    column = np.abs(canvas.across) / np.float32(rng.uniform(0.12, 0.17)) + canvas.wander(0.05)
    for hand in (-1, 1):
        _lung(film, hand, beside=np.minimum(heart, column * np.float32(0.9)))
    film.add(heart, rng.uniform(0.35, 0.6))
    canvas.put(heart < 1, "air")
    lungs = (canvas.labels > 0) & (heart >= 1)
    film.add(canvas.ellipse((-0.25, 0.12), (0.12, 0.11), rough=0.05), 0.25)  # arch of the aorta
    film.add(np.minimum(column, np.float32(3)), rng.uniform(0.3, 0.6))
    pitch = rng.uniform(0.15, 0.2)
    film.met += (
        (column < 0.8) * (np.sin(canvas.down * (2 * np.pi / pitch)) > 0.7) * np.float32(-0.06)
    )
    _cage(film)
    if rng.random() < 0.4:
        at = (rng.uniform(-0.4, 0.4), rng.choice([-1, 1]) * rng.uniform(0.25, 0.5))
        size = float(np.exp(rng.uniform(np.log(0.03), np.log(0.12))))
        film.add(canvas.ellipse(at, (size, size), rough=0.08), 0.25, named=True)
    if rng.random() < 0.2:  # a pacemaker or a plate
        box = (np.abs(canvas.down + 0.5) < 0.08) & (np.abs(canvas.across - 0.5) < 0.1)
        film.met[box] += 0.9
        canvas.put(box, "air")
    return film, lungs


def _lung(film: Film, hand: int, *, beside: Field) -> None:
    canvas, rng = film.canvas, film.canvas.rng
    low = rng.uniform(0.35, 0.55)
    across = canvas.across * hand
    top = canvas.ellipse((0.0, hand * 0.37), (0.78, 0.34), rough=0.02, loose=0.03)
    floor = canvas.down - np.float32(low - 0.15) - (across - 0.4) ** 2 * np.float32(-1.2)
    inside = (top < 1) & (floor < 0.1) & (beside > 1)
    soft = np.minimum(1 - top, 0.25) * 4
    film.met -= np.where((top < 1) & (floor < 0.1), soft, 0) * np.float32(rng.uniform(0.4, 0.6))
    canvas.put(inside, "air")
    hilum = np.hypot(canvas.down + 0.02, across - 0.18)
    branches = np.abs(canvas.wander(1.0)) < 0.25
    haze = np.exp(-hilum * np.float32(5)) * (0.12 + 0.12 * branches)
    film.met += np.where(inside, haze, 0).astype(np.float32)


def _cage(film: Film) -> None:
    """Ribs, front and back, and collar bones."""
    canvas, rng = film.canvas, film.canvas.rng
    out = np.abs(canvas.across)
    frame = canvas.ellipse((0.05, 0), (0.95, 0.78), rough=0.0, loose=0.02)
    pitch = rng.uniform(0.15, 0.19)
    dense = np.float32(rng.uniform(0.05, 0.16))
    for slope, bend, share in ((-0.35, 0.9, 0.42), (0.55, 0.2, 0.36)):
        level = canvas.down + slope * out - bend * (out - 0.35) ** 2
        beat = (level / np.float32(pitch)) % 1
        rib = np.clip(1 - (beat - 0.5) ** 2 / np.float32((share / 2) ** 2), 0, None)
        edge = np.where(rib > 0, 1.25 - np.sqrt(rib), 0)
        film.met += (edge * dense * (frame < 1)).astype(np.float32)
    for hand in (-1, 1):
        bone = canvas.ellipse(
            (-0.62, hand * 0.42), (0.05, 0.36), turn=hand * rng.uniform(0.1, 0.3), rough=0.1
        )
        film.add(bone, 0.2, named=rng.random() < 0.5)


def bone_film(rng: np.random.Generator, side: int) -> tuple[Picture, Labels]:
    """A limb: flesh, shafts with bright shells, heads at the joint, sometimes a screw or break."""
    film = Film(rng, side, turn=float(rng.choice([0.2, 3.0])))
    canvas = film.canvas
    middle = canvas.across + canvas.wander(0.03) + np.float32(0.15) * canvas.down**2
    flesh = np.asarray(np.abs(middle) / np.float32(rng.uniform(0.6, 1.0)), np.float32)
    film.add(flesh, rng.uniform(0.4, 0.9))
    count = int(rng.integers(1, 4))
    joint = rng.uniform(-0.5, 0.4)
    for number in range(count):
        place = (number - (count - 1) / 2) * 0.42
        wide = rng.uniform(0.12, 0.22) / (1 if count == 1 else 1.5)
        grown = 1 + rng.uniform(0.5, 1.0) * np.exp(-(((canvas.down - joint) / 0.16) ** 2))
        shaft = np.abs(middle - place) / (np.float32(wide) * grown)
        below = canvas.down > joint + 0.03 + canvas.wander(0.015)
        _hollow(film, np.where(below, shaft, np.float32(9)))
        if rng.random() < 0.7:
            above = canvas.down < joint - 0.03 + canvas.wander(0.015)
            _hollow(film, np.where(above, shaft, np.float32(9)))
    head_at = (joint - 0.1, rng.uniform(-0.3, 0.3))
    if rng.random() < 0.5:
        radius = rng.uniform(0.16, 0.28)
        head = canvas.ellipse(head_at, (radius, radius), rough=0.02)
        _hollow(film, head)
    if rng.random() < 0.25:
        rod = canvas.ellipse((rng.uniform(-0.3, 0.5), 0), (0.4, 0.04), turn=rng.normal(0, 0.5))
        film.met[rod < 1] += 0.9
        canvas.put(rod < 1, "air")
    return developed(rng, film.met), canvas.labels


def _hollow(film: Film, distance: Field) -> None:
    shell = film.canvas.rng.uniform(0.6, 0.9)
    film.add(distance, 0.55, named=True)
    film.add(distance / np.float32(shell), -0.4)
    grain = film.canvas.wander(0.02)
    film.met += np.where(distance < 1, grain, 0).astype(np.float32)


def developed(rng: np.random.Generator, met: Field) -> Picture:
    """A film of what the rays met: scatter, grain, somebody's window; (side, side, 1) in 0..1."""
    side = met.shape[0]
    shown = met + smooth(rng, side, knots=2) * np.float32(rng.uniform(0, 0.06))
    shown = shown + rng.standard_normal(met.shape, np.float32) * np.float32(
        0.05 * rng.uniform(0, 1) ** 2
    )
    shown = blurred(shown[..., None], sigma=float(np.exp(rng.uniform(-1.2, 0.4))))[..., 0]
    if rng.random() < 0.5:  # edges enhanced, as machines do
        wide = blurred(shown[..., None], sigma=float(rng.uniform(3, 8)))[..., 0]
        shown = shown + (shown - wide) * np.float32(rng.uniform(0, 1.2))
    low, high = np.quantile(shown[::3, ::3], (rng.uniform(0, 0.03), 1 - rng.uniform(0, 0.03)))
    shown = np.clip((shown - low) / max(float(high - low), 1e-3), 0, 1)
    shown **= np.float32(np.exp(rng.normal(0, 0.3)))
    return np.asarray(1 - shown if rng.random() < 0.15 else shown, np.float32)[..., None]
