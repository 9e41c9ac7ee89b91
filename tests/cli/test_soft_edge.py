"""`--soft-edge` of `limner segment` and `limner edit`."""

import json

import numpy as np
import pytest
from PIL import Image as Picture

from tests.cli.scans import BRIGHT, limner, picture, volume

BOX = ("--index", "--box", "20,30 39,59", "--model", "fake")


def segmented(tmp_path, *words):
    scan = picture(tmp_path / "scan.png")
    return limner("segment", "-i", scan, "-o", tmp_path / "m.png", *BOX, *words)


def test_a_mask_comes_with_its_soft_edge(tmp_path):
    told = segmented(
        tmp_path, "--soft-edge", tmp_path / "soft.png", "--report", tmp_path / "r.json"
    )
    assert told.code == 0, told.err
    levels = np.asarray(Picture.open(tmp_path / "soft.png"))
    assert levels[BRIGHT].min() > 200  # a sharp edge: the box is filled, nothing else is
    assert levels[:15].max() == 0
    assert str(tmp_path / "soft.png") in json.dumps(json.loads((tmp_path / "r.json").read_text()))


def test_an_edited_mask_gets_the_same_one(tmp_path):
    segmented(tmp_path, "--soft-edge", tmp_path / "soft.png")
    words = ("-o", tmp_path / "new.png", "-i", tmp_path / "scan.png")
    told = limner("edit", tmp_path / "m.png", *words, "--soft-edge", tmp_path / "again.png")
    assert told.code == 0, told.err
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "soft.png").read_bytes()


def test_without_its_scan_a_mask_has_no_soft_edge(tmp_path):
    segmented(tmp_path)
    words = ("-o", tmp_path / "new.png", "--soft-edge", tmp_path / "soft.png")
    told = limner("edit", tmp_path / "m.png", *words)
    assert told.code == 2
    assert "Give the scan with -i" in told.err
    assert not (tmp_path / "new.png").exists()


@pytest.mark.parametrize(
    ("name", "said"), [("soft.jpg", "ends in one of"), ("m.png", "Two outputs have the name")]
)
def test_a_name_that_cannot_be_is_refused_before_any_work(tmp_path, name, said):
    told = segmented(tmp_path, "--soft-edge", tmp_path / name)
    assert told.code == 2
    assert said in told.err
    assert not (tmp_path / "m.png").exists()


def test_what_the_soft_file_cannot_hold_leaves_no_mask_either(tmp_path):
    scan = volume(tmp_path / "scan.nii.gz")
    words = ("--index", "--box", "2,5,8 2,11,15", "--model", "fake")
    soft = ("--soft-edge", tmp_path / "soft.png")
    told = limner("segment", "-i", scan, "-o", tmp_path / "m.nii.gz", *words, *soft)
    assert told.code == 2
    assert "one slice" in told.err
    assert not (tmp_path / "m.nii.gz").exists()
