"""The random walker: a pixel joins the seeds that a walker from it would meet first.

Source   Grady, IEEE PAMI 28(11), 2006; weights as in scikit-image's `random_walker`.
Differs  two kinds of seeds; solved by conjugate gradients with the diagonal as preconditioner,
         for the share of one kind only.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from limner.predict._look import Look, Scene
from limner.prompt import Prompt, draw, in_plane

LEAST = 1e-6  # what is left of a tie over any edge
CLOSE = 1e-4  # residual, as a share of the first, at which the system counts as solved;
ROUGH = 1e-3  # after a drawing sooner: the outline moves by some tens of pixels of 25,600
MOST = 2000  # steps of the solver
BETA = 2000.0  # how much an edge hinders the walker, on crops of sd 1
EDGE = 0.1  # pixels: the soft edge of a drawn line, so narrow that it adds nothing to its width
INSIDE, OUTSIDE = 1, 2


def between(
    prompts: tuple[Prompt, ...], look: Look, scene: Scene, *, time: int
) -> NDArray[np.float32]:
    """The share (side, side) of walkers that meet what was drawn inside before what was outside."""
    start: NDArray[np.float32] | None = None
    for side in (look.side // 2, look.side):  # the coarse answer is where the fine one begins
        seen = replace(look, side=side)
        samples = _shown(scene.sight(seen, time=time))
        share = walked(samples, _seeds(prompts, seen, scene), beta=BETA, start=start, close=ROUGH)
        start = share.repeat(2, axis=0).repeat(2, axis=1)
    return share


def _shown(sight: NDArray[np.float32]) -> NDArray[np.float32]:
    """(side, side, 1 or 3): grey once."""
    grey = np.array_equal(sight[0], sight[1]) and np.array_equal(sight[1], sight[2])
    return np.ascontiguousarray((sight[:1] if grey else sight).transpose(1, 2, 0))


def _seeds(prompts: tuple[Prompt, ...], look: Look, scene: Scene) -> NDArray[np.int8]:
    """0 unknown, 1 inside, 2 outside, (side, side): every mark as wide as its pen."""
    grid = look.on(scene.image.grid)
    seeds = np.zeros((look.side, look.side), np.int8)
    for inside, value in ((False, OUTSIDE), (True, INSIDE)):
        for each in prompts:
            if each.inside == inside and each.places_mm:
                path = in_plane(grid, each.places_mm)
                width = getattr(each, "pen_mm", 0.0) / min(grid.spacing_mm[1:])
                line = draw.line(seeds.shape, path, sigma=EDGE, radius=max(width / 2, 0.5))
                seeds[line > 0.5] = value
    return seeds


def walked(
    samples: NDArray[np.float32],
    seeds: NDArray[np.int8],
    *,
    beta: float,
    start: NDArray[np.float32] | None = None,
    close: float = CLOSE,
) -> NDArray[np.float32]:
    """(rows, columns): the share of walkers from each pixel that meet an inside seed first.

    samples  (rows, columns, channels)
    seeds    0 unknown, 1 inside, 2 outside
    beta     how much an edge hinders them; means what scikit-image's means
    start    a first guess, which saves steps and changes nothing else
    close    residual, as a share of the first, at which the system counts as solved
    """
    fixed = seeds > 0
    share = np.asarray(seeds == INSIDE, np.float32)
    if not ((seeds == INSIDE).any() and (seeds == OUTSIDE).any()) or fixed.all():
        return share
    scale = np.float32(beta / (10 * max(float(samples.std()), 1e-6)) / np.sqrt(samples.shape[2]))
    along = [np.square(np.diff(samples, axis=axis)).sum(axis=2) for axis in (0, 1)]
    down, across = (np.exp(-scale * each) + np.float32(LEAST) for each in along)
    degree = np.zeros(seeds.shape, np.float32)
    degree[:-1] += down
    degree[1:] += down
    degree[:, :-1] += across
    degree[:, 1:] += across
    held = np.empty_like(share)

    def rest_of(values: NDArray[np.float32]) -> NDArray[np.float32]:
        """What a pixel keeps and its neighbours do not hand over, where it is not fixed."""
        np.multiply(degree, values, out=held)
        held[:-1] -= down * values[1:]
        held[1:] -= down * values[:-1]
        held[:, :-1] -= across * values[:, 1:]
        held[:, 1:] -= across * values[:, :-1]
        held[fixed] = 0
        return held

    first = -rest_of(share)
    enough = close**2 * float((first * first / degree).sum())
    if start is not None:
        share[~fixed] = start[~fixed]
    rest = -rest_of(share)
    near = rest / degree
    step = near.copy()
    size = float((rest * near).sum())
    for _ in range(MOST):
        if size <= enough:
            break
        moved = rest_of(step)
        pace = np.float32(size / float((step * moved).sum()))
        share += pace * step
        rest -= pace * moved
        np.divide(rest, degree, out=near)
        size, before = float((rest * near).sum()), size
        step *= np.float32(size / before)
        step += near
    return share
