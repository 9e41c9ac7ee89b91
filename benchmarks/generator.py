"""How fast generated pictures and training cases are made, on one core.

    python -m benchmarks.generator            writes results/generator.json

A picture is one draw of `Generated` at 128 x 128: the picture, its objects told apart, and
those that cannot be seen left out. A case is what a training step takes: a crop with its
target, restyled and prompted; handfuls are made as a run makes them. Time is CPU time of one
process on one thread, the median over rounds that take turns.
"""

import argparse
import json
import os
import time
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.machine import ROOT, stamp
from benchmarks.processes import bar
from limner.safely import write_text

SIDE, MOST_MS = 128, 5.0  # 200 a second
ALONE = ("shapes", "anatomy", "micro")


def pictures_ms(material, seeds):
    """CPU milliseconds that one draw takes, over the seeds."""
    began = time.process_time()
    for seed in seeds:
        material.draw(np.random.default_rng(seed))
    return 1000 * (time.process_time() - began) / len(seeds)


def cases_ms(material, numbers, *, size=8):
    """CPU milliseconds that one case of a handful takes."""
    from limner.learn.cases import handful

    began = time.process_time()
    for number in numbers:
        handful([(material, size)], seed=0, number=number)
    return 1000 * (time.process_time() - began) / len(numbers) / size


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=100, help="of each kind in a round")
    parser.add_argument("--handfuls", type=int, default=6, help="in a round")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "generator.json")
    asked = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    from limner.learn.material import Generated

    torch.set_num_threads(1)
    kinds = {"all": Generated(side=SIDE)}
    for kept in ALONE:
        rest = tuple(name for name in ALONE if name != kept)
        kinds[kept] = Generated(side=SIDE, without=rest)
    seen = {name: [] for name in (*kinds, "case")}
    for material in kinds.values():  # what is loaded and kept on first use
        pictures_ms(material, range(10_000, 10_020))
    cases_ms(Generated(), range(10_000, 10_004))
    for each in range(asked.rounds):
        seeds = range(each * asked.pictures, (each + 1) * asked.pictures)
        for name, material in kinds.items():
            seen[name].append(pictures_ms(material, seeds))
        numbers = range(each * asked.handfuls, (each + 1) * asked.handfuls)
        seen["case"].append(cases_ms(Generated(), numbers))
    found = {name: round(median(times), 2) for name, times in seen.items()}
    result = {
        "command": "python -m benchmarks.generator",
        **stamp(seed=0),
        "bars": {f"a generated picture of {SIDE} x {SIDE}": bar(found["all"], MOST_MS, "ms")},
        "picture_ms": {name: found[name] for name in kinds},
        "pictures_a_second": {name: round(1000 / found[name]) for name in kinds},
        "case_ms": found["case"],
        "cases_a_second": round(1000 / found["case"]),
    }
    write_text(json.dumps(result, indent=1) + "\n", asked.out)
    print(json.dumps({key: result[key] for key in ("bars", "picture_ms", "case_ms")}, indent=1))


if __name__ == "__main__":
    main()
