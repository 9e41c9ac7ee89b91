"""The guided trial: planted answerers prove what it counts, and a lesson repeats itself."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from limner.errors import UnknownName  # noqa: E402  # torch first
from limner.learn.trials import _rounds, guided  # noqa: E402
from limner.learn.trials._rounds import INSIDE, OUTSIDE, REGION, Lesson, Organs, taught  # noqa: E402
from limner.learn.trials._talk import MOST, clicked, scribbled  # noqa: E402
from limner.learn.trials._tiny import Tiny  # noqa: E402
from limner.learn.trials._toy_organs import HELD_OUT, KNOWN, LEAST, SIDE, scenes  # noqa: E402
from limner.learn.trials._who import answerers  # noqa: E402


class Planted:
    """An answerer that gives the same masks whatever it is told."""

    def __init__(self, *masks):
        self.masks = list(masks)
        self.heard = []

    def told(self, path, *, inside):
        self.heard.append((path, inside))
        return self.masks.pop(0) if len(self.masks) > 1 else self.masks[0]


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(_rounds, "STOCK", 6)
    taught.cache_clear()
    yield
    taught.cache_clear()


@pytest.fixture
def organ():
    return scenes(np.random.default_rng(5), HELD_OUT, count=1)[0]


@pytest.mark.parametrize("layouts", [KNOWN, HELD_OUT])
def test_organs_are_large_enough_and_seen(layouts):
    for scene in scenes(np.random.default_rng(0), layouts, count=5):
        assert scene.picture.shape == (SIDE, SIDE, 1)
        assert scene.image.shape == (3, SIDE, SIDE)
        assert LEAST <= scene.target.sum() <= 0.4 * SIDE**2
        assert abs(float(scene.image.mean())) < 1e-4


def test_a_turned_organ_is_the_same_organ(organ):
    turned = organ.turned(np.random.default_rng(3))
    assert turned.target.sum() == organ.target.sum()
    assert turned.image[0][turned.target].sum() == pytest.approx(
        organ.image[0][organ.target].sum(), rel=1e-4
    )


def test_a_right_answer_needs_one_click(organ):
    told = clicked(Planted(organ.target), organ)
    assert (told["noc90"], told["dice1"], told["violations"]) == (1, 1, 0)


def test_who_never_listens_is_counted_as_such(organ):
    planted = Planted(np.zeros_like(organ.target))
    told = clicked(planted, organ)
    assert told["noc90"] == MOST + 1
    assert told["dice10"] == 0
    assert told["violations"] == 1
    assert len(planted.heard) == MOST
    assert all(inside for _, inside in planted.heard)


def test_clicks_to_a_bar_are_counted_from_one(organ):
    half = organ.target.copy()
    half[np.argwhere(half)[: half.sum() // 2, 0].max() :] = False
    told = clicked(Planted(half, half, organ.target), organ)
    assert told["noc90"] == 3


def test_scribble_rounds_mark_both_sides_and_then_the_errors(organ):
    planted = Planted(np.zeros_like(organ.target))
    told = scribbled(planted, organ, np.random.default_rng(0))
    assert [inside for _, inside in planted.heard] == [True, False, True, True]
    assert told["scribble_dice3"] == 0


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("scribbles", [False, True])
def test_who_knows_clicks_alone_never_draws(scribbles):
    feed = Organs(np.random.default_rng(0), size=24, scribbles=scribbles)
    image = feed.draw(0.0).inputs["image"]
    planes = image[:, 3:]
    assert planes[:, REGION].any() == scribbles
    assert planes[:, OUTSIDE].any() == scribbles
    # a lone click is a Gaussian spot of 1.5 pixels: 14 in all; a stroke is more
    most = planes[:, INSIDE].sum(dim=(1, 2)).max()
    assert (most > 16) == scribbles


@pytest.mark.usefixtures("few")
def test_a_lesson_repeats_itself():
    lesson = Lesson(steps=2)
    one = taught(Tiny, lesson, seed=4)
    taught.cache_clear()
    other = taught(Tiny, lesson, seed=4)
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("by", ["gaussian_process", "encode_once", "graph_cut"])
def test_every_kind_of_answerer_gives_finite_numbers(by, monkeypatch):
    monkeypatch.setattr(guided, "ORGANS", 1)
    told = guided.guided(1, by=by, steps=1)
    assert {"noc90", "violations", "scribble_dice3", "click_ms"} <= set(told)
    assert np.isfinite(list(told.values())).all()
    assert ("speedup" in told) == (by == "encode_once")
    if by == "gaussian_process":
        assert told["violations"] == 0


def test_an_answerer_that_there_is_not_is_named():
    with pytest.raises(UnknownName, match="graph_cut"):
        answerers("graph_cat", Lesson(), seed=0)
