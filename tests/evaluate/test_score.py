"""Tables of scores, class by class."""

from dataclasses import replace

import numpy as np
import pytest

from limner.errors import GeometryMismatch, UnknownName
from limner.evaluate import score
from limner.grid import Grid
from limner.mask import Mask, Object

GRID = Grid((2, 6, 6), steps_mm=((0, 0, 2), (0, 1, 0), (1, 0, 0)))


def block(low, high):
    inside = np.zeros(GRID.shape, bool)
    inside[:, low:high, 1:5] = True
    return inside


def test_classes_are_matched_by_name_and_objects_of_one_class_taken_together():
    reference = Mask.of(block(0, 4), GRID, label="liver")
    reference = reference.with_object(block(4, 6), Object(2, "spleen"))
    predicted = Mask.of(block(0, 2), GRID, label="liver")
    predicted = predicted.with_object(block(2, 3), Object(7, "liver"))
    told = score(predicted, reference, metrics=["dice", "volume_error"])
    assert [each.label for each in told] == ["liver", "spleen"]
    assert told[0].values == pytest.approx({"dice": 6 / 7, "volume_error": -1 / 4})
    assert told[1].values == {"dice": 0.0, "volume_error": -1.0}


def test_single_classes_are_taken_for_the_same():
    told = score(Mask.of(block(0, 4), GRID), Mask.of(block(0, 4), GRID, label="cyst"))
    assert [each.label for each in told] == ["cyst"]
    assert told[0].values == {"dice": 1.0, "nsd": 1.0, "hd95": 0.0, "volume_error": 0.0}


def test_the_spacing_and_the_tolerance_count():
    one, other = Mask.of(block(0, 4), GRID), Mask.of(block(1, 5), GRID)
    near, far = (score(one, other, tolerance_mm=mm)[0].values["nsd"] for mm in (0.5, 1.0))
    assert near < far == 1.0
    assert score(one, other)[0].values["hd95"] == 1.0


def test_masks_that_lie_elsewhere_are_refused():
    other = Mask.of(block(0, 4), replace(GRID, origin_mm=(5, 0, 0)))
    with pytest.raises(GeometryMismatch, match="one grid"):
        score(Mask.of(block(0, 4), GRID), other)


def test_an_unknown_metric_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'dice'"):
        score(Mask.of(block(0, 4), GRID), Mask.of(block(0, 4), GRID), metrics=["dise"])
