"""The one training loop, and the state that is its checkpoint."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import cos, pi
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from limner.learn.recipe import Batch, Recipe
from limner.safely import replacing


class Feed(Protocol):
    """Where batches come from, and where the answers to them go."""

    def draw(self, progress: float) -> Batch:
        """The batch of the step at that share of the run."""
        ...

    def take(self, batch: Batch) -> None:
        """Learn what the network answered, before the next batch is drawn."""
        ...

    def memory(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        ...

    def remember(self, memory: dict[str, Any]) -> None:
        """Go on from what a checkpoint kept."""
        ...


@dataclass(frozen=True)
class Budget:
    """How long to train: so many steps, or so many seconds of training."""

    steps: int = 0
    seconds: float = 0.0

    def progress(self, *, step: int, spent_s: float) -> float:
        """The share that is done, from 0 to 1."""
        share = step / self.steps if self.steps else spent_s / self.seconds
        return min(1.0, share)


@dataclass(frozen=True)
class Schedule:
    """A learning rate that warms up over some steps and falls along a cosine."""

    rate: float = 2e-3
    warm_up: int = 200  # steps
    least: float = 0.01  # share of the rate that is left at the end
    decay: float = 0.02  # weight decay

    def at(self, *, step: int, progress: float) -> float:
        """The learning rate of a step."""
        fall = self.least + (1 - self.least) * (1 + cos(pi * progress)) / 2
        return self.rate * fall * min(1.0, (step + 1) / self.warm_up)


@dataclass
class TrainState:
    """A run between two steps. Save it, load it, and the run goes on to the same weights."""

    recipe: Recipe
    nets: nn.ModuleDict
    feed: Feed
    budget: Budget
    schedule: Schedule = Schedule()
    device: str = "cpu"  # where the networks are, and batches go
    step: int = 0
    spent_s: float = 0.0
    optimiser: torch.optim.AdamW = field(init=False)

    def __post_init__(self) -> None:
        learning = [p for p in self.nets.parameters() if p.requires_grad]
        flat = [p for p in learning if p.ndim < 2]  # biases and norms are not pulled to zero
        deep = [p for p in learning if p.ndim >= 2]
        self.optimiser = torch.optim.AdamW(
            [
                {"params": deep, "weight_decay": self.schedule.decay},
                {"params": flat, "weight_decay": 0.0},
            ],
            lr=self.schedule.rate,
        )

    @property
    def progress(self) -> float:
        """The share of the budget that is spent, from 0 to 1."""
        return self.budget.progress(step=self.step, spent_s=self.spent_s)

    def save(self, path: Path) -> None:
        """Write the checkpoint, whole or not at all."""
        kept = {
            "nets": self.nets.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "feed": self.feed.memory(),
            "chance": torch.get_rng_state(),
            "step": self.step,
            "spent_s": self.spent_s,
        }
        with replacing(path) as temporary:
            torch.save(kept, temporary)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint that `save` wrote (a pickle: only open your own)."""
        kept = torch.load(path, weights_only=False, map_location=self.device)
        self.nets.load_state_dict(kept["nets"])
        self.optimiser.load_state_dict(kept["optimiser"])
        self.feed.remember(kept["feed"])
        torch.set_rng_state(kept["chance"].cpu())
        self.step, self.spent_s = kept["step"], kept["spent_s"]


def train(state: TrainState) -> Iterator[dict[str, float]]:
    """Advance the state to the end of its budget, yielding the loss terms of each step.

    The caller logs, evaluates, saves and stops; there are no hooks to learn.
    """
    while state.progress < 1:
        begun = time.monotonic()
        rate = state.schedule.at(step=state.step, progress=state.progress)
        for group in state.optimiser.param_groups:
            group["lr"] = rate
        batch = state.feed.draw(state.progress)
        terms = state.recipe.losses(state.nets, batch.on(state.device), state.progress)
        state.optimiser.zero_grad()
        torch.autograd.backward(list(terms.values()))
        nn.utils.clip_grad_norm_(state.nets.parameters(), 5.0)
        state.optimiser.step()
        state.recipe.after_step(state.nets, state.step)
        state.feed.take(batch)
        state.step += 1
        state.spent_s += time.monotonic() - begun
        yield {name: float(term.detach()) for name, term in terms.items()} | {"rate": rate}
