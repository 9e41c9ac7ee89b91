"""Small networks taught in seconds by a simulated person, on organs of a kind they never met.

Mottled scenes of 48 by 48 pixels, in which every organ has a wall and a core of another tone.
Domains, sheets and crowds are learnt from; lobed organs are held out, also from what the default
network was taught with. Whoever answers, the same person corrects the same organs: by clicks at
the middle of the larger error up to a Dice of 0.9, and by three rounds of scribbles.
"""

from limner.learn.study import TRIALS

ORGANS = 20  # held-out organs of a seed


@TRIALS.add
def guided(
    seed: int,
    *,
    by: str = "network",
    told: str = "clicks",
    steps: int = 250,
    rate: float = 4e-3,
    near_clicks: float = 4.0,
) -> dict[str, float]:
    """Clicks to a Dice of 0.9, Dice after clicks and scribbles, disobeyed clicks, times.

    by           "network", taught for this seed; "gaussian_process", the same network made to
                 obey; "encode_once" or "encode_always", a heavy encoder that sees the picture
                 once or again with every prompt; "limner", the default network; and without
                 learning "region_growing", "graph_cut" or "random_walker"
    told         what it is taught by: "clicks", or "scribbles", strokes and boxes besides
    near_clicks  extra weight of a clicked pixel in the loss

    Times are of one thread's processor. Those of the two encoders are of a click alone, and
    `full_ms` is the same of the network of full size on a crop of full size; `speedup` is how
    many times a click would take longer if the encoder had to run again.
    """
    import numpy as np

    from limner.learn.trials._rounds import Lesson
    from limner.learn.trials._talk import averaged, clicked, scribbled
    from limner.learn.trials._toy_organs import HELD_OUT, scenes
    from limner.learn.trials._who import answerers, full_size

    lesson = Lesson(steps=steps, told=told, near_clicks=near_clicks, rate=rate)
    begun = answerers(by, lesson, seed=seed)
    every = []
    for number, scene in enumerate(
        scenes(np.random.default_rng((seed, 2)), HELD_OUT, count=ORGANS)
    ):
        rng = np.random.default_rng((seed, 3, number))
        strokes = scribbled(begun(scene), scene, rng)
        every.append({**clicked(begun(scene), scene), **strokes})
    return {**averaged(every), **full_size(by)}
