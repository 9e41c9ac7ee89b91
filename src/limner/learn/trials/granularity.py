"""Clicks to a Dice of 0.85 on toy organs by who never saw a mask, and by who never learnt.

The network is trained afresh under every seed on painted pictures whose objects are kept from
it: it practises on patches that merging superpixels proposes, with clicks of the simulated
person. It meets organs of a layout that was not among those pictures.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from limner.errors import UnknownName, extra
from limner.evaluate import robots
from limner.evaluate.metrics.dice import dice
from limner.evaluate.pair import Pair
from limner.learn import RECIPES
from limner.learn.granules import granules
from limner.learn.study import TRIALS
from limner.learn.train import Budget, Schedule, TrainState, train
from limner.learn.trials._rounds import PRIOR, Organs, Talk
from limner.learn.trials._talk import Answerer
from limner.learn.trials._tiny import Tiny
from limner.learn.trials._toy_organs import HELD_OUT, KNOWN, LEAST, SIDE, Scene, scenes
from limner.phantoms._paint import paint
from limner.predict._look import standardised

Bools = NDArray[np.bool_]
Places = NDArray[np.float64]

ORGANS = 24  # that are scored
FROM_ONE = 4  # patches that one picture is practised on
GOOD, MOST = 0.85, 20  # the Dice that is asked for, and the clicks after which it is given up


@TRIALS.add
def granularity(  # the settings of three ways
    seed: int,
    *,
    how: str = "proposals",
    steps: int = 500,
    of: int = 4,
    level: int = 30,
    reach: int = 8,
) -> dict[str, float]:
    """Mean clicks to a Dice of 0.85 (21 where 20 are not enough), and Dice after 1, 3 and 5.

    how      "proposals": the network; "superpixels": each click marks the one it lies in;
             "grabcut": refitted after each click
    of       patches drawn, of which the best is practised on
    level    how many superpixels a picture has for who clicks on them
    reach    pixels round a click that GrabCut first takes for the organ
    """
    answered: dict[str, Callable[[], Callable[[Scene], Answerer]]] = {
        "proposals": lambda: partial(Asked, practised(seed, steps=steps, of=of)),
        "superpixels": lambda: partial(Marked, level),
        "grabcut": lambda: partial(Cut, reach),
    }
    if how not in answered:
        raise UnknownName("way of answering", how, tuple(answered))
    begun = answered[how]()
    beds = scenes(np.random.default_rng((seed, 2)), HELD_OUT, count=ORGANS)
    told = [_clicked(begun(scene), scene) for scene in beds]
    return {name: float(np.mean([each[name] for each in told])) for name in told[0]}


@dataclass
class Proposed(Organs):
    """Pictures without their masks: each case is on a patch that its picture proposes."""

    of: int = 4
    waiting: list[Scene] = field(default_factory=list)

    def _fresh(self) -> Talk:
        while not self.waiting:
            layout = KNOWN[int(self.rng.integers(len(KNOWN)))]
            picture = paint(self.rng, layout(self.rng, SIDE))
            image = standardised(picture, np.ones((SIDE, SIDE), bool))
            proposed = granules(picture)
            patches = [proposed.drawn(self.rng, of=self.of) for _ in range(FROM_ONE)]
            self.waiting = [Scene(picture, image, p) for p in patches if p.sum() >= LEAST]
        talk = Talk.begun(self.waiting.pop())
        talk.point(robots.click_in(self.rng, talk.scene.target)[None, :], inside=True)
        return talk


def practised(seed: int, *, steps: int, of: int) -> nn.Module:
    """A small network that practised on proposals; the same for a seed."""
    torch.manual_seed(seed)
    recipe = RECIPES.get("click_guided")(decay=0.97)
    nets = recipe.networks(Tiny).to(memory_format=torch.channels_last)
    feed = Proposed(np.random.default_rng((seed, 1)), of=of)
    state = TrainState(recipe, nets, feed, Budget(steps=steps), Schedule(rate=4e-3, warm_up=30))
    for _ in train(state):
        pass
    kept: nn.Module = nets[recipe.keep]
    return kept.eval()


@dataclass
class Asked:
    """A network that is shown the scene, every click, and its last answer."""

    network: nn.Module
    scene: Scene

    def __post_init__(self) -> None:
        self.talk = Talk.begun(self.scene)

    def told(self, path: Places, *, inside: bool) -> Bools:
        self.talk.point(path, inside=inside)
        with torch.no_grad():
            answer = self.network({"image": torch.from_numpy(self.talk.input[None])})
        share: NDArray[np.float32] = answer["logits"][0, 0].sigmoid().numpy()
        self.talk.planes[PRIOR] = share
        return np.asarray(share > 0.5)


@dataclass
class Marked:
    """Each click says of a whole superpixel whether it belongs to the organ."""

    level: int
    scene: Scene
    inside: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.parts = granules(self.scene.picture).cut(self.level)

    def told(self, path: Places, *, inside: bool) -> Bools:
        for row, column in path.astype(int):
            part = int(self.parts[row, column])
            if inside:
                self.inside.add(part)
            else:
                self.inside.discard(part)
        return np.isin(self.parts, list(self.inside))


@dataclass
class Cut:
    """GrabCut from discs round the clicks and from its own last answer."""

    reach: int
    scene: Scene
    radius: float = 2.5

    def __post_init__(self) -> None:
        self.cut = np.full(self.scene.target.shape, 2, np.uint8)  # probably not
        self.sure = np.full(self.scene.target.shape, -1, np.int8)

    def told(self, path: Places, *, inside: bool) -> Bools:
        with extra("evaluate"):
            import cv2

        rows, columns = np.indices(self.cut.shape) + 0.5
        for row, column in path:
            away = np.hypot(rows - row, columns - column)
            self.sure[away < self.radius] = inside
            if inside:
                self.cut[away < self.reach] = 3  # probably
        trimap = np.where(self.sure < 0, self.cut, self.sure).astype(np.uint8)
        maybe = np.isin(trimap, (1, 3))
        if maybe.sum() < 2 or (~maybe).sum() < 2:
            return maybe  # a mixture needs pixels on either side
        cv2.setRNGSeed(0)
        samples = np.broadcast_to(self.scene.picture, (*trimap.shape, 3))
        colour = np.rint(samples * 255).astype(np.uint8)
        outer, inner = np.zeros((1, 65)), np.zeros((1, 65))  # room for the two mixtures
        cv2.grabCut(colour, trimap, (0, 0, 1, 1), outer, inner, 3, cv2.GC_INIT_WITH_MASK)
        found = np.isin(trimap, (1, 3))
        self.cut = np.where(found, 3, 2).astype(np.uint8)
        return np.asarray(found)


def _clicked(answerer: Answerer, scene: Scene) -> dict[str, float]:
    """How one organ went under clicks that mend the larger error."""
    mask = np.zeros_like(scene.target)
    scores: list[float] = []
    while len(scores) < MOST and not (len(scores) >= 5 and max(scores) >= GOOD):
        said = robots.next_click(mask, scene.target)
        if said is None:
            scores += [1.0] * (MOST - len(scores))
            break
        mask = answerer.told(said.path, inside=said.inside)
        scores.append(dice(Pair(mask, scene.target)))
    first = next((n for n, score in enumerate(scores, start=1) if score >= GOOD), MOST + 1)
    return {"noc85": float(first), **{f"dice{n}": scores[n - 1] for n in (1, 3, 5)}}
