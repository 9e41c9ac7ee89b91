"""Cells, blobs and nodules: what their targets say is what was drawn."""

import inspect

import numpy as np
import pytest
from scipy import ndimage

from limner.phantoms import PHANTOMS, blobs, cells_fluorescence, cells_stained, nodules
from limner.phantoms.blobs import blob_scene
from limner.phantoms.cells_fluorescence import field_of_nuclei
from limner.phantoms.cells_stained import tissue
from limner.phantoms.nodules import lung_slice


@pytest.mark.parametrize("name", ["cells_fluorescence", "cells_stained"])
def test_each_point_lies_in_the_object_it_names(name):
    for seed in range(3):
        sample = PHANTOMS.get(name)(seed)
        points = next(target.value for target in sample.targets if target.kind == "points")
        assert len(points) >= 4
        assert len({click.object for click in points}) == len(points)
        for click in points:
            index = tuple(np.rint(sample.mask.grid.index_at(click.at_mm)).astype(int))
            assert sample.mask.where(click.object)[index]


def test_the_two_renderers_share_no_drawing():
    told = [inspect.getsource(module) for module in (cells_fluorescence, cells_stained)]
    for text in told:
        drawing = [line for line in text.splitlines() if "limner.phantoms._" in line]
        assert all("_sample" in line for line in drawing)
    for module in (cells_fluorescence, nodules):  # the beds of what learns from blobs
        assert "_outlines" not in inspect.getsource(module)
    assert "_outlines" in inspect.getsource(blobs)


def test_overlapping_nuclei_keep_all_of_their_pixels():
    _, flags, places = field_of_nuclei(np.random.default_rng(2), 192)
    sample = PHANTOMS.get("cells_fluorescence")(2)
    assert len(flags) == len(places)
    for number, inside in enumerate(flags, start=1):
        if inside.any():
            assert np.array_equal(sample.mask.where(number)[0], inside)


def test_nuclei_shine():
    counts, flags, _ = field_of_nuclei(np.random.default_rng(0), 160)
    anywhere = np.any(flags, axis=0)
    assert counts.max() <= 4095
    assert counts[anywhere].mean() > 2 * counts[~anywhere].mean()


def test_a_nucleus_lies_in_its_cell_and_is_bluer():
    found = tissue(np.random.default_rng(1), 160)
    inside = found.nuclei > 0
    assert np.array_equal(found.nuclei[inside], found.bodies[inside])
    red, blue = found.picture[..., 0], found.picture[..., 2]
    assert (blue - red)[inside].mean() > (blue - red)[~inside].mean() + 0.1


def test_nodules_are_pieces_of_their_own_denser_than_lung():
    for seed in range(5):
        hounsfield, labels = lung_slice(np.random.default_rng(seed), 160)
        for number in np.unique(labels)[1:]:
            inside = labels == number
            assert inside.sum() >= 12
            assert not (ndimage.binary_dilation(inside) & (labels > 0) & ~inside).any()
            assert hounsfield[inside].mean() > -750


def test_a_nodule_is_measured_in_patient_millimetres():
    sample = PHANTOMS.get("nodules")(0)
    assert sample.image.unit == "HU"
    assert sample.image.grid.scale == "patient"
    assert sample.image.grid.spacing_mm[1:] == (0.7, 0.7)


def test_blobs_are_in_0_to_1_whole_and_differ_from_the_ground():
    seen = []
    for seed in range(30):
        picture, labels = blob_scene(np.random.default_rng(seed), 64)
        assert picture.shape == (64, 64, 1)
        assert 0 <= picture.min() <= picture.max() <= 1
        if 0 < (labels > 0).mean() < 1:
            inside, outside = picture[labels > 0].mean(), picture[labels == 0].mean()
            seen.append(abs(inside - outside) > 0.05)
    assert len(seen) > 25
    assert np.mean(seen) > 0.7
