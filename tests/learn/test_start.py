"""Beginning from earlier weights: more channels answer as before, the rest is told."""

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402  # torch first

from limner.learn.start import begin_from  # noqa: E402


def nets(channels, *, head=3):
    def build():
        return nn.Sequential(nn.Conv2d(channels, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, head, 1))

    torch.manual_seed(channels)
    return nn.ModuleDict({"student": build(), "average": build()})


def test_more_channels_begin_at_zero_and_answer_as_before(tmp_path):
    old = nets(2)
    torch.save({"nets": old.state_dict()}, tmp_path / "state.pt")
    new = nets(5)
    assert begin_from(new, tmp_path / "state.pt", keep="average") == []
    image = torch.randn(1, 5, 8, 8)
    for network in new.values():
        assert torch.allclose(network(image), old["average"](image[:, :2]), atol=1e-6)


def test_what_does_not_fit_stays_fresh_and_alike_in_every_network(tmp_path):
    torch.save({"nets": nets(2).state_dict()}, tmp_path / "state.pt")
    new = nets(2, head=7)
    fresh = begin_from(new, tmp_path / "state.pt", keep="average")
    assert sorted(fresh) == ["2.bias", "2.weight"]
    assert torch.equal(new["student"][2].weight, new["average"][2].weight)
