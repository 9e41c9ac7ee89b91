"""What a training recipe is: the part of a method that differs from every other method."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from torch import Tensor, nn

Build = Callable[[], nn.Module]


@dataclass(frozen=True)
class Batch:
    """What one step learns from.

    inputs    what the networks take, by name; `image` is (n, channels, *space)
    labels    integer or 0/1 labels of the first m of the n, (m, 1, *space)
    weights   how much each pixel counts, like labels; 0 where nobody looked
    beyond    (m,) pixels of the label that the crop does not show; none where it is left out
    answers   what the networks said, left here by `losses` for whoever drew the batch
    """

    inputs: dict[str, Tensor]
    labels: Tensor
    weights: Tensor
    beyond: Tensor | None = None
    answers: dict[str, Tensor] = field(default_factory=dict)

    def on(self, device: str) -> "Batch":
        """The same on a device; `answers` is shared, so whoever drew the batch finds them."""
        return replace(
            self,
            inputs={name: each.to(device, non_blocking=True) for name, each in self.inputs.items()},
            labels=self.labels.to(device, non_blocking=True),
            weights=self.weights.to(device, non_blocking=True),
            beyond=None if self.beyond is None else self.beyond.to(device),
        )


class Recipe:
    """How to learn. A subclass is a frozen dataclass: its fields are the hyper-parameters."""

    keep: ClassVar[str] = "student"  # the network that is exported

    def networks(self, build: Build) -> nn.ModuleDict:
        """The networks in play. Those that want no gradient are not optimised."""
        return nn.ModuleDict({"student": build()})

    def losses(self, nets: nn.ModuleDict, batch: Batch, progress: float) -> dict[str, Tensor]:
        """The terms to add up, each already weighted. `progress` runs from 0 to 1."""
        raise NotImplementedError

    def after_step(self, nets: nn.ModuleDict, step: int) -> None:
        """What follows the optimiser's step; nothing, unless a network follows another."""
