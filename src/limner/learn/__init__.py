"""Learning: samples in, a network and its card out. The one door to torch.

Importing this package imports no torch; asking a registry for one of its methods does.
"""

from typing import Any

from limner.registry import Registry

__all__ = ["LOSSES", "NETWORKS", "RECIPES"]

# What is registered needs torch to be named, so the types here are loose on purpose.
NETWORKS: Registry[Any] = Registry("network", "limner.learn.networks")
LOSSES: Registry[Any] = Registry("loss", "limner.learn.losses")
RECIPES: Registry[Any] = Registry("recipe", "limner.learn.recipes", group="limner.recipes")
