"""Which object answers which: instances of two label maps matched one to one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, GeometryMismatch

__all__ = ["Matching", "matching"]


@dataclass(frozen=True)
class Matching:
    """Instances of an answer against those of a reference.

    predicted, reference   how many there are of each
    overlaps               IoU of the matched pairs, at most the lesser number of them
    """

    predicted: int
    reference: int
    overlaps: tuple[float, ...]

    def average_precision(self, at_least: float) -> float:
        """Right answers over right, superfluous and missing ones; none of either: 1.

        A pair is right where its IoU is `at_least` that or more.

        Source   TP / (TP + FP + FN), the "average precision" of the 2018 Data Science Bowl
                 (Caicedo et al., Nature Methods 2019) and of the works on star-convex
                 objects; elsewhere it is called threat score or critical success index.
        """
        right = sum(overlap >= at_least for overlap in self.overlaps)
        together = self.predicted + self.reference - right
        return right / together if together else 1.0


def matching(predicted: NDArray[np.integer], reference: NDArray[np.integer]) -> Matching:
    """Match the objects of two label maps of one shape, 0 being none, to the largest sum of IoU.

    Above an IoU of 0.5 a pair is the only one that could be. Raises GeometryMismatch where the
    shapes differ, BadValue for labels below 0.
    """
    from scipy.optimize import linear_sum_assignment

    if predicted.shape != reference.shape:
        raise GeometryMismatch(
            f"The predicted labels have shape {predicted.shape} but the reference has "
            f"{reference.shape}. Bring them onto one grid first."
        )
    if min(predicted.min(initial=0), reference.min(initial=0)) < 0:
        raise BadValue("A label is below 0. Give ids from 1 up, and 0 for none.")
    ids, first = np.unique(predicted, return_inverse=True)
    others, second = np.unique(reference, return_inverse=True)
    pairs = first.ravel() * len(others) + second.ravel()
    both = np.bincount(pairs, minlength=len(ids) * len(others)).reshape(len(ids), len(others))
    union = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    share = (both / np.maximum(union, 1))[ids > 0][:, others > 0]
    rows, columns = linear_sum_assignment(share, maximize=True)
    matched = share[rows, columns]
    here, there = share.shape
    return Matching(here, there, tuple(float(each) for each in matched[matched > 0]))
