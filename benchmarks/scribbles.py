"""How far robots' scribbles are from people's, on the same targets.

    python -m benchmarks.scribbles --data ../shared/data     writes results/scribbles.json
    python -m benchmarks.scribbles --sheet FILE.png          draws robots' scribbles on phantoms

Three people scribbled on five pictures of each of six kinds (`dev/ms_*`). `human_scribble` and
the quick strokes that training used before draw on the same targets, several times each, with
the same pen, and all are measured by the same code (`limner.evaluate.scribbles`).

- "larger": how often the robot's figure is larger than the person's, of all pairs on the same
  kind of picture, ties counting half; the mean over the kinds. 0.5 is alike.
- "apart": the mean of |larger - 0.5| over kinds and measures, from 0 to 0.5.
- "told": how well a logistic regression that never saw the kind tells one from the other, as
  the area under its ROC curve. 0.5 is not at all.

The robots were tuned on the pictures of the half `choose`, by "apart"; `report` was only looked
at in pictures. Each person against the other two says how alike people are.
"""

import argparse
import json
from collections import defaultdict
from dataclasses import astuple, fields
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from benchmarks.machine import ROOT, stamp
from limner.evaluate import robots
from limner.evaluate.scribbles import Look, look, penned
from limner.phantoms.shapes import scene
from limner.safely import write_text

MEASURES = tuple(field.name for field in fields(Look))
PEOPLE = (0, 1, 2)
SIDES = {"inside": 1, "outside": 2}  # and its value in the files
TIMES = 6  # a robot draws on each target
RIDGE = 1.0
SHOWN = (1, 2, 5, 7, 22, 33, 42, 58)  # phantoms


def quick(rng, target, *, inside):
    """One or two strokes on the object, or one in a band beside it, as training drew before."""
    if inside:
        return [robots.stroke(rng, target) for _ in range(int(rng.integers(1, 3)))]
    apart = ndimage.distance_transform_edt(~target)
    return [robots.stroke(rng, (apart > 4) & (apart < 40))]


def read(path):
    return np.array(Image.open(path))


def strangers(folder):
    """The scribbles that were saved under the name of a picture they were not made on.

    Those that another picture has as well, and those whose strokes for the object mostly miss it.
    """
    seen = defaultdict(list)
    found = set()
    for path in sorted((folder / "scribbles").glob("*.png")):
        drawn = read(path)
        seen[sha256(drawn.tobytes()).hexdigest()].append(path.name)
        target = read(folder / "masks" / f"{path.stem[:-3]}.png") > 0
        if (drawn[target] == 1).sum() < 0.5 * (drawn == 1).sum():
            found.add(path.name)
    return found | {name for names in seen.values() if len(names) > 1 for name in names}


def looks(data, side, halves):
    """{kind: {who: (n, measures)}} and the files left out; who is 0, 1, 2, "robots" or "quick"."""
    kinds, left_out = {}, []
    for folder in sorted((data / "dev").glob("ms_*")):
        rows = defaultdict(list)
        strange = strangers(folder)
        left_out += sorted(f"{folder.name}/{name}" for name in strange)
        for number, path in enumerate(sorted((folder / "masks").glob("*.png"))):
            if (folder.name, path.name) not in halves:
                continue
            target, inside = read(path) > 0, side == "inside"
            for person in PEOPLE:
                name = f"{path.stem}_a{person}.png"
                drawn = read(folder / "scribbles" / name) == SIDES[side]
                if name not in strange and drawn.any():
                    rows[person].append(astuple(look(drawn, target, inside=inside)))
            for who, draws in (("robots", robots.human_scribble), ("quick", quick)):
                for time in range(TIMES):
                    rng = np.random.default_rng((number, time, *folder.name.encode()))
                    drawn = penned(target.shape, draws(rng, target, inside=inside))
                    rows[who].append(astuple(look(drawn, target, inside=inside)))
        kinds[folder.name] = {who: np.array(each) for who, each in rows.items()}
    return kinds, left_out


def together(rows, who):
    return np.concatenate([rows[each] for each in who if each in rows])


def larger(ours, theirs):
    """(measures,) the share of pairs in which ours is larger, ties counting half."""
    above = (ours[:, None] > theirs[None]).mean(axis=(0, 1))
    return above + (ours[:, None] == theirs[None]).mean(axis=(0, 1)) / 2


def told(kinds, one, other):
    """The area under the ROC curve of a regression that never saw the kind, mean over the kinds."""
    areas = []
    for kind, rows in kinds.items():
        others = [each for name, each in kinds.items() if name != kind]
        known = [np.concatenate([together(each, who) for each in others]) for who in (one, other)]
        score = regression(*(np.log1p(each) for each in known))
        ours, theirs = (score(np.log1p(together(rows, who))) for who in (one, other))
        areas.append(larger(ours[:, None], theirs[:, None])[0])
    return float(np.mean(areas))


def regression(ones, zeros):
    """A score that is high for what is like the ones: logistic, both weighing the same."""
    rows = np.concatenate([ones, zeros])
    middle, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9

    def shown(each):
        return np.column_stack([np.ones(len(each)), (each - middle) / spread])

    seen = shown(rows)
    answer = np.repeat([1.0, 0.0], [len(ones), len(zeros)])
    weight = np.where(answer > 0, 0.5 / len(ones), 0.5 / len(zeros)) * len(rows)
    slopes = np.zeros(seen.shape[1])
    for _ in range(20):  # Newton's steps
        share = 1 / (1 + np.exp(-seen @ slopes))
        pull = seen.T @ (weight * (answer - share)) - RIDGE * slopes
        bend = (seen.T * (weight * share * (1 - share))) @ seen + RIDGE * np.eye(len(slopes))
        slopes += np.linalg.solve(bend, pull)
    return lambda each: shown(each) @ slopes


def compared(kinds, one, other):
    """How alike two groups are."""
    each = np.array([larger(together(rows, one), together(rows, other)) for rows in kinds.values()])
    return {
        "larger": dict(zip(MEASURES, np.round(each.mean(axis=0), 3).tolist(), strict=True)),
        "apart": round(float(np.abs(each - 0.5).mean()), 3),
        "told": round(told(kinds, one, other), 3),
    }


def quartiles(kinds, who):
    """By measure: the quartiles of each kind, averaged over the kinds."""
    each = [np.percentile(together(rows, who), (25, 50, 75), axis=0) for rows in kinds.values()]
    mean = np.round(np.mean(each, axis=0), 3).T.tolist()
    return dict(zip(MEASURES, mean, strict=True))


def people_apart(kinds):
    """Each person against the other two, averaged."""
    each = [
        compared(kinds, (person,), tuple(p for p in PEOPLE if p != person)) for person in PEOPLE
    ]
    # which of the two is called the one is arbitrary: below 0.5 tells them apart as well
    return {
        "apart": round(float(np.mean([c["apart"] for c in each])), 3),
        "told": round(float(np.mean([max(c["told"], 1 - c["told"]) for c in each])), 3),
    }


def of_half(data, listed, half):
    halves = {(o["set"], Path(o["image"]).name) for o in listed if half in (o["part"], "both")}
    record = {}
    for side in SIDES:
        kinds, left_out = looks(data, side, halves)
        kinds = {name: rows for name, rows in kinds.items() if any(p in rows for p in PEOPLE)}
        record[side] = {
            "robots": compared(kinds, ("robots",), PEOPLE),
            "quick": compared(kinds, ("quick",), PEOPLE),
            "quartiles": {
                "people": quartiles(kinds, PEOPLE),
                "robots": quartiles(kinds, ("robots",)),
                "quick": quartiles(kinds, ("quick",)),
            },
        }
        if half == "both":
            record[side]["people"] = people_apart(kinds)
        record["left_out"] = left_out
    return record


def sheet(path):
    """Phantoms, each with what three robots draw on it and outside of it."""
    rows = []
    for seed in SHOWN:
        picture, labels = scene(np.random.default_rng(seed))
        grey = np.repeat(picture.mean(axis=-1, keepdims=True), 3, axis=-1) * 0.8
        target = robots.largest_island(labels == np.bincount(labels[labels > 0]).argmax())
        tiles = [np.where(target[..., None], grey * [0.7, 0.7, 1.25], grey)]
        for number in range(3):
            tile = tiles[0].copy()
            for inside, colour in ((True, (0.1, 0.9, 0.3)), (False, (1.0, 0.35, 0.1))):
                rng = np.random.default_rng((seed, number))
                tile[penned(target.shape, robots.human_scribble(rng, target, inside=inside))] = (
                    colour
                )
            tiles.append(tile)
        rows.append(np.concatenate(tiles, axis=1))
    half = len(rows) // 2
    both = [np.concatenate(each) for each in (rows[:half], rows[half:])]
    whole = np.clip(np.concatenate(both, axis=1) * 255, 0, 255).astype(np.uint8)
    Image.fromarray(whole).quantize(128).save(path, optimize=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "scribbles.json")
    parser.add_argument("--sheet", type=Path)
    told_to = parser.parse_args()
    if told_to.sheet:
        sheet(told_to.sheet)
        return
    listed = json.loads((told_to.data / "objects.json").read_text(encoding="utf-8"))["objects"]
    record = {half: of_half(told_to.data, listed, half) for half in ("both", "choose", "report")}
    write_text(json.dumps({"stamp": stamp(), **record}, indent=1) + "\n", told_to.out)
    for half, each in record.items():
        for side in SIDES:
            line = {w: (v["apart"], v["told"]) for w, v in each[side].items() if "told" in v}
            print(half, side, line)


if __name__ == "__main__":
    main()
