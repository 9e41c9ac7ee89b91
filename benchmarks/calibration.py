"""The numbers that set right the Dice which a network expects, from its answers on `choose`.

    python -m benchmarks.calibration          writes results/calibration.json

Reads how far expected and reached Dice were apart on the mean, sets weighing the same, in
results/objects_choose.json, and what the card of the network that ships took off already; says
what it should take off, to be copied to `limner.learn.publish.CARD` and the card. A network that
is new is scored on `choose` with the numbers of the one before, and then once more. `report` is
never looked at here.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.machine import ROOT, stamp
from limner.evaluate.sheets import AT
from limner.predict._ask import Calibration
from limner.predict._zoom import FEW
from limner.predict.card import Card
from limner.predict.limner import CARDS
from limner.safely import write_text

OUT = ROOT / "results" / "calibration.json"
CHOOSE = ROOT / "results" / "objects_choose.json"


def thought_over(marks: int) -> bool:
    """Whether an answer after so many clicks, one at a time, was; with none it was a box."""
    return marks == 0 or 1 < marks <= FEW


def fitted(apart: dict[int, float], before: Calibration) -> Calibration:
    """The numbers after which nothing is expected too much of on the mean.

    apart    by clicks (0 is a box): mean of expected less reached Dice
    before   what was taken off already
    """
    raw = {n: gap + before.over * thought_over(n) + before.after(n) for n, gap in apart.items()}
    over = raw.pop(0)
    marks = np.array(sorted(raw))
    left = np.array([raw[n] - over * thought_over(n) for n in marks])
    (falling, level), *_ = np.linalg.lstsq(
        np.stack([1 / marks, -np.ones(len(marks))], axis=1), left, rcond=None
    )
    return Calibration(round(over, 4), round(float(level), 4), round(float(falling / level), 3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scored", type=Path, default=CHOOSE)
    asked = parser.parse_args()
    scored = json.loads(asked.scored.read_text(encoding="utf-8"))["expected"]["limner"]
    card = Card.read(CARDS)
    apart = {0: scored["box"]["bias"]}
    apart |= {n: scored[f"{n} click{'s' * (n > 1)}"]["bias"] for n in AT}
    found = fitted(apart, Calibration.of(card.calibration))
    told = {
        **stamp(seed=0),
        "half": "choose",
        "card": card.name,
        "error": scored["every answer"]["error"],
        "apart": apart,
        "taken off": dict(card.calibration),
        "should be taken off": vars(found),
    }
    write_text(json.dumps(told, indent=1) + "\n", OUT)
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
