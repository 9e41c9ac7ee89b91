"""The networks that `benchmarks.shapes` compares: how they are trained, made smaller and opened."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, process_time

import numpy as np
from torch import nn

from limner.learn import NETWORKS
from limner.predict.runtime import open_network
from limner.safely import write_text

BATCH, RATE, WARM_UP = 16, 2e-3, 15
DECAY = 0.98  # of the kept average: a run has some hundred steps, not some thousand
LARGEST = 64_000_000  # bytes of a network that need not ship


@dataclass(frozen=True)
class Asked:
    """What was asked for on the command line."""

    data: Path
    out: Path
    minutes: float
    every: int
    seed: int
    weights: Path  # of the network that ships, or of another one in its place


class Blank(nn.Module):
    """A network that is never given its hints."""

    def __init__(self, network):
        super().__init__()
        self.network = network
        self.channels = {"image": 7}

    def forward(self, batch):
        return self.network({"image": batch["image"]})


# Each with its recipe; the slowest first, so that the last ones end together.
SHAPES = {
    "scribbleprompt_unet": (NETWORKS.get("scribbleprompt_unet"), "click_guided"),
    "encode_once": (NETWORKS.get("encode_once"), "click_guided"),
    "simple_click": (NETWORKS.get("simple_click"), "click_guided"),
    "prompt_unet": (NETWORKS.get("prompt_unet"), "click_guided"),
    "prompt_unet_without_hints": (lambda: Blank(NETWORKS.get("prompt_unet")()), "click_guided"),
    "prompt_unet_distilled": (NETWORKS.get("prompt_unet"), "distilled"),
}
SHIPPED = ("shipped", "shipped_bf16", "shipped_int8", "shipped_mirrored")


def folder_of(name, asked):
    """Where a contestant's files are kept."""
    return asked.out / name


def trained(name, asked):
    """Train one shape, export it, and write down what it is."""
    import torch

    from limner.learn import RECIPES
    from limner.learn.default import CHECKPOINT, materials
    from limner.learn.permitted import permitted
    from limner.learn.pool import Pool, workers
    from limner.learn.publish import counted, export
    from limner.learn.train import Budget, Schedule, TrainState

    build, recipe_name = SHAPES[name]
    folder = folder_of(name, asked)
    torch.manual_seed(asked.seed)
    recipe = RECIPES.get(recipe_name)(decay=DECAY)
    nets = recipe.networks(build).to(memory_format=torch.channels_last)
    with workers(materials(permitted(asked.data)), seed=asked.seed, count=0) as fetch:
        feed = Pool(fetch, np.random.default_rng((asked.seed, 1 << 40)), size=BATCH)
        if recipe_name == "distilled":
            feed = Taught(feed, open_network(asked.weights, threads=1))
        budget, schedule = Budget(seconds=60 * asked.minutes), Schedule(RATE, warm_up=WARM_UP)
        state = TrainState(recipe, nets, feed, budget, schedule)
        if (folder / CHECKPOINT).is_file():
            state.load(folder / CHECKPOINT)
        advance(state, folder / CHECKPOINT)
    kept = state.nets[recipe.keep]
    export(kept, folder / "network.onnx", most_bytes=LARGEST)
    size = counted(kept)
    told = {
        "recipe": recipe_name,
        "steps": state.step,
        "crops": state.step * BATCH,
        "core_minutes": round(state.spent_s / 60, 2),
        "parameters": size["parameters"],
        "macs": size["flops"] // 2,
        "millions": round(size["parameters"] / 1e6, 2),
        "gmacs": round(size["flops"] / 2e9, 2),
    }
    write_text(json.dumps(told) + "\n", folder / "trained.json")


def advance(state, checkpoint):
    """Train to the end, on the clock of this process; save every minute."""
    from limner.learn.train import train

    begun = process_time() - state.spent_s
    saved = monotonic()
    with (checkpoint.parent / "log.jsonl").open("a", encoding="utf-8") as log:
        for terms in train(state):
            state.spent_s = process_time() - begun
            line = {"step": state.step, "spent_s": round(state.spent_s, 2), **terms}
            log.write(json.dumps(line) + "\n")
            if monotonic() - saved > 60:
                state.save(checkpoint)
                log.flush()
                saved = monotonic()
    state.save(checkpoint)


@dataclass
class Taught:
    """A feed whose batches come with what a teacher says of them: `taught`, in 0..1."""

    feed: object
    teacher: object

    def draw(self, progress):
        import torch

        batch = self.feed.draw(progress)
        logits = self.teacher({k: np.ascontiguousarray(v) for k, v in batch.inputs.items()})
        taught = torch.from_numpy(logits["logits"]).sigmoid()
        return replace(batch, inputs={**batch.inputs, "taught": taught})

    def take(self, batch):
        self.feed.take(batch)

    def memory(self):
        return self.feed.memory()

    def remember(self, memory):
        self.feed.remember(memory)


def in_8_bits(path, asked):
    """Write the network that ships with its convolutions in 8 bits, ranges from training crops.

    Where it has 8 bits already, the same in 32 must be given in its place.
    """
    from limner.learn.default import materials
    from limner.learn.permitted import permitted
    from limner.learn.quantise import practised, quantised

    network = open_network(asked.weights, threads=1)
    batches = practised(network, materials(permitted(asked.data)), seed=asked.seed)
    quantised(asked.weights, path, batches)


def opened(name, asked, *, threads=1):
    """The network of a contestant, ready to run."""
    folder = folder_of(name, asked)
    if name in SHAPES or name == "shipped_int8":
        return open_network(folder / "network.onnx", runtime="onnxruntime", threads=threads)
    if name == "shipped_bf16":
        return open_network(asked.weights, runtime="openvino", precision="bf16", threads=threads)
    network = open_network(asked.weights, runtime="onnxruntime", threads=threads)
    return mirrored(network) if name == "shipped_mirrored" else network


def mirrored(network):
    """The mean of what a network says of a crop, its two mirror images and its half turn."""

    def run(arrays):
        logits, quality = [], []
        for axes in ((), (-1,), (-2,), (-2, -1)):
            turned = {n: np.ascontiguousarray(np.flip(each, axes)) for n, each in arrays.items()}
            said = network(turned)
            logits.append(np.flip(said["logits"], axes))
            quality.append(said["quality"])
        return {"logits": np.mean(logits, axis=0), "quality": np.mean(quality, axis=0)}

    return run
