"""The plain clicker's trial: what is hidden is hidden, what is learnt is carried over."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from limner.errors import UnknownName  # noqa: E402  # torch first
from limner.learn.trials import _plain_clickers, _rounds, plain_clicker  # noqa: E402
from limner.learn.trials._plain_clickers import (  # noqa: E402
    BUILT,
    PATCH,
    SIDE,
    Masked,
    looked_at,
    patches,
    plain,
)

COUNT = (SIDE // PATCH) ** 2


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(_rounds, "STOCK", 4)
    monkeypatch.setattr(_plain_clickers, "PICTURES", 4)
    looked_at.cache_clear()
    yield
    looked_at.cache_clear()


def test_patches_are_cut_row_by_row_and_brought_to_one_scale():
    rows, columns = np.indices((SIDE, SIDE))
    picture = torch.from_numpy((rows * 100.0 + columns).astype(np.float32))[None, None]
    cut = patches(picture, PATCH)
    assert cut.shape == (1, COUNT, PATCH**2)
    by_hand = (rows * 100.0 + columns)[PATCH : 2 * PATCH, :PATCH].ravel()  # second row, first
    by_hand = (by_hand - by_hand.mean()) / (by_hand.std() + 0.05)
    np.testing.assert_allclose(cut[0, SIDE // PATCH].numpy(), by_hand, atol=1e-4)


def test_what_is_hidden_changes_nothing_and_what_is_shown_does():
    torch.manual_seed(0)
    teacher, shown = Masked(plain()).eval(), 9
    order = torch.rand(1, COUNT).argsort(dim=1)
    picture = torch.randn(1, 1, SIDE, SIDE)

    def changed(number):
        row, column = divmod(int(number), SIDE // PATCH)
        other = picture.clone()
        other[..., row * PATCH : (row + 1) * PATCH, column * PATCH : (column + 1) * PATCH] += 1
        with torch.no_grad():
            return teacher(other, order, shown), teacher(picture, order, shown)

    one, other = changed(order[0, shown])  # the first that is hidden
    assert torch.equal(one, other)
    one, other = changed(order[0, 0])
    assert not torch.allclose(one, other)


@pytest.mark.usefixtures("few")
def test_who_saw_masked_pictures_begins_from_what_they_taught():
    learnt = BUILT["masked"](5, 2)
    torch.manual_seed(5)
    scratch = BUILT["scratch"](5, 2)
    kept = looked_at(5, 2)
    assert all(torch.equal(kept[name], each) for name, each in learnt.state_dict().items())
    # both were drawn from seed 5: only what was learnt sets them apart
    assert not torch.equal(learnt.picture.weight, scratch.picture.weight)
    assert torch.equal(learnt.said.weight, scratch.said.weight)  # nothing was said to it


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("by", ["masked", "convolutions"])
def test_every_clicker_gives_finite_numbers_twice_the_same(by, monkeypatch):
    monkeypatch.setattr(plain_clicker, "ORGANS", 1)
    one, other = (plain_clicker.plain_clicker(1, by=by, steps=1, masked=1) for _ in range(2))
    assert {"noc90", "dice5", "click_ms", "parameters"} <= set(one)
    assert np.isfinite(list(one.values())).all()
    assert {**one, "click_ms": 0} == {**other, "click_ms": 0}


def test_clickers_are_of_about_one_size():
    networks = (BUILT[name](0, 0) for name in ("scratch", "convolutions"))
    counts = [sum(p.numel() for p in each.parameters()) for each in networks]
    assert max(counts) < 1.25 * min(counts)


def test_a_clicker_that_there_is_not_is_named():
    with pytest.raises(UnknownName, match="convolutions"):
        plain_clicker.plain_clicker(0, by="convolution")
