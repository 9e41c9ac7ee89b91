"""Whether the judge of zooms picks well on sets that it has not seen, and by what.

    python -m benchmarks.zooms                writes results/zoom_judge.json

First prompts on training pictures are answered by the network at every zoom, as in the last
minutes of `limner learn default`. Judges learn from all sets but a sixth, and pick on that
sixth; found and made-up pictures only teach. Dice of what is picked, mean over the annotated
sets; differences with 95 % intervals over the sets. No measuring set is looked at.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from benchmarks.machine import ROOT, stamp
from limner.learn.ladders import Ladder, ladders, taught
from limner.learn.permitted import permitted
from limner.learn.verdict import interval
from limner.predict._ladder import EXPECTED, PLAIN, by_rule
from limner.predict.limner import CARDS, Limner
from limner.predict.runtime import open_network
from limner.safely import write_text

OUT = ROOT / "results" / "zoom_judge.json"
FOLDS = 6


def made(weights, data, *, count, seed):
    """Ladders of a network's answers, and the names of the annotated sets."""
    sources = permitted(data)
    model, rng = Limner(open_network(weights, threads=1)), np.random.default_rng((seed, 1 << 43))
    found: list[Ladder] = []
    while len(found) < count:
        found += ladders(model, sources, rng)
    return found[:count], sorted(each.name for each in sources)


def plain(each):
    """A ladder without what the network judged its answers by."""
    return Ladder(each.kind, each.facts[:, :PLAIN], each.dice)


def picked(climbed, sets, *, seed):
    """Dice of what each way picks, set by set."""
    found = defaultdict(lambda: defaultdict(list))
    for fold in range(FOLDS):
        out = set(sets[fold::FOLDS])
        rest = [each for each in climbed if each.kind not in out]
        full, bare = (taught(these, seed=seed) for these in (rest, [plain(e) for e in rest]))
        for each in (one for one in climbed if one.kind in out):
            ways = {
                "the best of them": each.dice,
                "expected Dice": each.facts[:, EXPECTED],
                "expected Dice and agreement": by_rule(each.facts, marks=0),
                "judge without the network's evidence": worth(bare, plain(each)),
                "judge": worth(full, each),
            }
            for name, by in ways.items():
                found[name][each.kind].append(float(each.dice[int(np.argmax(by))]))
    return {
        name: {kind: np.mean(every) for kind, every in of.items()} for name, of in found.items()
    }


def worth(judge, each):
    """What a judge says of a ladder's answers."""
    with torch.no_grad():
        return judge({"ladder": torch.from_numpy(each.facts)})["worth"].numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--weights", type=Path, default=CARDS / "weights.onnx")
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=100)
    options = parser.parse_args()
    torch.set_num_threads(1)
    climbed, sets = made(options.weights, options.data, count=options.count, seed=options.seed)
    scores = picked(climbed, sets, seed=options.seed)
    kinds = sorted(scores["judge"])
    by = {name: np.array([of[kind] for kind in kinds]) for name, of in scores.items()}
    told = {
        **stamp(seed=options.seed),
        "ladders": len(climbed),
        "sets": len(kinds),
        "dice": {name: round(float(each.mean()), 4) for name, each in by.items()},
        "judge minus": {
            name: [round(n, 4) for n in interval((by["judge"] - each).tolist())]
            for name, each in by.items()
            if name != "judge"
        },
        "by set": {n: {k: round(float(v), 4) for k, v in of.items()} for n, of in scores.items()},
    }
    write_text(json.dumps(told, indent=1) + "\n", OUT)
    print(json.dumps({name: told[name] for name in ("dice", "judge minus")}, indent=1))


if __name__ == "__main__":
    main()
