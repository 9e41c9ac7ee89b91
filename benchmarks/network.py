"""What each part of `limner` adds, on the `choose` half: hints, walk, zooms, and who picks one.

    python -m benchmarks.network              adds to results/network_parts.json

Boxes: the walk of the hints alone, the network without its hints, and with them.
First clicks: the best of the zooms (nobody knows it in use), and the zoom picked by the judge of
zooms, by the rule that does without one, by both, by both and cut where it is worth most (as it
ships), by the network's expected Dice, by contrast, by the surest answer, and always the same
one. Dice, mean over sets, thin objects left out. `report` is never looked at here.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from scipy.ndimage import maximum_filter, minimum_filter

from benchmarks.machine import ROOT, stamp
from limner.evaluate.protocols import prompted
from limner.evaluate.protocols.objects import Subject, entries, load, pictures
from limner.learn import publish
from limner.learn.ladders import reached
from limner.predict import _zoom
from limner.predict._ask import Answer
from limner.predict._ladder import best, by_rule, facts
from limner.predict.limner import CARDS, Limner
from limner.predict.runtime import open_network
from limner.safely import write_text

RING = 6  # pixels round a mask that its contrast is taken with
OUT = ROOT / "results" / "network_parts.json"


def contrast(mask, sight) -> float:
    """How far what is inside is from what is round it, in their spreads; -1 for no mask.

    sight   (3, side, side); the outermost pixels of the mask count on neither side
    """
    inner = minimum_filter(mask, 3) if mask.any() else mask
    ring = maximum_filter(mask, 2 * RING + 1) & ~maximum_filter(mask, 3)
    if not mask.any() or not ring.any():
        return -1.0
    one, other = sight[:, inner if inner.any() else mask], sight[:, ring]
    apart = float(np.linalg.norm(one.mean(axis=1) - other.mean(axis=1)))
    return apart / (float(one.std(axis=1).mean() + other.std(axis=1).mean()) + 0.1)


PICKS: Mapping[str, Callable[[Answer], float]] = {
    "expected Dice": lambda one: one.quality,
    "contrast": lambda one: contrast(one.mask, one.sight),
    "surest": lambda one: float(
        2 * one.probability[one.mask].sum() / (one.probability.sum() + one.mask.sum() + 1)
    ),
}


def without(network, name):
    """The network with one input always zero."""
    return lambda arrays: network({**arrays, name: np.zeros_like(arrays[name])})


def walked(arrays):
    """As a network answers: the walk of the hints is the answer."""
    share = np.clip(arrays["hints"][:, :1], 1e-3, 1 - 1e-3)
    return {"logits": np.log(share / (1 - share)), "quality": np.full(len(share), 0.5)}


def boxed(network, subjects: list[Subject]) -> list[float]:
    """Dice after a box."""
    model = Limner(network)
    return [prompted.box(model, model.encode(s.image), s.target).dice[0] for s in subjects]


def zoomed(network, judge, subjects: list[Subject]) -> dict[str, list[float]]:
    """Dice of the first click by who picks the zoom; `judge` may be None."""
    model, scores = Limner(network), defaultdict(list)
    for one in subjects:
        encoded = model.encode(one.image)
        told = prompted.centre(encoded.grid, one.target)(np.zeros_like(one.target), 0)
        answers, scene = model.zooms(encoded, told)
        dice_of = [reached(answer, scene, one.target) for answer in answers]
        scores["best"].append(max(dice_of))
        ladder = facts(answers, scene)
        rule = int(np.argmax(by_rule(ladder, marks=1)))
        scores["rule"].append(dice_of[rule])
        if judge is not None:
            worth = judge({"ladder": ladder})["worth"]
            scores["judge"].append(dice_of[int(np.argmax(worth))])
            kept = best(answers, scene, marks=1, judge=judge)
            chosen = [one.look for one in answers].index(kept.look)
            scores["rule and judge"].append(dice_of[chosen])
            scores["as it ships"].append(reached(_zoom.cut(kept), scene, one.target))
        for name, worth_of in PICKS.items():
            scores[name].append(dice_of[int(np.argmax([worth_of(each) for each in answers]))])
        for number in range(_zoom.ZOOMS):
            scores[f"zoom {number}"].append(dice_of[min(number, len(dice_of) - 1)])
    return dict(scores)


def over_sets(subjects: list[Subject], scores: list[float]) -> float:
    by = defaultdict(list)
    for one, score in zip(subjects, scores, strict=True):
        by[one.entry.set].append(score)
    return round(float(np.mean([np.mean(each) for each in by.values()])), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--weights", type=Path, default=CARDS / "weights.onnx")
    parser.add_argument("--judge", type=Path, help="of zooms; zooms.onnx beside the weights")
    parser.add_argument("--name", default="shipped")
    parser.add_argument("--every", type=int, default=2, help="take one object in so many")
    options = parser.parse_args()
    chosen = [one for one in entries(options.data, "choose") if not one.thin][:: options.every]
    subjects = [each for group in pictures(chosen) for each in load(options.data, group)]
    network = open_network(options.weights, threads=1)
    beside = options.judge or options.weights.with_name(publish.ZOOMS)
    judge = open_network(beside, threads=1) if beside.is_file() else None
    boxes = {
        "walk alone": boxed(walked, subjects),
        "network without hints": boxed(without(network, "hints"), subjects),
        "network with hints": boxed(network, subjects),
    }
    clicks = zoomed(network, judge, subjects)
    found = {
        **stamp(seed=0),
        "half": "choose",
        "objects": len(subjects),
        "box": {name: over_sets(subjects, scores) for name, scores in boxes.items()},
        "first click, zoom picked by": {n: over_sets(subjects, s) for n, s in clicks.items()},
    }
    known = json.loads(OUT.read_text(encoding="utf-8")) if OUT.is_file() else {}
    write_text(json.dumps({**known, options.name: found}, indent=1) + "\n", OUT)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
