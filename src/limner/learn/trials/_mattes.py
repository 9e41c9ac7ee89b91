"""Pictures of which it is known how much of each pixel an object fills."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.phantoms._layouts import smooth

Floats = NDArray[np.float32]

SIDE = 96
FINER = 4  # times that a hair is drawn finer than the picture


@dataclass(frozen=True, eq=False)
class Matted:
    """picture (side, side, 1) in 0..1, and the share (side, side) of each pixel that is filled."""

    picture: Floats
    share: Floats


def fuzzy(rng: np.random.Generator) -> Matted:
    """A lesion whose border fades over several pixels."""
    ticks = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE - 0.5
    rows, columns = ticks[:, None], ticks[None, :]
    radius = rng.uniform(0.14, 0.28)
    centre = rng.uniform(-0.12, 0.12, 2)
    wobble = smooth(rng, SIDE, knots=4) * 0.06
    away = np.hypot(rows - centre[0], (columns - centre[1]) * rng.uniform(0.8, 1.25)) + wobble
    width = rng.uniform(1.0, 4.0) / SIDE
    share = 1 / (1 + np.exp((away - radius) / width))
    return _painted(rng, np.asarray(share, np.float32))


def hairs(rng: np.random.Generator) -> Matted:
    """A few vessels about as thin as a pixel, which run side by side or apart."""
    side = SIDE * FINER
    drawn = np.zeros((side, side), bool)
    for _ in range(int(rng.integers(1, 4))):
        place, turn = rng.uniform(0.25, 0.75, 2) * side, rng.uniform(0, 2 * np.pi)
        radius = rng.uniform(0.3, 1.1) * FINER
        bend = 0.0
        for _ in range(int(side * rng.uniform(0.4, 0.8))):
            bend = 0.95 * bend + rng.normal(0, 0.004)
            turn += bend
            place = place + np.array([np.sin(turn), np.cos(turn)])
            _stamp(drawn, place, radius)
    share = drawn.reshape(SIDE, FINER, SIDE, FINER).mean(axis=(1, 3))
    return _painted(rng, share.astype(np.float32))


KINDS = {"fuzzy": fuzzy, "hairs": hairs}


def _painted(rng: np.random.Generator, share: Floats) -> Matted:
    """The object and its surroundings in two tones that drift, mixed by the share, with grain."""
    tone = rng.uniform(0.2, 0.8)
    step = rng.choice([-1, 1]) * rng.uniform(0.2, 0.45)
    other = np.clip(tone + step, 0.05, 0.95)
    drift = [smooth(rng, SIDE, knots=3) * rng.uniform(0, 0.04) for _ in range(2)]
    mixed = share * (other + drift[0]) + (1 - share) * (tone + drift[1])
    grain = rng.standard_normal(share.shape, np.float32) * np.float32(rng.uniform(0.005, 0.03))
    return Matted(np.clip(mixed + grain, 0, 1).astype(np.float32)[..., None], share)


def _stamp(drawn: NDArray[np.bool_], place: NDArray[np.float64], radius: float) -> None:
    """A disc; what lies beyond the picture is cut off."""
    low = np.maximum(np.floor(place - radius).astype(int), 0)
    high = np.minimum(np.ceil(place + radius).astype(int) + 1, drawn.shape)
    if (low >= high).any():
        return
    rows, columns = np.ogrid[low[0] : high[0], low[1] : high[1]]
    disc = (rows - place[0]) ** 2 + (columns - place[1]) ** 2 <= radius**2
    drawn[low[0] : high[0], low[1] : high[1]] |= disc
