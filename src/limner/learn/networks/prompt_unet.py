"""A small U-Net that takes a crop with its prompts drawn as channels.

Input   `image` (n, 7, side, side): colour in 0-2, then region, inside, outside, prior;
        a side that 32 divides. `hints` (n, 3, side, side): walk, likeness, similarity, worked
        out by `limner.predict._hints`; zeros where they are left out.
Output  `logits` (n, 1, side, side) and `quality` (n,): the Dice it expects of logits > 0;
        `evidence` (n, EVIDENCE), what it judged that by: one zoom is compared with others by it.

Source   Ronneberger et al., MICCAI 2015 (U-Net); prompts and the previous answer as
         channels: Xu et al., CVPR 2016, and Sofiiuk et al. (RITM), ICIP 2022.
Differs  skips are added, not concatenated; residual sum over each block; six levels, of
         which the coarse ones are the wide ones, since they cost little at 128 x 128; the
         answer of a random walk and the likeness of colours come in beside the prompts.
Expected results/objects_choose.json and objects_report.json hold its Dice after a box and clicks.
"""

from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from limner.learn import NETWORKS
from limner.learn.networks._judge import under_and_round

WIDTHS = (16, 32, 64, 112, 144, 160)
DEPTHS = (2, 3, 3, 3, 3, 2)  # convolutions on the way down; two on the way up
CHANNELS = {"image": 7, "hints": 3}
FACTS = 6  # what the judge is told of the answer besides features
EVIDENCE = WIDTHS[-1] + 2 * WIDTHS[0] + FACTS


class Block(nn.Module):
    """Convolutions with batch norm, and a short cut round all but the first."""

    def __init__(self, before: int, after: int, *, depth: int) -> None:
        super().__init__()
        widths = [before] + [after] * depth
        self.convolutions = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b))
            for a, b in pairwise(widths)
        )

    def forward(self, features: Tensor) -> Tensor:
        first, *rest = self.convolutions
        start = features = functional.relu(first(features))
        for number, convolve in enumerate(rest, start=1):
            features = convolve(features)
            if number == len(rest):
                features = features + start
            features = functional.relu(features)
        return features


class PromptUNet(nn.Module):
    """See the module: prompts and picture in, logits and expected Dice out."""

    channels = CHANNELS
    outputs = ("logits", "quality", "evidence")

    def __init__(self) -> None:
        super().__init__()
        before = (sum(CHANNELS.values()), *WIDTHS[:-1])
        self.down = nn.ModuleList(
            Block(a, b, depth=depth) for a, b, depth in zip(before, WIDTHS, DEPTHS, strict=True)
        )
        # what a deeper shape adds at each level on the way down, and up again; here nothing
        self.further = nn.ModuleList(nn.Sequential() for _ in WIDTHS)
        self.after = nn.ModuleList(nn.Sequential() for _ in WIDTHS[:-1])
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(WIDTHS))
        self.up = nn.ModuleList(Block(width, width, depth=2) for width in WIDTHS[:-1])
        self.head = nn.Conv2d(WIDTHS[0], 1, 1)
        self.judge = nn.Sequential(nn.Linear(EVIDENCE, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        image = batch["image"]
        hints = batch["hints"] if "hints" in batch else torch.zeros_like(image[:, :3])
        features = torch.cat([image, hints], dim=1)
        skips: list[Tensor] = []
        for level, block in enumerate(self.down):
            features = block(functional.max_pool2d(features, 2) if level else features)
            features = self.further[level](features)
            skips.append(features)
        deep = features.mean(dim=(2, 3))
        for level in reversed(range(len(self.up))):
            wider = functional.interpolate(self.narrow[level](features), scale_factor=2.0)
            features = self.after[level](self.up[level](wider + skips[level]))
        logits = self.head(features)
        told = facts(logits.detach().sigmoid(), image, walk=hints[:, :1])
        evidence = torch.cat([under_and_round(deep, features, logits), told], dim=1)
        quality = torch.sigmoid(self.judge(evidence))[:, 0]
        return {"logits": logits, "quality": quality, "evidence": evidence}


def facts(share: Tensor, image: Tensor, *, walk: Tensor) -> Tensor:
    """(n, 6) of an answer (n, 1, side, side) in 0..1, each in 0..1 or about 1.

    The Dice that the answer expects if its probabilities are true, its Dice with the walk, its
    extent, and how much was said: region, inside and outside marks.
    """
    axes = (1, 2, 3)
    mask = (share > 0.5).to(share.dtype)
    own = (2 * (share * mask).sum(axes) + 1) / (share.sum(axes) + mask.sum(axes) + 1)
    other = (2 * (walk * mask).sum(axes) + 1) / (walk.sum(axes) + mask.sum(axes) + 1)
    region, inside, outside = (image[:, 3:6] > 0.3).to(share.dtype).mean((2, 3)).unbind(1)
    extent = mask.mean(axes).sqrt()
    said = [region, (10 * inside).clamp(max=1), (10 * outside).clamp(max=1)]
    return torch.stack([own, other, extent, *said], dim=1)


@NETWORKS.add
def prompt_unet() -> nn.Module:
    """A fresh network of about 2.3 million parameters."""
    return PromptUNet()
