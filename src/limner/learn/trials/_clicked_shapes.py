"""Generated shapes with one click each, and a small network that learns from them in seconds."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from limner.evaluate import robots
from limner.learn import RECIPES
from limner.learn.recipe import Batch
from limner.learn.train import Budget, Schedule, TrainState, train
from limner.learn.trials._tiny import Tiny
from limner.phantoms.shapes import scene
from limner.predict._look import standardised
from limner.prompt import draw

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

SIDE = 48
SIZES = (250, 900)  # pixels of a target
POOL = 120  # shapes that are learnt from, met again and again with new clicks
BATCH = 8
INSIDE = 4  # channel of the input


@dataclass(frozen=True, eq=False)
class Case:
    """A picture as the network sees it before anything was said, (7, side, side); its target."""

    shown: Floats
    target: Bools


def shapes(rng: np.random.Generator, *, count: int) -> list[Case]:
    """So many shapes, each the largest island of one label of a scene of its own."""
    found: list[Case] = []
    while len(found) < count:
        picture, labels = scene(rng, SIDE)
        target = labels == rng.integers(1, labels.max() + 1) if labels.max() else labels > 0
        target = robots.largest_island(target)
        if SIZES[0] <= target.sum() <= SIZES[1]:
            colour = np.broadcast_to(picture, (SIDE, SIDE, 3)).astype(np.float32)
            planes = np.zeros((4, SIDE, SIDE), np.float32)
            seen = standardised(colour, np.ones((SIDE, SIDE), bool))
            found.append(Case(np.concatenate([seen, planes]), target))
    return found


@dataclass
class Clicked:
    """A feed of shapes, each with one click where the teacher clicks."""

    rng: np.random.Generator
    cases: list[Case]
    jittered: bool

    def draw(self, progress: float) -> Batch:
        """The batch of the step; `progress` changes nothing."""
        del progress
        chosen = [self.cases[k] for k in self.rng.integers(len(self.cases), size=BATCH)]
        image = torch.from_numpy(np.stack([self._clicked(each) for each in chosen]))
        image = image.contiguous(memory_format=torch.channels_last)
        labels = torch.from_numpy(np.stack([c.target for c in chosen])[:, None].astype(np.float32))
        return Batch({"image": image}, labels, torch.ones_like(labels))

    def take(self, batch: Batch) -> None:
        """One click is all there is."""

    def memory(self) -> dict[str, Any]:
        """Nothing: a run of seconds is not resumed."""
        return {}

    def remember(self, memory: dict[str, Any]) -> None:
        """Nothing was kept."""

    def _clicked(self, case: Case) -> Floats:
        place = robots.deepest(case.target)
        if self.jittered:
            place = robots.random_click(self.rng, case.target)
        shown = case.shown.copy()
        shown[INSIDE] = draw.spots((SIDE, SIDE), place)
        return shown


@lru_cache(maxsize=16)  # two arms that search the same network teach it once
def taught(*, clicks: str, lessons: int, rate: float, seed: int) -> nn.Module:
    """A network after its lessons, ready to answer; the same for a seed."""
    torch.manual_seed(seed)
    recipe = RECIPES.get("click_guided")(decay=0.97)
    nets = recipe.networks(Tiny).to(memory_format=torch.channels_last)
    rng = np.random.default_rng((seed, 1))
    feed = Clicked(rng, shapes(rng, count=POOL), jittered=clicks == "jittered")
    state = TrainState(recipe, nets, feed, Budget(lessons), Schedule(rate=rate, warm_up=20))
    for _ in train(state):
        pass
    network: nn.Module = nets[recipe.keep]
    return network.eval()
