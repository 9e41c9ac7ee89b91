"""A plain transformer as a clicker, taught first by masked pictures or not, beside convolutions.

The organs, the person and the lessons are those of `guided`; all are networks of about the
same number of parameters, and every one has the same lessons. Masked pictures are unlabelled
scenes of the kinds that are learnt from; the organs that are asked about are of another kind.
"""

from limner.learn.study import TRIALS

ORGANS = 12  # held-out organs of a seed


@TRIALS.add
def plain_clicker(
    seed: int,
    *,
    by: str = "masked",
    steps: int = 150,
    rate: float = 2e-3,
    masked: int = 300,
) -> dict[str, float]:
    """Clicks to a Dice of 0.9, Dice after clicks, milliseconds of a click, parameters.

    by       "masked": a plain transformer that learnt from masked pictures first; "scratch":
             the same from chance; "convolutions"
    steps    lessons with clicks
    masked   steps with masked pictures, for who has them
    """
    from functools import partial

    import numpy as np

    from limner.errors import UnknownName
    from limner.learn.trials._plain_clickers import BUILT
    from limner.learn.trials._rounds import Lesson, Talk, taught
    from limner.learn.trials._talk import averaged, clicked
    from limner.learn.trials._toy_organs import HELD_OUT, scenes
    from limner.learn.trials._who import Networked

    if by not in BUILT:
        raise UnknownName("clicker", by, tuple(BUILT))
    build = partial(BUILT[by], seed, masked)
    network = taught(build, Lesson(steps=steps, rate=rate), seed=seed)
    every = [
        clicked(Networked(network, Talk.begun(scene)), scene)
        for scene in scenes(np.random.default_rng((seed, 2)), HELD_OUT, count=ORGANS)
    ]
    return {**averaged(every), "parameters": float(sum(p.numel() for p in network.parameters()))}
