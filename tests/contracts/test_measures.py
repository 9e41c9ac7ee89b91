"""What every measure owes us. A new file in `measure/` is tested by being there."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from limner.grid import Grid
from limner.image import Image
from limner.measure import MEASURES, Subject

# A turned, sheared grid: no axis of the array lies along an axis of the patient.
GRID = Grid((3, 5, 6), (7.0, -20.0, 3.0), ((0.5, 0.2, 2.5), (0.1, 0.7, -0.2), (0.9, -0.1, 0.0)))
IMAGE = Image.of(np.arange(90, dtype=np.int16).reshape(GRID.shape), GRID, unit="HU")
UNITS = {
    "patient": {"mm", "mm2", "mL", "HU"},
    "detector": {"mm", "mm{detector}", "mm2{detector}", "HU"},
    "ruler": {"mm", "mm{ruler}", "mm2{ruler}", "HU"},
    "none": {"mm", "{pixels}", "HU"},
}


def block():
    inside = np.zeros(GRID.shape, bool)
    inside[1:, 1:4, 2:5] = True
    return inside


@pytest.mark.parametrize("name", MEASURES.names())
class TestEveryMeasure:
    def test_has_names_values_units_and_a_sentence(self, name):
        told = MEASURES.get(name)(Subject(block(), GRID, image=IMAGE))
        assert told
        for one in told:
            assert math.isfinite(one.value)
            assert one.unit in UNITS["patient"]
            assert one.method.endswith(".")
            assert one.slice is None or 0 <= one.slice < 3
        assert len({one.name for one in told}) == len(told)

    def test_says_nothing_about_nothing_but_its_volume(self, name):
        told = MEASURES.get(name)(Subject(np.zeros(GRID.shape, bool), GRID, image=IMAGE))
        assert [(one.name, one.value) for one in told] == (
            [("volume", 0.0)] if name == "volume" else []
        )

    @pytest.mark.parametrize("scale", sorted(UNITS))
    def test_the_unit_says_what_a_millimetre_is(self, name, scale):
        grid = replace(GRID, scale=scale, placed=False)
        image = Image.of(IMAGE.whole(), grid, unit="HU")
        units = {one.unit for one in MEASURES.get(name)(Subject(block(), grid, image=image))}
        assert units <= UNITS[scale] - ({"mm"} if scale != "patient" else set())

    @given(inside=arrays(bool, GRID.shape), shift=some.tuples(*[some.integers(-50, 50)] * 3))
    def test_does_not_depend_on_where_the_patient_lies(self, name, inside, shift):
        moved = replace(GRID, origin_mm=tuple(np.add(GRID.origin_mm, shift).tolist()))
        here = MEASURES.get(name)(Subject(inside, GRID))
        there = MEASURES.get(name)(Subject(inside, moved))
        change = dict(
            zip(("centroid_left", "centroid_posterior", "centroid_superior"), shift, strict=True)
        )
        for one, other in zip(here, there, strict=True):
            assert other.value == pytest.approx(one.value + change.get(one.name, 0), abs=1e-9)
            assert other.unit == one.unit

    @given(inside=arrays(bool, GRID.shape))
    def test_does_not_depend_on_the_order_of_the_axes(self, name, inside):
        """The same voxels, counted from the other end of every axis."""
        flipped = GRID.turned((0, 1, 2), (True, True, True))
        here = MEASURES.get(name)(Subject(inside, GRID))
        there = MEASURES.get(name)(Subject(inside[::-1, ::-1, ::-1], flipped))
        unstable = {"short_axis"}  # where two long axes are equal, another one may be first
        for one, other in zip(here, there, strict=True):
            assert one.name in unstable or other.value == pytest.approx(one.value, abs=1e-9)
