"""The bed of the judge of zooms: planted evidence is found, on sets that it has not seen."""

import numpy as np
import pytest

pytest.importorskip("torch")

from benchmarks.zooms import PLAIN, picked  # torch first
from limner.learn.ladders import Ladder

SETS = [f"set {number}" for number in range(12)]


def planted(rng, *, at, count=1200):
    """Ladders of five answers, of which one fact says what each reaches; the others are noise."""
    found = []
    for number in range(count):
        facts = rng.normal(size=(5, PLAIN + 4)).astype(np.float32)
        dice = (1 / (1 + np.exp(-2 * facts[:, at]))).astype(np.float32)
        found.append(Ladder(SETS[number % len(SETS)], facts, dice))
    return found


@pytest.mark.parametrize(("at", "sees"), [(PLAIN + 1, "judge"), (0, "expected Dice")])
def test_whoever_is_told_it_picks_nearly_the_best(at, sees):
    scores = picked(planted(np.random.default_rng(2), at=at), SETS, seed=1)
    means = {name: np.mean(list(of.values())) for name, of in scores.items()}
    assert {tuple(sorted(of)) for of in scores.values()} == {tuple(sorted(SETS))}
    assert means["the best of them"] - means[sees] < 0.05
    bare = means["judge without the network's evidence"]
    if sees == "judge":
        assert means["judge"] - max(bare, means["expected Dice"]) > 0.1
    else:
        assert means["expected Dice"] == means["the best of them"]
        assert means["the best of them"] - bare < 0.05
