"""The judge of zooms: its ladders are what use would show, and it learns what is planted."""

import numpy as np
import pytest

from tests.learn.small import written

torch = pytest.importorskip("torch")

from limner.errors import BadValue  # noqa: E402  # torch first
from limner.learn.ladders import Ladder, judge_of, ladders, reached, taught  # noqa: E402
from limner.learn.permitted import permitted  # noqa: E402
from limner.predict._ladder import facts  # noqa: E402
from limner.predict.limner import Limner  # noqa: E402
from tests.predict.test_ladder import disc, ladder, network  # noqa: E402


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return permitted(written(tmp_path_factory.mktemp("data")))


def test_ladders_are_made_of_every_kind_and_repeat(sources):
    model = Limner(network)
    found, again = [], []
    for kept in (found, again):
        rng = np.random.default_rng(1)
        while len(kept) < 24:
            kept.extend(ladders(model, sources, rng))
    assert {each.kind for each in found} == {"one", "two", "found", "made up"}
    assert all(1 <= len(each.dice) == len(each.facts) <= 5 for each in found)
    assert all(((each.dice >= 0) & (each.dice <= 1)).all() for each in found)
    assert max(float(each.dice.max()) for each in found) > 0.3
    for one, other in zip(found, again, strict=True):
        assert np.array_equal(one.facts, other.facts)
        assert np.array_equal(one.dice, other.dice)


def test_what_an_answer_reaches_is_told_on_the_slices_own_pixels():
    answers, scene = ladder()
    _, inside = disc()
    assert reached(answers[1], scene, inside) > 0.97
    assert reached(answers[1], scene, ~inside) < 0.03
    assert facts(answers, scene).shape[1] == facts(answers[:2], scene).shape[1]


def planted(rng, *, count):
    """Ladders of 3 to 5 answers whose Dice is the second fact, among ones that say nothing."""
    found = []
    for number in range(count):
        told = rng.normal(size=(int(rng.integers(3, 6)), 6)).astype(np.float32)
        dice = (1 / (1 + np.exp(-told[:, 1]))).astype(np.float32)
        found.append(Ladder("even" if number % 2 else "odd", told, dice))
    return found


def test_a_judge_learns_what_is_planted_and_says_what_it_reaches():
    rng = np.random.default_rng(5)
    judge = taught(planted(rng, count=800), seed=3)
    lost, apart = [], []
    for each in planted(rng, count=100):
        with torch.no_grad():
            said = judge({"ladder": torch.from_numpy(each.facts)})
        chosen = int(said["worth"].argmax())
        lost.append(each.dice.max() - each.dice[chosen])
        apart.append(abs(float(said["quality"][chosen]) - each.dice[chosen]))
    assert np.mean(lost) < 0.02
    assert np.mean(apart) < 0.06
    other = taught(planted(np.random.default_rng(5), count=800), seed=3)
    assert all(
        torch.equal(a, b) for a, b in zip(judge.parameters(), other.parameters(), strict=True)
    )


def test_a_judge_is_made_from_a_networks_own_answers(sources):
    said = []
    judge = judge_of(Limner(network), sources, seed=2, count=12, say=said.append)
    answers, scene = ladder()
    with torch.no_grad():
        verdict = judge({"ladder": torch.from_numpy(facts(answers, scene))})
    assert verdict["worth"].shape == verdict["quality"].shape == (5,)
    assert ((verdict["quality"] > 0) & (verdict["quality"] < 1)).all()


def test_there_must_be_something_to_learn_from():
    with pytest.raises(BadValue, match="no ladders"):
        taught([], seed=0)
