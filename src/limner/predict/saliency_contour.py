"""No weights: a contour driven by what stands out, which ends in one place from any start.

What stands out is how far a pixel lies from a smooth ground that is fitted to the picture, to
the side on which the marks lie. The contour is drawn until two smooth tones, one inside and
one outside, fit the picture near it and what stands out farther round.

Source   Iqbal, Niaz, Memon, Asim and Choi, IEEE Access 8, 2020 (saliency-driven active contour);
         local image fitting and its Gaussian regulariser: Zhang, Song and Zhang, Pattern
         Recognition 43(4), 2010; what stands out as a distance from the mean: Achanta et
         al., CVPR 2009.
Differs  the mean is a polynomial of second degree, fitted again without what it does not explain
         (bisquare weights), since under an uneven ground everything lies far from the mean;
         the force of what stands out keeps its sign, so that inside is always what stands
         out more; marks hold the contour; volumes are worked on at half their size.
Expected results/saliency_contour.json and results/saliency_given.json hold its Dice from twenty
         contours a picture, against Chan-Vese without and with what stands out.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from limner.predict import PREDICTORS
from limner.predict._finish import Bools, Floats, Problem
from limner.predict.classic import Classic

__all__ = ["SaliencyContour", "evolved", "salient"]

DEGREE = 2  # of the ground: with more it bends to what stands out
FITS = 8  # times that it is fitted
OUTLYING = 3.0  # standard deviations beyond which a pixel says nothing about the ground
PACE = 0.5  # of one step, in units of the level set, which stays within -1 to 1
LEAST = 1.0  # of what stands out, between inside and outside: a contour that has found nothing
MOST = 48  # voxels a side of a volume that is worked on as it is
GRAIN = 1.5  # standard deviation of the blur under which things stand out
STAYED = 5  # steps without a change after which nothing changes any more
TINY = 1e-6
Window = tuple[Floats, ...]


@PREDICTORS.add
@dataclass(frozen=True)
class SaliencyContour(Classic):
    """See the module.

    near     standard deviation of the window of the picture's fit, in working pixels
    far      the same of what stands out, as a share of the block's longer side
    picture  weight of the picture's fit; that of what stands out is 1
    smooth   standard deviation of the blur that keeps the contour regular, after every step
    steps    how many of them, at most
    """

    near: float = 4.0
    far: float = 0.4
    picture: float = 1.0
    smooth: float = 1.5
    steps: int = 100

    @property
    def card(self) -> str:
        """The name, and every option where one is not the usual one."""
        return "saliency_contour" if self == SaliencyContour() else str(self)

    def finished(self, problem: Problem) -> Floats:
        """The level set in the end, from 0 outside to 1 inside, with the marks put back."""
        from scipy.ndimage import zoom

        shape = problem.guess.shape
        factor = 2 if shape[0] > 1 and max(shape) > MOST else 1
        small = _thinned(problem, factor)
        grey = _grey(small.samples)
        beside = ~small.outside & (small.guess > 0)
        known = np.where(small.inside, 1.0, np.where(small.outside, -1.0, np.nan))
        stands_out = salient(grey, object=beside | small.inside)
        level = evolved(self, grey, stands_out, start=beside, known=known)
        answer = (level + 1) / 2
        if factor > 1:
            scale = [full / part for full, part in zip(shape, answer.shape, strict=True)]
            answer = zoom(answer, scale, order=1, grid_mode=True, mode="nearest")
        kept = _touched(np.asarray(answer, np.float32), problem)
        marked = np.where(problem.inside, 1, np.where(problem.outside, 0, kept))
        return np.asarray(marked, np.float32)


def salient(grey: Floats, *, object: Bools | None = None) -> Floats:
    """How far each pixel of a blurred picture lies from its smooth ground, sd 1 over the picture.

    object   a guess; what lies to the other side of the ground than most of it counts as 0
    """
    even = _blurred(np.asarray(grey, np.float32), _window(grey.shape, GRAIN))
    apart = even - _ground(even, beside=None if object is None else ~object)
    if object is not None and object.any():
        sign = 1.0 if float(apart[object].mean()) >= float(apart[~object].mean()) else -1.0
        apart = np.maximum(sign * apart, 0)
    apart = np.abs(apart)
    return np.asarray(apart / max(float(apart.std()), TINY), np.float32)


def evolved(
    how: SaliencyContour,
    grey: Floats,
    stands_out: Floats,
    *,
    start: Bools,
    known: NDArray[np.float64] | None = None,
) -> Floats:
    """The level set, -1 to 1 and above 0 inside, from the contour of `start` until it stays.

    known   1 or -1 where it is fixed, else NaN
    """
    shown = (grey - grey.mean()) / max(float(grey.std()), TINY)
    near = _Fit(np.asarray(shown, np.float32), _window(grey.shape, how.near))
    far = _Fit(stands_out, _window(grey.shape, how.far * max(grey.shape)))
    even = _window(grey.shape, how.smooth)
    fixed = np.full(grey.shape, np.nan) if known is None else known
    free = np.isnan(fixed)
    level = np.where(free, np.where(start, 1.0, -1.0), fixed).astype(np.float32)
    inside, stayed = np.asarray(level > 0), 0
    for _ in range(how.steps):
        misfit, contrast = near.of(inside)
        missed, standing = far.of(inside)
        # the picture's fit knows no inside from outside; what stands out decides which is which
        force = how.picture * misfit * contrast + missed * np.maximum(standing, LEAST)
        level = _blurred(np.clip(level + PACE * force, -1, 1), even)
        level = np.where(free, level, fixed).astype(np.float32)
        before, inside = inside, np.asarray(level > 0)
        stayed = stayed + 1 if np.array_equal(before, inside) else 0
        if stayed == STAYED:
            break
    return level


@dataclass(frozen=True, eq=False)
class _Fit:
    """Two smooth tones, one inside and one outside, that fit the values near every place."""

    values: Floats
    window: Window

    @cached_property
    def summed(self) -> Floats:
        """The values' own mean near every place."""
        return _blurred(self.values, self.window)

    def of(self, inside: Bools) -> tuple[Floats, Floats]:
        """By how much the midway of the tones is exceeded, and how far they are apart."""
        share = _blurred(inside.astype(np.float32), self.window)
        held = _blurred(self.values * inside, self.window)
        within = held / (share + TINY)
        beyond = (self.summed - held) / (1 + TINY - share)
        return np.asarray(self.values - (within + beyond) / 2), np.asarray(within - beyond)


def _window(shape: tuple[int, ...], sigma: float) -> Window:
    """For each axis the weights (count, count) of a Gaussian mean; they add up to 1 everywhere."""
    kernels = []
    for count in shape:
        apart = np.subtract.outer(np.arange(count), np.arange(count))
        weights = np.exp(-0.5 * (apart / max(sigma, TINY)) ** 2)
        kernels.append((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))
    return tuple(kernels)


def _blurred(field: Floats, window: Window) -> Floats:
    """The field as products with the window: windows here are about as wide as the field."""
    for axis, kernel in enumerate(window):
        if len(kernel) > 1:
            field = np.moveaxis(np.tensordot(kernel, field, axes=(1, axis)), 0, axis)
    return np.asarray(field, np.float32)


def _ground(grey: Floats, *, beside: Bools | None = None) -> Floats:
    """The polynomial that most of the picture lies on; first fitted to what lies `beside`."""
    axes = [np.linspace(-1, 1, count) for count in grey.shape if count > 1]
    places = np.meshgrid(*axes, indexing="ij")
    powers = [p for p in np.ndindex(*[DEGREE + 1] * len(axes)) if sum(p) <= DEGREE]
    terms = np.stack(
        [np.prod([at**n for at, n in zip(places, p, strict=True)], axis=0) for p in powers], -1
    ).reshape(-1, len(powers))
    values = grey.ravel().astype(np.float64)
    weights = np.ones_like(values)
    if beside is not None and beside.any():
        weights = beside.ravel().astype(np.float64)
    fitted = np.zeros_like(values)
    for _ in range(FITS):
        weighted = terms * weights[:, None]
        # a little of the identity: a picture of few pixels does not hold every term apart
        normal = weighted.T @ terms + TINY * np.eye(len(powers))
        fitted = terms @ np.linalg.solve(normal, weighted.T @ values)
        apart = np.abs(values - fitted)
        wide = max(1.4826 * float(np.median(apart)), TINY)
        weights = np.clip(1 - (apart / (OUTLYING * wide)) ** 2, 0, 1) ** 2
    return np.asarray(fitted.reshape(grey.shape), np.float32)


def _grey(samples: Floats) -> Floats:
    """The colours along the direction in which they differ most."""
    if samples.shape[-1] == 1:
        return np.asarray(samples[..., 0], np.float32)
    colours = samples.reshape(-1, samples.shape[-1])
    centred = colours - colours.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(centred.T))
    return np.asarray((centred @ axes[:, -1]).reshape(samples.shape[:-1]), np.float32)


def _thinned(problem: Problem, factor: int) -> Problem:
    """Every `factor`-th voxel along each axis; the same for 1."""
    if factor == 1:
        return problem
    every = (slice(None, None, factor),) * 3
    return Problem(
        problem.smooth[every],
        problem.inside[every],
        problem.outside[every],
        problem.guess[every],
        problem.enclosed,
    )


def _touched(answer: Floats, problem: Problem) -> Floats:
    """The answer without the parts that no mark lies in; all of it where no part is marked."""
    from scipy.ndimage import label

    parts, count = label((answer > 0.5) & ~problem.outside)
    marked = np.unique(parts[problem.inside | (problem.guess >= problem.guess.max())])
    marked = marked[marked > 0]
    if count < 2 or not len(marked):
        return answer
    return np.asarray(np.where(np.isin(parts, [0, *marked]), answer, 0), np.float32)
