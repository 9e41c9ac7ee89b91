"""Our own shape, trained no longer than `scribbleprompt_unet` was: what the shape does, what time.

Source   `limner.learn.networks.prompt_unet`, from chance by the recipe of the first version.
Differs  from what ships: an hour of one core instead of all that the versions had one after
         another, no finish, no judge of zooms.
Tuned    nothing: the rate is that of the first version.
"""

from pathlib import Path

from limner.evaluate.baselines import BASELINES
from limner.evaluate.baselines._network import asked_as_ours, weights_of
from limner.predict.limner import Limner

WEIGHTS = weights_of("prompt_unet")


@BASELINES.add
def equal_budget(
    *,
    weights: Path = WEIGHTS,
    runtime: str = "openvino",
    precision: str = "bf16",
    threads: int | None = None,
) -> Limner:
    """The network of those weights, ready to be asked.

    Raises NotFound where they are not there: they are not shipped, and take an hour.
    """
    return asked_as_ours(
        "equal_budget",
        weights,
        train="python -m benchmarks.equal_budget --shape prompt_unet",
        runtime=runtime,
        precision=precision,
        threads=threads,
    )
