"""What every recipe owes us: it learns, it repeats itself, and it names its source."""

import inspect
from dataclasses import dataclass, field, fields, is_dataclass

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402  # torch first

from limner.learn import RECIPES  # noqa: E402
from limner.learn.recipe import Batch  # noqa: E402
from limner.learn.train import Budget, Schedule, TrainState, train  # noqa: E402


class Tiny(nn.Module):
    """A network with one batch norm that answers as every network does."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(7, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.head = nn.Conv2d(8, 1, 1)

    def forward(self, batch):
        features = self.body(batch["image"])
        logits = self.head(features)
        return {"logits": logits, "quality": features.mean(dim=(1, 2, 3)).sigmoid()}


@dataclass
class Same:
    """The same batch for ever: a disc that is brighter than the rest."""

    seed: int = 0
    taken: list = field(default_factory=list)

    def draw(self, progress):
        chance = torch.Generator().manual_seed(self.seed)
        rows, columns = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")
        disc = ((rows - 12) ** 2 + (columns - 15) ** 2 < 50).float()
        image = 0.2 * torch.randn(4, 7, 32, 32, generator=chance)
        image[:, :3] += disc
        image[:, 3:] = 0
        return Batch({"image": image}, disc.expand(4, 1, 32, 32), torch.ones(4, 1, 32, 32))

    def take(self, batch):
        self.taken.append(batch.answers["logits"].shape)

    def memory(self):
        return {}

    def remember(self, memory):
        pass


def fit(name, steps=60):
    torch.manual_seed(0)
    recipe = RECIPES.get(name)()
    feed = Same()
    schedule = Schedule(rate=2e-2, warm_up=3)
    state = TrainState(recipe, recipe.networks(Tiny), feed, Budget(steps=steps), schedule)
    return state, list(train(state))


@pytest.mark.parametrize("name", RECIPES.names())
class TestEveryRecipe:
    def test_learns(self, name):
        _, seen = fit(name)
        assert seen[-1]["mask"] < 0.5 * seen[0]["mask"]

    def test_repeats_itself_under_one_seed(self, name):
        (one, _), (two, _) = fit(name, 5), fit(name, 5)
        first, second = one.nets.parameters(), two.nets.parameters()
        assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))

    def test_leaves_its_answers_for_who_drew_the_batch(self, name):
        state, _ = fit(name, 2)
        assert state.feed.taken == [(4, 1, 32, 32)] * 2

    def test_what_it_keeps_is_one_of_its_networks(self, name):
        state, _ = fit(name, 1)
        assert state.recipe.keep in state.nets

    def test_its_hyper_parameters_are_its_fields(self, name):
        assert is_dataclass(RECIPES.get(name))
        assert all(
            isinstance(f.default, int | float | str | bool) for f in fields(RECIPES.get(name))
        )

    def test_names_source_and_differences(self, name):
        told = inspect.getmodule(RECIPES.get(name)).__doc__
        for word in ("\nSource ", "\nDiffers ", "\nExpected "):
            assert word in told


def test_click_guided_keeps_the_average_of_what_it_learns():
    state, _ = fit("click_guided", 1)
    student, average = state.nets["student"], state.nets["average"]
    # after one step the average is that step's weights: keep = min(0.998, 1 - 1/1) = 0
    for a, b in zip(student.parameters(), average.parameters(), strict=True):
        assert torch.equal(a, b)
    held = {name: value.clone() for name, value in average.state_dict().items()}
    with torch.no_grad():
        for p in student.parameters():
            p.add_(1.0)
    state.recipe.after_step(state.nets, 1)  # keep = 1/2
    weight = average.state_dict()["head.bias"]
    assert torch.allclose(weight, held["head.bias"] + 0.5)


class Blank(nn.Module):
    """Answers a half everywhere, whatever it is shown."""

    def __init__(self):
        super().__init__()
        self.logit = nn.Parameter(torch.zeros(1))

    def forward(self, batch):
        shown = batch["image"]
        logits = self.logit.expand(len(shown), 1, *shown.shape[2:])
        return {"logits": logits, "quality": torch.full((len(shown),), 0.5)}


def test_a_clicked_pixel_weighs_five_times_as_much():
    # two pixels answered 0.5, the first is the object and clicked: its Dice sums are
    # 2 * 5 * 0.5 + 1 over 5 * 0.5 + 0.5 + 5 + 1; the entropy is ln 2 at any weight
    image = torch.zeros(1, 7, 1, 2)
    image[0, 4, 0, 0] = 1
    labels = torch.tensor([[[[1.0, 0.0]]]])
    recipe = RECIPES.get("click_guided")()
    batch = Batch({"image": image}, labels, torch.ones(1, 1, 1, 2))
    terms = recipe.losses(recipe.networks(Blank), batch, 0.0)
    assert float(terms["mask"].detach()) == pytest.approx(0.693147 + 1 - 6 / 9, abs=1e-5)
    # nothing is answered, something is there: the Dice is 0, and 0.5 was expected
    assert float(terms["quality"].detach()) == pytest.approx(0.5 * 0.25, abs=1e-6)
