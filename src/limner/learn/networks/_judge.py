"""The head that says how good a mask will turn out, the same under every network of ours."""

import torch
from torch import Tensor, nn


class Judge(nn.Module):
    """The expected Dice, from the deepest features and those under and round the mask.

    deep   how many channels the deepest features have
    fine   how many the features have that the logits are made of
    """

    def __init__(self, deep: int, fine: int, *, width: int = 48) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(deep + 2 * fine, width), nn.ReLU())
        self.last = nn.Linear(width, 1)

    def forward(self, deep: Tensor, fine: Tensor, logits: Tensor) -> Tensor:
        """(n,) from (n, deep), (n, fine, *space) and (n, 1, *space); no gradient goes back."""
        seen = under_and_round(deep, fine, logits)
        return torch.sigmoid(self.last(self.layers(seen)))[:, 0]


def under_and_round(deep: Tensor, fine: Tensor, logits: Tensor) -> Tensor:
    """(n, deep + 2 fine): the deepest features, and the mean of the finest under the mask and
    along its rim. The mask is judged by it, not improved: no gradient goes back.
    """
    share, fine, deep = logits.detach().sigmoid(), fine.detach(), deep.detach()
    unsure = share * (1 - share)
    under = (fine * share).sum(dim=(2, 3)) / (share.sum(dim=(2, 3)) + 1)
    rim = (fine * unsure).sum(dim=(2, 3)) / (unsure.sum(dim=(2, 3)) + 1)
    return torch.cat([deep, under, rim], dim=1)
