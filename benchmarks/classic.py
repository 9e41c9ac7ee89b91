"""The methods of `classic` on the `choose` half of the shared objects: Dice and milliseconds.

    python -m benchmarks.classic              writes results/classic_methods.json

A sample of objects, spread evenly over the sets; the ellipse in the box stands beside them.
Only `choose` is ever looked at here: `limner evaluate` scores the other half.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from benchmarks.machine import ROOT, stamp
from limner.evaluate.baselines import BASELINES
from limner.evaluate.protocols import prompted
from limner.evaluate.protocols.objects import Subject, entries, load, pictures
from limner.predict.classic import METHODS, classic
from limner.safely import write_text

CLICKS = (1, 3, 5)
ASKED = {"box": prompted.box, "click": prompted.clicks}


def subjects(data: Path, count: int, seed: int) -> Iterator[Subject]:
    """`count` objects of `choose`, as even over the sets as they allow."""
    rng = np.random.default_rng(seed)
    every = entries(data, "choose")
    sets: dict[str, list] = {}
    for place in rng.permutation(len(every)):
        sets.setdefault(every[place].set, []).append(every[place])
    turns = [one for turn in range(len(every)) for own in sets.values() for one in own[turn:][:1]]
    for together in pictures(turns[:count]):
        yield from load(data, together)


def measured(predictor, chosen: list[Subject], *, kinds: tuple[str, ...]):
    """Mean Dice and milliseconds of one method."""
    asked: dict[str, list[prompted.Outcome]] = {kind: [] for kind in kinds}
    wall, spent = perf_counter(), process_time()
    for one in chosen:
        encoded = predictor.encode(one.image)
        for kind in kinds:
            asked[kind].append(ASKED[kind](predictor, encoded, one.target))
    calls = sum(len(outcome.seconds) for each in asked.values() for outcome in each)
    told = {
        "failures": sorted({o.failure for each in asked.values() for o in each if o.failure}),
        "ms_a_call": round(1000 * (perf_counter() - wall) / max(calls, 1), 1),
        "cpu_ms_a_call": round(1000 * (process_time() - spent) / max(calls, 1), 1),
    }
    for kind, outcomes in asked.items():
        dice = np.array([outcome.dice for outcome in outcomes])
        plain = np.array([not one.entry.thin for one in chosen])
        steps = {"box": 0} if kind == "box" else {f"clicks {n}": n - 1 for n in CLICKS}
        for name, step in steps.items():
            told[name] = round(float(dice[:, step].mean()), 4)
            told[f"{name}, not thin"] = round(float(dice[plain, step].mean()), 4)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--objects", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "classic_methods.json")
    options = parser.parse_args()
    prompted.CLICKS = max(CLICKS)  # further ones take time and are not told
    chosen = list(subjects(options.data, options.objects, options.seed))
    ellipse = measured(BASELINES.get("ellipse")(), chosen, kinds=("box",))
    table = {"ellipse in the box": ellipse}
    print("ellipse in the box", ellipse, flush=True)
    for method in options.methods:
        table[method] = measured(classic(method=method), chosen, kinds=("box", "click"))
        print(method, table[method], flush=True)
    told = {**stamp(seed=options.seed), "half": "choose", "objects": len(chosen), "methods": table}
    write_text(json.dumps(told, indent=1) + "\n", options.out)


if __name__ == "__main__":
    main()
