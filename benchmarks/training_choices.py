"""Choices of training at matched budget, on `choose`: real pictures, the loss, the input's size.

    python -m benchmarks.training_choices           writes results/training_choices.json

The small network of `benchmarks.generator_parts`, its cases and its questions, hints blanked
so that all it knows was learnt. Each choice is trained on the same seeds as the usual way (nine
in sixteen cases annotated, cross entropy and soft Dice, crops of 64 x 64) and differs from it
in one thing; a difference is the choice minus the usual, paired over the seeds. Crops of half
the side are a quarter of the arithmetic: once for as many steps, once for as much arithmetic.

Cases and runs are kept in --folder, and what is there is not done again.
"""

import argparse
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import fmean
from time import monotonic

import numpy as np
import torch
from torch.nn import functional

from benchmarks import generator_parts, small_cases
from benchmarks.equal_budget import Halved
from benchmarks.generator_parts import (
    BATCH,
    COLUMNS,
    RATE,
    WIDTHS,
    Arm,
    Drawn,
    keep,
    kept,
    rounded,
)
from benchmarks.machine import ROOT, stamp
from limner.learn.losses.dice_bce import dice_bce
from limner.learn.recipe import Recipe
from limner.learn.train import Budget, Schedule, TrainState, train
from limner.learn.trials._tiny import Tiny
from limner.learn.verdict import interval
from limner.safely import write_text

OUT = ROOT / "results" / "training_choices.json"
USUAL = "usual"
ANNOTATED = 9 / 16  # of the cases, usually


@dataclass(frozen=True)
class Choice:
    """How one training differs from the usual one.

    annotated   share of annotated pictures; the others keep their proportions
    loss        "both", "cross entropy" or "soft Dice"
    halved      whether the network sees crops of half the side
    longer      times as many steps
    """

    annotated: float = ANNOTATED
    loss: str = "both"
    halved: bool = False
    longer: int = 1


CHOICES = {
    USUAL: Choice(),
    "no annotated pictures": Choice(annotated=0.0),
    "a quarter annotated": Choice(annotated=0.25),
    "three quarters annotated": Choice(annotated=0.75),
    "annotated pictures alone": Choice(annotated=1.0),
    "cross entropy alone": Choice(loss="cross entropy"),
    "soft Dice alone": Choice(loss="soft Dice"),
    "half the side, as many steps": Choice(halved=True),
    "half the side, as much arithmetic": Choice(halved=True, longer=4),
}


def cross_entropy(logits, labels, *, weights):
    """The mean over the pixels that count, case by case."""
    each = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    axes = tuple(range(1, logits.ndim))
    return ((each * weights).sum(dim=axes) / weights.sum(dim=axes).clamp(min=1e-6)).mean()


def soft_dice(logits, labels, *, weights):
    """What is left of the usual loss without its cross entropy."""
    both = dice_bce(logits, labels, weights=weights)
    return both - cross_entropy(logits, labels, weights=weights)


LOSSES = {"both": dice_bce, "cross entropy": cross_entropy, "soft Dice": soft_dice}


@dataclass(frozen=True)
class By(Recipe):
    """Learning a mask by one of `LOSSES`."""

    loss: str = "both"

    def losses(self, nets, batch, progress):  # noqa: ARG002  # the same throughout
        logits = nets["student"](batch.inputs)["logits"]
        batch.answers["logits"] = logits.detach()
        return {"mask": LOSSES[self.loss](logits, batch.labels, weights=batch.weights)}


def fed(held, choice, *, seed):
    """The batches of `generator_parts`, with that share of annotated pictures."""
    feed = Drawn(held, Arm("whole", (), seed, blind=True))
    own = np.array([kind == "annotated" for kind in feed.kinds])
    rest = np.where(own, 0.0, feed.chances)
    feed.chances = choice.annotated * own + (1 - choice.annotated) * rest / rest.sum()
    return feed


def trained(held, choice, *, seed, steps):
    """The network after its steps."""
    torch.manual_seed(seed)
    recipe = By(loss=choice.loss)

    def build():
        network = Tiny(WIDTHS, channels=8)
        return Halved(network) if choice.halved else network

    nets = recipe.networks(build).to(memory_format=torch.channels_last)
    budget, schedule = Budget(steps=steps * choice.longer), Schedule(rate=RATE, warm_up=20)
    for _ in train(TrainState(recipe, nets, fed(held, choice, seed=seed), budget, schedule)):
        pass
    return nets[recipe.keep].eval()


def compared(scores, *, seeds):
    """By choice: the mean of each column, and its difference from the usual with an interval."""
    told = {}
    for name in CHOICES:
        own = [scores[name, seed] for seed in range(seeds)]
        usual = [scores[USUAL, seed] for seed in range(seeds)]
        told[name] = {}
        for column in COLUMNS:
            apart = [one[column] - two[column] for one, two in zip(own, usual, strict=True)]
            told[name][column] = {"mean": round(fmean(each[column] for each in own), 4)}
            if name != USUAL:
                told[name][column]["difference"] = rounded(interval(apart))
    return told


def key_of(name, *, seed, steps):
    """What a run is kept under: everything that decides it."""
    choice = CHOICES[name]
    told = [*vars(choice).items(), seed, steps, WIDTHS, BATCH, RATE, generator_parts.COUNTS]
    return "choice " + sha256(json.dumps(told).encode()).hexdigest()[:16]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/limner_generator_parts"))  # noqa: S108
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=200)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    began = monotonic()
    listed, test, held = generator_parts.bed(asked.data, asked.folder)
    store = asked.folder / "choices.jsonl"
    done, scores = kept(store), {}
    for seed in range(asked.seeds):
        for name, choice in CHOICES.items():
            key = key_of(name, seed=seed, steps=asked.steps)
            if key not in done:
                network = trained(held, choice, seed=seed, steps=asked.steps)
                done[key] = generator_parts.over_sets(listed, test, network, blind=True)
                keep(store, key, done[key])
                said = {column: round(value, 3) for column, value in done[key].items()}
                print(f"{monotonic() - began:.0f} s, seed {seed}, {name}: {said}", flush=True)
            scores[name, seed] = done[key]
    told = {
        **stamp(seed=0),
        "half": "choose",
        "objects": len(listed),
        "network": {"shape": "Tiny", "widths": WIDTHS, "side": small_cases.SIDE},
        "steps": asked.steps,
        "batch": BATCH,
        "seeds": asked.seeds,
        "choices": compared(scores, seeds=asked.seeds),
    }
    write_text(json.dumps(told, indent=1) + "\n", OUT)


if __name__ == "__main__":
    main()
