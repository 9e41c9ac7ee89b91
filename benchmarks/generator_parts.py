"""What each part of the training generator is good for, on the `choose` half.

    python -m benchmarks.generator_parts            writes results/generator_parts.json

A small network is trained again and again, always for as many steps, and each time something
is left out of what it draws from; then it answers a box and a click on objects of `choose` at
a zoom that is given. Dice, mean over sets, small ones pooled, thin objects apart. Two tables:

- "alone": of the whole diet (annotated, found and made-up pictures) one part is left out, on
  the same seeds as the whole; the difference and its interval are paired over the seeds.
- "several": of made-up pictures alone, some of the parts of `scene` are left out at a time,
  each equally often. A part's effect is its slope in a linear regression over those runs,
  which tells small effects apart with far fewer runs than one run for each part would.

`--blind --steps 1000 --rounds 0 --out results/generator_parts_blind.json` blanks the hints, so that
all that is known of an object was learnt, and trains five times as long.

A difference is "with the part minus without": above 0 the part helps. Cases are made once into
--folder (see `small_cases`); runs are kept there too, and what is there is not done again.
"""

import argparse
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import fmean
from time import monotonic

import numpy as np

from benchmarks import small_cases
from benchmarks.machine import ROOT, stamp
from benchmarks.small_cases import KINDS, MADE_UP, TAGS
from limner.evaluate.compare import Row, groups_of
from limner.learn.verdict import interval
from limner.phantoms.shapes import SCENE_PARTS
from limner.safely import write_text

WIDTHS = (8, 16, 24, 32, 40)
STEPS, BATCH, RATE = 200, 16, 6e-3
SHARES = {  # as `limner learn default` mixes them
    "whole": {"annotated": 9, "found": 2, "shapes": 2.5, "anatomy": 1.25, "micro": 1.25},
    "made-up": {"shapes": 2, "anatomy": 1, "micro": 1},
}
COUNTS = {"annotated": 1500, "found": 500, "shapes": 2500, "anatomy": 750, "micro": 750}
ALONE = ("annotated", "found", "made-up", *MADE_UP, "restyling", "artefacts")
# How many parts of `scene` the runs of a round leave out; each part is left out of two. Were
# they as many in every run, nobody could tell what leaving out any one does.
AWAY = (0, 2, 3, 4, 5, 6, 8)
COLUMNS = ("box", "click", "thin click")
LIMIT = 12  # objects of a set


@dataclass(frozen=True)
class Arm:
    """One training: which diet, what is left out of it, and the seed."""

    diet: str
    without: tuple[str, ...]
    seed: int
    steps: int = STEPS
    blind: bool = False  # its hints are blanked

    @property
    def key(self):
        told = [self.diet, self.without, self.seed, WIDTHS, self.steps, BATCH, RATE, SHARES, COUNTS]
        told += ["blind"] * self.blind
        return sha256(json.dumps(told).encode()).hexdigest()[:16]


def planned(seeds, rounds, **about):
    """Every arm: those of "alone" seed by seed, then those of "several".

    about   steps and blind, of all of them
    """
    rng = np.random.default_rng(0)
    away = ((), *((each,) for each in ALONE))
    arms = [Arm("whole", each, seed, **about) for seed in range(seeds) for each in away]
    several = [each for _ in range(rounds) for each in left_out(rng)]
    return arms + [Arm("made-up", each, seed, **about) for seed, each in enumerate(several)]


def left_out(rng):
    """What the runs of a round leave out: as many as `AWAY` says, every part twice."""
    while True:
        every = np.concatenate([rng.permutation(SCENE_PARTS) for _ in range(2)])
        runs = [tuple(sorted(each.tolist())) for each in np.split(every, np.cumsum(AWAY)[:-1])]
        if all(len(set(each)) == len(each) for each in runs):
            return runs


class Drawn:
    """Batches of the cases that an arm may see; turned and mirrored, a batch all alike."""

    def __init__(self, held, arm):
        self.held = held
        self.rng = np.random.default_rng((arm.seed, 7))
        self.blind = arm.blind
        gone = [TAGS.index(each) for each in arm.without if each in TAGS]
        shares = {
            kind: share
            for kind, share in SHARES[arm.diet].items()
            if kind not in arm.without and not ("made-up" in arm.without and kind in MADE_UP)
        }
        self.kinds = list(shares)
        self.chances = np.array(list(shares.values())) / sum(shares.values())
        self.may = {k: np.flatnonzero(~held[k]["tags"][:, gone].any(axis=1)) for k in shares}
        self.left = {kind: np.zeros(0, int) for kind in shares}

    def draw(self, progress):  # noqa: ARG002  # the same throughout
        import torch

        from limner.learn.recipe import Batch

        chosen = self.rng.choice(len(self.kinds), size=BATCH, p=self.chances)
        picked = [self._next(self.kinds[each]) for each in chosen]
        turn, mirrored = int(self.rng.integers(4)), bool(self.rng.random() < 0.5)
        planes = {}
        for name in ("image", "said", "hints", "target", "weight"):
            stacked = np.stack([self.held[kind][name][place] for kind, place in picked])
            turned = np.rot90(stacked[..., ::-1] if mirrored else stacked, turn, axes=(2, 3))
            planes[name] = np.ascontiguousarray(turned)
        labels, weights = (
            torch.from_numpy(planes[each].astype(np.float32)) for each in ("target", "weight")
        )
        return Batch({"image": seen(planes, blind=self.blind)}, labels, weights)

    def _next(self, kind):
        if not len(self.left[kind]):
            self.left[kind] = self.rng.permutation(self.may[kind])
        place, self.left[kind] = self.left[kind][-1], self.left[kind][:-1]
        return kind, place

    def take(self, batch):
        """Nothing is corrected here."""

    def memory(self):
        return {}

    def remember(self, memory):
        """Nothing was kept: a run of seconds is not resumed."""


def seen(planes, *, blind):
    """The network's input (n, 8, side, side): picture, region and inside marks, hints or 0."""
    import torch

    said = planes["said"].astype(np.float32) / 255
    hints = planes["hints"].astype(np.float32) / (np.inf if blind else 127)
    stacked = np.concatenate([planes["image"].astype(np.float32), said, hints], axis=1)
    return torch.from_numpy(stacked).contiguous(memory_format=torch.channels_last)


def trained(held, arm):
    """The network after its steps."""
    import torch

    from limner.learn.train import Budget, Schedule, TrainState, train
    from limner.learn.trials._plain import Plain
    from limner.learn.trials._tiny import Tiny

    torch.manual_seed(arm.seed)
    recipe = Plain()
    nets = recipe.networks(lambda: Tiny(WIDTHS, channels=8)).to(memory_format=torch.channels_last)
    schedule = Schedule(rate=RATE, warm_up=20)
    state = TrainState(recipe, nets, Drawn(held, arm), Budget(steps=arm.steps), schedule)
    for _ in train(state):
        pass
    return nets[recipe.keep].eval()


def answered(network, test, *, blind):
    """Dice (n,) of the answers at the crops' full side; what they do not show is missed."""
    import torch
    from torch.nn import functional

    scores = []
    with torch.inference_mode():
        for low in range(0, len(test["whole"]), 64):
            part = {name: each[low : low + 64] for name, each in test.items()}
            logits = network({"image": seen(part, blind=blind)})["logits"]
            large = functional.interpolate(
                logits, scale_factor=2.0, mode="bilinear", align_corners=False
            )
            mask, target = large.numpy() > 0, part["whole"]
            both = (mask & target).sum(axis=(1, 2, 3))
            sizes = mask.sum(axis=(1, 2, 3)) + target.sum(axis=(1, 2, 3)) + part["beyond"]
            scores.append(2 * both / sizes)
    return np.concatenate(scores)


def over_sets(listed, test, network, *, blind):
    """By column, the mean over the groups of the mean over their objects."""
    scores = {prompt: answered(network, each, blind=blind) for prompt, each in test.items()}
    found = {}
    for column in COLUMNS:
        thin, prompt = column.startswith("thin"), column.rpartition(" ")[2]
        rows = [
            Row(e.key, e.set, e.image, e.modality, e.thin, {"": (score,)})
            for e, score in zip(listed, scores[prompt], strict=True)
            if e.thin == thin
        ]
        groups = groups_of(rows).values()
        found[column] = fmean(fmean(row.scores[""][0] for row in own) for own in groups)
    return found


def alone(lines):
    """By part, the paired difference of the whole and the whole without it, and its interval."""
    found = {}
    whole = {arm.seed: own for arm, own in lines if arm.diet == "whole" and not arm.without}
    for part in ALONE:
        rest = {
            arm.seed: own for arm, own in lines if arm.diet == "whole" and arm.without == (part,)
        }
        seeds = sorted(set(whole) & set(rest))
        if len(seeds) < 3:
            continue
        found[part] = {
            column: {
                "without": round(fmean(rest[seed][column] for seed in seeds), 4),
                "difference": rounded(
                    interval([whole[seed][column] - rest[seed][column] for seed in seeds])
                ),
            }
            for column in COLUMNS
        }
    means = {c: round(fmean(own[c] for own in whole.values()), 4) for c in COLUMNS}
    return {"seeds": len(whole), "whole": means, "parts": found}


def several(lines):
    """By part of `scene`, its slope in a regression over the runs, and its interval."""
    from scipy.special import stdtrit

    own = [(arm.without, scores) for arm, scores in lines if arm.diet == "made-up"]
    there = np.array([[part not in away for part in SCENE_PARTS] for away, _ in own], float)
    design = np.column_stack([np.ones(len(own)), there])
    spare = len(own) - design.shape[1]
    if spare < 5 or np.linalg.matrix_rank(design) < design.shape[1]:
        return {"runs": len(own), "parts": {}}
    found = {part: {"left out of": sum(part in away for away, _ in own)} for part in SCENE_PARTS}
    inverse = np.linalg.inv(design.T @ design)
    spread = {}
    for column in COLUMNS:
        scores = np.array([each[column] for _, each in own])
        slopes = inverse @ design.T @ scores
        variance = np.square(scores - design @ slopes).sum() / spare
        half = float(stdtrit(spare, 0.975)) * np.sqrt(variance * np.diag(inverse))
        spread[column] = round(float(np.sqrt(variance)), 4)
        for part, slope, reach in zip(SCENE_PARTS, slopes[1:], half[1:], strict=True):
            found[part][column] = rounded((slope, slope - reach, slope + reach))
    means = {c: round(fmean(each[c] for _, each in own), 4) for c in COLUMNS}
    return {"runs": len(own), "mean": means, "spread of a run": spread, "parts": found}


def rounded(numbers):
    return [round(float(each), 4) for each in numbers]


def kept(store):
    """The scores of the runs in a file by their keys."""
    if not store.is_file():
        return {}
    told = [json.loads(line) for line in store.read_text(encoding="utf-8").splitlines()]
    return {each["key"]: each["scores"] for each in told}


def keep(store, key, scores):
    """Write the scores of one run where `kept` finds them."""
    with store.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"key": key, "scores": scores}) + "\n")


def bed(data, folder):
    """The objects that are asked about, the crops of them, and the cases of every kind."""
    folder.mkdir(parents=True, exist_ok=True)
    listed, test = small_cases.tests(data, limit=LIMIT, folder=folder)
    held = {kind: small_cases.made(kind, COUNTS[kind], folder=folder, data=data) for kind in KINDS}
    return listed, test, held


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/limner_generator_parts"))  # noqa: S108
    parser.add_argument("--seeds", type=int, default=3, help='of the arms of "alone"')
    parser.add_argument("--rounds", type=int, default=4, help='of seven arms of "several"')
    parser.add_argument("--minutes", type=float, default=0, help="stop then; 0 for never")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--blind", action="store_true", help="the hints are blanked")
    parser.add_argument("--cases-only", action="store_true")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "generator_parts.json")
    asked = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    began = monotonic()
    listed, test, held = bed(asked.data, asked.folder)
    if asked.cases_only:
        return
    store = asked.folder / "runs.jsonl"
    arms = planned(asked.seeds, asked.rounds, steps=asked.steps, blind=asked.blind)
    done = kept(store)
    for number, arm in enumerate(arms, start=1):
        if arm.key in done or (asked.minutes and monotonic() - began > 60 * asked.minutes):
            continue
        scores = over_sets(listed, test, trained(held, arm), blind=arm.blind)
        done[arm.key] = scores
        keep(store, arm.key, scores)
        told = {name: round(value, 3) for name, value in scores.items()}
        print(f"{number}/{len(arms)} {monotonic() - began:.0f} s {arm}: {told}", flush=True)
    lines = [(arm, done[arm.key]) for arm in arms if arm.key in done]
    record = {
        **stamp(seed=0),
        "half": "choose",
        "objects": len(listed),
        "network": {"shape": "Tiny", "widths": WIDTHS, "side": small_cases.SIDE},
        "steps": asked.steps,
        "blind": asked.blind,
        "batch": BATCH,
        "cases": COUNTS,
        "tagged": {kind: shared(each["tags"]) for kind, each in held.items()},
        "alone": alone(lines),
        "several": several(lines),
    }
    write_text(json.dumps(record, indent=1) + "\n", asked.out)
    print(json.dumps({name: record[name] for name in ("alone", "several")}, indent=1))


def shared(tags):
    """By tag, the share of the cases that have it; those of none left out."""
    means = tags.mean(axis=0)
    return {name: round(float(m), 3) for name, m in zip(TAGS, means, strict=True) if m}


if __name__ == "__main__":
    main()
