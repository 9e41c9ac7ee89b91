"""Distilling: what a teacher's soft answers add to the loss, and where they do not count."""

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402  # torch first

from limner.learn import RECIPES  # noqa: E402
from limner.learn.recipe import Batch  # noqa: E402


class Half(nn.Module):
    """Answers a logit of zero everywhere, until it learns."""

    def __init__(self):
        super().__init__()
        self.logit = nn.Parameter(torch.zeros(1))

    def forward(self, batch):
        shown = batch["image"]
        logits = self.logit.expand(len(shown), 1, *shown.shape[2:])
        return {"logits": logits, "quality": torch.full((len(shown),), 0.5)}


def batch(*, taught=None, weights=(1.0, 1.0)):
    inputs = {"image": torch.zeros(1, 7, 1, 2)}
    if taught is not None:
        inputs["taught"] = torch.tensor([[[list(taught)]]])
    labels = torch.tensor([[[[1.0, 0.0]]]])
    return Batch(inputs, labels, torch.tensor([[[list(weights)]]]))


def terms(told, **fields):
    recipe = RECIPES.get("distilled")(**fields)
    nets = recipe.networks(Half)
    return nets, recipe.losses(nets, told, 0.0)


def test_a_teacher_adds_the_cross_entropy_with_its_answers():
    # at a logit of 0 every target costs ln 2, and pulls by 1/2 - target on each of two pixels
    nets, told = terms(batch(taught=(0.9, 0.7)), taught=2.0)
    assert float(told["taught"].detach()) == pytest.approx(2 * 0.693147, abs=1e-5)
    told["taught"].backward()
    slope = float(nets["student"].logit.grad)
    assert slope == pytest.approx(2 * ((0.5 - 0.9) + (0.5 - 0.7)) / 2, abs=1e-5)


def test_where_nobody_looked_the_teacher_is_not_heard():
    nets, told = terms(batch(taught=(0.9, 0.1), weights=(0.5, 0.0)))
    told["taught"].backward()
    assert float(nets["student"].logit.grad) == pytest.approx(0.5 - 0.9, abs=1e-5)


def test_without_a_teacher_it_is_click_guided():
    _, told = terms(batch())
    recipe = RECIPES.get("click_guided")()
    same = recipe.losses(recipe.networks(Half), batch(), 0.0)
    assert told.keys() == same.keys() == {"mask", "quality"}
    assert all(torch.equal(told[name], same[name]) for name in same)
