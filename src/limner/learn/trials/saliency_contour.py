"""Blobs under an uneven, noisy ground, outlined from twenty contours that start anywhere.

Every number is of one picture: the mean of the Dice over the contours, their spread (standard
deviation), and `alike`, the mean Dice of one contour's answer with the first one's. A level
set without marks does not know which side is the object: either side may count, for every
method. `stands_out` is the Dice of the saliency map alone, parted by Otsu's threshold.
"""

from collections.abc import Callable
from statistics import fmean, pstdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import UnknownName
from limner.learn.study import TRIALS

Bools = NDArray[np.bool_]

METHODS = ("saliency", "chan_vese")
STEPS = 80  # of Chan-Vese: the contour moves by a pixel a step, and the picture has 64


@TRIALS.add
def saliency_contour(
    seed: int,
    *,
    method: str = "saliency",
    picture: float = 1.0,
    smooth: float = 1.5,
    smoothing: int = 1,
    blur: float = 1.5,
    given: bool = False,
    contours: int = 20,
) -> dict[str, float]:
    """Dice from random contours, of one method on one picture.

    picture, smooth   of the saliency-driven contour
    smoothing, blur   of Chan-Vese: how often it is smoothed a step, and the blur of what it sees
    given             Chan-Vese sees the saliency map instead of the picture
    """
    from scipy.ndimage import gaussian_filter

    from limner.phantoms.uneven import scene
    from limner.predict.saliency_contour import SaliencyContour, evolved, salient

    if method not in METHODS:
        raise UnknownName("method of this trial", method, METHODS)
    rng = np.random.default_rng(seed)
    shown, inside = scene(rng)
    stands_out = salient(shown)
    starts = [_start(rng, len(shown)) for _ in range(contours)]
    if method == "saliency":
        how = SaliencyContour(picture=picture, smooth=smooth)
        answers = [evolved(how, shown, stands_out, start=each) > 0 for each in starts]
    else:
        seen = stands_out if given else gaussian_filter(shown, blur)
        answers = [_chan_vese(seen, each, smoothing=smoothing) for each in starts]
    scores = [_either(each, inside) for each in answers]
    return {
        "dice": fmean(scores),
        "spread": pstdev(scores),
        "worst": min(scores),
        "alike": fmean(_either(each, answers[0]) for each in answers[1:]),
        "stands_out": _either(stands_out > _otsu(stands_out), inside),
    }


def _chan_vese(seen: NDArray[Any], start: Bools, *, smoothing: int) -> Bools:
    """Its morphological form: the same energy, for a tenth of the time."""
    from skimage import segmentation

    snake: Callable[..., NDArray[np.int8]] = segmentation.morphological_chan_vese
    return snake(seen, STEPS, init_level_set=start.astype(np.int8), smoothing=smoothing) > 0


def _otsu(values: NDArray[Any]) -> float:
    from skimage import filters

    threshold: Callable[..., float] = filters.threshold_otsu
    return float(threshold(values))


def _start(rng: np.random.Generator, side: int) -> Bools:
    """An ellipse anywhere, from a twelfth of the side to the better part of it."""
    rows, columns = np.mgrid[:side, :side]
    row, column = rng.uniform(0.1, 0.9, 2) * side
    high, wide = rng.uniform(0.08, 0.4, 2) * side
    return np.asarray(((rows - row) / high) ** 2 + ((columns - column) / wide) ** 2 < 1)


def _either(answer: Bools, inside: Bools) -> float:
    """The Dice of the answer or of what it leaves, whichever is larger."""
    return max(_dice(answer, inside), _dice(~answer, inside))


def _dice(one: Bools, other: Bools) -> float:
    return 2 * float((one & other).sum()) / max(float(one.sum() + other.sum()), 1.0)
