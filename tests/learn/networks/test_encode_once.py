"""Encode once: clicks are answered from what was kept, and cheaply."""

import pytest

torch = pytest.importorskip("torch")

from torch.utils.flop_counter import FlopCounterMode  # noqa: E402  # torch first

from limner.learn import NETWORKS  # noqa: E402
from limner.learn.networks.encode_once import EncodeOnce  # noqa: E402


def small(*, early=False):
    torch.manual_seed(0)
    return EncodeOnce((8, 8, 12), (4, 4, 6), early=early).eval()


def crops(*, seed=0):
    return torch.randn(2, 7, 32, 32, generator=torch.Generator().manual_seed(seed))


def flops(call):
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        call()
    return counter.get_total_flops()


def test_an_answer_from_what_was_kept_is_the_whole_networks():
    network, image = small(), crops()
    kept = network.encode({"image": image[:, :3]})
    answer = network.decode(kept, image[:, 3:])
    whole = network({"image": image})
    assert all(torch.equal(answer[name], whole[name]) for name in ("logits", "quality"))


def test_what_is_kept_knows_nothing_of_the_prompts_unless_it_is_the_twin():
    one, other = crops(), crops(seed=1)
    other[:, :3] = one[:, :3]
    for early in (False, True):
        network = small(early=early)
        first, second = (network.encode({"image": image}) for image in (one, other))
        same = [torch.equal(first[name], second[name]) for name in first]
        assert set(same) == {not early}


def test_prompts_reach_the_whole_answer():
    network = NETWORKS.get("encode_once")().double().eval()  # far effects are tiny untrained
    image = torch.randn(1, 7, 128, 128).double()
    moved = image.clone()
    moved[:, 4, 64, 64] += 50.0
    with torch.no_grad():
        apart = network({"image": moved})["logits"] - network({"image": image})["logits"]
    assert (apart.abs() > 0).float().mean() > 0.9


def test_a_click_costs_a_fifth_of_the_whole_at_the_most():
    network = NETWORKS.get("encode_once")().eval()
    image = torch.randn(1, 7, 64, 64)
    kept = network.encode({"image": image})
    click = flops(lambda: network.decode(kept, image[:, 3:]))
    assert click < 0.2 * flops(lambda: network({"image": image}))
