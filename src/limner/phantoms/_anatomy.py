"""Pictures of made-up people for the training generator: sections, ultrasound, radiographs."""

import numpy as np

from limner.phantoms import _bodies, _sound
from limner.phantoms._canvas import Canvas
from limner.phantoms._layouts import Labels
from limner.phantoms._paint import Picture
from limner.phantoms._rays import bone_film, chest_film
from limner.phantoms._tissues import tissue_picture

__all__ = ["anatomy"]

SECTIONS = (  # and how often each is drawn
    (_bodies.abdomen, 0.26),
    (_bodies.chest, 0.16),
    (_bodies.pelvis, 0.13),
    (_bodies.limb, 0.09),
    (_bodies.brain, 0.16),
    (_bodies.short_axis, 0.09),
    (_bodies.coronal, 0.11),
)


FANS = (_sound.belly_view, _sound.heart_view, _sound.womb_view, _sound.breast_view)
FLATS = (_sound.nerve_view, _sound.breast_view, _sound.along_vessel, _sound.belly_view)


def anatomy(rng: np.random.Generator, side: int = 160) -> tuple[Picture, Labels]:
    """A picture (side, side, 1) in 0..1 and the int32 labels (side, side) it was made of.

    Six in ten are sections through a body, three ultrasound, one a radiograph. 0 is nothing
    to be outlined. A label is one named thing and need not be connected; details without a
    label of their own (vessels of a liver, marrow) belong to what they lie in.
    """
    kind = rng.random()
    if kind < 0.6:
        return section(rng, side)
    return echo(rng, side) if kind < 0.88 else film(rng, side)


def section(rng: np.random.Generator, side: int) -> tuple[Picture, Labels]:
    """A slice through a body on CT, MR, PET or no scanner that exists."""
    places = [place for place, _ in SECTIONS]
    place = places[rng.choice(len(places), p=[share for _, share in SECTIONS])]
    turn = 0.12 if rng.random() < 0.75 else 3.0
    canvas = Canvas(rng, side, bend=float(rng.uniform(0, 0.16)), turn=turn)
    place(canvas)
    return tissue_picture(rng, canvas.looks, canvas.tissues), canvas.labels


def echo(rng: np.random.Generator, side: int) -> tuple[Picture, Labels]:
    """An ultrasound picture, by a straight, curved or phased probe."""
    _, picture, labels = heard(rng, side)
    return picture, labels


def heard(rng: np.random.Generator, side: int) -> tuple[Canvas, Picture, Labels]:
    """What lies there, the ultrasound picture of it, and the labels that the fan reaches."""
    views, beam = FLATS, _sound.straight(side)
    if rng.random() < 0.5:
        views = FANS
        phased = rng.random() < 0.5
        radius = 0.0 if phased else float(rng.uniform(0.15, 0.5))
        beam = _sound.fan(side, wide=float(rng.uniform(0.4, 0.75)), radius=radius)
    canvas = Canvas(rng, side, bend=float(rng.uniform(0, 0.16)), turn=0.12)
    views[int(rng.integers(len(views)))](canvas)
    return canvas, *_sound.sound_picture(rng, canvas, beam)


def film(rng: np.random.Generator, side: int) -> tuple[Picture, Labels]:
    """A radiograph of a chest or a limb."""
    return chest_film(rng, side) if rng.random() < 0.55 else bone_film(rng, side)
