"""What every loss owes us: about 0 at the answer, finite on nothing, and a slope towards it."""

import inspect

import pytest

torch = pytest.importorskip("torch")

from limner.learn import LOSSES  # noqa: E402  # torch first


def labels():
    found = torch.zeros(2, 1, 8, 8)
    found[0, 0, 2:5, 3:7] = 1
    found[1, 0, :, :4] = 1
    return found


@pytest.mark.parametrize("name", LOSSES.names())
class TestEveryLoss:
    def test_is_nothing_at_the_answer_and_much_at_its_opposite(self, name):
        loss, right = LOSSES.get(name), (labels() * 2 - 1) * 30
        assert float(loss(right, labels())) == pytest.approx(0, abs=1e-4)
        assert float(loss(-right, labels())) > 0.5

    @pytest.mark.parametrize("value", [0.0, 1.0])
    @pytest.mark.parametrize("logit", [-60.0, 0.0, 60.0])
    def test_is_finite_where_nothing_or_everything_is_the_object(self, name, value, logit):
        found = LOSSES.get(name)(torch.full((1, 1, 4, 4), logit), torch.full((1, 1, 4, 4), value))
        assert torch.isfinite(found)
        assert float(found) >= 0

    def test_is_finite_where_no_pixel_counts(self, name):
        nowhere = torch.zeros(2, 1, 8, 8)
        logits = torch.randn(2, 1, 8, 8, requires_grad=True)
        LOSSES.get(name)(logits, labels(), weights=nowhere).backward()
        assert float(logits.grad.abs().max()) == 0

    def test_pixels_that_do_not_count_have_no_say(self, name):
        weights = torch.ones(2, 1, 8, 8)
        weights[..., :2] = 0
        one, two = torch.randn(2, 1, 8, 8), labels()
        changed = one.clone()
        changed[..., :2] = 9
        loss = LOSSES.get(name)
        assert torch.equal(loss(one, two, weights=weights), loss(changed, two, weights=weights))

    def test_falls_along_its_slope(self, name):
        torch.manual_seed(0)
        logits = torch.randn(2, 1, 8, 8, requires_grad=True)
        before = LOSSES.get(name)(logits, labels())
        before.backward()
        after = LOSSES.get(name)(logits.detach() - logits.grad, labels())
        assert after < before.detach()

    def test_names_its_source(self, name):
        assert "\nSource " in inspect.getmodule(LOSSES.get(name)).__doc__


def test_dice_bce_is_the_sum_worked_by_hand():
    # one case of two pixels, one of them the object, both answered 0.5:
    # entropy ln 2; soft Dice (2 * 0.5 + 1) / (1 + 1 + 1) = 2/3
    logits, one = torch.zeros(1, 1, 1, 2), torch.tensor([[[[1.0, 0.0]]]])
    assert float(LOSSES.get("dice_bce")(logits, one)) == pytest.approx(0.693147 + 1 / 3, abs=1e-5)
