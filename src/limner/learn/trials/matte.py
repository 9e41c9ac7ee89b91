"""How far soft values are from how much of each pixel is filled, under the same box.

Generated pictures of 96 by 96 pixels of two kinds: lesions whose border fades over several
pixels, and vessels about as thin as a pixel. The predictor is given the tight box of what is
filled by half or more, and what it says is kept as a mask, as its probability, or as a matte.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

from limner.learn.study import TRIALS

if TYPE_CHECKING:
    from limner.image import Image
    from limner.learn.trials._mattes import Floats
    from limner.mask import Mask

COUNT = 8  # pictures of each kind, per seed
LEAST = 12  # pixels that are filled by half or more


@TRIALS.add
def matte(
    seed: int, *, kept: str = "matte", predictor: str = "limner", reach: float = 6.0
) -> dict[str, float]:
    """The summed error over the summed share, of each kind of picture and of both together.

    kept   "mask", as it is thresholded; "probability", as the predictor gives it; or "matte"
    """
    import numpy as np

    from limner.errors import UnknownName

    if kept not in {"mask", "probability", "matte"}:
        raise UnknownName("way to keep an answer", kept, ("mask", "probability", "matte"))
    errors: dict[str, list[float]] = {"fuzzy": [], "hairs": []}
    for kind, share, image, mask in _answered(seed, predictor):
        given = _share(mask, image, kept=kept, reach=reach)
        errors[kind].append(float(np.abs(given - share).sum() / share.sum()))
    told = {f"{kind}_error": float(np.mean(each)) for kind, each in errors.items()}
    return {"alpha_error": float(np.mean(list(told.values()))), **told}


@lru_cache(maxsize=32)  # both arms keep the same answers
def _answered(seed: int, name: str) -> "list[tuple[str, Floats, Image, Mask]]":
    """Kind, true share, image and the predictor's mask with its probability, of every picture."""
    import numpy as np

    from limner.evaluate.robots import tight_box
    from limner.grid import Grid
    from limner.image import Image
    from limner.learn.trials._mattes import KINDS
    from limner.predict import predictor
    from limner.prompt.box import Box

    asked = predictor(name)
    found: list[tuple[str, Floats, Image, Mask]] = []
    for kind, draw in KINDS.items():
        rng = np.random.default_rng((seed, len(kind)))
        while sum(each[0] == kind for each in found) < COUNT:
            drawn = draw(rng)
            filled = drawn.share >= 0.5
            if filled.sum() < LEAST:
                continue
            grid = Grid.picture(*filled.shape)
            image = Image.of(np.rint(drawn.picture * 255).astype(np.uint8)[None], grid)
            (top, left), (bottom, right) = tight_box(filled)
            box = Box.between(grid, (0, top + 0.5, left + 0.5), (0, bottom - 0.5, right - 0.5))
            answer = asked.predict(asked.encode(image), (box,))
            found.append((kind, drawn.share, image, answer.mask))
    return found


def _share(mask: "Mask", image: "Image", *, kept: str, reach: float) -> "Floats":
    """What is said of every pixel (rows, columns), from 0 to 1."""
    import numpy as np

    from limner.refine.matte import matte as matted

    if kept == "mask":
        return np.asarray(mask.where(1)[0], np.float32)
    soft = (matted(mask, image, reach=reach) if kept == "matte" else mask).probability(1)
    if soft is None:
        return np.asarray(mask.where(1)[0], np.float32)
    return np.asarray(soft[0] / np.float32(255))
