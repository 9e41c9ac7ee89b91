"""A network that learnt from clean toy livers, meets spoilt ones: how much Dice it loses.

The network is trained afresh under every seed to outline the liver of a toy torso, without
prompts. Both arms see flips and noise; the method's arm sees artefacts as well, of severities
below those that are scored, and not all of the kinds.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from limner.evaluate.metrics.dice import dice
from limner.evaluate.pair import Pair
from limner.learn.study import TRIALS
from limner.phantoms._layouts import smooth
from limner.phantoms._paint import blurred, cloud
from limner.phantoms.artefacts import ARTEFACTS

if TYPE_CHECKING:
    from torch import nn

    from limner.learn.recipe import Batch

SIDE = 40
BATCH = 6
PICTURES, LEARNT_FROM = 16, 120  # that are scored, and learnt from
LEARNT = ("rings", "metal_streaks", "ghosting", "motion_blur", "anisotropy", "shadow")
UNMET = ("reverberation", "mirroring")
LEARNT_TO = 0.6  # the worst severity that is learnt from
SCORED = (0.8, 1.0)  # severities that are scored; never learnt from

Picture = NDArray[np.float32]
Mask = NDArray[np.bool_]


@TRIALS.add
def artefacts(
    seed: int,
    *,
    augment: str = "artefacts",
    chance: float = 0.6,
    noise: float = 0.05,
    steps: int = 400,
) -> dict[str, float]:
    """Dice on clean pictures, and what artefacts of unmet severities and kinds take off it.

    augment   "artefacts": besides flips and noise; "generic": flips and noise alone
    chance    of an artefact in a picture that is learnt from
    noise     the most standard deviation of the noise
    """
    from limner.errors import UnknownName

    if augment not in ("artefacts", "generic"):
        raise UnknownName("augmentation", augment, ("artefacts", "generic"))
    share = chance if augment == "artefacts" else 0.0
    network = trained(seed, Lesson(share, noise, steps))
    beds = [torso(np.random.default_rng((seed, number, 1))) for number in range(PICTURES)]
    clean = _scored(network, beds)
    told = {"clean": clean}
    for name, kinds in (("drop", LEARNT), ("drop_unmet", UNMET)):
        scores = [
            _scored(network, _spoilt(beds, kind, severity=severity, seed=seed))
            for kind in kinds
            for severity in SCORED
        ]
        told[name] = clean - float(np.mean(scores))
    return told


@dataclass(frozen=True)
class Lesson:
    """What a network is trained with: the chance of artefacts, the most noise, the steps."""

    chance: float
    noise: float
    steps: int


def torso(rng: np.random.Generator) -> tuple[Picture, Mask]:
    """A section (side, side, 1) in 0..1 through a toy trunk, and its liver.

    The liver lies on the left of the picture and has a vessel or two; spleen and stomach are
    of about its tone, so that place and outline tell it, not tone alone.
    """
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE - 0.5
    bent = 0.02 * np.stack([smooth(rng, SIDE, knots=3), smooth(rng, SIDE, knots=3)])
    rows, columns = rows + bent[0] - rng.normal(0, 0.02), columns + bent[1] - rng.normal(0, 0.02)

    def oval(row: float, column: float, half: tuple[float, float]) -> Mask:
        size = np.exp(rng.normal(0, 0.12, 2)) * half
        at = rng.normal((row, column), 0.02)
        offset = np.square((rows - at[0]) / size[0]) + np.square((columns - at[1]) / size[1])
        return np.asarray(offset < 1)

    body = oval(0, 0, (0.36, 0.44))
    tone = np.where(body, rng.uniform(0.2, 0.45), rng.uniform(0, 0.1)).astype(np.float32)
    liver_tone = rng.uniform(0.5, 0.75)
    liver = (oval(-0.04, -0.2, (0.2, 0.17)) | oval(-0.14, -0.08, (0.09, 0.16))) & body
    tone[liver] = liver_tone
    for row, column, half in ((0.02, 0.24, (0.12, 0.08)), (-0.12, 0.18, (0.09, 0.12))):
        other = oval(row, column, half) & body & ~liver
        tone[other] = liver_tone + rng.normal(0, 0.05)
    tone[oval(0.2, 0, (0.07, 0.07))] = rng.uniform(0.8, 1.0)
    tone[oval(0.06, 0.02, (0.04, 0.04))] = rng.uniform(0.6, 1.0)
    vessels = liver & (np.abs(smooth(rng, SIDE, knots=6)) < 0.06)
    tone[vessels] += rng.normal(0, 0.1)
    picture = blurred(tone[..., None], sigma=0.7)
    picture += (0.02 * cloud(rng, SIDE, power=1.0))[..., None]
    picture += rng.normal(0, 0.02, picture.shape).astype(np.float32)
    return np.clip(picture, 0, 1), liver


class Torsos:
    """Batches of torsos, augmented, in the order of their seed."""

    def __init__(self, seed: int, lesson: Lesson) -> None:
        self.rng = np.random.default_rng((seed, 0))
        self.lesson = lesson
        self.kinds = [ARTEFACTS.get(name) for name in LEARNT]
        self.beds = [torso(self.rng) for _ in range(LEARNT_FROM)]

    def draw(self, progress: float) -> "Batch":  # noqa: ARG002  # the same throughout
        import torch

        from limner.learn.recipe import Batch

        made = [self._one() for _ in range(BATCH)]
        pictures = np.stack([shown(picture) for picture, _ in made])
        labels = torch.from_numpy(np.stack([mask[None] for _, mask in made]).astype(np.float32))
        return Batch({"image": torch.from_numpy(pictures)}, labels, torch.ones_like(labels))

    def _one(self) -> tuple[Picture, Mask]:
        rng = self.rng
        picture, mask = self.beds[int(rng.integers(LEARNT_FROM))]
        if rng.random() < self.lesson.chance:
            kind = self.kinds[int(rng.integers(len(self.kinds)))]
            picture = kind(rng, picture, severity=float(rng.uniform(0, LEARNT_TO)))
        if rng.random() < 0.5:
            picture, mask = picture[::-1], mask[::-1]
        grain = rng.normal(0, rng.uniform(0, self.lesson.noise), picture.shape)
        return np.asarray(picture + grain, np.float32), mask

    def take(self, batch: "Batch") -> None:
        """Nothing is corrected here."""

    def memory(self) -> dict[str, Any]:
        """Nothing: a run of seconds is not resumed."""
        return {}

    def remember(self, memory: dict[str, Any]) -> None:
        """Nothing was kept."""


@lru_cache(maxsize=4)
def trained(seed: int, lesson: Lesson) -> "nn.Module":
    """A small network after its lesson; the same for a seed."""
    import torch

    from limner.learn.train import Budget, Schedule, TrainState, train
    from limner.learn.trials._plain import Plain
    from limner.learn.trials._tiny import Tiny

    torch.manual_seed(seed)
    recipe = Plain()
    nets = recipe.networks(lambda: Tiny((8, 12, 16), channels=1))
    schedule = Schedule(rate=5e-3, warm_up=20)
    state = TrainState(recipe, nets, Torsos(seed, lesson), Budget(steps=lesson.steps), schedule)
    for _ in train(state):
        pass
    kept: nn.Module = nets[recipe.keep]
    return kept.eval()


def shown(picture: Picture) -> Picture:
    """Channels first (1, side, side), mean 0 and sd 1."""
    scaled = (picture - picture.mean()) / max(float(picture.std()), 1e-3)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1), np.float32)


def _spoilt(
    beds: list[tuple[Picture, Mask]], kind: str, *, severity: float, seed: int
) -> list[tuple[Picture, Mask]]:
    spoil = ARTEFACTS.get(kind)
    return [
        (spoil(np.random.default_rng((seed, number, 2)), picture, severity=severity), mask)
        for number, (picture, mask) in enumerate(beds)
    ]


def _scored(network: "nn.Module", beds: list[tuple[Picture, Mask]]) -> float:
    """Mean Dice of the network on the pictures."""
    import torch

    with torch.no_grad():
        pictures = torch.from_numpy(np.stack([shown(picture) for picture, _ in beds]))
        answers = network({"image": pictures})["logits"][:, 0].numpy() > 0
    return float(
        np.mean([dice(Pair(answer, m)) for answer, (_, m) in zip(answers, beds, strict=True)])
    )
