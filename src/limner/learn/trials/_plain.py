"""Learning a mask from a picture and nothing else, for trials that are about the data."""

from dataclasses import dataclass

from torch import Tensor, nn

from limner.learn.losses.dice_bce import dice_bce
from limner.learn.recipe import Batch, Recipe


@dataclass(frozen=True)
class Plain(Recipe):
    """Cross entropy and Dice."""

    def losses(
        self,
        nets: nn.ModuleDict,
        batch: Batch,
        progress: float,  # noqa: ARG002  # the same throughout
    ) -> dict[str, Tensor]:
        logits = nets["student"](batch.inputs)["logits"]
        batch.answers["logits"] = logits.detach()
        return {"mask": dice_bce(logits, batch.labels, weights=batch.weights)}
