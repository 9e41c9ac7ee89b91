"""The worst and the best click for a network, found by following its gradients.

A click is drawn as a Gaussian spot, so an answer's overlap with the target can be differentiated
by the click's place. Many clicks start at places by chance; half of them go down the slope of a
soft overlap and half go up, and every place that is passed is answered and scored.

Source   Moskalenko et al. (TETRIS), AAAI 2024, arXiv:2402.06132, section 3: white-box
         optimisation of click positions, and the gap between the best and the worst.
Differs  one click, not a trajectory of clicks, and on whole pixels, with the rounding passed
         straight through, so that each click found could have been made by a person; Adam
         with restarts; the extremes are those of all places passed.
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
SIGMA = 1.5  # pixels: of a click's spot, as `limner.prompt.draw` has it


@dataclass(frozen=True)
class Search:
    """How hard extremes are looked for.

    starts  clicks at once, half of which go down and half up; all go down without `best`
    steps   that each of them takes
    rate    pixels: about how far a click moves in its first step; it falls to a fifth
    """

    starts: int = 16
    steps: int = 15
    rate: float = 2.0
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
    begun = pixels[rng.integers(len(pixels), size=search.starts)].astype(np.float32)
    nearest = ndimage.distance_transform_edt(
        ~asked.region, return_distances=False, return_indices=True
    )
    place = torch.from_numpy(begun).requires_grad_()
    sign = torch.ones(search.starts)
    if search.best:
        sign[1::2] = -1
    walk = torch.optim.Adam([place], lr=search.rate, betas=(0.7, 0.9))
    fall = torch.optim.lr_scheduler.LinearLR(walk, 1.0, 0.2, max(1, search.steps - 1))
    told: dict[tuple[int, int], float] = {}
    target = torch.from_numpy(asked.target)
    for _ in range(search.steps):
        whole = place + (place.round() - place).detach()
        logits = answers(network, asked, whole)
        _keep(told, whole, iou(logits > 0, target))
        walk.zero_grad()
        torch.autograd.backward([(sign * iou(logits.sigmoid(), target)).sum()], inputs=[place])
        walk.step()
        fall.step()
        _returned(place, nearest)
    middle = deepest(asked.region)
    centre = float(score_clicks(network, asked, middle[None])[0])
    told[int(middle[0]), int(middle[1])] = centre
    worst, best = (choose(told, key=lambda key: told[key]) for choose in (min, max))
    return Extremes(
        centre, told[worst], told[best], np.array(worst, float), np.array(best, float), len(told)
    )


def score_clicks(network: nn.Module, asked: Question, places: NDArray[np.generic]) -> Floats:
    """The IoU (n,) of the answers to single clicks at `places` (n, 2)."""
    target = torch.from_numpy(asked.target)
    parts = torch.from_numpy(places.astype(np.float32)).split(64)
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


def _keep(told: dict[tuple[int, int], float], place: Tensor, scores: Tensor) -> None:
    for (row, column), score in zip(place.detach().tolist(), scores.tolist(), strict=True):
        told[int(row), int(column)] = score


def _returned(place: Tensor, nearest: Places) -> None:
    """Bring the clicks that left the region back to its nearest pixel, in place."""
    with torch.no_grad():
        for number, at in enumerate(place):
            row, column = (
                int(min(max(round(float(each)), 0), side - 1))
                for each, side in zip(at, nearest.shape[1:], strict=True)
            )
            home = nearest[:, row, column]
            if (home[0], home[1]) != (round(float(at[0])), round(float(at[1]))):
                place[number] = torch.tensor(home, dtype=place.dtype)
