"""The overlay as DICOM Secondary Capture: in the scan's study, and clean for dciodvfy."""

import shutil
import subprocess

import numpy as np
import pydicom
import pytest

from limner.cases.open import read
from limner.errors import BadValue
from limner.formats import secondary_capture
from limner.formats.overlay import picture
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from tests.needs import program


def a_scan(folder):
    """pydicom's own CT slice, and a square on it."""
    path = pydicom.data.get_testdata_file("CT_small.dcm")
    shutil.copy(path, folder / "ct.dcm")
    image = read(folder / "ct.dcm")
    inside = np.zeros(image.grid.shape, bool)
    inside[0, 40:60, 50:70] = True
    return image, Mask.of(inside, image.grid, label="nodule")


def test_it_is_the_overlay_in_the_scans_study(tmp_path):
    image, mask = a_scan(tmp_path)
    secondary_capture.write(mask, tmp_path / "m.sc.dcm", image=image)
    made, source = pydicom.dcmread(tmp_path / "m.sc.dcm"), pydicom.dcmread(tmp_path / "ct.dcm")
    assert np.array_equal(made.pixel_array, picture(mask, image))
    assert made.StudyInstanceUID == source.StudyInstanceUID
    assert made.PatientID == source.PatientID
    assert made.SeriesInstanceUID != source.SeriesInstanceUID
    assert made.BurnedInAnnotation == "YES"
    assert [each.ReferencedSOPInstanceUID for each in made.SourceImageSequence] == [
        source.SOPInstanceUID
    ]
    assert "FrameOfReferenceUID" not in made


def test_a_scan_that_is_not_dicom_has_no_patient(tmp_path):
    grid = Grid((1, 8, 9))
    image = Image.of(np.zeros(grid.shape, np.uint8), grid)
    secondary_capture.write(Mask.of(np.eye(8, 9)[None], grid), tmp_path / "m.sc.dcm", image=image)
    made = pydicom.dcmread(tmp_path / "m.sc.dcm")
    assert made.PatientName == ""
    assert "SourceImageSequence" not in made


def test_a_scan_whose_study_was_taken_out_has_one_of_its_own(tmp_path):
    a_scan(tmp_path)
    nameless = pydicom.dcmread(tmp_path / "ct.dcm")
    del nameless.StudyInstanceUID
    nameless.save_as(tmp_path / "ct.dcm")
    image = read(tmp_path / "ct.dcm")
    mask = Mask.of(np.ones(image.grid.shape), image.grid)
    secondary_capture.write(mask, tmp_path / "m.sc.dcm", image=image)
    assert pydicom.dcmread(tmp_path / "m.sc.dcm").StudyInstanceUID.startswith("2.25.")


def test_the_scan_is_needed(tmp_path):
    with pytest.raises(BadValue, match="Give the image too"):
        secondary_capture.write(Mask(Grid((1, 2, 2))), tmp_path / "m.sc.dcm")


def test_dciodvfy_finds_no_error(tmp_path):
    tool = program("dicom3tools")
    image, mask = a_scan(tmp_path)
    secondary_capture.write(mask, tmp_path / "m.sc.dcm", image=image)
    told = subprocess.run([tool, tmp_path / "m.sc.dcm"], capture_output=True, text=True)
    errors = [each for each in told.stderr.splitlines() if each.startswith("Error")]
    assert errors == []
