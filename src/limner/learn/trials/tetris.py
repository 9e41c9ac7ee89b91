"""Small networks that outline what was clicked, and the worst click that each can be given.

Generated shapes of 48 by 48 pixels (`phantoms.shapes`), one click an object. The network is
taught for the seed, by clicks at the deepest place or by clicks beside it, and then asked about
shapes that it never met: at the centre, at places by chance, and where a search finds the worst.
"""

from limner.learn.study import TRIALS

OBJECTS = 16  # that the search is tried on, per seed


@TRIALS.add
def tetris(
    seed: int,
    *,
    search: str = "gradient",
    clicks: str = "centre",
    lessons: int = 250,
    rate: float = 4e-3,
    tries: int = 100,
    starts: int = 16,
    steps: int = 15,
) -> dict[str, float]:
    """Means over the objects: IoU at the worst click found, at the centre, and of every click.

    "reached" is the share of objects whose very worst click was found, "asked" the places tried.

    search  "gradient", or "chance": the worst of `tries` clicks at places by chance
    clicks  what it is taught by: "centre", or "jittered", anywhere from the centre to the rim
    """
    import numpy as np

    from limner.evaluate.robots import deepest
    from limner.learn.tetris import Question, Search, extreme_clicks, score_clicks
    from limner.learn.trials._clicked_shapes import shapes, taught

    network = taught(clicks=clicks, lessons=lessons, rate=rate, seed=seed)
    told = []
    for number, case in enumerate(shapes(np.random.default_rng((seed, 2)), count=OBJECTS)):
        asked = Question.first(case.shown, case.target)
        pixels = np.argwhere(case.target)
        every = score_clicks(network, asked, pixels)
        rng = np.random.default_rng((seed, 3, number))
        by_chance = every[rng.integers(len(pixels), size=tries)]
        centre = float(score_clicks(network, asked, deepest(case.target)[None])[0])
        worst, count = float(by_chance.min()), tries
        if search == "gradient":
            found = extreme_clicks(network, asked, rng, search=Search(starts, steps))
            worst, count = found.worst, found.asked
        told.append(
            {
                "worst_iou": worst,
                "centre_iou": centre,
                "chance_iou": float(every.mean()),
                "least_iou": float(every.min()),
                "gap": centre - worst,
                "reached": float(worst <= every.min() + 1e-6),
                "asked": float(count),
            }
        )
    return {key: float(np.mean([each[key] for each in told])) for key in told[0]}
