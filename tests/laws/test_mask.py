"""What holds for every mask: objects come back as they went in, whatever overlaps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from limner.errors import BadValue, GeometryMismatch, UnknownName
from limner.grid import Grid
from limner.mask import Mask, Object, _values, new_uid, soft
from limner.schema import Schema
from tests.laws.values import grids, masks


@given(grids(), some.integers(0, 2**32 - 1), some.integers(1, 6))
def test_objects_come_back_as_they_went_in(grid, seed, count):
    rng = np.random.default_rng(seed)
    inside = {number: rng.random(grid.shape) < 0.5 for number in range(1, count + 1)}
    mask = Mask(grid)
    for number, flags in inside.items():
        mask = mask.with_object(flags, Object(number))
    for number, flags in inside.items():
        assert np.array_equal(mask.where(number), flags)
        assert mask.voxels(number) == flags.sum()
    total = np.sum(list(inside.values()), axis=0)
    assert mask.overlap == bool((total > 1).any())
    assert np.array_equal(mask.anywhere(), total > 0)


@given(masks(overlapping=False))
def test_objects_that_do_not_overlap_share_one_layer(mask):
    assert len(mask.layers) <= 1
    assert not mask.overlap


@given(masks())
def test_the_order_of_layers_does_not_matter_to_equality(mask):
    again = Mask(mask.grid, schema=mask.schema)
    for each in reversed(mask.objects):
        again = again.with_object(mask.where(each.id), each)
    assert again == mask
    assert hash(again) == hash(mask)


@given(masks(), some.data())
def test_one_voxel_more_is_another_mask(mask, data):
    if not mask.objects:
        return
    number = data.draw(some.sampled_from(mask.ids))
    flags = mask.where(number).copy()
    voxel = tuple(data.draw(some.integers(0, n - 1)) for n in mask.grid.shape)
    flags[voxel] = not flags[voxel]
    assert mask.with_object(flags, mask.find(number)) != mask


@given(masks())
def test_taking_an_object_away_leaves_the_others(mask):
    for number in mask.ids:
        rest = mask.without(number)
        assert set(rest.ids) == set(mask.ids) - {number}
        for other in rest.ids:
            assert np.array_equal(rest.where(other), mask.where(other))


@given(masks(overlapping=False))
def test_a_label_map_holds_every_object(mask):
    labels = mask.label_map()
    for each in mask:
        assert np.array_equal(labels == each.id, mask.where(each.id))


@given(grids(), some.integers(0, 2**32 - 1))
def test_a_soft_object_keeps_its_probabilities_to_half_a_level(grid, seed):
    probability = np.random.default_rng(seed).random(grid.shape) ** 4
    probability[probability < 0.2] = 0
    levels = soft(1, probability).within(grid.shape)
    assert np.abs(levels / 255 - probability).max() <= 0.5 / 255 + 1e-9


def test_500_nuclei_are_ordinary():
    labels = np.zeros((1, 100, 100), np.int64)
    for number in range(500):
        labels[0, 4 * (number // 25), 4 * (number % 25)] = number + 1
    mask = Mask.from_labels(labels, Grid((1, 100, 100)))
    assert len(mask) == 500
    assert mask.layers[0].dtype == np.uint16
    assert mask.voxels(500) == 1


def test_a_label_map_takes_classes_from_the_schema_and_names_the_rest():
    mask = Mask.from_labels(np.array([[[1, 2, 7]]]), Grid((1, 1, 3)), schema=Schema.of("a", "b"))
    assert [each.label for each in mask] == ["a", "b", "label 7"]
    assert mask.label_map(values="class").tolist() == [[[1, 2, 7]]]


@pytest.mark.parametrize("labels", [[[[0.5]]], [[[-1]]], [[[70000]]]])
def test_what_is_no_label_map_is_refused(labels):
    with pytest.raises(BadValue, match="A label map holds"):
        Mask.from_labels(np.array(labels), Grid((1, 1, 1)))


def test_layers_are_checked():
    grid = Grid((1, 2, 2))
    with pytest.raises(GeometryMismatch, match="but the grid has"):
        Mask(grid, (np.zeros((1, 2, 3), np.uint8),))
    with pytest.raises(GeometryMismatch, match="Give integers"):
        Mask(grid, (np.zeros((1, 2, 2)),))
    with pytest.raises(BadValue, match="The id 3 occurs in a layer but no object has it"):
        Mask(grid, (np.full((1, 2, 2), 3, np.uint8),), (Object(1),))
    with pytest.raises(BadValue, match="ids of their own"):
        Mask(grid, (), (Object(1), Object(1)))
    with pytest.raises(UnknownName, match="no class called 'liver'"):
        Mask(grid, (), (Object(1, "liver"),))


def test_a_mask_cannot_be_written_to():
    mask = Mask.of(np.ones((1, 2, 2), bool), Grid((1, 2, 2)))
    with pytest.raises(ValueError, match="read-only"):
        mask.layers[0][...] = 0


def test_an_unknown_object_is_named():
    with pytest.raises(UnknownName, match="There is no object called '2'"):
        Mask.of(np.ones((1, 2, 2), bool), Grid((1, 2, 2))).where(2)


def test_uids_are_dicom_uids():
    uids = {new_uid() for _ in range(100)}
    assert len(uids) == 100
    assert all(len(each) <= 64 and each.startswith("2.25.") for each in uids)


@pytest.mark.parametrize("shape", [(1, 3, 5), (2, 7, 9), (1, 8, 8), (3, 40, 41)])
@pytest.mark.parametrize("filled", [0.0, 0.02, 1.0])
def test_the_values_of_bytes_are_those_that_numpy_finds(shape, filled):
    rng = np.random.default_rng(0)
    bytes_ = (rng.integers(0, 256, shape) * (rng.random(shape) < filled)).astype(np.uint8)
    for each in (bytes_, bytes_[:, ::2], np.full(shape, 7, np.uint8)):
        assert _values(each) == np.unique(each).tolist()
