"""How things look: label maps turned into pictures of no particular modality."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from limner.phantoms._layouts import Field, Labels, smooth

Picture = NDArray[np.float32]

PAINTED = ("textures", "leaks", "rims", "clutter")  # what a picture can be painted without


def paint(
    rng: np.random.Generator, labels: Labels, *, outer: int = 0, without: tuple[str, ...] = ()
) -> Picture:
    """A picture (side, side, 1 or 3) in 0..1 of the label map, by chance in every respect.

    outer    labels from this one on are inner parts, alike in tone; 0 where there are none
    without  out of `PAINTED`: what is left away
    """
    colours = 3 if rng.random() < 0.4 else 1
    tone = _tones(rng, int(labels.max()) + 1, colours=colours, outer=outer)
    picture = tone[labels]
    contrast = _contrast(picture, labels)
    if "textures" not in without:
        for _ in range(int(rng.integers(0, 3))):
            _texture(rng, picture, labels, contrast=contrast)
    if "leaks" not in without and rng.random() < 0.3:
        picture = _leaked(rng, picture)
    if "rims" not in without and rng.random() < 0.25:
        _rims(rng, picture, labels)
    if "clutter" not in without and rng.random() < 0.2:
        _clutter(rng, picture)
    softness = np.exp(rng.uniform(np.log(0.3), np.log(2.2)))
    picture = blurred(picture, sigma=float(softness))
    if rng.random() < 0.5:
        bias = smooth(rng, labels.shape[0], knots=int(rng.integers(1, 4))) * rng.uniform(0, 0.25)
        picture *= np.exp(bias)[..., None]
    _noise(rng, picture, contrast=contrast)
    return _shown(rng, picture)


def blurred(picture: Picture, *, sigma: float) -> Picture:
    """A Gaussian blur as two matrix products, exact at the borders (they are renormalised)."""
    down = _kernel(picture.shape[0], round(sigma, 1))
    across = _kernel(picture.shape[1], round(sigma, 1))
    layers = [down @ picture[..., k] @ across.T for k in range(picture.shape[2])]
    return np.stack(layers, axis=-1).astype(np.float32)


def cloud(rng: np.random.Generator, side: int, *, power: float) -> Field:
    """Noise (side, side) of sd 1 whose amplitude falls with frequency to that power."""
    noise = np.fft.rfft2(rng.standard_normal((side, side), np.float32))
    field = np.fft.irfft2(noise * _falling(side, round(power, 1)), (side, side))
    return np.asarray(field / (field.std() + 1e-6), np.float32)


@cache
def _falling(side: int, power: float) -> Field:
    across = np.fft.rfftfreq(side)[None, :]
    apart = np.hypot(np.fft.fftfreq(side)[:, None], across)
    apart[0, 0] = np.inf
    return np.asarray(apart**-power, np.float32)


@cache
def _kernel(side: int, sigma: float) -> Field:
    apart = np.arange(side)[:, None] - np.arange(side)[None, :]
    weights = np.exp(-0.5 * (apart / max(sigma, 0.1)) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def _tones(rng: np.random.Generator, count: int, *, colours: int, outer: int) -> Picture:
    """One tone per label. In a crowd all but the background look much alike, as do cores."""
    tone = rng.uniform(0, 1, (count, colours))
    if colours == 3:
        grey = tone.mean(axis=1, keepdims=True)
        tone = grey + (tone - grey) * rng.uniform(0.2, 0.8) + rng.normal(0, 0.15, 3)
    outer = outer or count
    if outer > 12 or (outer > 2 and rng.random() < 0.3):
        spread = rng.uniform(0, 0.08)
        tone[1:outer] = tone[1] + rng.normal(0, spread, (outer - 1, colours))
    if outer < count:  # inner parts: alike, and often near what lies outside, or in between
        like = tone[0] if rng.random() < 0.35 else tone[outer]
        tone[outer:] = like + rng.normal(0, 0.04, (count - outer, colours))
    contrast = np.exp(rng.uniform(np.log(0.2), 0))  # faint objects are the rule in ultrasound
    middle = rng.uniform(0.25, 0.75)
    return np.asarray(middle + (tone - 0.5) * contrast, np.float32)


def _contrast(picture: Picture, labels: Labels) -> float:
    """The middling step in tone where labels meet; at least 0.02."""
    down = np.abs(picture[2::3] - picture[:-2:3]).max(axis=2)
    steps = down[labels[2::3] != labels[:-2:3]]
    return max(0.02, float(np.median(steps)) if steps.size else 0.2)


def _texture(
    rng: np.random.Generator, picture: Picture, labels: Labels, *, contrast: float
) -> None:
    """Add one texture, whose strength differs from label to label."""
    side = labels.shape[0]
    kind = rng.random()
    if kind < 0.4:
        pattern = cloud(rng, side, power=float(rng.uniform(0.3, 2.0)))
    elif kind < 0.6:
        pattern = smooth(rng, side, knots=int(rng.integers(8, side // 3)))
    elif kind < 0.75:
        line = np.arange(side, dtype=np.float32)
        turn, waves = rng.uniform(0, np.pi), rng.uniform(4, side / 5) * 2 * np.pi / side
        phase = line[:, None] * np.float32(np.cos(turn) * waves)
        phase = phase + line[None, :] * np.float32(np.sin(turn) * waves)
        waved = np.sin(phase + smooth(rng, side, knots=3) * np.float32(rng.uniform(0, 3)))
        pattern = np.asarray(waved, np.float32)
    else:
        folds = np.abs(smooth(rng, side, knots=int(rng.integers(6, side // 4))))
        pattern = np.asarray(folds - np.float32(0.8), np.float32)
    most = (0.06 + 0.5 * contrast) * rng.uniform(0, 1)
    strength = rng.uniform(0, most, int(labels.max()) + 1).astype(np.float32)
    if rng.random() < 0.4:
        strength[:] = strength[0]
    picture += (strength[labels] * pattern)[..., None]


def _leaked(rng: np.random.Generator, picture: Picture) -> Picture:
    """Part of the plane, where tones run into one another so that no outline is seen there."""
    side = picture.shape[0]
    run = blurred(picture, sigma=float(rng.uniform(0.03, 0.08) * side))
    field = smooth(rng, side, knots=int(rng.integers(2, 7)))
    share = np.clip((field - np.float32(rng.uniform(0.2, 1.0))) * 4, 0, 1)[..., None]
    return np.asarray(picture * (1 - share) + run * share, np.float32)


def _rims(rng: np.random.Generator, picture: Picture, labels: Labels) -> None:
    """A brighter or darker line where two labels meet."""
    edge = np.zeros(labels.shape, bool)
    edge[1:] |= labels[1:] != labels[:-1]
    edge[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    picture[edge] += rng.normal(0, 0.3)


def _clutter(rng: np.random.Generator, picture: Picture) -> None:
    """Hairs, threads or fibres over everything: thin lines that are no object."""
    side = picture.shape[0]
    field = smooth(rng, side, knots=int(rng.integers(1, 6)))
    down, across = np.gradient(field)
    lines = np.abs(field - np.float32(rng.normal())) < np.hypot(down, across) * rng.uniform(0.4, 1)
    picture[lines] += rng.normal(0, 0.25)


def _noise(rng: np.random.Generator, picture: Picture, *, contrast: float) -> None:
    """Additive noise, or speckle that grows with the signal, or neither.

    Its spread is at most about twice the contrast, so that what is outlined can be seen.
    """
    noise = rng.standard_normal(picture.shape[:2], np.float32)
    kind = rng.random()
    if kind < 0.45:
        most = min(0.12, 1.5 * contrast)
        picture += noise[..., None] * np.float32(most * rng.uniform(0, 1) ** 2)
    elif kind < 0.75:
        grain = np.float32(rng.uniform(0.4, 1.2))
        speckle = blurred(noise[..., None], sigma=float(grain)) * grain * 2.5
        picture *= 1 + speckle * np.float32(rng.uniform(0.05, min(0.35, 0.06 + 3 * contrast)))


def _shown(rng: np.random.Generator, picture: Picture) -> Picture:
    """Brought into 0..1 by a window, a gamma curve, and now and then turned to its negative."""
    if rng.random() < 0.2:
        picture = blurred(picture, sigma=float(rng.uniform(0.4, 1.0)))
    low, high = np.quantile(picture[::4, ::4], (rng.uniform(0, 0.02), 1 - rng.uniform(0, 0.02)))
    picture = np.clip((picture - low) / max(float(high - low), 1e-3), 0, 1)
    picture **= np.float32(np.exp(rng.normal(0, 0.3)))
    return np.asarray(1 - picture if rng.random() < 0.5 else picture, np.float32)
