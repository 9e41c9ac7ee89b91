"""What was said, sorted by the slice that it was said on."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from limner.errors import PromptRefused
from limner.grid import Grid
from limner.prompt import Prompt
from limner.prompt.box import Box
from limner.prompt.lasso import Lasso
from limner.prompt.prior import Prior
from limner.prompt.stroke import Stroke

Where = tuple[int, int, int]  # object, slice, time

DEEP = 1.5  # slices: a box or a lasso that spans more is no flat one
MOST = 64  # slices of a prior that one call refines


def by_slice(prompts: Sequence[Prompt], grid: Grid) -> dict[Where, tuple[Prompt, ...]]:
    """The prompts of every object on every slice, in the order they were given.

    A stroke that crosses slices is cut at them. A prior goes to the slices of its object's
    other prompts; alone, to every slice that it covers.

    Raises PromptRefused for a box or lasso that spans slices, and a prior that covers more
    than 64.
    """
    placed: dict[Where, list[Prompt]] = {}
    for each in prompts:
        if not isinstance(each, Prior):
            for number, part in _parts(each, grid):
                placed.setdefault((each.object, number, each.at_time), []).append(part)
    named = {(object_, time) for object_, _, time in placed}
    for prior in prompts:
        if not isinstance(prior, Prior):
            continue
        covered = _covered(prior, grid)
        if (prior.object, prior.at_time) in named:
            numbers = [
                number
                for object_, number, time in placed
                if (object_, time) == (prior.object, prior.at_time) and number in covered
            ]
        else:
            numbers = covered
            if len(numbers) > MOST:
                raise PromptRefused(
                    f"The prior of object {prior.object} covers {len(numbers)} slices; this model "
                    f"refines {MOST} at a time. Click on the slice that you want refined."
                )
        for number in numbers:
            placed.setdefault((prior.object, number, prior.at_time), []).insert(0, prior)
    if not placed:
        raise PromptRefused(
            "The prior covers no voxel of this image. Give one of the same patient and place."
        )
    return {where: tuple(placed[where]) for where in sorted(placed)}


def _parts(prompt: Prompt, grid: Grid) -> list[tuple[int, Prompt]]:
    """The slices that a prompt is on, with what of it is there."""
    last = grid.shape[0] - 1
    if isinstance(prompt, Box):
        low, high = prompt.faces(grid)
        if last and high[0] - low[0] > DEEP:
            raise PromptRefused(
                f"The box is {high[0] - low[0]:.0f} slices deep; this model answers on slices. "
                "Draw it on one slice, or take --model classic for the volume."
            )
        return [(_nearest(float(low[0] + high[0]) / 2, last), prompt)]
    depth = grid.index_at(prompt.places_mm)[:, 0]
    if isinstance(prompt, Lasso):
        if last and np.ptp(depth) > DEEP:
            raise PromptRefused(
                f"The lasso spans {np.ptp(depth):.0f} slices; this model answers on slices. "
                "Draw it on one slice."
            )
        return [(_nearest(float(depth.mean()), last), prompt)]
    numbers = [_nearest(float(each), last) for each in depth]
    if isinstance(prompt, Stroke) and len(set(numbers)) > 1:
        path = prompt.path_mm
        return [
            (
                number,
                replace(
                    prompt,
                    path_mm=tuple(p for p, at in zip(path, numbers, strict=True) if at == number),
                ),
            )
            for number in sorted(set(numbers))
        ]
    return [(numbers[0], prompt)]


def _nearest(depth: float, last: int) -> int:
    return min(max(int(np.floor(depth + 0.5)), 0), last)


def _covered(prior: Prior, grid: Grid) -> list[int]:
    """The slices on which a prior is not empty."""
    index = grid.index_at(prior.grid.corners_mm())
    low = np.clip(np.floor(index.min(axis=0)).astype(int) - 1, 0, grid.shape)
    high = np.clip(np.ceil(index.max(axis=0)).astype(int) + 2, 0, grid.shape)
    if (low >= high).any():
        return []
    (a, b, c), (d, e, f) = low.tolist(), high.tolist()
    # slice by slice: a whole volume as float32 is large
    return [
        number
        for number in range(a, d)
        if (prior.on(grid.crop((number, b, c), (number + 1, e, f))) > 0.5).any()
    ]
