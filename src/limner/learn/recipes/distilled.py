"""A network guided by clicks that also learns from the soft answers of a better one.

Source   soft answers of a larger network as targets: Hinton et al., 2015, arXiv:1503.02531,
         section 2; pixel by pixel for outlines: Liu et al., CVPR 2019, arXiv:1903.04197,
         section 3.1.
Differs  no temperature, since there are two classes and an outline's pixels are unsure
         enough; the teacher answers the very marks that the student has earned, round by
         round; whoever draws the batch asks the teacher, whose answers come as the input
         `taught` (n, 1, side, side) in 0..1. Without it this is `click_guided`.
Expected results/network_shapes.json, beside the same network and time without a teacher.
"""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from limner.learn import RECIPES
from limner.learn.recipe import Batch
from limner.learn.recipes.click_guided import ClickGuided, answered


@RECIPES.add
@dataclass(frozen=True)
class Distilled(ClickGuided):
    """As `click_guided`, with one term more."""

    taught: float = 1.0  # weight of the cross entropy with the teacher's answers

    def losses(
        self,
        nets: nn.ModuleDict,
        batch: Batch,
        progress: float,  # noqa: ARG002  # the weights of this recipe do not change
    ) -> dict[str, Tensor]:
        answers = answered(nets["student"], batch.inputs)
        terms = self.against(batch, answers)
        if "taught" in batch.inputs:
            cross = functional.binary_cross_entropy_with_logits(
                answers["logits"], batch.inputs["taught"], reduction="none"
            )
            shown = batch.weights > 0
            terms["taught"] = self.taught * cross[shown].sum() / shown.sum().clamp(min=1)
        return terms
