"""The layout images/ + masks/."""

import json

import numpy as np
import pytest
from PIL import Image as Picture

from limner.cases.folder_pairs import by_stem, samples, stem
from limner.errors import BadValue, GeometryMismatch, NotFound, UnreadableFile
from tests.data import shared


def layout(root, *, masks=("a",)):
    (root / "images").mkdir()
    (root / "masks").mkdir()
    for name in ("a", "b.c"):
        Picture.fromarray(np.zeros((4, 5), np.uint8)).save(root / "images" / f"{name}.png")
    for name in masks:
        flags = np.eye(4, 5, dtype=np.uint8) * 2
        Picture.fromarray(flags).save(root / "masks" / f"{name}.png")
    about = {"licence": "CC0", "labels": {"0": "background", "1": "x", "2": "liver"}}
    (root / "meta.json").write_text(json.dumps(about))


def test_images_and_their_masks(tmp_path):
    layout(tmp_path)
    a, b = samples(tmp_path)
    assert (a.id, b.id) == ("a", "b.c")
    assert a.licence == "CC0"
    assert [each.label for each in a.mask] == ["liver"]
    assert a.mask.voxels(2) == 4
    assert a.mask.grid == a.image.grid
    assert b.targets == ()


def test_a_mask_without_an_image_is_not_lost_in_silence(tmp_path):
    layout(tmp_path, masks=("a", "A_wrong"))
    with pytest.raises(BadValue, match="'A_wrong.png' has no image"):
        list(samples(tmp_path))


def test_a_mask_of_another_size(tmp_path):
    layout(tmp_path, masks=())
    Picture.fromarray(np.eye(3, dtype=np.uint8)).save(tmp_path / "masks" / "a.png")
    with pytest.raises(GeometryMismatch, match="'a.png' has"):
        list(samples(tmp_path))


def test_names(tmp_path):
    assert stem(tmp_path / "case 1.nii.gz") == "case 1"
    assert stem(tmp_path / "v1.2.png") == "v1.2"
    layout(tmp_path)
    (tmp_path / "images" / "a.tif").write_bytes(b"x")
    with pytest.raises(BadValue, match="both called 'a'"):
        by_stem(tmp_path / "images")
    with pytest.raises(NotFound):
        list(samples(tmp_path / "nowhere"))


def test_a_meta_file_that_is_damaged(tmp_path):
    layout(tmp_path)
    (tmp_path / "meta.json").write_text("{")
    with pytest.raises(UnreadableFile, match="is not JSON"):
        list(samples(tmp_path))


def test_a_real_set():
    every = samples(shared("data/train/brisc_brain_tumour_mr"))
    first = next(every)
    assert first.image.grid == first.mask.grid
    assert {each.label for each in first.mask} <= {"meningioma", "glioma", "pituitary tumour"}
