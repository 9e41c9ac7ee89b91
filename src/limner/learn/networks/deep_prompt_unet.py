"""`prompt_unet` grown by residual units and attention, which begin as if they were not there.

Input   as `prompt_unet`.
Output  as `prompt_unet`; drawn fresh it says what one of its weights says, since every new unit
        begins as the identity. So a trained `prompt_unet` goes on learning as this one
        (`limner.learn.start`), from what it could do before.

Source   growing a trained network without changing what it says: Chen et al. (Net2Net), ICLR
         2016, arXiv:1511.05641; residual branches that begin at zero by the scale of their last
         batch norm: Goyal et al., 2017, arXiv:1706.02677, section 5.1; attention between all
         places of a level as one more residual branch: Wang et al. (Non-local), CVPR 2018,
         arXiv:1711.07971.
Differs  half as much arithmetic more, at the middle levels, where a convolution costs least for
         what it holds; attention at 16 x 16 and 8 x 8 places only, in four heads, without
         positions.
Expected results/objects_choose.json and objects_report.json hold its Dice after a box and clicks.
"""

from torch import Tensor, nn
from torch.nn import functional

from limner.learn import NETWORKS
from limner.learn.networks.prompt_unet import WIDTHS, PromptUNet

FURTHER = (0, 0, 2, 2, 2, 0)  # residual units on the way down, level by level
HEADS = (0, 0, 0, 4, 4, 0)  # of the attention after them
AFTER = (0, 0, 1, 1, 0)  # residual units on the way up


class Further(nn.Module):
    """A residual unit of two convolutions that begins as the identity on what is not negative."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(width)
        nn.init.zeros_(self.second_norm.weight)

    def forward(self, features: Tensor) -> Tensor:
        further = functional.relu(self.first_norm(self.first(features)))
        return functional.relu(features + self.second_norm(self.second(further)))


class Across(nn.Module):
    """Attention between all places of a level; it begins as the identity likewise."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.BatchNorm2d(width)
        self.told = nn.Conv2d(width, 3 * width, 1)
        self.last = nn.Conv2d(width, width, 1)
        for each in self.last.parameters():
            nn.init.zeros_(each)

    def forward(self, features: Tensor) -> Tensor:
        count, width, *space = features.shape
        told = self.told(self.norm(features)).flatten(2).transpose(1, 2)
        each = told.reshape(count, -1, 3, self.heads, width // self.heads)
        asked, known, given = each.permute(2, 0, 3, 1, 4)
        heard = functional.scaled_dot_product_attention(asked, known, given)
        spread = heard.transpose(2, 3).reshape(count, width, *space)
        return functional.relu(features + self.last(spread))


class DeepPromptUNet(PromptUNet):
    """See the module: a `PromptUNet` with more at its middle levels."""

    def __init__(self) -> None:
        super().__init__()
        self.further = nn.ModuleList(
            nn.Sequential(
                *(Further(width) for _ in range(units)),
                *(Across(width, heads) for _ in range(bool(heads))),
            )
            for width, units, heads in zip(WIDTHS, FURTHER, HEADS, strict=True)
        )
        self.after = nn.ModuleList(
            nn.Sequential(*(Further(width) for _ in range(units)))
            for width, units in zip(WIDTHS[:-1], AFTER, strict=True)
        )


@NETWORKS.add
def deep_prompt_unet() -> nn.Module:
    """A fresh network of about 3.9 million parameters."""
    return DeepPromptUNet()
