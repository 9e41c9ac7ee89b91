"""Who answers in a conversation about a toy organ: networks taught for it, and older methods."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from time import process_time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from limner.errors import UnknownName
from limner.evaluate.baselines import BASELINES
from limner.grid import Grid, vector
from limner.image import Image
from limner.learn import NETWORKS
from limner.learn.networks.encode_once import COLOURS, EncodeOnce
from limner.learn.trials._rounds import PRIOR, Lesson, Talk, taught
from limner.learn.trials._talk import Answerer, Bools, Places
from limner.learn.trials._tiny import Tiny
from limner.learn.trials._toy_organs import Scene
from limner.predict import PREDICTORS, Prediction, Predictor
from limner.predict._grow import grown
from limner.predict._honour import honoured
from limner.prompt import draw
from limner.prompt.click import Click

Floats = NDArray[np.float32]

HEAVY, LIGHT = (12, 24, 36, 48), (4, 6, 8, 12)  # channels of the small twins of `encode_once`
FULL = 128  # pixels of a crop of full size
TIMES = 5  # of which the shortest counts


@dataclass
class Networked:
    """A network that is shown the scene, all that was said, and its last answer.

    kept    what an encoder made of the picture, where the network answers from that
    obeys   whether its answers are made to obey
    """

    network: nn.Module
    talk: Talk
    kept: Mapping[str, torch.Tensor] | None = None
    obeys: bool = False
    places: list[Places] = field(default_factory=list)
    signs: list[bool] = field(default_factory=list)

    def told(self, path: Places, *, inside: bool) -> Bools:
        self.talk.point(path, inside=inside)
        self.places += list(path)
        self.signs += [inside] * len(path)
        logits = self._logits()
        self.talk.planes[PRIOR] = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
        return np.asarray(logits > 0)

    def _logits(self) -> Floats:
        with torch.no_grad():
            if self.kept is None:
                answer = self.network({"image": torch.from_numpy(self.talk.input[None])})
            else:
                planes = torch.from_numpy(self.talk.planes[None])
                answer = self.network.decode(self.kept, planes)  # type: ignore[operator]
        logits: Floats = answer["logits"][0, 0].numpy()
        if not self.obeys:
            return logits
        features = answer["features"][0].numpy()
        return honoured(logits, features, np.array(self.places), inside=self.signs)


@dataclass
class Predicted:
    """A predictor that keeps the contract of `limner.predict`, asked with clicks."""

    predictor: Predictor
    scene: Scene
    said: dict[tuple[int, int], bool] = field(default_factory=dict)
    previous: Prediction | None = None

    def __post_init__(self) -> None:
        samples = np.rint(self.scene.picture * 255).astype(np.uint8)
        grid = Grid.picture(*self.scene.target.shape)
        self.encoded: Any = self.predictor.encode(Image.of(samples[None], grid))

    def told(self, path: Places, *, inside: bool) -> Bools:
        for row, column in np.rint(path).astype(int).tolist():
            self.said[row, column] = inside  # contradictory clicks would be refused
        grid = self.encoded.grid
        prompts = tuple(
            Click(vector(grid.position_mm((0, *place))), inside=sign)
            for place, sign in self.said.items()
        )
        self.previous = self.predictor.predict(self.encoded, prompts, self.previous)
        return np.asarray(self.previous.mask.where(1)[0])


@dataclass
class Grown:
    """Region growing from everything that was marked as the organ, against what was not."""

    scene: Scene

    def __post_init__(self) -> None:
        self.marks = np.zeros((2, 1, *self.scene.target.shape), bool)

    def told(self, path: Places, *, inside: bool) -> Bools:
        line = draw.line(self.scene.target.shape, path, sigma=0.5) > 0.5
        self.marks[int(inside), 0] |= line
        self.marks[int(not inside), 0] &= ~line
        against, seeds = self.marks
        if not seeds.any():
            return np.asarray(seeds[0])
        return np.asarray(grown(self.scene.picture[None], seeds, against)[0])


def once() -> nn.Module:
    """A small encoder that sees the picture alone, and its light decoder."""
    return EncodeOnce(HEAVY, LIGHT)


def always() -> nn.Module:
    """The same encoder shown the prompts too, so that it must run again for each."""
    return EncodeOnce(HEAVY, LIGHT, early=True)


@cache
def _shipped() -> Predictor:
    """The default network as others get it."""
    return PREDICTORS.get("limner")(threads=1)


BUILT: Mapping[str, Callable[[], nn.Module]] = {
    "network": Tiny,
    "gaussian_process": Tiny,
    "encode_once": once,
    "encode_always": always,
}
UNTAUGHT: Mapping[str, Callable[[Scene], Answerer]] = {
    "limner": lambda scene: Predicted(_shipped(), scene),
    "region_growing": Grown,
    "graph_cut": lambda scene: Predicted(PREDICTORS.get("classic")(method="cut"), scene),
    "random_walker": lambda scene: Predicted(BASELINES.get("random_walker")(), scene),
}


def answerers(by: str, lesson: Lesson, *, seed: int) -> Callable[[Scene], Answerer]:
    """Who answers about a scene, taught first where it learns. Raises UnknownName."""
    if by in UNTAUGHT:
        return UNTAUGHT[by]
    if by not in BUILT:
        raise UnknownName("answerer", by, (*BUILT, *UNTAUGHT))
    network = taught(BUILT[by], lesson, seed=seed)

    def begun(scene: Scene) -> Answerer:
        kept = None
        if by == "encode_once":
            with torch.no_grad():
                picture = torch.tensor(scene.image[None])
                kept = network.encode({"image": picture})  # type: ignore[operator]
        return Networked(network, Talk.begun(scene), kept, obeys=by == "gaussian_process")

    return begun


def full_size(by: str) -> dict[str, float]:
    """Milliseconds of a click by the encoders of full size, and what keeping features saves."""
    if by not in {"encode_once", "encode_always"}:
        return {}
    network: Any = NETWORKS.get("encode_once")().eval()
    image = torch.zeros(1, 7, FULL, FULL)
    with torch.no_grad():
        kept = network.encode({"image": image})
        click = _milliseconds(lambda: network.decode(kept, image[:, COLOURS:]))
        whole = _milliseconds(lambda: network({"image": image}))
    return {"full_ms": click if by == "encode_once" else whole, "speedup": whole / click}


def _milliseconds(call: Callable[[], object]) -> float:
    """Processor time on one thread, the shortest of a few calls: other work only ever adds."""
    call()
    spent = []
    for _ in range(TIMES):
        begun = process_time()
        call()
        spent.append(1000 * (process_time() - begun))
    return min(spent)
