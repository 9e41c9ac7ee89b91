"""NIfTI label maps: what other programs see in them, and what is read from theirs."""

import tracemalloc
from dataclasses import replace

import nibabel
import numpy as np
import pytest

import limner
from limner.errors import BadValue
from limner.formats.nifti import read, write
from limner.grid import Grid
from limner.mask import Mask, Object
from limner.schema import Code, Label, Schema

GRID = Grid((3, 4, 5), (10.0, 20.0, 30.0), ((0, 0, 2.5), (0, 0.75, 0), (0.75, 0, 0)))


def labels(kind=np.uint8) -> np.ndarray:
    layer = np.zeros(GRID.shape, kind)
    layer[1, 1:3, 1:3], layer[2, 0, 0] = 1, 3
    return layer


def test_what_another_program_sees(tmp_path):
    write(Mask.from_labels(labels(), GRID), tmp_path / "m.nii.gz")
    theirs = nibabel.load(tmp_path / "m.nii.gz")
    header = theirs.header
    assert theirs.get_data_dtype() == np.uint8
    assert header.get_xyzt_units() == ("mm", "unknown")
    assert header.get_intent()[0] == "label"
    assert (int(header["sform_code"]), int(header["qform_code"])) == (1, 1)
    assert header.get_slope_inter() in {(None, None), (1.0, 0.0)}
    assert np.array_equal(np.asarray(theirs.dataobj), labels().T)


@pytest.mark.parametrize("most, kind", [(1, "u1"), (255, "u1"), (256, "u2"), (65535, "u2")])
def test_the_smallest_type_that_holds_the_ids(tmp_path, most, kind):
    layer = labels(np.uint16)
    layer[layer == 3] = most
    write(Mask.from_labels(layer, GRID), tmp_path / "m.nii")
    assert nibabel.load(tmp_path / "m.nii").get_data_dtype() == np.dtype(kind)
    assert np.array_equal(read(tmp_path / "m.nii").label_map(), layer)


def test_names_colours_codes_and_answered_slices_come_back(tmp_path):
    label = Label(
        4,
        "Leber",
        synonyms=("liver", "肝"),
        colour=(1, 2, 3),
        type=Code("SCT", "10200004", "Liver"),
    )
    about = Object(3, "Leber", name="rechts", tracking_uid="2.25.7", source="model", slices=(2,))
    mask = Mask(GRID, (labels(),), (Object(1), about), schema=Schema((label,)))
    write(mask, tmp_path / "m.nii.gz")
    back = read(tmp_path / "m.nii.gz")
    assert back == mask
    assert back.find(3).slices == (2,)


def test_what_others_wrote_is_a_plain_label_map(tmp_path):
    affine = np.diag([-0.75, -0.75, 2.5, 1])
    for kind in (np.uint8, np.int16, np.float32, np.float64):
        nibabel.save(nibabel.Nifti1Image(labels(kind).T, affine), tmp_path / "m.nii")
        mask = read(tmp_path / "m.nii")
        assert mask.ids == (1, 3)
        assert [each.label for each in mask] == ["label 1", "label 3"]
        assert np.array_equal(mask.label_map(), labels())


def test_fractions_and_negatives_are_no_labels(tmp_path):
    for value, match in [(0.5, "fractions"), (-1, "-1"), (np.nan, "fractions")]:
        samples = np.full((4, 4, 4), value, np.float32)
        nibabel.save(nibabel.Nifti1Image(samples, np.eye(4)), tmp_path / "m.nii")
        with pytest.raises(BadValue, match=match):
            read(tmp_path / "m.nii")


def test_values_that_another_program_added_become_objects(tmp_path):
    write(Mask.from_labels(labels(), GRID, schema=Schema.of("a", "b", "c")), tmp_path / "m.nii")
    theirs = nibabel.load(tmp_path / "m.nii")
    samples = np.asarray(theirs.dataobj).copy()
    samples[0, 0, 0] = 9
    nibabel.save(nibabel.Nifti1Image(samples, theirs.affine, theirs.header), tmp_path / "n.nii")
    mask = read(tmp_path / "n.nii")
    assert [each.label for each in mask] == ["a", "c", "label 9"]
    assert mask.grid == GRID


def test_a_record_on_another_grid_does_not_place_the_mask(tmp_path):
    """nibabel copies the extension when it cuts slices off: the answered slice is now 1."""
    about = Object(1, slices=(1,)), Object(3, slices=(2,))
    write(Mask(GRID, (labels(),), about), tmp_path / "m.nii")
    cut = nibabel.load(tmp_path / "m.nii").slicer[:, :, 1:]
    nibabel.save(cut, tmp_path / "n.nii")
    mask = read(tmp_path / "n.nii")
    assert mask.grid.shape == (2, 4, 5)
    assert mask.grid.origin_mm == pytest.approx((10, 20, 32.5), abs=1e-5)
    assert [each.slices for each in mask] == [(0,), (1,)]


def test_a_grid_that_coincides_is_taken_and_another_is_not(tmp_path):
    mask = Mask.from_labels(labels(), GRID)
    write(mask, tmp_path / "m.nii")
    scan = replace(GRID, frame="1.2.3", origin_mm=(10.0001, 20, 30))
    assert read(tmp_path / "m.nii", grid=scan).grid == scan
    elsewhere = replace(GRID, origin_mm=(11, 20, 30))
    assert read(tmp_path / "m.nii", grid=elsewhere).grid == GRID


def test_frames_in_time(tmp_path):
    layer = np.stack([labels(), labels() * 0, labels()])
    mask = Mask(GRID, (layer,), (Object(1), Object(3)))
    write(mask, tmp_path / "m.nii.gz")
    assert nibabel.load(tmp_path / "m.nii.gz").shape == (5, 4, 3, 3)
    assert read(tmp_path / "m.nii.gz") == mask


def test_later_objects_win_where_it_is_said(tmp_path):
    one, two = np.zeros(GRID.shape, bool), np.zeros(GRID.shape, bool)
    one[0, :2], two[0, 1:] = True, True
    mask = Mask.of(one, GRID, label="a").with_object(two, Object(2, "b"))
    limner.write(mask, tmp_path / "m.nii", overlap="later")
    back = read(tmp_path / "m.nii").label_map()
    assert np.array_equal(back, mask.label_map())
    assert (back[0, :, 0] == [1, 2, 2, 2]).all()
    flipped = Mask(GRID, mask.layers, mask.objects[::-1], schema=mask.schema)
    limner.write(flipped, tmp_path / "m.nii", overlap="later")
    assert (read(tmp_path / "m.nii").label_map()[0, :, 0] == [1, 1, 2, 2]).all()


def test_layers_that_do_not_overlap_become_one_map(tmp_path):
    one, two = labels() * 0, labels() * 0
    one[0], two[1] = 1, 2
    write(Mask(GRID, (one, two), (Object(1), Object(2))), tmp_path / "m.nii")
    assert np.array_equal(read(tmp_path / "m.nii").label_map(), one + two)


def test_an_empty_mask(tmp_path):
    write(Mask(GRID), tmp_path / "m.nii.gz")
    back = read(tmp_path / "m.nii.gz")
    assert back.ids == ()
    assert back.grid == GRID
    assert not back.anywhere().any()


def test_an_axis_too_long_for_nifti_1_is_nifti_2(tmp_path):
    grid = Grid((1, 2, 40_000))
    write(Mask.of(np.ones(grid.shape), grid), tmp_path / "m.nii")
    assert int(nibabel.load(tmp_path / "m.nii").header["sizeof_hdr"]) == 540
    assert read(tmp_path / "m.nii").grid == grid


def test_writing_costs_one_label_map_however_many_objects(tmp_path):
    grid = Grid((60, 200, 200))  # 2.3 MiB
    layer = (np.arange(np.prod(grid.shape)) % 200).astype(np.uint8).reshape(grid.shape)
    mask = Mask(grid, (layer,), tuple(Object(number) for number in range(1, 200)))
    write(mask, tmp_path / "m.nii.gz")  # imports
    tracemalloc.start()
    write(mask, tmp_path / "m.nii.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < layer.nbytes
