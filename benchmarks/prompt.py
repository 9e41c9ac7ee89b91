"""From a cold start to a written mask, and a further prompt on an opened picture.

    python -m benchmarks.prompt               writes results/prompt.json

Every part runs in a process of its own, so that its peak memory is its own, and the parts
take turns. The peer is a U-Net of ScribblePrompt-UNet's shape (five channels of 128 x 128,
192 features a level, 4 million parameters) with random weights in ONNX Runtime: its speed,
not its answers. The threads are what the runtimes choose, for both alike.
"""

import argparse
import json
import os
import resource
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.machine import ROOT, stamp
from benchmarks.processes import bar, in_turn, ours, told
from limner.safely import write_text

COLD_S, COLD_MB, FURTHER_MS = 1.0, 450, 60
SIDES = (512, 1024, 2048, 4096)
CLICKS = 20  # further prompts of one part
FEATURES, CHANNELS, SIDE = 192, 5, 128  # ScribblePrompt-UNet: arXiv 2312.07381, appendix


def picture(side, seed=0):
    """uint8 (side, side): a bright ellipse on a grainy ground, and its box (row, column)s."""
    rng = np.random.default_rng(seed)
    rows, columns = np.ogrid[:side, :side]
    centre, radius = (0.45 * side, 0.55 * side), (0.16 * side, 0.11 * side)
    off = ((rows - centre[0]) / radius[0]) ** 2 + ((columns - centre[1]) / radius[1]) ** 2
    grey = 70 + 90 * (off < 1) + rng.normal(0, 12, (side, side))
    box = [[round(c + sign * r) for c, r in zip(centre, radius, strict=True)] for sign in (-1, 1)]
    return np.clip(grey, 0, 255).astype(np.uint8), box


def part_write(path):
    """Write the picture whose side the file's name says; its box as `--box` takes it.

    In a process of its own: a process's peak memory counts that of the one that started it.
    """
    from PIL import Image as Picture

    samples, (low, high) = picture(int(Path(path).stem))
    Picture.fromarray(samples).save(path)
    return {"box": f"{low[0]},{low[1]} {high[0]},{high[1]}"}


def part_ours(path, model):
    """Open a picture, prompt it with a box, then with click after click."""
    import limner

    started = time.perf_counter()
    image = limner.read(path)
    opened = time.perf_counter()
    predictor = limner.predictor(model)
    ready = time.perf_counter()
    encoded = predictor.encode(image)
    prepared = time.perf_counter()
    side = image.grid.shape[1]
    _, (low, high) = picture(side)
    prompts = [limner.Box.between(image.grid, (0, *low), (0, *high))]
    answer = predictor.predict(encoded, tuple(prompts))
    first = time.perf_counter()
    seconds = []
    for each in range(CLICKS):  # round the middle, in and out of the ellipse
        turn = 2 * np.pi * each / CLICKS
        place = (0.45 * side + 0.12 * side * np.sin(turn), 0.55 * side + 0.12 * side * np.cos(turn))
        at_mm = tuple(image.grid.position_mm((0, *place)).tolist())
        prompts.append(limner.Click(at_mm, inside=abs(np.sin(turn)) > 0.7))
        began = time.perf_counter()
        answer = predictor.predict(encoded, tuple(prompts), answer)
        seconds.append(time.perf_counter() - began)
    return {
        "open_ms": _ms(opened - started),
        "load_model_ms": _ms(ready - opened),
        "encode_ms": _ms(prepared - ready),
        "first_prompt_ms": _ms(first - prepared),
        "further_prompt_ms": _ms(median(seconds)),
        "slowest_prompt_ms": _ms(max(seconds)),
        "card": answer.card,
        "peak_mb": _peak_mb(),
    }


def part_peer(path):
    """The peer's one forward pass: all that a prompt costs it."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime as ort

    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    given = {"image": np.random.default_rng(0).random((1, CHANNELS, SIDE, SIDE), np.float32)}
    session.run(None, given)
    seconds = []
    for _ in range(CLICKS):
        began = time.perf_counter()
        session.run(None, given)
        seconds.append(time.perf_counter() - began)
    return {"further_prompt_ms": _ms(median(seconds)), "peak_mb": _peak_mb()}


def part_export(path):
    """Write the peer's network with random weights; how many parameters it has."""
    import torch
    from torch import nn

    def block(channels):
        return nn.Sequential(nn.Conv2d(channels, FEATURES, 3, padding=1), nn.PReLU())

    class Peer(nn.Module):
        def __init__(self):
            super().__init__()
            self.down = nn.ModuleList([block(CHANNELS), *(block(FEATURES) for _ in range(3))])
            self.middle = block(FEATURES)
            self.up = nn.ModuleList([block(2 * FEATURES) for _ in range(4)])
            self.head = nn.Conv2d(FEATURES, 1, 1)

        def forward(self, image):
            kept, x = [], image
            for each in self.down:
                x = each(x)
                kept.append(x)
                x = nn.functional.max_pool2d(x, 2)
            x = self.middle(x)
            for each in self.up:
                x = nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear")
                x = each(torch.cat([x, kept.pop()], dim=1))
            return self.head(x)

    torch.manual_seed(0)
    network = Peer().eval()
    example = torch.rand(1, CHANNELS, SIDE, SIDE)
    torch.onnx.export(
        network, (example,), path, input_names=["image"], output_names=["logits"],
        dynamo=True, external_data=False, verbose=False,
    )  # fmt: skip
    return {"parameters": sum(each.numel() for each in network.parameters())}


def opened(folder, model, *, sides, rounds):
    """Every part, in turn, `rounds` times; the median of each figure."""
    peer = folder / "peer.onnx"
    parts = {f"{side} x {side}": ["ours", folder / f"{side}.png"] for side in sides}
    export = told(_part("export", peer))
    parts["peer"] = ["peer", peer]
    seen = {name: [] for name in parts}
    for _ in range(rounds):
        for name, (kind, path) in parts.items():
            words = [model] if kind == "ours" else []
            seen[name].append(told(_part(kind, path, *words)))
    found = {
        name: {
            key: runs_[0][key] if key == "card" else round(median(one[key] for one in runs_), 2)
            for key in runs_[0]
        }
        for name, runs_ in seen.items()
    }
    found["peer"].update(export)
    return found


def cold_starts(folder, model, box, *, runs):
    """`limner segment` in fresh processes."""
    words = ["-m", "limner", "segment", "-i", str(folder / "512.png"), "--index", "--box", box]
    commands = {
        name: ours(*words, "-m", model, "-o", str(folder / f"mask{ending}"))
        for name, ending in (("to a PNG", ".png"), ("to a NIfTI", ".nii.gz"))
    }
    return in_turn(commands, runs=runs)


PARTS = {"ours": part_ours, "peer": part_peer, "export": part_export, "write": part_write}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="limner")
    parser.add_argument("--sides", type=int, nargs="+", default=SIDES, help="512 among them")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=9, help="cold starts")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "prompt.json")
    parser.add_argument("--part", nargs="+", help="used by itself: KIND PATH [MODEL]")
    asked = parser.parse_args()
    if asked.part:
        kind, *words = asked.part
        print(json.dumps(PARTS[kind](*words)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        boxes = {side: told(_part("write", folder / f"{side}.png"))["box"] for side in asked.sides}
        cold = cold_starts(folder, asked.model, boxes[512], runs=asked.runs)
        found = opened(folder, asked.model, sides=asked.sides, rounds=asked.rounds)
    first, further = cold["to a PNG"], found["512 x 512"]["further_prompt_ms"]
    bars = {
        "cold start to written mask": bar(first["seconds"], COLD_S, "s"),
        "peak memory of it": bar(first["peak_mb"], COLD_MB, "MB"),
        "a further prompt": bar(further, FURTHER_MS, "ms"),
    }
    result = {
        "command": "python -m benchmarks.prompt",
        **stamp(seed=0),
        "model": asked.model,
        "bars": bars,
        "ratio": {
            "what": "the peer's forward pass over our further prompt; above 1 we are quicker",
            "time": round(found["peer"]["further_prompt_ms"] / further, 2),
            "memory": round(found["peer"]["peak_mb"] / found["512 x 512"]["peak_mb"], 2),
        },
        "cold_start": cold,
        "opened": found,
    }
    write_text(json.dumps(result, indent=1) + "\n", asked.out)
    print(json.dumps({key: result[key] for key in ("bars", "ratio", "opened")}, indent=1))


def _part(kind, path, *model):
    return ours("-m", "benchmarks.prompt", "--part", kind, str(path), *model)


def _ms(seconds):
    return round(1000 * seconds, 2)


def _peak_mb():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    main()
