"""The baselines that are networks, trained by us on our data for as long as each other.

    python -m benchmarks.equal_budget                      writes runs/scribbleprompt_unet/ and
                                                           results/scribbleprompt_unet.json
    python -m benchmarks.equal_budget --shape prompt_unet  the same for our own shape

The same pictures, made-up cases, simulated person and losses as `limner learn default`, for
`--minutes` of one core's own time, crops made on that core too. The shape of ScribblePrompt's
U-Net is 24 times as much arithmetic as ours, so it first looks at every crop in half its
resolution, a quarter of the work, and for the last share of its time at the whole 128 x 128.
Ours, which is what ships but for its training, is begun from chance as the first version was.

A run that was killed goes on where it stopped; a longer one begins anew in another --out, since
its second phase would not hear of what the first learnt more. Then `limner evaluate --baseline
scribbleprompt_unet --baseline equal_budget` asks them. They are not shipped.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.machine import ROOT, stamp
from benchmarks.shape_networks import LARGEST, advance
from limner.evaluate.baselines._network import weights_of
from limner.learn import NETWORKS, RECIPES
from limner.learn.default import materials
from limner.learn.permitted import permitted
from limner.learn.pool import Pool, workers
from limner.learn.publish import export
from limner.learn.train import Budget, Schedule, TrainState
from limner.safely import write_text


@dataclass(frozen=True)
class Phase:
    """A part of the run: its name and share of the time, and how it learns.

    halved   whether crops are looked at in half their resolution
    decay    of the kept average
    first    the number of its first handful of cases
    """

    name: str
    share: float
    halved: bool
    batch: int
    rate: float
    warm_up: int  # steps
    decay: float
    first: int


PHASES = {
    "scribbleprompt_unet": (
        Phase("coarse", 0.7, halved=True, batch=8, rate=1e-3, warm_up=30, decay=0.99, first=0),
        Phase(
            "fine", 0.3, halved=False, batch=4, rate=5e-4, warm_up=30, decay=0.99, first=1_000_000
        ),
    ),
    "prompt_unet": (
        Phase("whole", 1.0, halved=False, batch=16, rate=2e-3, warm_up=200, decay=0.998, first=0),
    ),
}


class Halved(nn.Module):
    """A network that looks at a crop in half its resolution; what it says is brought back."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, batch):
        said = self.network({"image": functional.avg_pool2d(batch["image"], 2)})
        logits = functional.interpolate(said["logits"], scale_factor=2.0, mode="bilinear")
        return {**said, "logits": logits}


def learnt(phase, asked, *, begun):
    """The network that is kept of a phase, and the run's last state; `begun` is that before."""
    recipe = RECIPES.get("click_guided")(decay=phase.decay)
    nets = recipe.networks(NETWORKS.get(asked.shape)).to(memory_format=torch.channels_last)
    for each in nets.values() if begun is not None else ():
        each.load_state_dict(begun.state_dict())
    seen = nets
    if phase.halved:
        seen = nn.ModuleDict({name: Halved(each) for name, each in nets.items()})
    with workers(materials(permitted(asked.data)), seed=asked.seed, count=0) as fetch:
        chance = np.random.default_rng((asked.seed, 1 << 40, phase.first))
        feed = Pool(fetch, chance, size=phase.batch, fetched=phase.first)
        state = TrainState(
            recipe,
            seen,
            feed,
            Budget(seconds=60 * asked.minutes * phase.share),
            Schedule(phase.rate, warm_up=phase.warm_up),
        )
        kept = asked.out / f"{phase.name}.pt"
        if kept.is_file():
            state.load(kept)
        advance(state, kept)
    return nets[recipe.keep], state


def made(asked):
    """Train, export, and write down what was done; what was done before is not done again."""
    asked.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(asked.seed)
    network, told = None, {}
    for phase in PHASES[asked.shape]:
        network, state = learnt(phase, asked, begun=network)
        told[phase.name] = {
            "steps": state.step,
            "crops": state.step * phase.batch,
            "core_minutes": round(state.spent_s / 60, 1),
        }
        print(phase.name, told[phase.name], flush=True)
    export(network, asked.out / weights_of(asked.shape).name, most_bytes=LARGEST)
    about = {**stamp(seed=asked.seed), "phases": told}
    write_text(json.dumps(about, indent=1) + "\n", asked.told)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shape", choices=PHASES, default="scribbleprompt_unet")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, help="kept files (default: runs/SHAPE)")
    parser.add_argument("--minutes", type=float, default=66.0, help="of one core")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--told", type=Path, help="results file (default: results/SHAPE.json)")
    asked = parser.parse_args()
    asked.out = asked.out or ROOT / weights_of(asked.shape).parent
    asked.told = asked.told or ROOT / "results" / f"{asked.shape}.json"
    torch.set_num_threads(1)
    made(asked)


if __name__ == "__main__":
    main()
