"""Middles and rays of star-convex objects, learnt from label maps.

Source   Schmidt et al. (StarDist), MICCAI 2018, arXiv:1806.03535, section 2.2: cross entropy of
         the normalised distance to the outline, and absolute error of the rays weighted
         by it; fed with synthetic blobs only by Dey et al. (AnyStar), WACV 2024,
         arXiv:2307.07044.
Differs  how central a pixel is comes from its shortest ray, not from a distance transform; the
         entropy of that share is taken off, so that the right answer costs nothing; the
         error of a ray is that of its logarithm, since one relative to the true length is
         least for rays that are too short.
Expected results/anystar.json holds its average precision on cells and nodules.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from limner.learn import RECIPES
from limner.learn.recipe import Batch, Recipe
from limner.learn.stars import middleness, ray_lengths


@RECIPES.add
@dataclass(frozen=True)
class StarConvex(Recipe):
    """`labels` of the batch are ids, 0 for none; weights say where somebody looked."""

    rays: float = 2.0  # weight of the error of the rays
    every: int = 2  # only each so many-th row and column is asked for, as the rays are given

    def losses(
        self,
        nets: nn.ModuleDict,
        batch: Batch,
        progress: float,  # noqa: ARG002  # the weights of this recipe do not change
    ) -> dict[str, Tensor]:
        with torch.autocast("cpu", torch.bfloat16):
            answers = nets["student"](batch.inputs)
        logits = answers["logits"].float()
        batch.answers["logits"] = logits.detach()
        labels = batch.labels[:, 0].long().numpy()
        lengths = ray_lengths(labels, every=self.every)
        share = middleness(lengths, labels[:, :: self.every, :: self.every])
        central = torch.from_numpy(share)[:, None]
        here = (..., slice(None, None, self.every), slice(None, None, self.every))
        weights = batch.weights[here]
        cross = functional.binary_cross_entropy_with_logits(logits[here], central, reduction="none")
        surplus = cross - functional.binary_cross_entropy(central, central, reduction="none")
        terms = {"mask": (surplus * weights).sum() / weights.sum().clamp(min=1)}
        if "rays" in answers:
            true = torch.from_numpy(lengths)
            apart = (answers["rays"].float().log1p() - true.log1p()).abs()
            relative = apart.mean(dim=1, keepdim=True)
            counted = central * weights
            terms["rays"] = self.rays * (relative * counted).sum() / counted.sum().clamp(min=1)
        return terms
