"""The loop: budgets, the schedule by hand, and a killed run that resumes to the same weights."""

import pytest

from tests.contracts.test_recipes import Same, Tiny

torch = pytest.importorskip("torch")

from limner.learn import RECIPES  # noqa: E402  # torch first
from limner.learn.train import Budget, Schedule, TrainState, train  # noqa: E402


def state(steps=6):
    torch.manual_seed(1)
    recipe = RECIPES.get("click_guided")()
    return TrainState(recipe, recipe.networks(Tiny), Same(), Budget(steps=steps))


def test_a_killed_run_resumes_to_the_same_weights(tmp_path):
    whole = state()
    list(train(whole))
    begun = state()
    for _, _ in zip(range(3), train(begun), strict=False):
        pass
    begun.save(tmp_path / "state.pt")
    resumed = state()
    resumed.load(tmp_path / "state.pt")
    assert resumed.step == 3
    list(train(resumed))
    assert resumed.step == whole.step == 6
    for name, value in whole.nets.state_dict().items():
        assert torch.equal(value, resumed.nets.state_dict()[name]), name


def test_a_finished_run_does_nothing_more():
    done = state(2)
    assert len(list(train(done))) == 2
    assert list(train(done)) == []


def test_a_budget_of_seconds_ends():
    torch.manual_seed(1)
    recipe = RECIPES.get("click_guided")()
    short = TrainState(recipe, recipe.networks(Tiny), Same(), Budget(seconds=0.05))
    seen = list(train(short))
    assert seen
    assert short.spent_s >= 0.05
    assert short.progress == 1


def test_progress_counts_steps_or_seconds():
    assert Budget(steps=8).progress(step=2, spent_s=99) == 0.25
    assert Budget(seconds=200).progress(step=2, spent_s=50) == 0.25
    assert Budget(seconds=200).progress(step=2, spent_s=500) == 1


def test_the_rate_by_hand():
    schedule = Schedule(rate=1.0, warm_up=10, least=0.1)
    assert schedule.at(step=0, progress=0) == pytest.approx(0.1)
    assert schedule.at(step=99, progress=0) == pytest.approx(1.0)
    assert schedule.at(step=99, progress=0.5) == pytest.approx(0.55)
    assert schedule.at(step=99, progress=1) == pytest.approx(0.1)


def test_norms_and_biases_do_not_decay():
    groups = state().optimiser.param_groups
    assert [group["weight_decay"] for group in groups] == [Schedule().decay, 0.0]
    assert all(p.ndim >= 2 for p in groups[0]["params"])
    assert all(p.ndim < 2 for p in groups[1]["params"])


def test_terms_are_named_with_the_rate():
    terms = next(train(state()))
    assert set(terms) == {"mask", "quality", "rate"}
