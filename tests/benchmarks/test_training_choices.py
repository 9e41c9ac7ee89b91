"""Choices of training: what is mixed, what a loss is, and that planted differences are found."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from benchmarks import training_choices as choices  # noqa: E402  # torch first
from benchmarks.generator_parts import COLUMNS  # noqa: E402
from benchmarks.small_cases import KINDS, TAGS  # noqa: E402


@pytest.mark.parametrize("share", [0.0, 0.25, choices.ANNOTATED, 1.0])
def test_annotated_cases_come_as_often_as_asked_and_the_others_keep_their_proportions(share):
    held = {kind: {"tags": np.zeros((4, len(TAGS)), bool)} for kind in KINDS}
    feed = choices.fed(held, choices.Choice(annotated=share), seed=0)
    chance = dict(zip(feed.kinds, feed.chances, strict=True))
    assert chance["annotated"] == pytest.approx(share)
    assert sum(chance.values()) == pytest.approx(1)
    assert (
        chance["shapes"]
        == pytest.approx(2 * chance["anatomy"])
        == pytest.approx(2 * chance["micro"])
    )


def test_the_parts_of_the_usual_loss_add_up_to_it():
    chance = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(2, 1, 8, 8, generator=chance)
    labels = (torch.rand(2, 1, 8, 8, generator=chance) > 0.6).float()
    weights = torch.rand(2, 1, 8, 8, generator=chance)
    parts = [choices.LOSSES[each](logits, labels, weights=weights) for each in choices.LOSSES]
    both, cross, dice = (float(each) for each in parts)
    assert both == pytest.approx(cross + dice)
    plain = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
    ones = torch.ones_like(weights)
    assert float(choices.cross_entropy(logits, labels, weights=ones)) == pytest.approx(float(plain))
    sure = 40 * (2 * labels - 1)
    assert float(choices.soft_dice(sure, labels, weights=ones)) == pytest.approx(0, abs=1e-4)


def test_a_planted_difference_is_found_and_the_usual_has_none():
    rng = np.random.default_rng(3)
    scores = {}
    for seed in range(4):
        base = rng.normal(0.7, 0.05)
        for name in choices.CHOICES:
            worse = 0.03 * (name == "cross entropy alone") + rng.normal(0, 0.001)
            scores[name, seed] = dict.fromkeys(COLUMNS, base - worse)
    told = choices.compared(scores, seeds=4)
    assert "difference" not in told[choices.USUAL]["box"]
    low, high = told["cross entropy alone"]["box"]["difference"][1:]
    assert low < -0.028 < high < 0
    assert told["soft Dice alone"]["click"]["difference"][1] < 0.003


def test_every_choice_is_kept_under_a_name_of_its_own():
    keys = {choices.key_of(each, seed=0, steps=1) for each in choices.CHOICES}
    assert len(keys) == len(choices.CHOICES)
