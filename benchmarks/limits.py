"""What limits the default network: the pixels that it sees, or what it has not seen?

    python -m benchmarks.limits               writes results/limits.json

Sides: the truth itself is brought to the crop that a box asks for, at several sides, and back
again, by the steps that the network's answer takes; its Dice is what a faultless network would
have. For thin objects the crop is that of their box too, though in use they are looked at in
tiles. Objects of `choose`, mean over sets.

Own pictures: the network is asked as on `choose`, about objects of the pictures that trained it,
threads left out. The closer its Dice there is to that on `choose`, the less it has learnt by
heart. Other sets, so their objects may be harder or easier.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.machine import ROOT, stamp
from benchmarks.network import over_sets
from limner.evaluate.protocols import prompted
from limner.evaluate.protocols.objects import entries, load, pictures
from limner.evaluate.robots import tight_box
from limner.image import Image
from limner.learn.cases import thread
from limner.learn.ladders import reached
from limner.learn.material import Labelled
from limner.learn.permitted import permitted
from limner.predict._ask import Answer
from limner.predict._look import SIDE, Scene
from limner.predict._zoom import BOX, _round
from limner.predict.limner import limner
from limner.prompt import CHANNELS, to_map
from limner.prompt.prior import Prior
from limner.safely import write_text
from limner.window import window_of

OUT = ROOT / "results" / "limits.json"
EACH = 10  # objects of a training set that are asked about
FEWEST = 5  # without threads: fewer say nothing of a set
CLICKS = (1, 3, 5, 10)
SIDES = (48, 64, 96, SIDE, 192, 256)
SUREST = 0.98  # share of a pixel, at which its logit is cut


def ceiling(subject, side):
    """The Dice of the truth seen on so many pixels along the side of a box's crop."""
    target = np.asarray(subject.target, bool)
    grid, (rows, columns) = subject.image.grid, target.shape
    scene = Scene(subject.image, window_of(subject.image), (0, 0), (rows, columns))
    low, high = tight_box(target)
    look = replace(_round(low, high, scene, number=0, ratio=BOX), side=side)
    share = to_map([Prior.of(target[None], grid)], look.on(grid))[CHANNELS.index("prior")]
    share = np.clip(share, 1 - SUREST, SUREST)
    nothing = np.zeros((3, side, side), np.float32)
    answer = Answer(look, np.log(share / (1 - share)).astype(np.float32), 1.0, nothing)
    return reached(answer, scene, target)


def own_pictures(data, *, seed):
    """By training set: objects, Dice after a box and after `CLICKS`."""
    model, rng, told = limner(threads=1), np.random.default_rng(seed), {}
    for source in permitted(data):
        material, scores = Labelled([source]), []
        for _ in range(EACH):
            scene = material.draw(rng)
            target = scene.objects == rng.integers(1, scene.count + 1)
            if thread(target):
                continue
            samples = scene.picture[..., 0] if scene.picture.shape[2] == 1 else scene.picture
            encoded = model.encode(Image.of(samples[None]))
            clicks = prompted.clicks(model, encoded, target).dice
            scores.append([prompted.box(model, encoded, target).dice[0], *clicks])
        if len(scores) >= FEWEST:
            mean = np.mean([[each[number] for number in (0, *CLICKS)] for each in scores], axis=0)
            told[source.name] = {"objects": len(scores), "dice": np.round(mean, 4).tolist()}
            print(source.name, told[source.name], flush=True)
    return told


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    asked = parser.parse_args()
    own = own_pictures(asked.data, seed=0)
    mean = np.mean([each["dice"] for each in own.values()], axis=0)
    columns = ("box", *(f"{count} click{'s' * (count > 1)}" for count in CLICKS))
    told = {
        "own pictures": {
            "mean": dict(zip(columns, np.round(mean, 4).tolist(), strict=True)),
            "sets": own,
        }
    }
    for kind in ("ordinary", "thin"):
        chosen = [one for one in entries(asked.data, "choose") if one.thin == (kind == "thin")]
        subjects = [each for group in pictures(chosen) for each in load(asked.data, group)]
        scores = {side: [ceiling(each, side) for each in subjects] for side in SIDES}
        told[kind] = {
            "objects": len(subjects),
            "dice": {str(side): over_sets(subjects, scores[side]) for side in SIDES},
        }
        print(kind, told[kind], flush=True)
    write_text(json.dumps({**stamp(seed=0), "half": "choose", **told}, indent=1) + "\n", OUT)


if __name__ == "__main__":
    main()
