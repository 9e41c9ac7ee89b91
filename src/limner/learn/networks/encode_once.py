"""A heavy encoder that sees the picture once, and a light decoder that answers every prompt.

Input   `image` (n, 7, side, side) as `prompt_unet` takes it; a side that 32 divides. `encode`
        looks at its first three channels alone, `decode` at the other four and at what
        `encode` gave: `scale_0` (n, c, side, side), `scale_1` half as large, and so on.
Output  `logits` (n, 1, side, side) and `quality` (n,): the Dice it expects of logits > 0.

Source   features of the picture made once and kept, a light module for every click: Huang et
         al. (InterFormer), ICCV 2023, arXiv:2304.02942, section 3; Kirillov et al. (SAM), ICCV
         2023.
Differs  convolutions instead of transformers, since the crops are small; the encoder is a whole
         U-Net, so that what is kept is already decoded once, at every scale; the decoder is a
         thinner U-Net over the prompts into which the kept features are added.
Expected results/encode_once.json: time of a click with and without what is kept, and how many
         clicks a mask needs.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from limner.learn import NETWORKS
from limner.learn.networks._judge import Judge
from limner.learn.networks.prompt_unet import Block

COLOURS = 3  # the first channels of the input; the others are prompts
PROMPTS = 4
HEAVY = (24, 48, 80, 120, 144, 152)
LIGHT = (8, 12, 16, 24, 32, 40)


class EncodeOnce(nn.Module):
    """See the module.

    heavy   channels of the encoder at each scale, from fine to coarse
    light   channels of the decoder, and of what is kept, at the same scales
    early   the twin that keeps nothing: its encoder is shown the prompts too, at every click
    """

    def __init__(
        self,
        heavy: Sequence[int] = HEAVY,
        light: Sequence[int] = LIGHT,
        *,
        early: bool = False,
    ) -> None:
        super().__init__()
        self.early = early
        before = COLOURS + (PROMPTS if early else 0)
        self.encoder = _Encoder(before, heavy, kept=light)
        self.decoder = _Decoder(light)

    def encode(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The features that every click on this picture is answered from."""
        seen = batch["image"] if self.early else batch["image"][:, :COLOURS]
        kept = self.encoder(seen)
        return {f"scale_{level}": features for level, features in enumerate(kept)}

    def decode(self, kept: Mapping[str, Tensor], prompts: Tensor) -> dict[str, Tensor]:
        """The answer to prompts (n, 4, side, side) from kept features."""
        scales = [kept[f"scale_{level}"] for level in range(len(kept))]
        answer: dict[str, Tensor] = self.decoder(scales, prompts)
        return answer

    def forward(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return self.decode(self.encode(batch), batch["image"][:, COLOURS:])


class _Encoder(nn.Module):
    """A U-Net over the picture; from fine to coarse what it has at each scale, made thin."""

    def __init__(self, before: int, widths: Sequence[int], *, kept: Sequence[int]) -> None:
        super().__init__()
        self.down = nn.ModuleList(Block(a, b, depth=3) for a, b in pairwise((before, *widths)))
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(widths))
        self.up = nn.ModuleList(Block(width, width, depth=2) for width in widths[:-1])
        self.thin = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(widths, kept, strict=True))

    def forward(self, features: Tensor) -> list[Tensor]:
        skips = _down(self.down, features)
        features = skips[-1]
        found = [self.thin[-1](features)]
        for level in reversed(range(len(self.up))):
            wider = functional.interpolate(self.narrow[level](features), scale_factor=2.0)
            features = self.up[level](wider + skips[level])
            found.append(self.thin[level](features))
        return found[::-1]


class _Decoder(nn.Module):
    """A thin U-Net over the prompts, told at every scale what the encoder saw there."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        wider = (PROMPTS, *widths)
        self.down = nn.ModuleList(Block(a, b, depth=1) for a, b in pairwise(wider))
        self.mix = nn.ModuleList(Block(width, width, depth=2) for width in widths[1:])
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(widths))
        self.up = nn.ModuleList(Block(2 * width, width, depth=1) for width in widths[:-1])
        self.head = nn.Conv2d(widths[0], 1, 1)
        self.judge = Judge(widths[-1], widths[0])

    def forward(self, kept: Sequence[Tensor], prompts: Tensor) -> dict[str, Tensor]:
        skips = []
        features = prompts
        for level, block in enumerate(self.down):
            features = block(functional.max_pool2d(features, 2) if level else features)
            features = features + kept[level]
            if level:  # the finest scale costs the most, and is mixed on the way up
                features = self.mix[level - 1](features)
            skips.append(features)
        deep = features.mean(dim=(2, 3))
        for level in reversed(range(len(self.up))):
            wider = functional.interpolate(self.narrow[level](features), scale_factor=2.0)
            features = self.up[level](torch.cat([wider, skips[level]], dim=1))
        logits = self.head(features)
        return {"logits": logits, "quality": self.judge(deep, features, logits)}


def _down(blocks: nn.ModuleList, features: Tensor) -> list[Tensor]:
    """What each block makes, each but the first of the halved features before."""
    found: list[Tensor] = []
    for level, block in enumerate(blocks):
        features = block(functional.max_pool2d(features, 2) if level else features)
        found.append(features)
    return found


@NETWORKS.add
def encode_once() -> nn.Module:
    """A fresh network: an encoder of about 2.6 million parameters and a decoder of 0.1."""
    return EncodeOnce()
