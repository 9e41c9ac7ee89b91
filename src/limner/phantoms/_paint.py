"""How things look: label maps turned into pictures of no particular modality."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.phantoms._layouts import Field, Labels, smooth

Picture = NDArray[np.float32]


def paint(rng: np.random.Generator, labels: Labels) -> Picture:
    """A picture (side, side, 1 or 3) in 0..1 of the label map, by chance in every respect."""
    colours = 3 if rng.random() < 0.35 else 1
    tone = _tones(rng, int(labels.max()) + 1, colours=colours)
    side = labels.shape[0]
    picture = tone[labels]
    for _ in range(int(rng.integers(0, 3))):
        _texture(rng, picture, labels)
    if rng.random() < 0.3:
        _rims(rng, picture, labels)
    softness = np.exp(rng.uniform(np.log(0.3), np.log(2.5)))
    picture = blurred(picture, sigma=float(softness))
    if rng.random() < 0.5:
        bias = smooth(rng, side, knots=int(rng.integers(1, 4))) * rng.uniform(0, 0.25)
        picture *= np.exp(bias)[..., None]
    _noise(rng, picture)
    if rng.random() < 0.25:
        picture = blurred(picture, sigma=float(rng.uniform(0.4, 1.2)))
    low, high = np.quantile(picture[::4, ::4], (rng.uniform(0, 0.02), 1 - rng.uniform(0, 0.02)))
    picture = np.clip((picture - low) / max(float(high - low), 1e-3), 0, 1)
    picture **= np.exp(rng.normal(0, 0.3))
    return np.asarray(1 - picture if rng.random() < 0.5 else picture, np.float32)


def blurred(picture: Picture, *, sigma: float) -> Picture:
    """A Gaussian blur as two matrix products, exact at the borders (they are renormalised)."""
    down = _kernel(picture.shape[0], round(sigma, 1))
    across = _kernel(picture.shape[1], round(sigma, 1))
    layers = [down @ picture[..., k] @ across.T for k in range(picture.shape[2])]
    return np.stack(layers, axis=-1).astype(np.float32)


@cache
def _kernel(side: int, sigma: float) -> Field:
    apart = np.arange(side)[:, None] - np.arange(side)[None, :]
    weights = np.exp(-0.5 * (apart / max(sigma, 0.1)) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def _tones(rng: np.random.Generator, count: int, *, colours: int) -> Picture:
    """One tone per label. In a crowd all but the background look much alike."""
    tone = rng.uniform(0, 1, (count, colours))
    if colours == 3:
        tone = tone * 0.5 + tone.mean(axis=1, keepdims=True) * 0.5
    if count > 12 or (count > 2 and rng.random() < 0.25):
        spread = rng.uniform(0, 0.08)
        tone[1:] = tone[1] + rng.normal(0, spread, (count - 1, colours))
    contrast = np.exp(rng.uniform(np.log(0.35), 0))  # faint objects are the rule in ultrasound
    return np.asarray(0.5 + (tone - 0.5) * contrast, np.float32)


def _texture(rng: np.random.Generator, picture: Picture, labels: Labels) -> None:
    """Add one texture, whose strength differs from label to label."""
    side = labels.shape[0]
    kind = rng.integers(3)
    if kind == 0:
        pattern: NDArray[np.floating[Any]] = smooth(
            rng, side, knots=int(rng.integers(6, side // 3))
        )
    elif kind == 1:
        rows, columns = np.mgrid[:side, :side].astype(np.float32)
        turn, waves = rng.uniform(0, np.pi), rng.uniform(4, side / 5)
        phase = (rows * np.cos(turn) + columns * np.sin(turn)) * (2 * np.pi * waves / side)
        pattern = np.sin(phase + smooth(rng, side, knots=3) * rng.uniform(0, 3))
    else:
        pattern = np.abs(smooth(rng, side, knots=int(rng.integers(4, side // 4)))) - 0.8
    most = 0.14 * rng.uniform(0, 1) ** 1.5
    strength = rng.uniform(0, most, int(labels.max()) + 1).astype(np.float32)
    if rng.random() < 0.4:
        strength[:] = strength[0]
    picture += (strength[labels] * pattern)[..., None]


def _rims(rng: np.random.Generator, picture: Picture, labels: Labels) -> None:
    """A brighter or darker line where two labels meet."""
    edge = np.zeros(labels.shape, bool)
    edge[1:] |= labels[1:] != labels[:-1]
    edge[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    picture[edge] += rng.normal(0, 0.3)


def _noise(rng: np.random.Generator, picture: Picture) -> None:
    """Additive noise, or speckle that grows with the signal, or neither."""
    noise = rng.standard_normal(picture.shape[:2], np.float32)
    kind = rng.random()
    if kind < 0.45:
        picture += noise[..., None] * np.float32(0.1 * rng.uniform(0, 1) ** 2)
    elif kind < 0.75:
        grain = np.float32(rng.uniform(0.4, 1.2))
        speckle = blurred(noise[..., None], sigma=float(grain)) * grain * 2.5
        picture *= 1 + speckle * np.float32(rng.uniform(0.05, 0.35))
