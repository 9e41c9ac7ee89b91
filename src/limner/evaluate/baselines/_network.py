"""A baseline that is a network of ours: it has to be trained before it can be asked."""

from hashlib import sha256
from pathlib import Path

from limner.errors import NotFound
from limner.predict.limner import Limner
from limner.predict.runtime import open_network


def weights_of(shape: str) -> Path:
    """Where `benchmarks.equal_budget` writes the weights of a shape."""
    return Path("runs") / shape / "network.onnx"


def asked_as_ours(
    name: str,
    weights: Path,
    *,
    train: str,
    runtime: str,
    precision: str,
    threads: int | None,
) -> Limner:
    """Those weights, asked crop by crop as the network that ships; a rule picks the zoom.

    train   the command that makes the weights
    Raises NotFound where they are not there.
    """
    if not weights.is_file():
        raise NotFound(
            f"The baseline '{name}' has no weights at '{weights}'. Train them with: {train}"
        )
    network = open_network(weights, runtime=runtime, precision=precision, threads=threads)
    made = sha256(weights.read_bytes()).hexdigest()[:8]
    return Limner(network, card=f"{name} {made} {precision}")
