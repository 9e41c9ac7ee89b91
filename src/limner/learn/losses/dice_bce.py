"""Cross entropy and soft Dice of one mask against its background, weighted pixel by pixel.

Source   soft Dice: Milletari et al. (V-Net), 3DV 2016, equation of section 3, without squares.
Differs  the sums of a case run over its weighted pixels; one pixel is added above and below,
         so that an empty target answered by an empty mask costs nothing.
"""

from torch import Tensor
from torch.nn import functional

from limner.learn import LOSSES


@LOSSES.add
def dice_bce(logits: Tensor, labels: Tensor, *, weights: Tensor | None = None) -> Tensor:
    """One number per batch, >= 0. logits, labels (0 or 1) and weights are (n, 1, *space)."""
    labels = labels.to(logits.dtype)
    if weights is None:
        weights = labels.new_ones(labels.shape)
    axes = tuple(range(1, logits.ndim))
    entropy = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    total = weights.sum(dim=axes).clamp(min=1e-6)
    cross = ((entropy * weights).sum(dim=axes) / total).mean()
    share = logits.sigmoid() * weights
    both = (share * labels).sum(dim=axes)
    sizes = share.sum(dim=axes) + (labels * weights).sum(dim=axes)
    return cross + (1 - (2 * both + 1) / (sizes + 1)).mean()
