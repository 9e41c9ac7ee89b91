"""The run that makes the default network `limner`: what it is shown, and for how long."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from limner.learn import NETWORKS, RECIPES
from limner.learn.material import Found, Generated, Labelled, Material
from limner.learn.permitted import Source, permitted
from limner.learn.pool import Pool, workers
from limner.learn.train import Budget, TrainState, train

CHECKPOINT = "state.pt"
LOG = "log.jsonl"


@dataclass(frozen=True)
class Plan:
    """What makes a run: these values, the code and the data make the weights."""

    data: Path
    out: Path
    minutes: float = 75.0
    steps: int = 0  # instead of minutes, where a run must repeat exactly
    seed: int = 0
    sets: tuple[str, ...] = ()  # empty: every set whose role is train
    workers: int = 1
    batch: int = 16


def materials(sources: Sequence[Source]) -> list[tuple[Material, int]]:
    """What a handful of cases is made of: half annotated, an eighth found, the rest made up."""
    return [(Labelled(sources), 8), (Found(sources), 2), (Generated(), 6)]


def learn(plan: Plan, *, resume: bool = False, say: Callable[[str], None] = print) -> TrainState:
    """Train the default network into `plan.out`; a killed run goes on with `resume`."""
    plan.out.mkdir(parents=True, exist_ok=True)
    sources = permitted(plan.data, plan.sets)
    for source in sources:
        if source.left_out:
            say(f"{source.name}: left out as too like a test picture: {', '.join(source.left_out)}.")
    torch.manual_seed(plan.seed)
    recipe = RECIPES.get("click_guided")()
    nets = recipe.networks(NETWORKS.get("prompt_unet")).to(memory_format=torch.channels_last)
    budget = Budget(steps=plan.steps, seconds=plan.minutes * 60)
    with workers(materials(sources), seed=plan.seed, count=plan.workers) as fetch:
        pool = Pool(fetch, np.random.default_rng((plan.seed, 1 << 40)), size=plan.batch)
        state = TrainState(recipe, nets, pool, budget)
        if resume:
            state.load(plan.out / CHECKPOINT)
            say(f"Going on from step {state.step}, {state.progress:.0%} of the run.")
        _advance(state, plan.out, say=say)
    return state


def _advance(state: TrainState, out: Path, *, say: Callable[[str], None]) -> None:
    """Train to the end; log every step, speak every minute, save every five."""
    spoken = saved = time.monotonic()
    recent: list[dict[str, float]] = []
    with (out / LOG).open("a", encoding="utf-8") as log:
        for terms in train(state):
            now = time.monotonic()
            recent.append(terms)
            line = {"step": state.step, "spent_s": round(state.spent_s, 2), **terms}
            log.write(json.dumps({k: round(v, 6) for k, v in line.items()}) + "\n")
            if now - spoken > 60:
                say(_sentence(state, recent))
                log.flush()
                spoken, recent = now, []
            if now - saved > 300:
                state.save(out / CHECKPOINT)
                saved = now
    state.save(out / CHECKPOINT)
    say(f"Done: {state.step} steps in {state.spent_s / 60:.1f} minutes.")


def _sentence(state: TrainState, recent: Sequence[dict[str, float]]) -> str:
    mean = {name: sum(t[name] for t in recent) / len(recent) for name in recent[0]}
    left_min = state.spent_s / 60 * (1 / max(state.progress, 1e-6) - 1)
    told = ", ".join(f"{name} {value:.4g}" for name, value in mean.items())
    return f"step {state.step}, {state.progress:.1%}, about {left_min:.0f} minutes left: {told}"
