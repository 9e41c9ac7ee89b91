"""A plain transformer over patches, the prompts added to its tokens, and a pyramid at its end.

Input   `image` (n, 7, side, side) and `hints` (n, 3, side, side) as `prompt_unet` takes them;
        a side that twice the patch divides. Hints that are left out are zeros.
Output  `logits` (n, 1, side, side) and `quality` (n,): the Dice it expects of logits > 0.

Source   Liu et al. (SimpleClick), ICCV 2023, arXiv:2210.11006, section 3: tokens of the clicks
         and of the last answer are added to those of the picture, four scales are made of the
         last layer alone, a head of 1 x 1 convolutions sums them up; the pyramid: Li et al.
         (ViTDet), ECCV 2022, arXiv:2203.16527; the backbone: Dosovitskiy et al., ICLR 2021.
Differs  patches of 8 at 128 x 128 for 16 at 448, five layers of 192 for twelve of 768, every
         layer attends to all 256 tokens instead of windows; boxes and hints are said the same
         way as clicks; the scales are 1/16 to 1/2; a head predicts the Dice. It begins from
         chance: what masked pictures teach it first is in the study alone.
Expected results/network_shapes.json at equal time beside other shapes, results/simple_click.json
         and results/simple_click_convolutions.json what masked pictures are good for: there, on
         48 x 48 pixels and 150 lessons, nothing. Both plain transformers stop at the same
         Dice however often they are clicked, and convolutions of the size go on: what they lack
         is outlines, which scales made of one coarse layer give late, not features.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from limner.learn import NETWORKS
from limner.learn.networks._judge import Judge

COLOURS = 3  # the first channels of `image`; the others are prompts
CHANNELS = {"image": 7, "hints": 3}


class Layer(nn.Module):
    """One layer of a transformer: attention and a perceptron, each after a norm."""

    def __init__(self, width: int, *, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before = nn.LayerNorm(width)
        self.asked = nn.Linear(width, 3 * width)
        self.joined = nn.Linear(width, width)
        self.between = nn.LayerNorm(width)
        self.wide = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """(n, tokens, width) in and out."""
        tokens = tokens + self._attended(self.before(tokens))
        found: Tensor = self.narrow(functional.gelu(self.wide(self.between(tokens))))
        return tokens + found

    def _attended(self, tokens: Tensor) -> Tensor:
        count, length, width = tokens.shape
        split = (count, length, 3, self.heads, width // self.heads)
        query, key, value = self.asked(tokens).view(split).permute(2, 0, 3, 1, 4).unbind(0)
        found = functional.scaled_dot_product_attention(query, key, value)
        joined: Tensor = self.joined(found.transpose(1, 2).reshape(count, length, width))
        return joined


class SimpleClick(nn.Module):
    """See the module: about 2.8 million parameters at the default size.

    side    pixels of the crop that a place of every patch is learnt for; others are scaled
    thin    channels of each scale of the pyramid
    """

    channels = CHANNELS

    def __init__(
        self,
        width: int = 192,
        depth: int = 5,
        *,
        patch: int = 8,
        heads: int = 6,
        side: int = 128,
        thin: int = 64,
    ) -> None:
        super().__init__()
        said = sum(CHANNELS.values()) - COLOURS
        self.patch = patch
        self.picture = nn.Conv2d(COLOURS, width, patch, stride=patch)
        self.said = nn.Conv2d(said, width, patch, stride=patch, bias=False)
        self.places = nn.Parameter(torch.zeros(1, width, side // patch, side // patch))
        nn.init.trunc_normal_(self.places, std=0.02)
        self.layers = nn.ModuleList(Layer(width, heads=heads) for _ in range(depth))
        self.last = nn.LayerNorm(width)
        self.pyramid = nn.ModuleList(_scales(width, thin))
        self.fuse = nn.Conv2d(len(self.pyramid) * thin, thin, 1)
        self.head = nn.Conv2d(thin, 1, 1)
        self.judge = Judge(width, thin)

    def forward(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        image = batch["image"]
        hints = batch["hints"] if "hints" in batch else torch.zeros_like(image[:, :COLOURS])
        prompts = self.said(torch.cat([image[:, COLOURS:], hints], dim=1))
        tokens = self.looked(self.seen(image[:, :COLOURS]) + prompts.flatten(2).transpose(1, 2))
        rows, columns = prompts.shape[2:]
        deep = tokens.transpose(1, 2).reshape(*prompts.shape[:2], rows, columns)
        scales = [scale(deep) for scale in self.pyramid]
        finest = scales[-1].shape[2:]
        wider = [functional.interpolate(each, size=finest, mode="bilinear") for each in scales]
        features = functional.relu(self.fuse(torch.cat(wider, dim=1)))
        half = self.head(features)
        logits = functional.interpolate(half, size=image.shape[2:], mode="bilinear")
        return {"logits": logits, "quality": self.judge(tokens.mean(dim=1), features, half)}

    def seen(self, picture: Tensor) -> Tensor:
        """The tokens (n, patches, width) of a picture (n, 3, side, side) and where they are."""
        features = self.picture(picture)
        places: Tensor = self.places
        if places.shape[2:] != features.shape[2:]:
            places = functional.interpolate(places, size=features.shape[2:], mode="bicubic")
        tokens: Tensor = (features + places).flatten(2).transpose(1, 2)
        return tokens

    def looked(self, tokens: Tensor) -> Tensor:
        """What all layers make of tokens (n, any number, width)."""
        for layer in self.layers:
            tokens = layer(tokens)
        found: Tensor = self.last(tokens)
        return found


def _scales(width: int, thin: int) -> list[nn.Module]:
    """From coarse to fine, what makes each scale of the last layer: a half to four times as fine.

    A group norm of one group is what a layer norm is for maps.
    """
    half, fourth = max(thin, width // 2), max(thin, width // 4)
    finest = nn.Sequential(
        nn.ConvTranspose2d(width, half, 2, stride=2),
        nn.GroupNorm(1, half),
        nn.GELU(),
        nn.ConvTranspose2d(half, fourth, 2, stride=2),
    )
    made: list[tuple[nn.Module, int]] = [
        (nn.Conv2d(width, width, 2, stride=2), width),
        (nn.Conv2d(width, width, 1), width),
        (nn.ConvTranspose2d(width, half, 2, stride=2), half),
        (finest, fourth),
    ]
    return [
        nn.Sequential(scale, nn.GroupNorm(1, after), nn.Conv2d(after, thin, 1))
        for scale, after in made
    ]


@NETWORKS.add
def simple_click() -> nn.Module:
    """A fresh network of about 2.8 million parameters."""
    return SimpleClick()
