"""Clicks that an answer must obey: the smallest change of it that does, spread to what is alike.

The answer's logits are the mean of a Gaussian process over pixels, whose kernel says how alike
two pixels are: in what the network saw and said there, and in where they lie. A click says that
the logit at its place is above, or below, zero by a margin. The likeliest logits that do so
have a closed form: a small quadratic problem in the clicks, then one sum over the pixels.

`obeying` is how a predictor uses it: what the network saw and said are the features, and clicks
and strokes the conditions. Where everything said is obeyed already it costs a look at each place.

Source   Zhou et al. (GPCIS), CVPR 2023, arXiv:2302.14578: clicks condition a Gaussian process
         over deep features, which is then read at every pixel in linear time.
Differs  the network's logits are the process's mean, so that without a disobeyed click nothing
         changes; a click is an inequality, solved exactly, instead of a variational posterior
         that a second network amortises; a second, narrow kernel takes up what contradicts, so
         that a lone click among like pixels is obeyed where it lies and changes little else.
Expected results/gaussian_process.json: disobeyed clicks and clicks to a Dice of 0.9, against the
         same clicker without it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from limner.grid import Grid
from limner.prompt import Prompt

Floats = NDArray[np.float32]
Places = NDArray[np.float64]

MOST = 64  # clicks that the kernel is solved for; further ones are only pinned
JITTER = 1e-4  # added to the kernel's diagonal, which is 1
REACH = 6.0  # lengths of the kernel beyond which likeness, then below 0.0025, is left out
ROUNDS = 60  # of pinning; more than two are needed only where clicks share pixels
PINNED = 0.25  # logits that a click's place is pinned to, at the least
SMOOTHED = (1.0, 3.0)  # pixels: standard deviations of the smoothing that features are made by
BLUR = 4 * max(SMOOTHED)  # pixels beyond which smoothing reaches nothing
STEEP = 2.0  # logits at which the share of the object as a feature is about 0.9


@dataclass(frozen=True)
class Kernel:
    """How alike two pixels are, from 0 to 1: what a click at one says of the other.

    margin   logits by which a click wants its place on its side of zero
    alike    distance in features, in their standard deviations, at which likeness is exp(-1/2)
    wide     pixels after which the likeness of like pixels has fallen to 1/e
    near     the same for the narrow part, which looks at no features
    share    how much of the kernel is the narrow part
    """

    margin: float = 1.0
    alike: float = 0.5
    wide: float = 20.0
    near: float = 3.0
    share: float = 0.2

    def __call__(self, apart: Floats, away: Floats) -> Floats:
        """Likeness by the mean squared difference of features, and the distance in pixels."""
        like = np.exp(-apart / (2 * self.alike**2) - away / self.wide)
        return np.asarray((1 - self.share) * like + self.share * np.exp(-away / self.near))


KERNEL = Kernel()


def honoured(
    logits: Floats,
    features: Floats,
    clicks: ArrayLike,
    *,
    inside: ArrayLike,
    kernel: Kernel = KERNEL,
) -> Floats:
    """Logits (rows, columns) whose sign at every click is the click's, else as they were.

    features   (c, rows, columns), in any unit; `described` makes some
    clicks     (n, 2) rows and columns, pixel centres at integers; where one lies between
               pixels, the interpolated logit obeys. Those outside the picture are left out.
    inside     (n,) whether each says that the object is there; of two that say different
               things of one pixel, the later counts
    """
    shape = logits.shape
    places = np.asarray(clicks, float).reshape(-1, 2)
    signs = np.where(np.asarray(inside, bool).reshape(-1), 1.0, -1.0)
    seen = _within(places, shape)
    places, signs = places[seen], signs[seen]
    if not len(places):
        return logits
    pixels = np.clip(np.rint(places).astype(np.int64), 0, np.array(shape) - 1)
    flat = pixels[:, 0] * shape[1] + pixels[:, 1]
    last = {pixel: number for number, pixel in enumerate(flat.tolist())}
    kept = np.array(sorted(last.values()))
    told = signs[kept] * logits.reshape(-1)[flat[kept]]
    if (told >= kernel.margin).all():
        return _pinned(logits, places[kept], signs[kept])
    first = kept[np.argsort(told, kind="stable")[:MOST]]
    changed = logits + _change(logits, features, kernel, at=flat[first], signs=signs[first])
    return _pinned(np.asarray(changed, np.float32), places[kept], signs[kept])


def obeying(
    logits: Floats,
    sight: Floats,
    *,
    prompts: Sequence[Prompt],
    grid: Grid,
    kernel: Kernel = KERNEL,
) -> Floats:
    """An answer's logits (rows, columns) with every click and place of a stroke obeyed.

    sight   (colours, rows, columns): the picture as the network saw it
    grid    the one-slice grid of both, on which the prompts are placed
    """
    marks = [each for each in prompts if each.kind in {"click", "stroke"}]
    if not marks:
        return logits
    places = np.concatenate([grid.index_at(each.places_mm)[:, 1:] for each in marks])
    inside = np.repeat([each.inside for each in marks], [len(each.places_mm) for each in marks])
    lacking = _at(logits, places) * np.where(inside, 1, -1) < kernel.margin
    lacking &= _within(places, logits.shape)
    if not lacking.any():
        return logits
    # a slice whose threads were followed is large: only what a disobeyed mark reaches is read
    beyond = int(np.ceil(REACH * max(kernel.wide, kernel.near) + BLUR))
    low = np.clip(np.floor(places[lacking].min(axis=0)).astype(int) - beyond, 0, None)
    high = np.ceil(places[lacking].max(axis=0)).astype(int) + beyond + 1
    window = (slice(low[0], high[0]), slice(low[1], high[1]))
    shown = logits[window]
    features = described(sight[:, *window], shown)
    changed = logits.copy()
    changed[window] = honoured(shown, features, places - low, inside=inside, kernel=kernel)
    return changed


def described(sight: Floats, logits: Floats) -> Floats:
    """Features (c, rows, columns) of a picture (colours, rows, columns) and what was said of it.

    The picture as it is and smoothed, in one channel where its colours are the same, and the
    share of the object.
    """
    from scipy.ndimage import gaussian_filter

    grey = sight[:1] if all(np.array_equal(sight[0], each) for each in sight[1:]) else sight
    smooth = [gaussian_filter(each, sigma) for sigma in SMOOTHED for each in grey]
    share = np.tanh(logits * (0.75 / STEEP))
    return np.stack([*smooth, share]).astype(np.float32)


def _change(
    logits: Floats,
    features: Floats,
    kernel: Kernel,
    *,
    at: NDArray[np.int64],
    signs: NDArray[np.float64],
) -> Floats:
    """What is added (rows, columns): the least, by the process, that brings clicks to the margin.

    With f = K a, least a'K a under signs * f >= lacking is a problem of non-negative least
    squares in the weights signs * a. Only clicks of some weight are then read at pixels.
    """
    from scipy.linalg import cholesky, solve_triangular
    from scipy.optimize import nnls

    spread = np.maximum(features.std(axis=(1, 2), keepdims=True), 1e-6)
    scaled = (features / spread).astype(np.float32)
    places = np.stack(np.unravel_index(at, logits.shape), axis=1)
    own = scaled[:, *places.T].T
    apart = np.square(own[:, None] - own[None, :]).mean(axis=2)
    away = np.linalg.norm(places[:, None] - places[None, :], axis=2)
    among = kernel(apart, away).astype(float) * signs[:, None] * signs[None, :]
    lacking = kernel.margin - signs * logits.reshape(-1)[at]
    root = cholesky(among + JITTER * np.eye(len(at)), lower=True)
    weights, _ = nnls(root.T, solve_triangular(root, lacking, lower=True))
    change = np.zeros(logits.shape, np.float32)
    reach = int(np.ceil(REACH * max(kernel.wide, kernel.near)))
    for place, one, weight in zip(places, own, signs * weights, strict=True):
        if not weight:
            continue  # what already obeys, or does so by its neighbours, says nothing new
        low, high = np.maximum(place - reach, 0), np.minimum(place + reach + 1, logits.shape)
        window = (slice(low[0], high[0]), slice(low[1], high[1]))
        rows, columns = (np.arange(low[k], high[k], dtype=np.float32) - place[k] for k in (0, 1))
        unlike = np.square(scaled[:, *window] - one[:, None, None]).mean(axis=0)
        change[window] += np.float32(weight) * kernel(unlike, np.hypot(rows[:, None], columns))
    return change


def _pinned(logits: Floats, places: Places, signs: NDArray[np.float64]) -> Floats:
    """The logits with the pixels round every click moved until what lies between them obeys.

    Each disobeyed click moves its pixels by the least that mends it, over and over, since two
    clicks may share pixels.
    """
    corners, shares = _between(logits.shape, places)
    flat = logits.reshape(-1).astype(np.float64)
    for _ in range(ROUNDS):
        content = True
        for corner, share, sign in zip(corners, shares, signs, strict=True):
            lacking = PINNED - sign * float(share @ flat[corner])
            if lacking > 1e-6:
                content = False
                np.add.at(flat, corner, sign * lacking * share / float(share @ share))
        if content:
            break
    return np.asarray(flat.reshape(logits.shape), np.float32)


def _within(places: Places, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Whether each place (n, 2) lies on a pixel of the picture."""
    return np.asarray(((places > -0.5) & (places < np.array(shape) - 0.5)).all(axis=1))


def _at(logits: Floats, places: Places) -> Places:
    """The interpolated logit (n,) at places; that of the nearest pixel outside the picture."""
    corners, shares = _between(logits.shape, places)
    return np.asarray((logits.reshape(-1)[corners] * shares).sum(axis=1), float)


def _between(
    shape: tuple[int, ...], places: Places
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The four pixels round each place (n, 4) and the share (n, 4) of each in what lies there."""
    limits = np.array(shape[:2]) - 1
    held = np.clip(places, 0, limits)
    low = np.minimum(np.floor(held).astype(np.int64), np.maximum(limits - 1, 0))
    part = held - low
    corners, shares = [], []
    for down, across in ((0, 0), (0, 1), (1, 0), (1, 1)):
        row, column = np.minimum(low + np.array([down, across]), limits).T
        corners.append(row * shape[1] + column)
        shares.append(
            np.where(down, part[:, 0], 1 - part[:, 0])
            * np.where(across, part[:, 1], 1 - part[:, 1])
        )
    return np.stack(corners, axis=1), np.stack(shares, axis=1)
