"""Dice, NSD, HD95 and ASSD beside surface-distance and MONAI: values, time and memory.

    python -m benchmarks.metrics              writes results/metrics.json

Every implementation is given the same pair of masks and runs in a process of its own, so
that its peak memory is its own; the time is that of the calls, without imports, the best of
a few. "ratio" is the other one's time over ours: above 1 we are quicker. On a machine that
is doing other work believe the ratio of `cpu_seconds`.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from benchmarks.machine import ROOT, stamp
from benchmarks.processes import bar
from limner.safely import write_text

CASES = {
    "organ, 40 x 128 x 128": ((40, 128, 128), (3.0, 0.9, 0.9)),
    "organ, 80 x 256 x 256": ((80, 256, 256), (2.0, 0.7, 0.7)),
    "organ, 300 x 512 x 512": ((300, 512, 512), (1.0, 0.7, 0.7)),
    "picture, 512 x 512": ((1, 512, 512), (1.0, 0.4, 0.4)),
}
LARGE = 2**24  # voxels from which the others are run only when asked for: they take minutes
TOLERANCE_MM = 2.01  # not the length of any step, so that single precision decides alike
WHO = ("limner", "surface-distance", "monai")


def masks(shape, seed):
    """A bumpy ellipsoid that fills half of every axis, and the same a little shifted."""
    rng = np.random.default_rng(seed)
    waves = rng.uniform(2, 6, 3)

    def bumpy(shift):
        axes = [
            (np.arange(n) - n / 2 - s) / (n / 4 + 0.5) for n, s in zip(shape, shift, strict=True)
        ]
        if shape[0] == 1:
            axes[0] = np.zeros(1)
        first, second, third = np.ix_(*(a.astype(np.float32) for a in axes))
        bumps = np.sin(waves[0] * first) + np.sin(waves[1] * second) + np.sin(waves[2] * third)
        return first**2 + second**2 + third**2 < 1 + 0.1 * bumps

    return bumpy((0, 0, 0)), bumpy((0.6, 1.4, -2.2))


def limner(predicted, reference, spacing):
    from limner.evaluate import METRICS, Pair

    pair = Pair(predicted, reference, spacing)
    told = {name: METRICS.get(name)(pair) for name in ("dice", "hd95", "assd")}
    return {**told, "nsd": METRICS.get("nsd")(pair, tolerance_mm=TOLERANCE_MM)}


def limner_voxels(predicted, reference, spacing):
    """The two numbers that MONAI defines otherwise, by its definition."""
    from limner.evaluate import METRICS, Pair

    pair = Pair(predicted, reference, spacing)
    return {name: METRICS.get(name)(pair, boundary="voxels") for name in ("hd95", "assd")}


def surface_distance(predicted, reference, spacing):
    import surface_distance.metrics as module

    vars(np)["Inf"] = np.inf  # the package is older than NumPy 2
    apart = module.compute_surface_distances(reference, predicted, spacing)
    back, forth = module.compute_average_surface_distance(apart)
    held = [apart[key].sum() for key in ("surfel_areas_gt", "surfel_areas_pred")]
    return {
        "dice": module.compute_dice_coefficient(reference, predicted),
        "hd95": module.compute_robust_hausdorff(apart, 95),
        "assd": np.average([back, forth], weights=held),
        "nsd": module.compute_surface_dice_at_tolerance(apart, TOLERANCE_MM),
    }


def monai(predicted, reference, spacing):
    import monai.metrics as module
    import torch

    one, other = (torch.from_numpy(m)[None, None].float() for m in (predicted, reference))
    told = {"include_background": True}
    spaced = {**told, "spacing": spacing}
    values = {
        "dice": module.compute_dice(one, other, **told),
        "hd95": module.compute_hausdorff_distance(one, other, percentile=95, **spaced),
        "assd": module.compute_average_surface_distance(one, other, symmetric=True, **spaced),
        "nsd": module.compute_surface_dice(
            one, other, [TOLERANCE_MM], use_subvoxels=True, **spaced
        ),
    }
    return {name: value.item() for name, value in values.items()}


def alone(who, case, seed):
    """One implementation on one case, in this process: values, seconds, and added memory."""
    warnings.simplefilter("ignore")
    shape, spacing = CASES[case]
    tiny = masks((3, 8, 8), seed)
    run = {"limner": limner, "surface-distance": surface_distance, "monai": monai}[who]
    run(*tiny, (1.0, 1.0, 1.0))  # imports, and tables that are made once
    predicted, reference = masks(shape, seed)
    if shape[0] == 1:
        predicted, reference, spacing = predicted[0], reference[0], spacing[1:]
        # a first run on the middle, where there is something, brings in what is imported late
    middle = tuple(slice(max(0, n // 2 - 32), n // 2 + 32) for n in predicted.shape)
    run(predicted[middle], reference[middle], spacing)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times, busy = [], []
    for _ in range(1 if predicted.size >= LARGE // 4 else 3):
        start, worked = time.perf_counter(), time.process_time()
        values = run(predicted, reference, spacing)
        times.append(time.perf_counter() - start)
        busy.append(time.process_time() - worked)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = {"values": {k: float(v) for k, v in values.items()}, "seconds": round(min(times), 4)}
    told["cpu_seconds"] = round(min(busy), 4)
    if who == "limner":
        told["values_by_voxels"] = limner_voxels(predicted, reference, spacing)
    return {**told, "peak_mb": round(peak / 1024), "added_mb": round((peak - held) / 1024)}


def together(case, seed, *, everyone):
    """All implementations on one case, and how far their values and times are apart."""
    found = {}
    for who in WHO if everyone or np.prod(CASES[case][0]) < LARGE else WHO[:1]:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "told.json"
            words = ["--alone", who, case, str(out), "--seed", str(seed)]
            subprocess.run(
                [sys.executable, "-m", "benchmarks.metrics", *words], check=True, cwd=ROOT
            )
            found[who] = json.loads(out.read_text(encoding="utf-8"))
    if len(found) == 1:
        return found
    ours, google, torch = (found[who]["values"] for who in WHO)
    by_voxels = found["limner"]["values_by_voxels"]
    apart = {
        "surface-distance": max(abs(ours[name] - google[name]) for name in ours),
        "monai, dice and nsd": max(abs(ours[name] - torch[name]) for name in ("dice", "nsd")),
        "monai, hd95 and assd by voxels": max(abs(by_voxels[n] - torch[n]) for n in by_voxels),
    }
    ratios = {
        key: {who: round(found[who][key] / found["limner"][key], 2) for who in WHO[1:]}
        for key in ("seconds", "cpu_seconds")
    }
    return {**found, "largest_difference": apart, "ratio": ratios}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--everyone", action="store_true", help="also on the largest case")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "metrics.json")
    parser.add_argument("--alone", nargs=3, metavar=("WHO", "CASE", "OUT"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        who, case, out = asked.alone
        Path(out).write_text(json.dumps(alone(who, case, asked.seed)), encoding="utf-8")
        return
    cases = {case: together(case, asked.seed, everyone=asked.everyone) for case in CASES}
    apart = [each["largest_difference"] for each in cases.values() if "ratio" in each]
    bars = {
        f"metrics, largest difference from {who}": bar(max(each[who] for each in apart), 1e-6, "")
        for who in apart[0]
    }
    told = {**stamp(seed=asked.seed), "tolerance_mm": TOLERANCE_MM, "bars": bars, "cases": cases}
    write_text(json.dumps(told, indent=1) + "\n", asked.out)
    for case, each in cases.items():
        print(case, each.get("ratio", ""), each.get("largest_difference", ""))
        for who in set(WHO) & set(each):
            print(f"  {who:17s}{each[who]['seconds']:9.3f} s  +{each[who]['added_mb']} MB")


if __name__ == "__main__":
    main()
