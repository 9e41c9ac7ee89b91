"""The ScribblePrompt-UNet: 192 channels at every one of five scales, prompts as channels.

Input   `image` (n, 7, side, side) as `prompt_unet` takes it; a side that 16 divides. The
        network itself makes its five of them: grey in 0..1, region, inside, outside, prior.
Output  `logits` (n, 1, side, side) and `quality` (n,): the Dice it expects of logits > 0.

Source   Wong et al. (ScribblePrompt), ECCV 2024, arXiv:2312.07381, section 4.3, and the public
         configuration of its U-Net: four halvings, one convolution a scale, PReLU, no norm.
Differs  grey is the mean of the colours, spread over 0..1 in the crop rather than in the whole
         picture; the prior is a probability, not a logit; a head predicts the Dice.
Expected the scoreboard of results/objects_choose.json, once it is trained with our budget.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from limner.learn import NETWORKS
from limner.learn.networks._judge import Judge

WIDTH = 192
HALVINGS = 4
FLAT = 1e-3  # a crop whose grey spreads less than this has no contrast to spread


class ScribblePromptUNet(nn.Module):
    """See the module: about 4.0 million parameters at the default width."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            _convolved(width if level else 5, width) for level in range(HALVINGS)
        )
        self.bottom = _convolved(width, width)
        self.up = nn.ModuleList(_convolved(2 * width, width) for _ in range(HALVINGS))
        self.head = nn.Conv2d(width, 1, 1)
        self.judge = Judge(width, width)

    def forward(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        features = five(batch["image"])
        skips: list[Tensor] = []
        for block in self.down:
            features = block(features)
            skips.append(features)
            features = functional.max_pool2d(features, 2)
        features = self.bottom(features)
        deep = features.mean(dim=(2, 3))
        for block in self.up:
            wider = functional.interpolate(
                features, scale_factor=2.0, mode="bilinear", align_corners=True
            )
            features = block(torch.cat([skips.pop(), wider], dim=1))
        logits = self.head(features)
        return {"logits": logits, "quality": self.judge(deep, features, logits)}


def five(image: Tensor) -> Tensor:
    """(n, 5, *space) from our seven channels: grey in 0..1, then the prompts as they are."""
    grey = image[:, :3].mean(dim=1, keepdim=True)
    least, most = grey.amin(dim=(2, 3), keepdim=True), grey.amax(dim=(2, 3), keepdim=True)
    spread = (grey - least) / (most - least).clamp(min=FLAT)
    return torch.cat([spread, image[:, 3:]], dim=1)


def _convolved(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.PReLU())


@NETWORKS.add
def scribbleprompt_unet() -> nn.Module:
    """A fresh network of about 4.0 million parameters."""
    return ScribblePromptUNet()
