"""A U-Net small enough to be trained again for every seed of a study."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from limner.learn.networks._judge import Judge
from limner.learn.networks.prompt_unet import Block

WIDTHS = (8, 16, 24, 32)


class Tiny(nn.Module):
    """The shape of `prompt_unet` at any widths; it gives its last features as well."""

    def __init__(self, widths: Sequence[int] = WIDTHS, *, channels: int = 7) -> None:
        super().__init__()
        self.down = nn.ModuleList(Block(a, b, depth=2) for a, b in pairwise((channels, *widths)))
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(widths))
        self.up = nn.ModuleList(Block(width, width, depth=1) for width in widths[:-1])
        self.head = nn.Conv2d(widths[0], 1, 1)
        self.judge = Judge(widths[-1], widths[0], width=16)

    def forward(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        features = batch["image"]
        skips: list[Tensor] = []
        for level, block in enumerate(self.down):
            features = block(functional.max_pool2d(features, 2) if level else features)
            skips.append(features)
        deep = features.mean(dim=(2, 3))
        for level in reversed(range(len(self.up))):
            wider = functional.interpolate(self.narrow[level](features), scale_factor=2.0)
            features = self.up[level](wider + skips[level])
        logits = self.head(features)
        quality = self.judge(deep, features, logits)
        return {"logits": logits, "quality": quality, "features": features}
