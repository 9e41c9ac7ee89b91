"""A SEG keeps every voxel in its place, whatever the grid, and every object apart."""

import hypothesis.strategies as some
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from limner.dicom.derived import origin
from limner.dicom.seg_planes import planes
from limner.dicom.seg_segments import cielab, rgb
from limner.dicom.seg_stack import Stack
from limner.dicom.seg_write import write_seg
from limner.formats import dicom_seg
from limner.grid import Grid
from limner.mask import Mask, Object
from tests.laws.values import ORIENTATIONS, masks

PRECISION_MM = 1e-4
FILES = settings(
    settings.get_profile("everyday"),
    max_examples=20,
    suppress_health_check=list(HealthCheck),
    deadline=None,
)


def bare(mask, path):
    """Written without our record: by what the standard says alone."""
    scan = origin(None, mask.grid)
    write_seg(mask, path, scan=scan, where=planes(scan))
    return dicom_seg.read(path)


def places(mask, number):
    """The positions of the voxels of an object, mm, in an order of their own."""
    found = mask.grid.position_mm(np.argwhere(mask.where(number)))
    return found[np.lexsort(np.round(found, 3).T)]


def check_places(mask, back, numbers):
    for number, other in numbers.items():
        one, two = places(mask, number), places(back, other)
        assert one.shape == two.shape
        apart = np.linalg.norm(one[:, None] - two[None], axis=2).min(axis=1, initial=0.0)
        assert apart.max(initial=0.0) <= PRECISION_MM


@FILES
@given(masks())
def test_a_mask_comes_back_as_it_was(tmp_path, mask):
    if not mask.objects:
        return
    path = tmp_path / "mask.seg.dcm"
    dicom_seg.write(mask, path)
    assert dicom_seg.read(path) == mask
    assert dicom_seg.read(path, grid=mask.grid) == mask


@FILES
@given(masks())
def test_places_are_kept_without_our_record(tmp_path, mask):
    if not mask.objects or not mask.anywhere().any():
        return
    back = bare(mask, tmp_path / "mask.seg.dcm")
    check_places(mask, back, dict(zip(mask.ids, back.ids, strict=True)))


@FILES
@given(masks(overlapping=False))
def test_a_label_map_comes_back_as_it_was(tmp_path, mask):
    if not mask.objects:
        return
    path = tmp_path / "mask.labelmap.seg.dcm"
    dicom_seg.write(mask, path)
    assert dicom_seg.read(path) == mask


@pytest.mark.parametrize("number", range(48))
@pytest.mark.parametrize("slices", [1, 3])
def test_every_orientation(tmp_path, number, slices):
    """Each of the 48, oblique besides, anisotropic and tilted; frames at slices 0 and 2 only."""
    turn, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    for axes in (ORIENTATIONS[number], ORIENTATIONS[number] @ turn):
        steps = axes * np.array([[2.5], [0.7], [0.9]])
        steps[0] += 0.4 * steps[1]
        grid = Grid((slices, 4, 5), (-120.3, 88.8, 1500.0), tuple(map(tuple, steps)))
        layer = np.zeros(grid.shape, np.uint8)
        layer[::2, 1, 2:] = 1
        layer[-1, 3, 0] = 2
        mask = Mask(grid, (layer,), (Object(1), Object(2)))
        check_places(mask, bare(mask, tmp_path / "mask.seg.dcm"), {1: 1, 2: 2})


@given(
    some.lists(
        some.tuples(some.integers(1, 6), some.integers(0, 2), some.integers(0, 2**20 - 1)),
        max_size=12,
    )
)
def test_frames_in_any_order_keep_every_segment_whole(frames):
    """Segments meet as they like; each ends in one layer, with all its voxels."""
    stack = Stack.of((3, 4, 5), 6)
    wanted = {number: np.zeros((3, 20), bool) for number, _, _ in frames}
    for number, place, bits in frames:
        flags = np.array([bits >> k & 1 for k in range(20)], bool)
        wanted[number][place] |= flags
        stack.put_flags(flags, (place,), segment=number)
    layers = stack.layers()
    for number, inside in wanted.items():
        found = [(layer[0] == number).reshape(3, 20) for layer in layers]
        assert sum(bool(each.any()) for each in found) <= 1
        assert np.array_equal(np.any(found, axis=0) if found else np.zeros((3, 20)), inside)


@given(some.tuples(*[some.integers(0, 255)] * 3))
def test_a_colour_comes_back(colour):
    assert rgb(*cielab(colour)) == colour
