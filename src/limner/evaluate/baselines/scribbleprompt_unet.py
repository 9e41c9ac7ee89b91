"""The shape of ScribblePrompt's U-Net, trained by us: what another network would do in ours' place.

Source   Wong et al. (ScribblePrompt), ECCV 2024, arXiv:2312.07381: five inputs of 128 x 128,
         192 channels at every scale, about 4 million parameters; see
         `limner.learn.networks.scribbleprompt_unet`.
Differs  not its published weights, whose data forbid our use: ours, from our data. And it is
         asked as our own network is, crop by crop, where the publication shows it whole
         pictures: small objects would vanish at 128 x 128. The zoom of a first click is picked
         by the rule, since the judge of zooms knows our network's answers only.
Tuned    the rate of its training, by the loss of two minutes each: 3e-4, 1e-3 and 3e-3.
"""

from pathlib import Path

from limner.evaluate.baselines import BASELINES
from limner.evaluate.baselines._network import asked_as_ours, weights_of
from limner.predict.limner import Limner

WEIGHTS = weights_of("scribbleprompt_unet")


@BASELINES.add
def scribbleprompt_unet(
    *,
    weights: Path = WEIGHTS,
    runtime: str = "openvino",
    precision: str = "bf16",
    threads: int | None = None,
) -> Limner:
    """The network of those weights, ready to be asked.

    Raises NotFound where they are not there: they are too large to ship, and take an hour.
    """
    return asked_as_ours(
        "scribbleprompt_unet",
        weights,
        train="python -m benchmarks.equal_budget",
        runtime=runtime,
        precision=precision,
        threads=threads,
    )
