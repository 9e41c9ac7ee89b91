"""Beginning from a network that is trained already, also where the new one sees more channels."""

from pathlib import Path

import torch
from torch import Tensor, nn

from limner.errors import NotFound


def begin_from(nets: nn.ModuleDict, path: Path, *, keep: str) -> list[str]:
    """Give every network the weights that an earlier run kept; the names that stay fresh.

    path   a checkpoint of `TrainState.save` (a pickle: only open your own)
    keep   which of its networks is taken

    A weight with fewer input channels fills the first ones, and the further ones begin at
    zero, so that the network begins by answering as before. What has another shape otherwise,
    or was not there, stays as it was drawn. Raises NotFound.
    """
    if not path.is_file():
        raise NotFound(f"There is no checkpoint '{path}' to begin from. Leave --start out.")
    before = torch.load(path, weights_only=False)["nets"]
    known = {n.removeprefix(f"{keep}."): t for n, t in before.items() if n.startswith(f"{keep}.")}
    fresh: list[str] = []
    for network in nets.values():
        now = network.state_dict()
        given = {name: _widened(known.get(name), held) for name, held in now.items()}
        fresh = [name for name, held in given.items() if held is None]
        network.load_state_dict({n: now[n] if h is None else h for n, h in given.items()})
    student = nets["student"].state_dict()  # what is fresh is drawn once, for all of them
    for network in nets.values():
        network.load_state_dict({**network.state_dict(), **{n: student[n] for n in fresh}})
    return fresh


def _widened(before: Tensor | None, now: Tensor) -> Tensor | None:
    """The earlier weight in the new shape; None where it does not fit."""
    if before is None or before.ndim != now.ndim:
        return None
    if before.shape == now.shape:
        return before
    same = before.shape[:1] == now.shape[:1] and before.shape[2:] == now.shape[2:]
    if now.ndim != 4 or not same or before.shape[1] > now.shape[1]:
        return None
    wide = torch.zeros_like(now)
    wide[:, : before.shape[1]] = before
    return wide
