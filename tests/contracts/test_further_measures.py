"""What every measure that is asked for owes us: a file in `further/` is tested by being there."""

import math
from dataclasses import replace

import numpy as np
import pytest

from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.measure import FURTHER, MEASURES, Subject

GRID = Grid((5, 6, 7), (7.0, -20.0, 3.0), ((0.5, 0.2, 2.5), (0.1, 0.7, -0.2), (0.9, -0.1, 0.0)))
SAMPLES = np.arange(210, dtype=np.float32).reshape(GRID.shape) / 20
IMAGE = Image.of(SAMPLES, GRID, unit="SUVbw")
UNITS = {"deg", "mm", "mm2", "mm3", "/mm", "mL", "1", "SUVbw", "SUVbw2"}


BESIDE = np.zeros(GRID.shape, bool)
BESIDE[:, 4:, 3:] = True


def subject(inside, grid=GRID, image=IMAGE):
    """An object in a mask beside another."""
    both = Mask.of(inside, grid).with_object(BESIDE, Object(2, "organ"))
    return Subject(inside, grid, image=image, mask=both, number=1)


def block():
    inside = np.zeros(GRID.shape, bool)
    inside[1:4, 1:5, 2:6] = True
    inside[1, 1, 2] = False
    return inside


@pytest.mark.parametrize("name", FURTHER.names())
class TestEveryFurtherMeasure:
    def test_has_names_values_units_and_a_sentence(self, name):
        told = FURTHER.get(name)(subject(block()))
        assert told
        for one in told:
            assert math.isfinite(one.value)
            assert one.unit in UNITS
            assert one.method.endswith(".")
        names = [one.name for one in told]
        assert len(set(names)) == len(names)

    def test_shares_no_name_with_the_ordinary_ones(self, name):
        ordinary = {one.name for each in MEASURES for one in MEASURES.get(each)(subject(block()))}
        assert not ordinary & {one.name for one in FURTHER.get(name)(subject(block()))}

    def test_says_nothing_about_nothing(self, name):
        assert FURTHER.get(name)(subject(np.zeros(GRID.shape, bool))) == ()

    @pytest.mark.parametrize("scale", ["detector", "ruler", "none"])
    def test_says_no_millimetre_where_there_is_none(self, name, scale):
        grid = replace(GRID, scale=scale, placed=False)
        image = Image.of(SAMPLES, grid, unit="SUVbw")
        units = {one.unit for one in FURTHER.get(name)(subject(block(), grid, image))}
        assert not units & {"mm", "mm2", "mm3", "/mm", "mL"}

    def test_does_not_depend_on_where_the_patient_lies(self, name):
        moved = replace(GRID, origin_mm=(-30.0, 12.0, 900.0))
        here = FURTHER.get(name)(subject(block()))
        there = FURTHER.get(name)(subject(block(), moved, Image.of(SAMPLES, moved, unit="SUVbw")))
        assert [(m.name, m.unit) for m in here] == [(m.name, m.unit) for m in there]
        assert [m.value for m in here] == pytest.approx([m.value for m in there], rel=1e-5)

    def test_survives_one_voxel(self, name):
        inside = np.zeros(GRID.shape, bool)
        inside[2, 3, 3] = True
        for one in FURTHER.get(name)(Subject(inside, GRID, image=IMAGE)):
            assert math.isfinite(one.value)
