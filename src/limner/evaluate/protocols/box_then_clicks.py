"""A box, then five clicks: the area under the Dice curve of the clicks, at most 4.0.

Source   the interactive task of the CVPR 2025 challenge "Foundation Models for Interactive 3D
         Biomedical Image Segmentation": each click is at the deepest place of the largest piece
         (26-connected) of what is wrong, missed and too much together; the area is by
         trapezoids over the five answers after a click, 0 to 4 on its axis, so a perfect one
         is 4.0. (Its text speaks of six steps; the box's answer is not integrated.)
Differs  slices, so 8-connected; the deepest place itself, not one drawn near it; one object at
         a time; no time limit, and Dice only.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.evaluate.protocols.mark import TOUCHING
from limner.evaluate.protocols.prompted import Outcome, asked, box_round, click_at
from limner.evaluate.robots import deepest
from limner.predict import Encoded, Predictor
from limner.prompt import Prompt

Bools = NDArray[np.bool_]

CLICKS = 5
MOST = CLICKS - 1.0  # the area of a perfect curve


def box_then_clicks(predictor: Predictor, encoded: Encoded, target: Bools) -> Outcome:
    """Six calls: the tight box, then one more click each."""

    def says(answer: Bools, number: int) -> tuple[Prompt, ...]:
        if number == 0:
            return (box_round(encoded.grid, target),)
        wrong = answer ^ target
        if not wrong.any():
            return ()
        pieces, _ = ndimage.label(wrong, TOUCHING)
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        place = deepest(np.asarray(pieces == sizes.argmax()))
        inside = bool(target[tuple(place.astype(int))])
        return (click_at(encoded.grid, place, inside=inside),)

    return asked(predictor, encoded, target, person=says, most=1 + CLICKS)


def area(dice: Sequence[float]) -> float:
    """The area under the Dice after each click; `dice` has that of the box first.

    >>> area([0.3, 1, 1, 1, 1, 1])
    4.0
    """
    return float(np.trapezoid(np.asarray(dice[1:], float)))
