"""Training a small network on toy organs by the recipe of the default one, in seconds.

The same loop and recipe as the default network's, and the same simulated person; only the pool
is smaller: it makes its own small scenes, and says what the person uses.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
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
from limner.learn.trials._toy_organs import KNOWN, Scene, scenes
from limner.prompt import draw

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

REGION, INSIDE, OUTSIDE, PRIOR = range(4)
STAY = 0.7  # the chance that a corrected case stays for another round
ROUNDS = 10  # most corrections of one case
STOCK = 200  # scenes that are learnt from
SCRIBBLES = 0.6  # how often a person who knows scribbles corrects by one


@dataclass
class Talk:
    """What was said of one scene so far, drawn as the network sees it; it changes in place."""

    scene: Scene
    planes: Floats
    rounds: int = 0

    @classmethod
    def begun(cls, scene: Scene) -> "Talk":
        """Nothing was said yet."""
        return cls(scene, np.zeros((4, *scene.target.shape), np.float32))

    @property
    def input(self) -> Floats:
        """(7, side, side)."""
        return np.concatenate([self.scene.image, self.planes])

    def point(self, path: NDArray[np.float64], *, inside: bool) -> None:
        """Add a click, or a stroke of several places."""
        plane = self.planes[INSIDE if inside else OUTSIDE]
        np.maximum(plane, draw.line(self.scene.target.shape, path), out=plane)


@dataclass
class Organs:
    """A feed of toy organs whose cases stay for some rounds of correction.

    scribbles   whether the person also knows scribbles and boxes, or clicks alone
    """

    rng: np.random.Generator
    size: int = 8
    scribbles: bool = False
    talks: list[Talk] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Paint a stock once: turned and mirrored, it lasts for a lesson of seconds."""
        self.stock = scenes(self.rng, KNOWN, count=STOCK)

    def draw(self, progress: float) -> Batch:
        """The batch of the step; `progress` changes nothing."""
        del progress
        while len(self.talks) < self.size:
            self.talks.append(self._fresh())
        image = torch.from_numpy(np.stack([talk.input for talk in self.talks]))
        target = np.stack([talk.scene.target for talk in self.talks])[:, None]
        labels = torch.from_numpy(target.astype(np.float32))
        shown = image.contiguous(memory_format=torch.channels_last)
        return Batch({"image": shown}, labels, torch.ones_like(labels))

    def take(self, batch: Batch) -> None:
        """Correct each case by what the network answered, or let it go."""
        answers = torch.sigmoid(batch.answers["logits"])[:, 0].numpy()
        for place, (talk, answer) in enumerate(zip(self.talks, answers, strict=True)):
            goes = talk.rounds >= ROUNDS or self.rng.random() >= STAY
            if goes or not self._corrected(talk, answer):
                self.talks[place] = self._fresh()

    def memory(self) -> dict[str, Any]:
        """Nothing: a run of seconds is not resumed."""
        return {}

    def remember(self, memory: dict[str, Any]) -> None:
        """Nothing was kept."""

    def _fresh(self) -> Talk:
        """A scene with its opening: a click, or for who knows more at times a box or strokes."""
        scene = self.stock[int(self.rng.integers(STOCK))].turned(self.rng)
        talk = Talk.begun(scene)
        kind = self.rng.random() if self.scribbles else 0.0
        if kind < 0.35:
            talk.point(robots.click_in(self.rng, scene.target)[None, :], inside=True)
        elif kind < 0.55:
            low, high = robots.box(self.rng, scene.target)
            talk.planes[REGION] = draw.box(scene.target.shape, low, high)
        else:
            talk.point(robots.stroke(self.rng, scene.target), inside=True)
            if kind < 0.8:
                talk.point(robots.stroke(self.rng, ~scene.target), inside=False)
        return talk

    def _corrected(self, talk: Talk, answer: Floats) -> bool:
        """Carry the answer over and mend its larger error; False where nothing is wrong."""
        mask, target = answer > 0.5, talk.scene.target
        missed, extra = target & ~mask, mask & ~target
        if not missed.any() and not extra.any():
            return False
        inside = bool(missed.sum() >= extra.sum())
        wrong = robots.largest_island(missed if inside else extra)
        drawn = self.scribbles and wrong.sum() > 6 and self.rng.random() < SCRIBBLES
        how = robots.stroke if drawn else _clicked
        talk.planes[PRIOR] = answer
        talk.point(how(self.rng, wrong), inside=inside)
        talk.rounds += 1
        return True


@dataclass(frozen=True)
class Lesson:
    """How a small network is taught.

    told          by "clicks" alone, or by "scribbles" and boxes besides
    near_clicks   extra weight of a clicked pixel in the loss
    rate          the learning rate at its highest
    """

    steps: int = 250
    told: str = "clicks"
    near_clicks: float = 4.0
    rate: float = 4e-3


@lru_cache(maxsize=16)  # two arms that answer by the same network are taught once
def taught(build: Callable[[], nn.Module], lesson: Lesson, *, seed: int) -> nn.Module:
    """A network of that kind after its lesson, ready to answer; the same for a seed."""
    torch.manual_seed(seed)
    recipe = RECIPES.get("click_guided")(near_clicks=lesson.near_clicks, decay=0.97)
    nets = recipe.networks(build).to(memory_format=torch.channels_last)
    feed = Organs(np.random.default_rng((seed, 1)), scribbles=lesson.told == "scribbles")
    schedule = Schedule(rate=lesson.rate, warm_up=30)
    state = TrainState(recipe, nets, feed, Budget(steps=lesson.steps), schedule)
    for _ in train(state):
        pass
    kept: nn.Module = nets[recipe.keep]
    return kept.eval()


def _clicked(rng: np.random.Generator, region: Bools) -> NDArray[np.float64]:
    return robots.click_in(rng, region)[None, :]
