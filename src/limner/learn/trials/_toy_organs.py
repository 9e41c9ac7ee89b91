"""Toy organs: small painted scenes, of which some kinds are learnt from and another is held out.

The held-out kind, lobed organs, is none that the training generator of the default network
draws, so that one may be asked about it too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.learn.material import separated
from limner.phantoms._layouts import Labels, Layout, crowd, domains, sheets, smooth
from limner.phantoms._paint import blurred
from limner.predict._look import standardised

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

SIDE = 48
KNOWN: tuple[Layout, ...] = (domains, sheets, crowd)
LEAST, MOST = 90, 0.4  # pixels, and share of the picture, that an organ covers
SEEN = 1.0  # least difference across an organ's border, in standard deviations of both sides
RING = 2  # pixels to either side of it


@dataclass(frozen=True, eq=False)
class Scene:
    """One organ in its picture.

    picture  (side, side, 1) in 0..1
    image    (3, side, side), of mean 0 and sd 1, as a network sees it
    target   bool (side, side)
    """

    picture: Floats
    image: Floats
    target: Bools

    def turned(self, rng: np.random.Generator) -> "Scene":
        """The same organ seen from another side."""
        turns, step = int(rng.integers(4)), -1 if rng.random() < 0.5 else 1
        return Scene(
            np.ascontiguousarray(np.rot90(self.picture, turns)[:, ::step]),
            np.ascontiguousarray(np.rot90(self.image, turns, (1, 2))[..., ::step]),
            np.ascontiguousarray(np.rot90(self.target, turns)[:, ::step]),
        )


def lobed(rng: np.random.Generator, side: int) -> Labels:
    """Two to four organs of one to three lobes that flow into one another, as kidneys do."""
    rows, columns = np.indices((side, side))
    labels = np.zeros((side, side), np.int32)
    for number in range(1, int(rng.integers(2, 5)) + 1):
        radius = side * rng.uniform(0.07, 0.16)
        place = rng.uniform(0.15, 0.85, 2) * side
        heat = np.zeros((side, side))
        for _ in range(int(rng.integers(1, 4))):
            apart = (rows - place[0]) ** 2 + (columns - place[1]) ** 2
            heat += np.exp(-apart / radius**2)
            turn = rng.uniform(0, 2 * np.pi)
            place = place + radius * 1.3 * np.array([np.sin(turn), np.cos(turn)])
        labels[(heat > np.exp(-1)) & (labels == 0)] = number
    return labels


HELD_OUT: tuple[Layout, ...] = (lobed,)


def scenes(rng: np.random.Generator, layouts: Sequence[Layout], *, count: int) -> list[Scene]:
    """So many organs, one to a picture."""
    found: list[Scene] = []
    while len(found) < count:
        labels = layouts[int(rng.integers(len(layouts)))](rng, SIDE)
        objects = separated(labels, most=MOST)
        numbers, sizes = np.unique(objects[objects > 0], return_counts=True)
        numbers = numbers[sizes >= LEAST]
        if not len(numbers):
            continue
        picture = _painted(rng, labels)
        target = np.asarray(objects == rng.choice(numbers))
        if _contrast(picture, target) > SEEN:
            image = standardised(picture, np.ones((SIDE, SIDE), bool))
            found.append(Scene(picture, image, target))
    return found


def _painted(rng: np.random.Generator, labels: Labels) -> Floats:
    """Tissue (side, side, 1): a wall and a core to every label, mottled, with grain and a drift.

    A core may look like another label's wall, and the mottling crosses every border, so that no
    tone outlines an organ: what is enclosed belongs to it.
    """
    picture = np.zeros(labels.shape)
    for label in np.unique(labels):
        mask = labels == label
        depth = ndimage.distance_transform_edt(mask)
        wall, core = rng.uniform(0.15, 0.85, 2)
        thick = rng.uniform(0.25, 0.6) * depth.max()
        picture[mask] = np.where(depth > thick, core, wall)[mask]
    mottled = smooth(rng, SIDE, knots=int(rng.integers(8, 16))) * rng.uniform(0.03, 0.1)
    soft = blurred((picture + mottled)[..., None].astype(np.float32), sigma=0.6)
    grain = rng.standard_normal((SIDE, SIDE, 1), np.float32) * np.float32(rng.uniform(0.01, 0.08))
    drift = smooth(rng, SIDE, knots=2)[..., None] * np.float32(rng.uniform(0, 0.1))
    return np.asarray(np.clip(soft + grain + drift, 0, 1), np.float32)


def _contrast(picture: Floats, target: Bools) -> float:
    """How far the tones to either side of an organ's border are apart, in their spreads."""
    rim = target & ~ndimage.binary_erosion(target, iterations=RING)
    ring = ndimage.binary_dilation(target, iterations=RING) & ~target
    one, other = picture[rim], picture[ring]
    spread = float(one.std() + other.std()) / 2
    return abs(float(one.mean() - other.mean())) / max(spread, 1e-3)
