"""ONNX Runtime beside OpenVINO for one network: time to load, time a call, memory, agreement.

    python -m benchmarks.runtimes             writes results/runtimes.json

Every combination of runtime and precision runs in a process of its own, several rounds one
after another; the least of each time is told, beside the median, so that other work on the
machine is seen and does not decide. Convolutions that the weights hold in 8 bits run in 8 bits
everywhere; the precision is that of the rest. Pixels "that change side" are those of the mask
(logit above 0) that differ from ONNX Runtime in fp32, over all pixels and over those of the masks.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.machine import ROOT, stamp
from limner.safely import write_text

SHIPPED = ROOT / "src" / "limner" / "predict" / "cards" / "limner" / "weights.onnx"
COMBINATIONS = (("onnxruntime", "fp32"), ("openvino", "fp32"), ("openvino", "bf16"))
CALLS = 20  # of each size in a round
CROPS = 48  # generated pictures with a box, for the agreement


def crops(seed: int) -> dict[str, np.ndarray]:
    """Inputs of the network (n, ..., 128, 128): generated scenes with a box round one object."""
    from limner.image import Image
    from limner.phantoms.shapes import scene
    from limner.predict._hints import hints
    from limner.predict._look import SIDE, Look, Scene
    from limner.prompt.box import Box
    from limner.window import window_of

    images, told = [], []
    rng = np.random.default_rng(seed)
    while len(images) < CROPS:
        picture, objects = scene(rng)
        found = np.argwhere(objects == objects.max())
        low, high = found.min(axis=0), found.max(axis=0)
        if objects.max() == 0 or min(high - low) < 8:
            continue
        image = Image.of(np.rint(picture * 255).astype(np.uint8)[None])
        box = Box.between(image.grid, (0, *low), (0, *high))
        extent = 1.5 * float(max(high - low) + 1)
        look = Look(0, tuple(float(n) for n in (low + high) / 2), (extent, extent))
        sight = Scene(image, window_of(image), (0, 0), image.grid.shape[1:]).sight(look)
        planes = box.to_map(look.on(image.grid))
        images.append(np.concatenate([sight, planes]))
        told.append(hints(sight, planes))
    answer = {"image": np.stack(images), "hints": np.stack(told)}
    if answer["image"].shape[1:] != (7, SIDE, SIDE):
        raise RuntimeError(f"The crops have shape {answer['image'].shape}.")
    return {name: each.astype(np.float32) for name, each in answer.items()}


def alone(network: Path, given: Path, *, runtime: str, precision: str, threads: int) -> dict:
    """One combination in this process: seconds, memory, and the logits of every crop."""
    with np.load(given) as held:
        inputs = dict(held)
    from limner.predict.runtime import open_network

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # as the door does before its own import
    sys.modules["openvino_telemetry"] = None
    begun = perf_counter()
    __import__(runtime)
    loaded = perf_counter()
    opened = open_network(network, runtime=runtime, precision=precision, threads=threads or None)
    ready = perf_counter()
    told = {"import_ms": loaded - begun, "open_ms": ready - loaded, "ran_as": opened.precision}
    for count in (1, 5):
        times = []
        for _ in range(CALLS):
            started = perf_counter()
            opened({name: each[:count] for name, each in inputs.items()})
            times.append(perf_counter() - started)
        told[f"first_ms_of_{count}"] = times[0]
        told[f"further_ms_of_{count}"] = min(times[1:])
        told[f"median_ms_of_{count}"] = float(np.median(times[1:]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    parts = [
        opened({name: each[n : n + 8] for name, each in inputs.items()}) for n in range(0, CROPS, 8)
    ]
    logits, quality = (np.concatenate([p[name] for p in parts]) for name in ("logits", "quality"))
    np.savez(given.with_name(f"{runtime}-{precision}.npz"), logits=logits, quality=quality)
    milli = {name: round(1000 * n, 2) for name, n in told.items() if not isinstance(n, str)}
    return {**told, **milli, "memory_mb": round(peak - before, 1), "peak_mb": round(peak, 1)}


def rounds(network: Path, given: Path, *, count: int, threads: int) -> dict[str, dict]:
    """The best of several rounds for each combination, interleaved."""
    found: dict[str, list[dict]] = {}
    for _ in range(count):
        for runtime, precision in COMBINATIONS:
            asked = [runtime, precision, str(threads)]
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.runtimes", "--alone", network, given, *asked],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=True,
            )
            told = json.loads(done.stdout.splitlines()[-1])
            found.setdefault(f"{runtime} {precision}", []).append(told)
    best = {}
    for name, each in found.items():
        numbers = {key for key, value in each[0].items() if not isinstance(value, str)}
        best[name] = {
            key: min(one[key] for one in each) if key in numbers else each[0][key]
            for key in each[0]
        }
    return best


def agreement(folder: Path) -> dict[str, dict]:
    """How far each combination is from ONNX Runtime in fp32."""
    reference = np.load(folder / "onnxruntime-fp32.npz")
    told = {}
    for runtime, precision in COMBINATIONS[1:]:
        other = np.load(folder / f"{runtime}-{precision}.npz")
        one, two = reference["logits"] > 0, other["logits"] > 0
        axes = (1, 2, 3)
        both, sizes = (one & two).sum(axes), one.sum(axes) + two.sum(axes)
        told[f"{runtime} {precision}"] = {
            "largest_logit_difference": float(np.abs(reference["logits"] - other["logits"]).max()),
            "share_of_pixels_that_change_side": float((one != two).mean()),
            "pixels_that_change_side_per_mask_pixel": float((one != two).sum() / one.sum()),
            "mean_dice": float(np.mean(np.where(sizes > 0, 2 * both / np.maximum(sizes, 1), 1))),
            "largest_quality_difference": float(
                np.abs(reference["quality"] - other["quality"]).max()
            ),
        }
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--network", type=Path, default=SHIPPED)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="0: as the runtime likes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "runtimes.json")
    parser.add_argument("--alone", nargs=5, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        network, given, runtime, precision, threads = asked.alone
        options = {"runtime": runtime, "precision": precision, "threads": int(threads)}
        print(json.dumps(alone(Path(network), Path(given), **options)))
        return
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "crops.npz"
        np.savez(given, **crops(asked.seed))
        found = rounds(asked.network, given, count=asked.rounds, threads=asked.threads)
        told = {
            **stamp(seed=asked.seed),
            "network": asked.network.name,
            "network_mb": round(asked.network.stat().st_size / 2**20, 2),
            "rounds": asked.rounds,
            "threads": asked.threads or "the runtime's choice",
            "runtimes": found,
            "agreement_with_onnxruntime_fp32": agreement(Path(folder)),
        }
    write_text(json.dumps(told, indent=1) + "\n", asked.out)
    print(json.dumps(told["runtimes"], indent=1))
    print(json.dumps(told["agreement_with_onnxruntime_fp32"], indent=1))


if __name__ == "__main__":
    main()
