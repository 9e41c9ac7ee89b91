"""read(write(mask)) == mask through a structure set, and every contour where its voxel is.

Places are decimals of at most 16 characters, rounded to 1e-8 mm: the format's own precision.
"""

from dataclasses import replace

import hypothesis.strategies as some
import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from limner.dicom.contours import edge_loops
from limner.formats import dicom_rtstruct
from limner.grid import Grid, vector
from limner.mask import Mask, Object
from limner.schema import Schema
from tests.laws.values import ORIENTATIONS, grids, masks

FILES = settings(
    parent=settings.get_profile("everyday"),
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],  # shrinking files takes minutes
    suppress_health_check=list(HealthCheck),
)
PRECISION_MM = 1e-8


def turned(orientation, *, tilt=0.0) -> Grid:
    """Oblique, anisotropic, in one of the 48 orientations; some have negative cosines."""
    oblique, _ = np.linalg.qr(np.random.default_rng(7).normal(size=(3, 3)))
    steps = np.diag([2.5, 0.7, 0.9]) @ orientation @ oblique
    steps[0] += tilt * steps[1]
    return Grid((3, 6, 7), (-120.25, 88.125, 1500.5), tuple(map(vector, steps)))


def holed(grid: Grid) -> Mask:
    """A ring with a hole of one pixel, a spot of one, one of two, and what overlaps them."""
    inside = np.zeros(grid.shape, bool)
    inside[0, 1:4, 1:4] = True
    inside[0, 2, 2] = False
    inside[1, 5, 6] = inside[2, 0, 0:2] = True
    over = np.zeros(grid.shape, bool)
    over[0:2, 2:6, 2:5] = True
    mask = Mask(grid, schema=Schema.of("lung", "tumour"))
    mask = mask.with_object(inside, Object(3, "lung", source="model", slices=(0, 1, 2)))
    return mask.with_object(over, Object(8, "tumour", name="lesion ü", tracking_uid="2.25.8"))


def bare(path):
    """The file as another program leaves it: nothing private, and no lattice."""
    dataset = pydicom.dcmread(path)
    dataset.remove_private_tags()
    for item in dataset.ROIContourSequence:
        if "SourcePixelPlanesCharacteristicsSequence" in item:
            del item.SourcePixelPlanesCharacteristicsSequence
    dataset.save_as(path)
    return path


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("tilt", [0.0, 0.3])
def test_every_orientation_keeps_every_voxel(tmp_path, orientation, tilt):
    path, grid = tmp_path / "x.rtstruct.dcm", turned(orientation, tilt=tilt)
    mask = holed(grid)
    dicom_rtstruct.write(mask, path)
    assert dicom_rtstruct.read(path) == mask
    back = dicom_rtstruct.read(bare(path), grid=grid)
    for own in mask.ids:
        assert np.array_equal(back.where(own), mask.where(own))


@pytest.mark.parametrize("orientation", ORIENTATIONS[::3])
def test_points_lie_on_the_corners_of_the_voxels(tmp_path, orientation):
    """By pydicom and the steps of the grid alone."""
    path, grid = tmp_path / "x.rtstruct.dcm", turned(orientation)
    inside = np.zeros(grid.shape, bool)
    inside[1, 2, 4] = True
    dicom_rtstruct.write(Mask.of(inside, grid), path)
    (item,) = pydicom.dcmread(path).ROIContourSequence[0].ContourSequence
    found = np.array(item.ContourData, float).reshape(-1, 3)
    slices, down, along = np.array(grid.steps_mm)
    centre = np.array(grid.origin_mm) + slices + 2 * down + 4 * along
    corners = [centre + a * down + b * along for a in (-0.5, 0.5) for b in (-0.5, 0.5)]
    apart = np.linalg.norm(found[:, None] - np.array(corners), axis=2)
    assert apart.min(axis=1).max() <= 2 * PRECISION_MM
    assert apart.min(axis=0).max() <= 2 * PRECISION_MM
    assert all(len(str(each)) <= 16 for each in item.ContourData)


@FILES
@given(
    masks(),
    some.sampled_from(["edges", "smooth"]),
    some.sampled_from(["keyhole", "xor"]),
)
def test_any_mask_comes_back(tmp_path, mask, outline, holes):
    mask = replace(mask, objects=mask.objects or (Object(1),))
    path = tmp_path / "x.rtstruct.dcm"
    dicom_rtstruct.write(mask, path, outline=outline, holes=holes)
    found = dicom_rtstruct.examined(path)
    assert found.mask == mask
    assert found.problems == ()


@FILES
@given(grids(sheared=False))
def test_the_lattice_comes_back_by_the_standards_own_attributes(tmp_path, grid):
    path = tmp_path / "x.rtstruct.dcm"
    dicom_rtstruct.write(Mask.of(np.ones(grid.shape), grid), path)
    dataset = pydicom.dcmread(path)
    dataset.remove_private_tags()
    dataset.save_as(path)
    told = dicom_rtstruct.read(path)
    assert told.voxels(1) == np.prod(grid.shape)
    corners = np.sort(told.grid.corners_mm().round(6) + 0.0, axis=0)  # slices may be turned
    assert np.allclose(corners, np.sort(grid.corners_mm().round(6) + 0.0, axis=0), atol=1e-5)


def test_one_slice_and_one_voxel(tmp_path):
    grid = replace(turned(ORIENTATIONS[5]), shape=(1, 1, 1))
    path = tmp_path / "x.rtstruct.dcm"
    mask = Mask.of(np.ones((1, 1, 1)), grid)
    dicom_rtstruct.write(mask, path)
    assert dicom_rtstruct.read(path) == mask


def test_a_mask_of_the_size_of_a_scan_keeps_its_edges(tmp_path):
    """512 x 512 far from the origin, where decimals are fewest; more than 64 KiB of them."""
    oblique, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    steps = tuple(map(vector, np.diag([1.0, 0.35, 0.35]) @ oblique))
    grid = Grid((1, 512, 512), (-1234.5678901, 987.654321, -1500.123456), steps)
    inside = np.zeros(grid.shape, bool)
    inside[0, 1:511, 1:511:2] = True
    inside[0, 1, 1:511] = True
    assert len(edge_loops(inside[0])[0]) > 1000
    path = tmp_path / "x.rtstruct.dcm"
    mask = Mask.of(inside, grid)
    dicom_rtstruct.write(mask, path)
    assert np.array_equal(dicom_rtstruct.read(bare(path), grid=grid).where(1), inside)
