"""A trained network with its convolutions in 8 bits: half the file of 16, half the time.

Source   scales from data and integer arithmetic: Jacob et al., CVPR 2018, arXiv:1712.05877; a
         scale for each channel of the weights: Krishnamoorthi, 2018, arXiv:1806.08342.
Differs  weights take 7 of the 8 bits, because processors from before AVX512-VNNI add two
         products in 16 bits, which 8 could overflow; what is no convolution stays in 32 bits.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from limner.errors import BadValue, extra
from limner.learn.material import Material
from limner.learn.pool import Pool, workers
from limner.predict.runtime import Network
from limner.safely import replacing

Inputs = Mapping[str, NDArray[Any]]

BATCHES, BATCH = 20, 16  # that ranges are taken from, and the crops in each


def practised(
    network: Network, materials: Sequence[tuple[Material, int]], *, seed: int
) -> list[Inputs]:
    """Batches of crops as training meets them, for `quantised` to take ranges from.

    Their cases go from an opening to the last correction of what this network answers.
    """
    batches: list[Inputs] = []
    with workers(materials, seed=seed, count=0) as fetch:
        pool = Pool(fetch, np.random.default_rng((seed, 1 << 40)), size=BATCH)
        for _ in range(BATCHES):
            batch = pool.draw(0.0)
            given = {name: np.ascontiguousarray(each) for name, each in batch.inputs.items()}
            batches.append({name: given[name] for name in network.inputs})
            batch.answers["logits"] = torch.from_numpy(network(given)["logits"])
            pool.take(batch)
    return batches


def quantised(weights: Path, path: Path, batches: Sequence[Inputs]) -> None:
    """Write a network of 32 bits anew with its convolutions in 8.

    weights   an ONNX file as `limner.learn.publish.export` writes it
    batches   inputs that are like those in use: activations have one range each, the least to
              the most that these reach

    Raises BadValue without a batch, MissingExtra where the package onnx is not installed.
    """
    if not batches:
        raise BadValue("Ranges for 8 bits were asked of no crops. Give at least one batch.")
    with extra("learn"):
        import onnx  # noqa: F401  # the quantiser needs it and says so less plainly
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # as limner.predict.runtime, if that came not first
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared = path.with_name(f".{path.name}.prepared")
    quiet = logging.getLogger()  # the quantiser warns there that a network should be prepared
    level = quiet.level
    quiet.setLevel(logging.ERROR)
    try:
        quant_pre_process(weights, prepared, skip_symbolic_shape=True)
        with replacing(path) as temporary:
            quantize_static(
                prepared,
                temporary,
                _Reader(batches),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=["Conv"],
                per_channel=True,
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
    finally:
        quiet.setLevel(level)
        prepared.unlink(missing_ok=True)


def agreement(one: Network, other: Network, batches: Sequence[Inputs]) -> float:
    """The mean Dice between the masks of two networks over all crops; 1 where both are empty."""
    reached = []
    for batch in batches:
        masks = [each(batch)["logits"] > 0 for each in (one, other)]
        axes = tuple(range(1, masks[0].ndim))
        both = (masks[0] & masks[1]).sum(axis=axes)
        sizes = masks[0].sum(axis=axes) + masks[1].sum(axis=axes)
        reached.append(np.where(sizes > 0, 2 * both / np.maximum(sizes, 1), 1.0))
    return float(np.concatenate(reached).mean())


class _Reader:
    """Batches as the quantiser asks for them."""

    def __init__(self, batches: Sequence[Inputs]) -> None:
        self._left = iter(batches)

    def get_next(self) -> Inputs | None:
        return next(self._left, None)
