"""The run that makes the default network `limner`: what it is shown, and for how long."""

import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from limner import __version__
from limner.errors import BadValue, NotFound, UnknownName
from limner.learn import NETWORKS, RECIPES
from limner.learn.cases import MIXED
from limner.learn.crops import SIDE
from limner.learn.ladders import judge_of
from limner.learn.material import Found, Generated, Labelled, Material
from limner.learn.permitted import Source, permitted
from limner.learn.pool import Pool, workers
from limner.learn.publish import publish
from limner.learn.quantise import Inputs, practised
from limner.learn.start import begin_from
from limner.learn.train import Budget, Schedule, TrainState, train
from limner.predict.limner import Limner
from limner.predict.runtime import Network, open_network

CHECKPOINT = "state.pt"
LOG = "log.jsonl"
FINISHED = "finish.pt"
THREADS = ("hrf_vessels", "rop_ridge_fundus")  # sets of vessels, which go to their own tiles
FINISH_FROM = 1_000_000  # the number of the first handful of a finish
FINISH_RATE = 8e-4
PRECISIONS = ("fp32", "int8")
CARD = "card"  # the folder of the published model


@dataclass(frozen=True)
class Plan:
    """What makes a run: these values, the code and the data make the weights."""

    data: Path
    out: Path
    shape: str = "prompt_unet"  # or "deep_prompt_unet", which a trained one grows into
    start: Path | None = None  # the checkpoint of an earlier run, to begin from what it learnt
    side: int = SIDE  # of the crops, until the finish, whose crops are whole
    again: float = 0.0  # share of rounds in which nothing is said and the answer is thought over
    minutes: float = 75.0
    finish: float = 0.0  # minutes more, from a fresh rate, on annotated pictures and boxes
    steps: int = 0  # instead of minutes, where a run must repeat exactly
    precision: str = "fp32"  # of the published weights; or "int8", ranges from training crops
    ladders: int = 4000  # first prompts answered at every zoom, for the judge that picks one
    seed: int = 0
    sets: tuple[str, ...] = ()  # empty: every set whose role is train
    workers: int = 1
    batch: int = 16
    rate: float = 2e-3  # the highest learning rate
    device: str = "cpu"  # or "cuda"
    code: str = ""  # the commit that is run, for the card


# What a machine of either kind is given. By the first the weights that ship were made, in several
# runs one after the other (see docs/explanation/default-network.md); the second was not tried: no
# GPU was to be had.
PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "cpu": {"minutes": 60.0, "finish": 21.0, "batch": 16, "rate": 1.5e-3, "workers": 1},
        "gpu": {
            "minutes": 60.0,
            "finish": 20.0,
            "batch": 96,
            "rate": 3e-3,
            "workers": max(1, (os.cpu_count() or 2) - 1),
            "device": "cuda",
        },
    }
)


def materials(sources: Sequence[Source]) -> list[tuple[Material, int]]:
    """What a handful is made of: over half annotated, an eighth found, the rest made up."""
    return [(Labelled(sources), 8), (_thready(sources), 1), (Found(sources), 2), (Generated(), 5)]


def finishing(sources: Sequence[Source]) -> list[tuple[Material, int]]:
    """What the finish is made of: mostly annotated pictures, those of threads more often."""
    return [(Labelled(sources), 10), (_thready(sources), 2), (Found(sources), 1), (Generated(), 3)]


def _thready(sources: Sequence[Source]) -> Labelled:
    """The sets of threads by themselves: few pictures have any."""
    return Labelled([each for each in sources if each.name in THREADS] or list(sources))


def learn(plan: Plan, *, resume: bool = False, say: Callable[[str], None] = print) -> Path:
    """Train the default network into `plan.out`; the card of what came of it.

    A killed run goes on with `resume`, to the same weights where `steps` sets its length; a
    finished one is only published again. Raises NotFound where there is nothing to resume,
    BadValue where a run is there already.
    """
    _possible(plan)
    plan.out.mkdir(parents=True, exist_ok=True)
    _told_apart(plan, resume=resume)
    sources = permitted(plan.data, plan.sets)
    for source in sources:
        if source.left_out:
            told = ", ".join(source.left_out)
            say(f"{source.name}: left out as too like a test picture: {told}.")
    torch.manual_seed(plan.seed)
    recipe = RECIPES.get("click_guided")()
    nets = recipe.networks(NETWORKS.get(plan.shape)).to(memory_format=torch.channels_last)
    if plan.start is not None and not resume:
        fresh = begin_from(nets, plan.start, keep=recipe.keep)
        say(f"Beginning from '{plan.start}'; fresh: {', '.join(fresh) or 'nothing'}.")
    budget = Budget(steps=plan.steps, seconds=plan.minutes * 60)
    diet = replace(MIXED, side=plan.side)
    fed = workers(materials(sources), seed=plan.seed, count=plan.workers, practised=diet)
    with fed as fetch:
        pool = Pool(
            fetch, np.random.default_rng((plan.seed, 1 << 40)), size=plan.batch, again=plan.again
        )
        nets.to(plan.device)
        schedule = Schedule(rate=plan.rate)
        state = TrainState(recipe, nets, pool, budget, schedule, device=plan.device)
        if resume:
            state.load(plan.out / CHECKPOINT)
            say(f"Going on from step {state.step}, {state.progress:.0%} of the run.")
        _advance(state, plan.out / CHECKPOINT, say=say)
    if plan.finish:
        _finish(state, plan, sources, say=say)
    kept = state.nets[recipe.keep].to("cpu")

    def judge(weights: Path) -> torch.nn.Module:
        model = Limner(open_network(weights, threads=1))  # one: more may answer otherwise
        return judge_of(model, sources, seed=plan.seed, count=plan.ladders, say=say)

    def batches(network: Network) -> Sequence[Inputs]:
        return practised(network, materials(sources), seed=plan.seed)

    return publish(
        kept,
        plan.out / CARD,
        sources=sources,
        made_by=_made_by(plan, state),
        judge=judge if plan.ladders else None,
        batches=batches if plan.precision == "int8" else None,
    )


def _finish(
    state: TrainState, plan: Plan, sources: Sequence[Source], *, say: Callable[[str], None]
) -> None:
    """Train on, from where the run ended, with a fresh rate that falls to nothing again.

    A killed finish goes on from its own checkpoint. Its handfuls are counted from a million,
    so that none is one that the run has seen.
    """
    with workers(finishing(sources), seed=plan.seed, count=plan.workers) as fetch:
        chance = np.random.default_rng((plan.seed, 1 << 41))
        state.feed = Pool(fetch, chance, size=plan.batch, fetched=FINISH_FROM, again=plan.again)
        state.budget = Budget(seconds=plan.finish * 60)
        state.schedule = Schedule(rate=FINISH_RATE)
        state.spent_s = 0.0
        if (plan.out / FINISHED).is_file():
            state.load(plan.out / FINISHED)
        say(f"Finishing from step {state.step}, {state.progress:.0%} done.")
        _advance(state, plan.out / FINISHED, say=say)


def _possible(plan: Plan) -> None:
    """Refuse what cannot be run before anything is written."""
    if plan.device != "cpu" and not torch.cuda.is_available():
        raise BadValue(
            f"The device '{plan.device}' was asked for, but torch finds no GPU here. "
            "Use --preset cpu, or install torch for your GPU."
        )
    if plan.side % 32 or not 32 <= plan.side <= SIDE:
        raise BadValue(
            f"A side of {plan.side} pixels was asked for. Give 32, 64, 96 or {SIDE}: "
            "the network halves a crop five times."
        )
    if plan.precision not in PRECISIONS:
        raise UnknownName("precision of published weights", plan.precision, PRECISIONS)


def _told_apart(plan: Plan, *, resume: bool) -> None:
    """A run is begun once: never on top of another, and never resumed from nothing."""
    there = (plan.out / CHECKPOINT).is_file()
    if resume and not there:
        raise NotFound(f"'{plan.out}' holds no run to go on with. Leave --resume out.")
    if there and not resume:
        raise BadValue(
            f"'{plan.out}' holds a run already. Add --resume to go on with it, "
            "or give another folder."
        )


def _made_by(plan: Plan, state: TrainState) -> dict[str, Any]:
    """What the card says of the run."""
    begun: dict[str, str] = {}
    length = f"--steps {plan.steps}" if plan.steps else f"--minutes {plan.minutes:g}"
    if plan.finish:
        length += f" --finish {plan.finish:g}"
    if plan.shape != Plan.shape:
        length += f" --shape {plan.shape}"
    if plan.side != Plan.side:
        length += f" --side {plan.side}"
    if plan.again:
        length += f" --again {plan.again:g}"
    if plan.precision != Plan.precision:
        length += f" --precision {plan.precision}"
    if plan.start is not None:
        length += f" --start {plan.start.name}"
        begun["begun_from_sha256"] = sha256(plan.start.read_bytes()).hexdigest()
    return {
        "command": f"limner learn default {length} --seed {plan.seed} --batch {plan.batch} "
        f"--rate {plan.rate:g}",
        "code": plan.code,
        "limner": __version__,
        "torch": torch.__version__,
        "seed": plan.seed,
        "steps": state.step,
        "crops": state.step * plan.batch,
        "ladders": plan.ladders,
        "minutes": round(state.spent_s / 60 + (plan.minutes if plan.finish else 0), 1),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        "recipe": "click_guided",
        "network": plan.shape,
        **begun,
    }


def _advance(state: TrainState, checkpoint: Path, *, say: Callable[[str], None]) -> None:
    """Train to the end; log every step, speak every minute, save every five."""
    spoken = saved = time.monotonic()
    recent: list[dict[str, float]] = []
    with (checkpoint.parent / LOG).open("a", encoding="utf-8") as log:
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
                state.save(checkpoint)
                saved = now
    state.save(checkpoint)
    say(f"Done: {state.step} steps in {state.spent_s / 60:.1f} minutes.")


def _sentence(state: TrainState, recent: Sequence[dict[str, float]]) -> str:
    mean = {name: sum(t[name] for t in recent) / len(recent) for name in recent[0]}
    left_min = state.spent_s / 60 * (1 / max(state.progress, 1e-6) - 1)
    told = ", ".join(f"{name} {value:.4g}" for name, value in mean.items())
    return f"step {state.step}, {state.progress:.1%}, about {left_min:.0f} minutes left: {told}"
