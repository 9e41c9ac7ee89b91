"""What holds for every image, and for the record of where it came from."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from limner.errors import BadValue, GeometryMismatch
from limner.grid import Grid
from limner.image import (
    ArrayPixels,
    FileSource,
    Image,
    Region,
    SliceSource,
    Source,
    Window,
)
from tests.laws.values import grids


def numbered(grid, *, channels=1, times=1):
    """An image whose every sample is another number."""
    shape = (times, *grid.shape, channels)
    return Image.of(np.arange(np.prod(shape)).reshape(shape), grid)


@given(grids(), some.data())
def test_a_crop_keeps_every_sample_and_its_place(grid, data):
    image = numbered(grid, channels=2, times=2)
    low = tuple(data.draw(some.integers(0, n - 1)) for n in grid.shape)
    part = image.crop(low, grid.shape)
    again = part.crop((0, 0, 0), tuple(n - a for n, a in zip(grid.shape, low, strict=True)))
    spans = tuple(slice(a, None) for a in low)
    for time in range(2):
        assert np.array_equal(again.whole(time=time), image.whole(time=time)[spans])
    assert again.grid.position_mm((0, 0, 0)) == pytest.approx(grid.position_mm(low), abs=1e-9)


@given(grids())
def test_slices_are_the_whole(grid):
    image = numbered(grid)
    stacked = np.stack([image.slice(number) for number in range(grid.shape[0])])
    assert np.array_equal(stacked, image.whole())


def test_a_crop_keeps_the_sources_of_its_slices():
    grid = Grid((3, 2, 2))
    slices = tuple(SliceSource(f"1.2.{n}") for n in range(3))
    image = replace(numbered(grid), source=Source(slices=slices))
    assert image.crop((1, 0, 0), (3, 2, 2)).source.slices == slices[1:]


def test_samples_that_do_not_fill_the_grid_are_refused():
    with pytest.raises(GeometryMismatch, match=r"shape \(1, 3, 4\) but the grid has \(1, 3, 5\)"):
        Image.of(np.zeros((3, 4)), Grid((1, 3, 5)))


def test_times_that_do_not_match_the_frames_are_refused():
    with pytest.raises(GeometryMismatch, match="2 frames but 1 times"):
        Image(ArrayPixels(np.zeros((2, 1, 3, 4, 1))), Grid((1, 3, 4)), times_s=(0.0,))


def test_an_image_cannot_be_written_to():
    image = Image.of(np.zeros((1, 2, 2)), Grid((1, 2, 2)))
    with pytest.raises(ValueError, match="read-only"):
        image.whole()[0, 0, 0] = 1


@pytest.mark.parametrize(
    "block", [((0, 0, 0), (0, 2, 2)), ((0, 0, 0), (1, 3, 2)), ((-1, 0, 0), (1, 2, 2))]
)
def test_a_block_outside_is_refused(block):
    with pytest.raises(BadValue, match="is not inside"):
        Image.of(np.zeros((2, 2))).block(*block)


def test_a_frame_that_is_not_there_is_refused():
    with pytest.raises(BadValue, match="Frame 1 was asked for, but there are 1"):
        Image.of(np.zeros((2, 2))).slice(0, time=1)


def test_a_source_survives_json_with_every_field_set():
    source = Source(
        format="dicom",
        folder="/scans/Ünï cödé",
        files=(FileSource("a.dcm", "00ff"),),
        modality="US",
        window=Window(0, 255, "8 bits"),
        laterality="L",
        slices=(SliceSource("1.2.3", 4, (1.0, 2.0, 3.0)),),
        regions=(Region((0, 1), (2, 3), (0.1, 0.2), "2D"),),
        attributes=(("PatientID", "7"),),
        problems=("One slice is missing.",),
    )
    assert Source.from_json(json.loads(json.dumps(source.to_json()))) == source
    assert source.attribute("PatientID") == "7"
    assert source.attribute("PatientName") == ""


@given(some.floats(-1e4, 1e4), some.floats(1e-2, 1e4))
def test_a_window_maps_its_ends_to_0_and_1_and_rises_between(low, width):
    window = Window(low, low + width)
    shown = window.apply(np.linspace(low - width, low + 2 * width, 50))
    assert shown[0] == 0
    assert shown[-1] == 1
    assert (np.diff(shown) >= 0).all()
    assert window.apply(np.array([low + width / 2])) == pytest.approx(0.5, abs=1e-3)


def test_a_window_shows_nan_as_0_and_infinities_at_the_ends():
    shown = Window(0, 2).apply(np.array([np.nan, -np.inf, np.inf, 1.0]))
    assert shown.tolist() == [0, 0, 1, 0.5]


@pytest.mark.parametrize("ends", [(1, 1), (2, 1), (0, float("nan"))])
def test_an_empty_window_is_refused(ends):
    with pytest.raises(BadValue, match="is empty"):
        Window(*ends)
