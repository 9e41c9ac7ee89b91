"""A plain transformer: prompts are said to its tokens, and tokens are what it is made of."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch.nn import functional  # noqa: E402  # torch first

from limner.learn import NETWORKS  # noqa: E402
from limner.learn.networks.simple_click import Layer, SimpleClick  # noqa: E402
from limner.learn.publish import counted  # noqa: E402


def small():
    torch.manual_seed(0)
    return SimpleClick(24, 2, patch=4, heads=2, side=16).eval()


def crops(*, side=16, count=2):
    chance = torch.Generator().manual_seed(1)
    return torch.randn(count, 7, side, side, generator=chance)


def test_the_prompts_are_added_to_the_tokens_of_the_picture():
    network, image, hints = small(), crops(), torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        tokens = network.seen(image[:, :3])
        assert tokens.shape == (2, 16, 24)  # 4 x 4 patches
        # nothing is said: what a picture alone gives
        silent = image.clone()
        silent[:, 3:] = 0
        assert torch.equal(network({"image": silent})["quality"], network(_with(silent))["quality"])
        said = network(_with(image, hints))
        network.said.weight.zero_()
        unheard = network(_with(image, hints))
        assert not torch.allclose(said["logits"], unheard["logits"])
        assert torch.equal(unheard["logits"], network({"image": silent})["logits"])


def _with(image, hints=None):
    return {"image": image, "hints": torch.zeros_like(image[:, :3]) if hints is None else hints}


def test_without_its_places_a_patch_does_not_know_where_it_is():
    network, image = small(), crops()
    tiles = image[:, :3].unfold(2, 4, 4).unfold(3, 4, 4)  # (2, 3, 4, 4, 4, 4)
    mirrored = tiles.flip(2).permute(0, 1, 2, 4, 3, 5).reshape(2, 3, 16, 16)
    with torch.no_grad():
        network.places.zero_()
        one = network.looked(network.seen(image[:, :3])).view(2, 4, 4, 24)
        other = network.looked(network.seen(mirrored)).view(2, 4, 4, 24)
    assert torch.allclose(one.flip(1), other, atol=1e-5)


def test_places_are_scaled_to_another_side():
    network = small()
    with torch.no_grad():
        network.places.copy_(torch.full_like(network.places, 3.0))
        network.picture.weight.zero_()
        network.picture.bias.zero_()
        tokens = network.seen(torch.zeros(1, 3, 32, 24))
    assert tokens.shape == (1, 48, 24)
    assert torch.allclose(tokens, torch.full_like(tokens, 3.0), atol=1e-5)


def test_attention_is_the_weighted_mean_that_the_formula_says():
    torch.manual_seed(0)
    layer, tokens = Layer(4, heads=2), torch.randn(1, 3, 4)
    with torch.no_grad():
        found = layer._attended(tokens)[0].numpy()
        asked = layer.asked(tokens)[0].numpy()
    query, key, value = asked[:, :4], asked[:, 4:8], asked[:, 8:]
    means = []
    for head in (slice(0, 2), slice(2, 4)):
        scores = np.exp(query[:, head] @ key[:, head].T / np.sqrt(2))
        means.append(scores / scores.sum(axis=1, keepdims=True) @ value[:, head])
    weight, bias = (each.detach().numpy() for each in (layer.joined.weight, layer.joined.bias))
    np.testing.assert_allclose(found, np.hstack(means) @ weight.T + bias, atol=1e-6)


def test_a_click_reaches_the_whole_answer_in_one_layer():
    network = SimpleClick(24, 1, patch=4, heads=2, side=32).double().eval()
    image = crops(side=32, count=1).double()
    moved = image.clone()
    moved[:, 4, 16, 16] += 50.0
    with torch.no_grad():
        apart = network({"image": moved})["logits"] - network({"image": image})["logits"]
    assert (apart.abs() > 1e-9).float().mean() > 0.99


def test_it_learns_one_crop_by_heart():
    network = small().train()
    image = crops()
    target = functional.avg_pool2d(image[:, :1], 5, 1, 2).gt(0).float()
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
    for _ in range(80):
        logits = network({"image": image})["logits"]
        loss = functional.binary_cross_entropy_with_logits(logits, target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.1


def test_it_is_as_small_as_its_page_says():
    told = counted(NETWORKS.get("simple_click")())
    assert told["parameters"] == pytest.approx(2.8e6, rel=0.05)
    # five layers on 256 tokens: 12 width^2 for the matrices, 2 tokens width for the attention,
    # two operations each; patches, pyramid and head add less than as much again
    layers = 5 * 256 * 2 * (12 * 192**2 + 2 * 256 * 192)
    assert layers < told["flops"] < 2 * layers
