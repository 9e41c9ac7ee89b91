"""The ScribblePrompt-UNet: what it makes of our seven channels, and its size."""

import pytest

torch = pytest.importorskip("torch")

from limner.learn import NETWORKS  # noqa: E402  # torch first
from limner.learn.networks.scribbleprompt_unet import five  # noqa: E402


def test_grey_is_the_mean_of_the_colours_spread_over_the_crop():
    image = torch.zeros(1, 7, 2, 2)
    image[0, :3] = torch.tensor([[[-1.0, 0.0], [1.0, 3.0]]])  # the same in every colour
    image[0, 0] += 0.6  # all greys move alike, which changes nothing once they are spread
    image[0, 3:] = torch.arange(4.0)[:, None, None]
    seen = five(image)
    assert seen.shape == (1, 5, 2, 2)
    assert torch.allclose(seen[0, 0], torch.tensor([[0.0, 0.25], [0.5, 1.0]]))
    assert torch.equal(seen[0, 1:], image[0, 3:])


def test_a_flat_crop_stays_flat():
    assert torch.equal(five(torch.full((2, 7, 4, 4), 0.3))[:, 0], torch.zeros(2, 4, 4))


def test_has_the_size_of_the_published_one():
    parameters = sum(each.numel() for each in NETWORKS.get("scribbleprompt_unet")().parameters())
    assert 3.9e6 < parameters < 4.1e6
