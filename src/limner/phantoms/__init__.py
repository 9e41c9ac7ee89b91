"""Generated test beds: a seed in, a Sample out, with the answer known exactly."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from limner.registry import Registry

if TYPE_CHECKING:
    from limner.sample import Sample

__all__ = ["PHANTOMS"]

PHANTOMS: Registry[Callable[[int], "Sample"]] = Registry("phantom", "limner.phantoms")
