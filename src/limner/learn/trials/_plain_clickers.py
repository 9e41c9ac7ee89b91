"""Small clickers for toy organs: a plain transformer, taught by masked pictures or not, and
a network of convolutions that sums scores of three scales.

Source   masked pictures: He et al. (MAE), CVPR 2022, arXiv:2111.06377, section 3; the sums of
         scores: Long et al. (FCN-8s), CVPR 2015, arXiv:1411.4038, section 4.2, as in the
         first clicker of Xu et al., CVPR 2016, arXiv:1603.04042.
Differs  from MAE: a decoder of one layer; no token for a class. From FCN-8s: three halvings
         from chance instead of five from a network for photographs.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from limner.learn.networks._judge import Judge
from limner.learn.networks.prompt_unet import Block
from limner.learn.networks.simple_click import COLOURS, Layer, SimpleClick
from limner.learn.trials._toy_organs import KNOWN, SIDE, scenes

PATCH, WIDTH, DEPTH, HEADS, THIN = 6, 64, 4, 4, 24
PICTURES = 400  # unlabelled ones that masked pictures are made of
HIDDEN = 0.75  # share of the patches that the encoder is not shown
BATCH = 16
RATE = 1.5e-3
SCORED = (24, 48, 64, 96)  # channels of the convolutions from fine to coarse; all but the first
SCORES = 16  # are scored


def plain() -> SimpleClick:
    """A small plain transformer from chance."""
    return SimpleClick(WIDTH, DEPTH, patch=PATCH, heads=HEADS, side=SIDE, thin=THIN)


class Scored(nn.Module):
    """Convolutions whose scores at 1/2, 1/4 and 1/8 are summed, from coarse to fine."""

    def __init__(self) -> None:
        super().__init__()
        self.first = Block(7, SCORED[0], depth=2)
        self.down = nn.ModuleList(Block(a, b, depth=2) for a, b in pairwise(SCORED))
        self.scores = nn.ModuleList(nn.Conv2d(width, SCORES, 1) for width in SCORED[1:])
        self.head = nn.Conv2d(SCORES, 1, 1)
        self.judge = Judge(SCORED[-1], SCORES)

    def forward(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        features = self.first(batch["image"])
        found: list[Tensor] = []
        for block, score in zip(self.down, self.scores, strict=True):
            features = block(functional.max_pool2d(features, 2))
            found.append(score(features))
        total = found.pop()
        while found:
            finer = found.pop()
            total = finer + functional.interpolate(total, size=finer.shape[2:], mode="bilinear")
        half = self.head(total)
        logits = functional.interpolate(half, scale_factor=2.0, mode="bilinear")
        return {"logits": logits, "quality": self.judge(features.mean(dim=(2, 3)), total, half)}


class Masked(nn.Module):
    """Draws the hidden patches of a picture from those that are shown."""

    def __init__(self, seen: SimpleClick) -> None:
        super().__init__()
        self.seen = seen
        width = seen.last.normalized_shape[0]
        self.hidden = nn.Parameter(torch.zeros(1, 1, width))
        self.places = nn.Parameter(0.02 * torch.randn(1, (SIDE // seen.patch) ** 2, width))
        self.layer = Layer(width, heads=HEADS)
        self.drawn = nn.Linear(width, seen.patch**2)

    def forward(self, picture: Tensor, order: Tensor, shown: int) -> Tensor:
        """The patches (n, patches, pixels) from the first `shown` of each `order` (n, patches)."""
        tokens = self.seen.seen(picture.expand(-1, COLOURS, -1, -1))
        wide = order[:, :, None].expand_as(tokens)
        known = self.seen.looked(tokens.gather(1, wide[:, :shown]))
        unknown = self.hidden.expand(len(tokens), tokens.shape[1] - shown, -1)
        together = torch.zeros_like(tokens).scatter(1, wide, torch.cat([known, unknown], dim=1))
        drawn: Tensor = self.drawn(self.layer(together + self.places))
        return drawn


def patches(picture: Tensor, side: int) -> Tensor:
    """(n, patches, pixels) of (n, 1, *space), each of mean 0 and sd 1, as they are to be drawn."""
    cut = functional.unfold(picture, side, stride=side).transpose(1, 2)
    spread = cut.std(dim=2, keepdim=True, correction=0)
    return (cut - cut.mean(dim=2, keepdim=True)) / (spread + 0.05)


@lru_cache(maxsize=4)
def looked_at(seed: int, steps: int) -> Mapping[str, Any]:
    """The weights of a plain transformer after so many steps of masked pictures."""
    torch.manual_seed(seed)
    network = plain()
    teacher = Masked(network)
    rng = np.random.default_rng((seed, 4))
    pictures = torch.from_numpy(_unlabelled(rng))
    optimiser = torch.optim.AdamW(teacher.parameters(), lr=RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps + 1)
    for _ in range(steps):
        batch = pictures[torch.from_numpy(rng.integers(PICTURES, size=BATCH))]
        if rng.random() < 0.5:
            batch = batch.flip(3)
        batch = batch.rot90(int(rng.integers(4)), (2, 3))
        loss = missed(teacher, batch)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return network.state_dict()


def missed(teacher: Masked, picture: Tensor) -> Tensor:
    """The mean squared error of the hidden patches, with others hidden each time."""
    wanted = patches(picture, teacher.seen.patch)
    order = torch.rand(wanted.shape[:2]).argsort(dim=1)
    shown = round((1 - HIDDEN) * wanted.shape[1])
    apart = (teacher(picture, order, shown) - wanted).square().mean(dim=2)
    error: Tensor = apart.gather(1, order[:, shown:]).mean()
    return error


def _unlabelled(rng: np.random.Generator) -> NDArray[np.float32]:
    """(n, 1, side, side): pictures of the kinds that lessons are about, and no lesson's own."""
    return np.stack([each.image[:1] for each in scenes(rng, KNOWN, count=PICTURES)])


def _masked(seed: int, steps: int) -> nn.Module:
    """A plain transformer that begins from what masked pictures taught it."""
    network = plain()
    network.load_state_dict(looked_at(seed, steps))
    return network


# Each takes the seed and the steps with masked pictures.
BUILT: Mapping[str, Callable[[int, int], nn.Module]] = {
    "masked": _masked,
    "scratch": lambda *_: plain(),
    "convolutions": lambda *_: Scored(),
}
