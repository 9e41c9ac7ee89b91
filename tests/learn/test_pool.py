"""The pool: cases stay for some rounds, and it goes on from what it remembered."""

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from limner.learn.cases import PRIOR, handful  # noqa: E402  # torch first
from limner.learn.material import Generated  # noqa: E402
from limner.learn.pool import Pool, workers  # noqa: E402
from limner.predict._hints import hints  # noqa: E402

MATERIALS = [(Generated(), 4)]


def pool(**options):
    """A pool of five cases."""
    return Pool(
        lambda number: handful(MATERIALS, seed=3, number=number),
        np.random.default_rng(0),
        size=5,
        **options,
    )


def blank(batch):
    """As if the network had answered nothing anywhere."""
    batch.answers["logits"] = torch.full(batch.labels.shape, -9.0)
    return batch


def stepped(feed, count):
    return [feed.take(blank(feed.draw(0.0))) for _ in range(count)]


def test_a_batch_holds_what_the_network_takes():
    batch = pool().draw(0.0)
    assert batch.inputs["image"].shape == (5, 7, 128, 128)
    assert batch.inputs["hints"].shape == (5, 3, 128, 128)
    assert batch.labels.shape == batch.weights.shape == (5, 1, 128, 128)
    assert set(batch.labels.unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize("stay, rounds", [(1.0, 2), (0.0, 0)])
def test_with_stay_1_every_case_is_corrected_and_with_0_replaced(stay, rounds):
    feed = pool(stay=stay)
    stepped(feed, 2)
    assert [case.rounds for case in feed.cases] == [rounds] * 5


def test_a_case_leaves_after_its_last_round():
    feed = pool(stay=1.0, rounds=2)
    stepped(feed, 3)
    assert [case.rounds for case in feed.cases] == [0] * 5


def test_a_right_answer_lets_the_case_go():
    feed = pool(stay=1.0)
    batch = feed.draw(0.0)
    before = list(feed.cases)
    batch.answers["logits"] = batch.labels * 18 - 9
    feed.take(batch)
    assert all(old is not new for old, new in zip(before, feed.cases, strict=True))


def test_what_is_thought_over_keeps_its_marks_and_begins_from_the_answer():
    feed = pool(stay=1.0, again=1.0)
    marks = [case.prompts[:PRIOR].copy() for case in feed_drawn(feed).cases]
    stepped(feed, 1)
    for case, before in zip(feed.cases, marks, strict=True):
        assert np.array_equal(case.prompts[:PRIOR], before)
        assert np.allclose(case.prompts[PRIOR], (case.weight > 0) / (1 + np.exp(9)))
        assert np.array_equal(case.hints, hints(case.image, case.prompts, case.elsewhere))
        assert case.rounds == 1


def test_a_share_of_the_rounds_is_thought_over_and_none_unless_asked():
    def unmarked(again):
        feed, same = pool(stay=1.0, again=again), 0
        for _ in range(8):
            before = {id(case): case.prompts[:PRIOR].copy() for case in feed_drawn(feed).cases}
            stepped(feed, 1)
            same += sum(np.array_equal(before.get(id(c)), c.prompts[:PRIOR]) for c in feed.cases)
        return same / 40

    assert unmarked(0.0) == 0
    assert 0.3 < unmarked(0.5) < 0.7


def feed_drawn(feed):
    """The pool, once its first cases are there."""
    feed.draw(0.0)
    return feed


def test_it_goes_on_from_what_it_remembered():
    one, two = pool(), pool()
    stepped(one, 3)
    two.remember(copy.deepcopy(one.memory()))
    stepped(one, 3)
    stepped(two, 3)
    assert torch.equal(one.draw(0.0).inputs["image"], two.draw(0.0).inputs["image"])
    assert one.fetched == two.fetched


def test_another_process_makes_the_same_cases():
    with workers(MATERIALS, seed=3, count=1) as fetch:
        there = fetch(1)
    with workers(MATERIALS, seed=3, count=0) as fetch:
        here = fetch(1)
    for a, b in zip(here, there, strict=True):
        assert np.array_equal(a.input, b.input)
