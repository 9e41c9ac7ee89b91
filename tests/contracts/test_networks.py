"""What every network owes us: dict in, dict out, the shapes it names, and it can be exported."""

import inspect

import pytest

torch = pytest.importorskip("torch")

from limner.learn import NETWORKS  # noqa: E402  # torch first


def said(network, *, count=2, side=64):
    torch.manual_seed(0)
    return network({"image": torch.randn(count, 7, side, side)})


@pytest.mark.parametrize("name", NETWORKS.names())
class TestEveryNetwork:
    def test_answers_with_logits_of_the_inputs_size(self, name):
        answer = said(NETWORKS.get(name)().eval())
        assert answer["logits"].shape == (2, 1, 64, 64)
        assert torch.isfinite(answer["logits"]).all()

    def test_quality_where_there_is_one_is_a_share_per_case(self, name):
        quality = said(NETWORKS.get(name)().eval()).get("quality", torch.zeros(2))
        assert quality.shape == (2,)
        assert ((quality >= 0) & (quality <= 1)).all()

    def test_cases_of_a_batch_do_not_mix_once_trained(self, name):
        network = NETWORKS.get(name)().eval()
        batch = torch.randn(3, 7, 64, 64)
        alone = network({"image": batch[1:2]})["logits"]
        assert torch.allclose(network({"image": batch})["logits"][1:2], alone, atol=1e-5)

    def test_every_parameter_learns(self, name):
        network = NETWORKS.get(name)()
        answer = said(network)
        sum(value.square().mean() for value in answer.values()).backward()
        still = [n for n, p in network.named_parameters() if p.grad is None]
        assert still == []

    def test_names_its_input_and_its_output(self, name):
        told = inspect.getmodule(NETWORKS.get(name)).__doc__
        assert "\nInput " in told
        assert "\nOutput " in told
        assert "\nSource " in told
