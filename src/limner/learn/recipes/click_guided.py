"""A network guided by clicks, boxes and scribbles, taught by simulated corrections.

Source   clicks as Gaussian channels, corrective clicks on the network's own errors: Sakinis
         et al., 2019, arXiv:1903.08205; lines, centre lines and contours, boxes and the last
         answer as a channel, over many tasks and synthetic ones: Wong et al. (ScribblePrompt),
         ECCV 2024, arXiv:2312.07381.
Differs  2D; rounds are spread over steps by a pool that carries cases and their last answers
         over, so a step is one forward and one backward pass (learn/pool.py); lasso and wrong
         prior masks are further openings; a head predicts the Dice of the answer; an
         exponential average of the weights is what is exported.
Expected results/objects_choose.json and objects_report.json hold its Dice after a box and clicks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from limner.learn import LOSSES, RECIPES
from limner.learn.recipe import Batch, Build, Recipe

INSIDE, OUTSIDE = 4, 5  # channels of the input


@RECIPES.add
@dataclass(frozen=True)
class ClickGuided(Recipe):
    """One network learns; its slow average is kept."""

    keep: ClassVar[str] = "average"

    near_clicks: float = 4.0  # extra weight of a pixel that was clicked on
    quality: float = 0.5  # weight of the squared error of the expected Dice
    decay: float = 0.998  # share of the average that survives a step

    def networks(self, build: Build) -> nn.ModuleDict:
        student, average = build(), build().requires_grad_(requires_grad=False)
        average.load_state_dict(student.state_dict())
        return nn.ModuleDict({"student": student, "average": average})

    def losses(
        self,
        nets: nn.ModuleDict,
        batch: Batch,
        progress: float,  # noqa: ARG002  # the weights of this recipe do not change
    ) -> dict[str, Tensor]:
        return self.against(batch, answered(nets["student"], batch.inputs))

    def against(self, batch: Batch, answers: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The terms of answers that were given to a batch, from its labels."""
        image, logits, quality = batch.inputs["image"], answers["logits"], answers["quality"]
        batch.answers["logits"] = logits.detach()
        clicked = image[:, [INSIDE, OUTSIDE]].amax(dim=1, keepdim=True)
        weights = batch.weights * (1 + self.near_clicks * clicked)
        # what a crop does not show of an object counts as missed: a closer look is not better
        reached = dice(logits.detach() > 0, batch.labels > 0, batch.weights, beyond=batch.beyond)
        return {
            "mask": LOSSES.get("dice_bce")(logits, batch.labels, weights=weights),
            "quality": self.quality * functional.mse_loss(quality, reached),
        }

    @torch.no_grad()
    def after_step(self, nets: nn.ModuleDict, step: int) -> None:
        keep = min(self.decay, 1 - 1 / (step + 1))  # a true average until it is long enough
        student = nets["student"].state_dict()
        for name, held in nets["average"].state_dict().items():
            if held.is_floating_point():
                held.lerp_(student[name], 1 - keep)
            else:
                held.copy_(student[name])


def answered(network: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What a network says, in float, having worked it out in bfloat16."""
    with torch.autocast(inputs["image"].device.type, torch.bfloat16):
        answers = network(inputs)
    return {name: each.float() for name, each in answers.items()}


def dice(
    masks: Tensor, targets: Tensor, weights: Tensor, *, beyond: Tensor | None = None
) -> Tensor:
    """The Dice (n,) of each mask over the pixels that count; 1 where both are empty.

    beyond   (n,) pixels of each target that are missed because they are not shown
    """
    counted = weights > 0
    masks, targets = masks & counted, targets & counted
    axes = tuple(range(1, masks.ndim))
    both = (masks & targets).sum(dim=axes).float()
    sizes = (masks.sum(dim=axes) + targets.sum(dim=axes)).float()
    if beyond is not None:
        sizes = sizes + beyond.to(sizes)
    return torch.where(sizes > 0, 2 * both / sizes.clamp(min=1), torch.ones_like(both))
