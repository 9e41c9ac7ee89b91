"""The judge of zooms: what it practises on, and how it learns.

A ladder is one first prompt answered at every zoom, from far to close, with the Dice that each
answer reaches. They are made as in use: an annotated, found or made-up picture, whole or in
part, one click (or two, or a stroke) on one of its objects, the network's answers. The judge
learns to put the chance on the answers that reach the most, and to say what they reach.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from limner.errors import BadValue
from limner.evaluate import robots
from limner.evaluate.metrics.dice import dice
from limner.evaluate.pair import Pair
from limner.image import Image
from limner.learn.cases import thread
from limner.learn.crops import restyled
from limner.learn.material import SMALLEST, Found, Generated, Labelled, Material
from limner.learn.permitted import Source
from limner.predict._ask import Answer
from limner.predict._ladder import facts
from limner.predict._look import Scene, levels
from limner.predict._zoom import ZOOMS
from limner.predict.limner import Limner
from limner.prompt import Prompt
from limner.prompt.click import Click
from limner.prompt.stroke import Stroke

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

SHARES = (0.72, 0.1, 0.18)  # of annotated, found and made-up pictures
SIDE = 256  # pixels of a made-up picture
NARROWEST = 48  # pixels of a part of a picture
HIDDEN, DROPPED = 24, 0.2  # the judge's width; the share of it that a step does without
ROUNDS, TOGETHER, RATE, DECAY = 40, 128, 2e-3, 0.05
SHARP = 0.05  # Dice: of two answers so far apart, the better one is to get 2.7 times the chance
LIKENED = 0.1  # weight of that against the mean Dice of what is picked
TOLD = 1.0  # weight of the error of the Dice that it says
CLEAR = 5.0  # standard deviations beyond which a fact says no more
SPOKEN = 500  # ladders after which progress is told


@dataclass(frozen=True)
class Ladder:
    """One first prompt at every zoom.

    kind    the set of the picture, "found" or "made up"
    facts   (n, facts), of `limner.predict._ladder.facts`
    dice    (n,), what each answer reaches on the picture's own pixels
    """

    kind: str
    facts: Floats
    dice: Floats


class ZoomJudge(nn.Module):
    """What each answer of a ladder is worth, and the Dice it is expected to reach."""

    outputs = ("worth", "quality")
    mean: Tensor
    spread: Tensor

    def __init__(self, mean: Tensor, spread: Tensor) -> None:
        super().__init__()
        self.channels = {"ladder": len(mean)}
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.hidden = nn.Sequential(
            nn.Dropout(DROPPED / 2), nn.Linear(len(mean), HIDDEN), nn.ReLU(), nn.Dropout(DROPPED)
        )
        self.head = nn.Linear(HIDDEN, 2)

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        scaled = ((batch["ladder"] - self.mean) / self.spread).clamp(-CLEAR, CLEAR)
        worth, quality = self.head(self.hidden(scaled)).unbind(-1)
        return {"worth": worth, "quality": torch.sigmoid(quality)}


def judge_of(
    model: Limner,
    sources: Sequence[Source],
    *,
    seed: int,
    count: int,
    say: Callable[[str], None] = print,
) -> ZoomJudge:
    """The judge for a network, from `count` ladders of its answers.

    The same seed, network and runtime give the same judge.
    """
    rng = np.random.default_rng((seed, 1 << 42))
    climbed: list[Ladder] = []
    while len(climbed) < count:
        before = len(climbed)
        climbed += ladders(model, sources, rng)
        if len(climbed) // SPOKEN > before // SPOKEN:
            say(f"{len(climbed)} of {count} first prompts answered at every zoom.")
    return taught(climbed[:count], seed=seed)


def ladders(model: Limner, sources: Sequence[Source], rng: np.random.Generator) -> list[Ladder]:
    """Up to two ladders on one picture."""
    kind, material = _drawn(sources, rng)
    scene = material.draw(rng)
    found = []
    for _ in range(2):
        picture, target = _part(scene.picture, scene.objects, rng)
        if target.sum() < SMALLEST or thread(target):
            continue
        image = Image.of(picture[None, ..., 0] if picture.shape[2] == 1 else picture[None])
        told = _said(image, target, rng)
        answers, seen = model.zooms(model.encode(image), told)
        scores = [reached(one, seen, target) for one in answers]
        found.append(Ladder(kind, facts(answers, seen), np.asarray(scores, np.float32)))
    return found


def reached(answer: Answer, scene: Scene, target: Bools) -> float:
    """The Dice of an answer on the slice's own pixels (rows, columns)."""
    (row, column), shown = levels(answer.logits, answer.look, scene)
    mask = np.zeros_like(target)
    mask[row : row + shown.shape[0], column : column + shown.shape[1]] = shown > 127
    return dice(Pair(mask, target))


def taught(climbed: Sequence[Ladder], *, seed: int, rounds: int = ROUNDS) -> ZoomJudge:
    """A judge that has learnt from ladders; every kind of picture counts the same.

    Raises BadValue where there are no ladders.
    """
    if not climbed:
        raise BadValue("There are no ladders to learn from. Give pictures with larger objects.")
    every = np.concatenate([each.facts for each in climbed])
    given = torch.zeros(len(climbed), ZOOMS, every.shape[1])
    scores = torch.zeros(len(climbed), ZOOMS)
    there = torch.zeros(len(climbed), ZOOMS, dtype=torch.bool)
    for number, each in enumerate(climbed):
        rungs = len(each.dice)
        given[number, :rungs] = torch.from_numpy(each.facts)
        scores[number, :rungs] = torch.from_numpy(each.dice)
        there[number, :rungs] = True
    kinds = Counter(each.kind for each in climbed)
    weights = torch.tensor([1 / kinds[each.kind] for each in climbed])
    weights = weights / weights.mean()
    chance = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    mean, spread = (torch.from_numpy(each(every, axis=0)) for each in (np.mean, np.std))
    judge = ZoomJudge(mean, spread + 1e-3)
    optimiser = torch.optim.AdamW(judge.parameters(), lr=RATE, weight_decay=DECAY)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, rounds)
    for _ in range(rounds):
        for chosen in torch.split(torch.randperm(len(climbed), generator=chance), TOGETHER):
            said = judge({"ladder": given[chosen]})
            terms = _terms(said, scores[chosen], there[chosen])
            optimiser.zero_grad()
            torch.autograd.backward((terms * weights[chosen]).mean())
            optimiser.step()
        falling.step()
    return judge.eval()


def _terms(said: dict[str, Tensor], scores: Tensor, there: Tensor) -> Tensor:
    """What is wrong (n,) with each ladder's verdict."""
    worth = said["worth"].masked_fill(~there, -1e4)
    picked = worth.softmax(dim=1)
    wanted = (scores / SHARP).masked_fill(~there, -1e4).softmax(dim=1)
    missed = -(picked * scores).sum(dim=1)
    unlike = -(wanted * functional.log_softmax(worth, dim=1)).sum(dim=1)
    # of the answer that is picked the Dice is told to a person, so it counts the most
    apart = (picked.detach() * (said["quality"] - scores).abs()).sum(dim=1)
    return missed + LIKENED * unlike + TOLD * apart


def _drawn(sources: Sequence[Source], rng: np.random.Generator) -> tuple[str, Material]:
    """Where a picture comes from, and what kind that is."""
    among = int(rng.choice(len(SHARES), p=SHARES))
    if among == 0:
        source = sources[int(rng.integers(len(sources)))]
        return source.name, Labelled([source])
    return ("found", Found(sources)) if among == 1 else ("made up", Generated(side=SIDE))


def _part(
    picture: NDArray[np.generic], objects: NDArray[np.int32], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], Bools]:
    """The picture or a square part of it that holds an object, turned, and that object's mask.

    The size of an object beside its picture's says little of what is meant, so it varies.
    """
    target = objects == rng.integers(1, int(objects.max()) + 1)
    scale = np.float32(1 / 255 if picture.dtype == np.uint8 else 1)
    shown: Floats = np.asarray(picture, np.float32) * scale
    if rng.random() < 0.6:
        low, high = (robots.tight_box(target) + 0.5).astype(int)
        shape = np.array(target.shape)
        least = min(max(NARROWEST, int((high - low).max() * 1.05) + 8), int(shape.min()))
        side = int(np.exp(rng.uniform(np.log(least), np.log(shape.min() + 1))))
        first = np.maximum(high - side, 0)
        last = np.maximum(np.minimum(low, shape - side), first)
        row, column = (int(rng.integers(a, b + 1)) for a, b in zip(first, last, strict=True))
        window = (slice(row, row + side), slice(column, column + side))
        shown, target = shown[window], target[window]
    turns, mirrored = int(rng.integers(4)), rng.random() < 0.5
    shown, target = np.rot90(shown, turns), np.rot90(target, turns)
    if mirrored:
        shown, target = shown[:, ::-1], target[:, ::-1]
    shown = np.ascontiguousarray(shown, np.float32)
    if shown.shape[0] == shown.shape[1] and rng.random() < 0.5:
        shown = restyled(shown, rng)
    samples = np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8)
    return samples, np.ascontiguousarray(target)


def _said(image: Image, target: Bools, rng: np.random.Generator) -> tuple[Prompt, ...]:
    """What is said first: mostly one click, at times two or a stroke."""

    def mm(place: NDArray[np.float64]) -> tuple[float, float, float]:
        row, column = np.clip(place, 0, np.array(target.shape) - 1).tolist()
        x, y, z = image.grid.position_mm((0, row, column)).tolist()
        return x, y, z

    kind = rng.random()
    if kind < 0.15:
        path = robots.stroke(rng, target)
        return (Stroke(tuple(mm(each) for each in path)),)
    clicks = 2 if kind < 0.25 else 1
    deepest = robots.deepest(target)
    return tuple(
        Click(mm(deepest if rng.random() < 0.6 else robots.click_in(rng, target)))
        for _ in range(clicks)
    )
