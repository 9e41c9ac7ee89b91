"""The worst and the best click for a network, found by following its gradients.

A click is drawn as a Gaussian spot, so an answer's overlap with the target can be differentiated
by the click's place. Many clicks start at places by chance; half of them go down the slope of a
soft overlap and half go up, from pixel to pixel, and every pixel passed is answered and scored.
A click that comes where one has been starts again, near the extreme so far or anywhere.

Source   Moskalenko et al. (TETRIS), AAAI 2024, arXiv:2402.06132, section 3: white-box
         optimisation of click positions, and the gap between the best and the worst.
Differs  one click, not a trajectory of clicks, and on whole pixels, so that each click found
         could have been made by a person; steps of a set length along the slope, with
         restarts; the extremes are those of all pixels passed.
Expected results/tetris.json and results/tetris_jitter.json hold what it finds, and what
         training against it takes away.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor, nn

from limner.evaluate.robots import deepest
from limner.evaluate.robots.extremes import Extremes

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]
Places = NDArray[np.int64]

INSIDE, OUTSIDE = 4, 5  # channels of the input
NEAR = 2  # pixels round the extreme so far
CLOSE_BY = 0.5  # how often a click that starts again does so there
SIGMA = 1.5  # pixels: of a click's spot, as `limner.prompt.draw` has it


@dataclass(frozen=True)
class Search:
    """How hard extremes are looked for.

    starts  clicks at once, half of which go down and half up; all go down without `best`
    steps   that each of them takes
    stride  pixels that a click moves in its first step, along the slope; the last step is one
    """

    starts: int = 16
    steps: int = 15
    stride: float = 6.0
    best: bool = True


@dataclass(frozen=True, eq=False)
class Question:
    """What a network sees before the click, and what it ought to answer.

    shown   (7, side, side): picture and prompts so far, without the click
    target  (side, side)
    region  (side, side): where the click may be; some of it
    inside  whether the click says that the object is there
    """

    shown: Floats
    target: Bools
    region: Bools
    inside: bool = True

    @classmethod
    def first(cls, shown: Floats, target: Bools) -> "Question":
        """A first click, which may be anywhere on the object."""
        return cls(shown, target, target)


def extreme_clicks(
    network: nn.Module, asked: Question, rng: np.random.Generator, *, search: Search | None = None
) -> Extremes:
    """The worst and best click by IoU; the network is in its evaluating mode and is not changed.

    The same places are found for a generator in the same state.
    """
    search = search or Search()
    pixels = np.argwhere(asked.region)
    nearest = ndimage.distance_transform_edt(
        ~asked.region, return_distances=False, return_indices=True
    )
    sign = np.ones((search.starts, 1))
    if search.best:
        sign[1::2] = -1
    target = torch.from_numpy(asked.target)
    told: dict[tuple[int, int], float] = {}
    at = pixels[rng.integers(len(pixels), size=search.starts)]
    for stride in np.linspace(search.stride, 1.0, search.steps):
        place = torch.from_numpy(at.astype(np.float32)).requires_grad_()
        logits = answers(network, asked, place)
        scores = iou(logits > 0, target).tolist()
        told.update(zip(map(_pixel, at), scores, strict=True))
        (slope,) = torch.autograd.grad(iou(logits.sigmoid(), target).sum(), place)
        way = slope.numpy() / (np.linalg.norm(slope.numpy(), axis=1, keepdims=True) + 1e-12)
        at = _home(at - stride * sign * way, nearest)
        for number, each in enumerate(at):
            if _pixel(each) in told:
                at[number] = _anew(rng, pixels, told, sign=float(sign[number, 0]))
    middle = deepest(asked.region)
    centre = float(score_clicks(network, asked, middle[None])[0])
    told[_pixel(middle)] = centre
    worst, best = min(told, key=told.__getitem__), max(told, key=told.__getitem__)
    return Extremes(
        centre, told[worst], told[best], np.array(worst, float), np.array(best, float), len(told)
    )


def score_clicks(network: nn.Module, asked: Question, places: NDArray[np.generic]) -> Floats:
    """The IoU (n,) of the answers to single clicks at `places` (n, 2)."""
    target = torch.from_numpy(asked.target)
    every = torch.from_numpy(places.astype(np.float32))
    parts = torch.split(every, 64)
    with torch.no_grad():
        told = [iou(answers(network, asked, part) > 0, target) for part in parts]
    return torch.cat(told).numpy()


def answers(network: nn.Module, asked: Question, place: Tensor) -> Tensor:
    """The logits (n, side, side) for each of n single clicks (n, 2), differentiable by place."""
    shown = torch.from_numpy(asked.shown)
    rows, columns = (torch.arange(side, dtype=torch.float32) for side in asked.target.shape)
    down = (rows - place[:, :1]).square()[:, :, None]
    along = (columns - place[:, 1:]).square()[:, None, :]
    spot = torch.exp(-(down + along) / (2 * SIGMA**2))
    channel = INSIDE if asked.inside else OUTSIDE
    planes = [each.expand(len(place), -1, -1) for each in shown]
    planes[channel] = torch.maximum(planes[channel], spot)
    logits: Tensor = network({"image": torch.stack(planes, dim=1)})["logits"]
    return logits[:, 0]


def iou(share: Tensor, target: Tensor) -> Tensor:
    """The overlap (n,) of masks or shares (n, side, side) with a target; 1 where both are empty."""
    share, wanted = share.float(), target.float()
    both = (share * wanted).sum(dim=(1, 2))
    union = share.sum(dim=(1, 2)) + wanted.sum() - both
    return torch.where(union > 0, both / union.clamp(min=1e-6), torch.ones_like(union))


def _anew(
    rng: np.random.Generator, pixels: Places, told: dict[tuple[int, int], float], *, sign: float
) -> Places:
    """A pixel that was not asked, half the time near the extreme so far; any, if none is left."""
    free = np.array([each for each in pixels if _pixel(each) not in told])
    if not len(free):
        return np.asarray(pixels[rng.integers(len(pixels))])
    if rng.random() < CLOSE_BY:
        extreme = np.array(min(told, key=lambda key: sign * told[key]))
        near = free[np.abs(free - extreme).max(axis=1) <= NEAR]
        free = near if len(near) else free
    return np.asarray(free[rng.integers(len(free))])


def _pixel(at: NDArray[np.generic]) -> tuple[int, int]:
    return int(at[0]), int(at[1])


def _home(places: NDArray[np.float64], nearest: Places) -> Places:
    """The whole pixels (n, 2) at places, or the region's nearest to those that left it."""
    last = np.array(nearest.shape[1:]) - 1
    row, column = np.clip(np.rint(places), 0, last).astype(int).T
    return np.asarray(nearest[:, row, column].T, np.int64)
