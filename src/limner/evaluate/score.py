"""A predicted mask against a reference, class by class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.errors import GeometryMismatch
from limner.evaluate.metrics import METRICS
from limner.evaluate.pair import Pair
from limner.mask import Mask

USUAL = ("dice", "nsd", "hd95", "volume_error")


@dataclass(frozen=True)
class Score:
    """The numbers of one class.

    label    its name in the reference; "" for objects without a class
    values   a number for each metric, under the metric's name
    """

    label: str
    values: Mapping[str, float]


def score(
    predicted: Mask,
    reference: Mask,
    *,
    metrics: Sequence[str] = USUAL,
    tolerance_mm: float = 2.0,
    time: int = 0,
) -> tuple[Score, ...]:
    """One Score for every class that either mask has, in the order of the names.

    Objects of one class are taken together. Classes are matched by name; where each mask
    has a single class they are taken for the same, so a click's answer can be compared
    with an unnamed label map. Raises GeometryMismatch when the grids differ, UnknownName
    for a metric there is not.
    """
    if not predicted.grid.matches(reference.grid):
        raise GeometryMismatch(
            f"The predicted mask has shape {predicted.grid.shape} and spacing "
            f"{predicted.grid.spacing_mm} mm, the reference {reference.grid.shape} and "
            f"{reference.grid.spacing_mm} mm, or they lie elsewhere. Bring them onto one grid."
        )
    known = {name: METRICS.get(name) for name in metrics}
    scores = []
    for label, ours, theirs in _matched(predicted, reference):
        pair = Pair(
            _together(predicted, ours, time=time),
            _together(reference, theirs, time=time),
            reference.grid.spacing_mm,
        )
        values = {
            name: each(pair, tolerance_mm=tolerance_mm) if name == "nsd" else each(pair)
            for name, each in known.items()
        }
        scores.append(Score(label, values))
    return tuple(scores)


def _matched(predicted: Mask, reference: Mask) -> list[tuple[str, str, str]]:
    """(name in the table, class of the predicted mask, class of the reference)."""
    ours = {each.label for each in predicted.objects}
    theirs = {each.label for each in reference.objects}
    if len(ours) == len(theirs) == 1:
        return [(label, next(iter(ours)), label) for label in theirs]
    return [(label, label, label) for label in sorted(ours | theirs)]


def _together(mask: Mask, label: str, *, time: int) -> NDArray[np.bool_]:
    inside = np.zeros(mask.grid.shape, bool)
    for each in mask.objects:
        if each.label == label:
            inside |= mask.where(each.id, time=time)
    return inside
