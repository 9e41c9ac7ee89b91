"""A small U-Net that says of every pixel how central it is and how far its outline lies.

Input   `image` (n, c, side, side): the mean of the first three channels is read; a side that 16
        divides.
Output  `logits` (n, 1, side, side): whether the pixel is the middle of an object; `rays`
        (n, 16, side / 2, side / 2): pixels to the outline along sixteen directions, positive,
        of every second row and column.

Source   Schmidt et al. (StarDist), MICCAI 2018, arXiv:1806.03535: probability and radial
         distances; used for any blob by Dey et al. (AnyStar), WACV 2024, arXiv:2307.07044.
Differs  2D with sixteen rays; narrow, four levels, residual sums; lengths are a softplus; four
         neighbours are folded into channels, and the answer is spread to all pixels again,
         which is four times as quick.
Expected results/anystar.json holds its average precision on cells and nodules.
"""

from collections.abc import Mapping
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from limner.learn import NETWORKS
from limner.learn.networks.prompt_unet import Block
from limner.learn.stars import RAYS

FOLD = 2  # rows and columns that become channels
WIDTHS = (16, 32, 48, 64)


class StarConvex(nn.Module):
    """See the module: a picture in, middles and rays out."""

    def __init__(self) -> None:
        super().__init__()
        before = (FOLD**2, *WIDTHS[:-1])
        self.down = nn.ModuleList(Block(a, b, depth=2) for a, b in zip(before, WIDTHS, strict=True))
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(WIDTHS))
        self.up = nn.ModuleList(Block(width, width, depth=2) for width in WIDTHS[:-1])
        self.middle = nn.Conv2d(WIDTHS[0], 1, 1)
        self.rays = nn.Sequential(
            nn.Conv2d(WIDTHS[0], 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, RAYS, 1)
        )

    def forward(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        grey = batch["image"][:, :3].mean(dim=1, keepdim=True)
        features = functional.pixel_unshuffle(grey, FOLD)
        skips: list[Tensor] = []
        for level, block in enumerate(self.down):
            features = block(functional.max_pool2d(features, 2) if level else features)
            skips.append(features)
        for level in reversed(range(len(self.up))):
            wider = functional.interpolate(self.narrow[level](features), scale_factor=2.0)
            features = self.up[level](wider + skips[level])
        rays = 8 * functional.softplus(self.rays(features))  # about six pixels to begin with
        logits = functional.interpolate(
            self.middle(features), scale_factor=FOLD, mode="bilinear", align_corners=False
        )
        return {"logits": logits, "rays": rays}


@NETWORKS.add
def star_convex() -> nn.Module:
    """A fresh network of about 0.2 million parameters."""
    return StarConvex()
