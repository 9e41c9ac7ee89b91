"""Soft edges in files: what each format holds comes back as the matte has it."""

import nibabel
import numpy as np
import pytest
from PIL import Image as Picture

from limner.cases.soft_edges import ENDINGS, write_soft_edge
from limner.errors import BadValue
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.refine.matte import matte

STEPS = ((0.0, 0.0, 3.0), (0.0, 0.5, 0.0), (0.5, 0.0, 0.0))


def scan(slices=1, *, discs=1):
    """An 8-bit image of discs with fading borders, and the mask of each."""
    grid = Grid((slices, 40, 50), (10.0, 20.0, 30.0), STEPS)
    rows, columns = np.indices((40, 50))
    mask, share = Mask(grid), np.zeros((40, 50))
    for number in range(discs):
        away = np.hypot(rows - 19.5, columns - 12.5 - 24 * number)
        mine = np.clip((10 - away) / 6, 0, 1)
        inside = np.zeros(grid.shape, bool)
        inside[0] = mine > 0.5
        mask = mask.with_object(inside, Object(number + 3))
        share = np.maximum(share, mine)
    samples = np.rint(60 + 150 * share).astype(np.uint8)
    return Image.of(np.stack([samples] * slices), grid), mask


def test_a_png_is_the_alpha_of_a_picture(tmp_path):
    image, mask = scan()
    write_soft_edge(mask, tmp_path / "soft.png", image=image)
    with Picture.open(tmp_path / "soft.png") as held:
        assert held.mode == "L"
        levels = np.asarray(held)
    assert np.array_equal(levels, matte(mask, image).probability(3)[0])
    assert levels[19, 12] == 255
    assert levels[0, 49] == 0
    assert 60 < levels[19, 19] < 200  # seven pixels out, where half is filled


def test_a_nifti_holds_shares_where_the_mask_lies(tmp_path):
    image, mask = scan(slices=2)
    write_soft_edge(mask, tmp_path / "soft.nii.gz", image=image)
    held = nibabel.load(tmp_path / "soft.nii.gz")
    shares = np.asarray(held.dataobj)
    assert shares.dtype == np.float32
    assert shares.shape == (50, 40, 2)  # NIfTI counts columns first
    assert np.allclose(shares.transpose(2, 1, 0) * 255, matte(mask, image).probability(3))
    assert np.allclose(held.affine[:3, 3], (-10, -20, 30))  # LPS written as RAS
    assert int(held.header["intent_code"]) == 0  # shares are no labels


def test_an_npz_holds_every_object(tmp_path):
    image, mask = scan(discs=2)
    write_soft_edge(mask, tmp_path / "soft.npz", image=image)
    wanted = matte(mask, image)
    with np.load(tmp_path / "soft.npz") as held:
        assert held["ids"].tolist() == [3, 4]
        assert held["shape"].tolist() == [1, 40, 50]
        for number in (3, 4):
            levels, low = held[f"levels_{number}"], held[f"low_{number}"]
            full = np.zeros(held["shape"], np.uint8)
            full[tuple(slice(a, a + n) for a, n in zip(low, levels.shape, strict=True))] = levels
            assert np.array_equal(full, wanted.probability(number))


def test_an_object_without_voxels_fills_nothing(tmp_path):
    image, mask = scan()
    empty = Mask(mask.grid, (np.zeros_like(mask.layers[0]),), mask.objects)
    write_soft_edge(empty, tmp_path / "soft.png", image=image)
    assert not np.asarray(Picture.open(tmp_path / "soft.png")).any()


@pytest.mark.parametrize(
    ("name", "slices", "discs", "said"),
    [
        ("soft.jpg", 1, 1, "ends in one of"),
        ("soft.png", 1, 2, "the mask has 2"),
        ("soft.nii.gz", 1, 0, "the mask has 0"),
        ("soft.png", 2, 1, "one slice"),
    ],
)
def test_what_a_file_cannot_hold_is_refused(tmp_path, name, slices, discs, said):
    image, mask = scan(slices, discs=discs)
    with pytest.raises(BadValue, match=said):
        write_soft_edge(mask, tmp_path / name, image=image)
    assert not any(tmp_path.iterdir())


def test_every_ending_is_written(tmp_path):
    image, mask = scan()
    for ending in ENDINGS:
        write_soft_edge(mask, tmp_path / f"soft{ending}", image=image)
    assert len(list(tmp_path.iterdir())) == len(ENDINGS)
