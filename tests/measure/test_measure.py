"""Measuring whole masks: which numbers an object has, and which it may not have."""

import numpy as np
import pytest

from limner.errors import GeometryMismatch, Uncalibrated, UnknownName
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.measure import Subject, measure
from limner.measure.area import area_mm2
from limner.measure.centroid import centroid_mm
from limner.measure.diameter import diameters_mm
from limner.measure.volume import volume_ml

CT = Grid((4, 10, 10), (-5.0, 0.0, 100.0), ((0, 0, 5), (0, 2, 0), (1, 0, 0)))
PICTURE = Grid.picture(10, 10)


def block(grid, slices=slice(None)):
    inside = np.zeros(grid.shape, bool)
    inside[slices, 2:6, 3:8] = True
    return inside


def one(inside, grid, image=None, **about):
    return measure(Mask.of(inside, grid, **about), image)[0]


def test_a_block_by_hand():
    told = one(block(CT, slice(1, 3)), CT)
    assert told["volume"].value == pytest.approx(40 * 10 / 1000)  # voxels of 5 x 2 x 1 mm
    assert told["volume"].unit == "mL"
    assert told["area"].value == pytest.approx(20 * 2.0)
    assert (told["area"].unit, told["area"].slice) == ("mm2", 1)
    assert told["centroid_left"].value == pytest.approx(-5 + 5)
    assert told["centroid_posterior"].value == pytest.approx(7)
    assert told["centroid_superior"].value == pytest.approx(107.5)


def test_a_slice_of_a_volume_has_an_area_and_no_volume():
    told = one(block(CT, slice(2, 3)), CT, slices=(2,))
    assert "volume" not in told
    assert told["area"].slice == 2
    subject = Subject(block(CT, slice(2, 3)), CT, (2,))
    with pytest.raises(Uncalibrated, match=r"too few slices \(1 of 4\)"):
        volume_ml(subject)


@pytest.mark.parametrize(
    "looked_at, has", [((), True), ((0, 1, 2, 3), True), ((1, 2), False), ((1, 2, 3), False)]
)
def test_a_volume_needs_every_slice_of_the_object_and_the_next(looked_at, has):
    told = one(block(CT, slice(1, 3)), CT, slices=looked_at)
    assert ("volume" in told) == has


def test_a_picture_is_counted_in_pixels_and_refuses_millimetres():
    told = one(block(PICTURE), PICTURE)
    assert (told["area"].value, told["area"].unit) == (20.0, "{pixels}")
    assert told["long_axis"].unit == "{pixels}"
    assert (told["centroid_row"].value, told["centroid_column"].value) == (3.5, 5.0)
    assert "volume" not in told
    subject = Subject(block(PICTURE), PICTURE)
    for refused in (volume_ml, area_mm2, diameters_mm):
        with pytest.raises(Uncalibrated):
            refused(subject)


def test_a_radiograph_is_measured_on_its_detector_and_says_so():
    film = Grid((1, 10, 10), steps_mm=((0, 0, 1), (0, 0.5, 0), (0.5, 0, 0)), scale="detector")
    told = one(block(film), film)
    assert (told["area"].value, told["area"].unit) == (pytest.approx(5.0), "mm2{detector}")
    assert told["short_axis"].unit == "mm{detector}"
    assert area_mm2(Subject(block(film), film)) == pytest.approx(5.0)


def test_intensities_by_hand():
    samples = np.zeros(CT.shape, np.int16)
    samples[0, 2, 3:8] = [10, 20, 30, 40, 100]
    inside = samples > 0
    told = one(inside, CT, Image.of(samples, CT, unit="HU"))
    assert told["intensity_mean"].value == pytest.approx(40)
    assert told["intensity_sd"].value == pytest.approx(np.sqrt(1000))
    assert (told["intensity_min"].value, told["intensity_max"].value) == (10, 100)
    assert told["intensity_p50"].value == 30
    assert told["intensity_p05"].value == pytest.approx(12)
    assert told["intensity_mean"].unit == "HU"


def test_samples_that_are_not_finite_are_left_out_and_counted():
    samples = np.ones(PICTURE.shape, np.float32)
    samples[0, 2, 3:5] = np.nan, np.inf
    told = one(block(PICTURE), PICTURE, Image.of(samples, PICTURE))
    assert told["intensity_max"].value == 1
    assert "without 2 that are not finite" in told["intensity_max"].method
    assert told["intensity_max"].unit == "1"


def test_colours_are_measured_one_by_one():
    samples = np.zeros((1, 10, 10, 3), np.uint8)
    samples[..., 1] = 7
    told = one(block(PICTURE), PICTURE, Image.of(samples, PICTURE))
    assert [told[f"intensity_mean_channel_{c}"].value for c in (1, 2, 3)] == [0, 7, 0]


def test_every_object_is_measured_and_only_what_is_asked():
    mask = Mask.of(block(PICTURE), PICTURE).with_object(block(PICTURE), Object(5))
    told = measure(mask, names=("area",))
    assert [each.object.id for each in told] == [1, 5]
    assert [[m.name for m in each.measurements] for each in told] == [["area"], ["area"]]
    with pytest.raises(UnknownName, match="Did you mean 'volume'"):
        measure(mask, names=("volum",))
    with pytest.raises(KeyError):
        told[0]["volume"]


def test_an_image_that_lies_elsewhere_is_refused():
    with pytest.raises(GeometryMismatch, match="image's grid"):
        one(block(CT), CT, Image.of(np.zeros((10, 10))))


def test_nothing_has_no_centroid():
    assert np.isnan(centroid_mm(Subject(np.zeros(CT.shape, bool), CT))).all()
