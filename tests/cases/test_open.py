"""`limner.read`: one call for whatever there is."""

import subprocess
import sys

import numpy as np
import pytest

import limner
from limner.errors import BadValue, NotFound
from tests.read.files import nifti, one_of_each

HU = np.linspace(-1024, 1500, 4 * 5 * 6).astype(np.int16).reshape(4, 5, 6)


def test_the_folder_of_readers_does_not_take_the_functions_place():
    """Python puts an imported submodule into its package under its name: `limner.read` is one."""
    code = "import limner, limner.read.nifti; from limner.read import READERS; limner.read.__call__"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert limner.read is limner.cases.open.read


def test_every_kind_comes_with_its_window(tmp_path):
    for path in one_of_each(tmp_path).values():
        image = limner.read(str(path))
        assert image.source.window is not None
        assert image.source.window.rule


def test_a_window_that_is_told(tmp_path):
    image = limner.read(nifti(tmp_path / "a.nii", HU), window="-100,200")
    assert (image.source.window.low, image.source.window.high) == (-100, 200)


def test_a_modality_is_hinted_at_and_never_guessed(tmp_path):
    path = nifti(tmp_path / "a.nii", HU)
    image = limner.read(path)
    assert image.unit == ""
    assert "--modality CT" in image.source.problems[-1]
    assert "percentiles" in image.source.window.rule
    told = limner.read(path, modality="ct", window="lung")
    assert (told.unit, told.source.modality) == ("HU", "CT")
    assert "lung" in told.source.window.rule
    assert told.source.problems == ()


def test_a_modality_that_is_unknown_or_contradicts(tmp_path):
    with pytest.raises(BadValue, match="'XX' is not one of DICOM's codes"):
        limner.read(nifti(tmp_path / "a.nii", HU), modality="XX")
    with pytest.raises(BadValue, match="says that it is CT, not MR"):
        limner.read(one_of_each(tmp_path)["dicom"], modality="MR")


def test_one_frame(tmp_path):
    path = nifti(tmp_path / "a.nii", np.stack([HU, HU + 1], axis=3))
    assert limner.read(path).times == 2
    assert limner.read(path, frame=1).whole()[0, 0, 0, 0] == HU[0, 0, 0] + 1
    with pytest.raises(BadValue, match="Frame 2 was asked for"):
        limner.read(path, frame=2)


def test_what_is_not_there():
    with pytest.raises(NotFound):
        limner.read("no/such/file.png")
