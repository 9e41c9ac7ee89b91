"""Small networks that outline what was clicked, and the worst click that each can be given.

Generated shapes of 48 by 48 pixels (`phantoms.shapes`), one click an object. The network is
taught for the seed, by clicks at the deepest place or by clicks beside it, and then asked about
shapes that it never met: at the centre, at places by chance, and where a search finds the worst.
"""

from limner.learn.study import TRIALS

OBJECTS = 8  # that the search is tried on, per seed


@TRIALS.add
def tetris(
    seed: int,
    *,
    search: str = "gradient",
    clicks: str = "centre",
    lessons: int = 120,
    rate: float = 4e-3,
    tries: int = 100,
    starts: int = 8,
    steps: int = 12,
) -> dict[str, float]:
    """Means over the objects: IoU at the worst click found, at the centre, and by chance.

    "worse_than_chance" is the share of objects with a click worse than all those by chance,
    and "asked" counts the places tried.

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
        rng = np.random.default_rng((seed, 3, number))
        pixels = np.argwhere(case.target)
        by_chance = score_clicks(network, asked, pixels[rng.integers(len(pixels), size=tries)])
        centre = float(score_clicks(network, asked, deepest(case.target)[None])[0])
        worst, count = float(by_chance.min()), tries
        if search == "gradient":
            found = extreme_clicks(network, asked, rng, search=Search(starts, steps, best=False))
            worst, count = found.worst, found.asked
        told.append(
            {
                "worst_iou": worst,
                "centre_iou": centre,
                "chance_iou": float(by_chance.mean()),
                "gap": centre - worst,
                "worse_than_chance": float(worst < by_chance.min() - 1e-6),
                "asked": float(count),
            }
        )
    return {key: float(np.mean([each[key] for each in told])) for key in told[0]}
