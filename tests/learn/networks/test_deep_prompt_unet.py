"""A network that grows: it begins by saying what it said, and may say more."""

import pytest

torch = pytest.importorskip("torch")

from limner.learn import NETWORKS, RECIPES  # noqa: E402  # torch first
from limner.learn.networks.deep_prompt_unet import Across, Further  # noqa: E402
from limner.learn.start import begin_from  # noqa: E402


def given():
    torch.manual_seed(1)
    return {"image": torch.randn(2, 7, 64, 64), "hints": torch.rand(2, 3, 64, 64)}


def test_grown_from_a_trained_network_it_says_the_same_and_all_of_it_learns(tmp_path):
    torch.manual_seed(0)
    small = NETWORKS.get("prompt_unet")()
    small(given())  # so that its batch norms have seen something
    recipe = RECIPES.get("click_guided")()
    path = tmp_path / "before.pt"
    torch.save({"nets": {f"{recipe.keep}.{n}": t for n, t in small.state_dict().items()}}, path)
    nets = recipe.networks(NETWORKS.get("deep_prompt_unet"))
    fresh = begin_from(nets, path, keep=recipe.keep)
    assert fresh
    assert all(name.startswith(("further.", "after.")) for name in fresh)
    before = small.eval()(given())
    for network in nets.values():
        after = network.eval()(given())
        assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("unit", [lambda: Further(8), lambda: Across(8, 2)])
def test_a_unit_begins_as_the_identity_and_leaves_it(unit):
    torch.manual_seed(0)
    unit, features = unit(), torch.rand(2, 8, 16, 16)
    assert torch.equal(unit(features), features)
    optimiser = torch.optim.SGD(unit.parameters(), lr=1.0)
    for _ in range(3):
        loss = (unit(features) - features.flip(-1)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert not torch.allclose(unit(features), features, atol=1e-4)
    assert all(each.grad.any() for each in unit.parameters())


def test_attention_hears_every_place():
    torch.manual_seed(0)
    unit = Across(8, 2).eval()
    torch.nn.init.normal_(unit.last.weight)
    features = torch.rand(1, 8, 16, 16)
    other = features.clone()
    other[..., 15, 15] += 5
    assert not torch.allclose(unit(features)[..., 0, 0], unit(other)[..., 0, 0], atol=1e-6)
