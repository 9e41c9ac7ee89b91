"""`limner.write` and masks read back."""

import numpy as np
import pytest

import limner
from limner.cases.save import read_mask
from limner.errors import BadValue, NotFound, UnreadableFile
from limner.grid import Grid
from limner.mask import Mask, Object

GRID = Grid((2, 4, 5))


def overlapping() -> Mask:
    one, two = np.zeros(GRID.shape, bool), np.zeros(GRID.shape, bool)
    one[0, :2], two[0, 1:] = True, True
    return Mask.of(one, GRID, label="a").with_object(two, Object(2, "b"))


def test_a_name_that_is_a_text_will_do(tmp_path):
    mask = Mask.of(np.ones(GRID.shape), GRID)
    limner.write(mask, f"{tmp_path}/m.nii.gz")
    assert read_mask(f"{tmp_path}/m.nii.gz") == mask


def test_overlap_is_refused_unless_told_who_wins(tmp_path):
    with pytest.raises(BadValue, match=r"\('a'\) and object 2 \('b'\) share 5 voxels"):
        limner.write(overlapping(), tmp_path / "m.nii")
    assert list(tmp_path.iterdir()) == []
    limner.write(overlapping(), tmp_path / "m.nii", overlap="later")
    back = read_mask(tmp_path / "m.nii")
    assert (back.voxels(1), back.voxels(2)) == (5, 15)
    assert [each.label for each in back] == ["a", "b"]


def test_what_is_refused(tmp_path):
    with pytest.raises(BadValue, match="does not say which format"):
        limner.write(overlapping(), tmp_path / "m.docx")
    with pytest.raises(NotFound, match="There is no mask"):
        read_mask(tmp_path / "m.nii")
    (tmp_path / "m.nii").write_bytes(b"")
    with pytest.raises(UnreadableFile, match=r"empty \(0 bytes\)"):
        read_mask(tmp_path / "m.nii")
