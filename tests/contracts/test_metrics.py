"""What every metric owes us. A new file in `evaluate/metrics/` is tested by being there."""

import inspect
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import array_shapes, arrays

from limner.errors import BadValue, GeometryMismatch
from limner.evaluate import METRICS, Pair

BEST = {"higher": 1.0, "lower": 0.0, "nearer 0": 0.0}
SYMMETRIC = {"assd", "dice", "hd95", "iou", "nsd"}
SHARES = {"dice", "iou", "nsd"}


@some.composite
def pairs(draw):
    shape = draw(array_shapes(min_dims=2, max_dims=3, max_side=6))
    masks = arrays(bool, shape)
    spacing = draw(some.tuples(*[some.floats(0.2, 5)] * len(shape)))
    return Pair(draw(masks), draw(masks), spacing)


def ball(radius=3.0, shift=0):
    z, y, x = np.indices((12, 12, 12)) - 5.5
    return z**2 + y**2 + (x - shift) ** 2 <= radius**2


NOTHING = np.zeros((12, 12, 12), bool)


@pytest.mark.parametrize("name", METRICS.names())
class TestEveryMetric:
    def test_knows_its_unit_and_its_direction(self, name):
        metric = METRICS.get(name)
        assert metric.unit in ("1", "mm")
        assert metric.better in BEST
        assert metric.__name__ == name

    def test_names_its_source(self, name):
        assert "\nSource " in inspect.getmodule(METRICS.get(name).compute).__doc__

    @given(pair=pairs())
    def test_of_a_mask_with_itself_is_perfect(self, name, pair):
        metric = METRICS.get(name)
        same = Pair(pair.reference, pair.reference, pair.spacing_mm)
        assert metric(same) == BEST[metric.better]

    @given(pair=pairs())
    def test_is_a_number_and_never_nan(self, name, pair):
        value = METRICS.get(name)(pair)
        assert isinstance(value, float)
        assert not math.isnan(value)
        assert value >= (-1 if METRICS.get(name).better == "nearer 0" else 0)
        assert name not in SHARES or value <= 1

    @given(pair=pairs())
    def test_is_symmetric_if_it_says_so(self, name, pair):
        turned = Pair(pair.reference, pair.predicted, pair.spacing_mm)
        if name in SYMMETRIC:
            assert METRICS.get(name)(turned) == pytest.approx(METRICS.get(name)(pair), rel=1e-12)

    def test_of_nothing_and_nothing_is_perfect(self, name):
        metric = METRICS.get(name)
        assert metric(Pair(NOTHING, NOTHING)) == BEST[metric.better]

    @pytest.mark.parametrize("turned", [False, True])
    def test_of_something_and_nothing_is_the_worst(self, name, turned):
        metric = METRICS.get(name)
        pair = Pair(NOTHING, ball()) if turned else Pair(ball(), NOTHING)
        worst = 0.0 if metric.better == "higher" else math.inf
        if name == "volume_error" and turned:
            worst = -1.0
        assert metric(pair) == worst

    def test_is_worse_further_away(self, name):
        metric = METRICS.get(name)
        near = abs(metric(Pair(ball(3.3), ball(3))))
        far = abs(metric(Pair(ball(5), ball(3))))
        assert far <= near if metric.better == "higher" else far >= near
        assert near != far or name == "nsd"  # both within 2 mm

    def test_does_not_change_the_masks(self, name):
        one, other = ball(), ball(shift=2)
        METRICS.get(name)(Pair(one, other))
        assert (one == ball()).all()
        assert (other == ball(shift=2)).all()

    def test_ignores_empty_space(self, name):
        one, other = ball(), ball(shift=2)
        wide = Pair(np.pad(one, 7), np.pad(other, 7), (2, 1, 1))
        assert METRICS.get(name)(wide) == pytest.approx(
            METRICS.get(name)(Pair(one, other, (2, 1, 1)))
        )


@pytest.mark.parametrize(
    "predicted, reference, spacing, error, says",
    [
        (ball(), ball()[1:], (), GeometryMismatch, "shape"),
        (ball(), ball(), (1, 1), BadValue, "3 numbers"),
        (ball(), ball(), (1, 0, 1), BadValue, "above zero"),
        (ball(), ball(), (1, float("nan"), 1), BadValue, "above zero"),
        (np.zeros(3, bool), np.zeros(3, bool), (), BadValue, "1 axes"),
    ],
)
def test_a_pair_that_is_none_is_refused(predicted, reference, spacing, error, says):
    with pytest.raises(error, match=says):
        Pair(predicted, reference, spacing)


def test_a_slice_is_a_picture():
    one, other = ball()[5:6], ball(shift=2)[5:6]
    flat = Pair(one[0], other[0], (0.5, 2.0))
    for name in METRICS:
        assert METRICS.get(name)(Pair(one, other, (9, 0.5, 2))) == METRICS.get(name)(flat)


@pytest.mark.parametrize("tolerance", [-1.0, float("nan")])
def test_a_tolerance_below_zero_is_refused(tolerance):
    with pytest.raises(BadValue, match="zero or more"):
        METRICS.get("nsd")(Pair(ball(), ball()), tolerance_mm=tolerance)


@pytest.mark.parametrize("name", ["hd95", "assd"])
def test_another_boundary_is_refused(name):
    with pytest.raises(BadValue, match="'surfels' or 'voxels'"):
        METRICS.get(name)(Pair(ball(), ball()), boundary="corners")


def test_overlap_by_hand():
    """Four pixels and six, three shared."""
    one, other = np.zeros((2, 6), bool), np.zeros((2, 6), bool)
    one[0, :4] = True
    other[0, 1:4] = other[1, 1:4] = True
    pair = Pair(one, other)
    assert METRICS.get("dice")(pair) == pytest.approx(6 / 10)
    assert METRICS.get("iou")(pair) == pytest.approx(3 / 7)
    assert METRICS.get("volume_error")(pair) == pytest.approx(-2 / 6)
