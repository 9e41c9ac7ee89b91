"""The direct walk over functional groups finds what pydicom finds."""

import io

import numpy as np
import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from limner.dicom.seg_groups import _asked, _walked, groups
from limner.formats import dicom_seg
from limner.grid import Grid
from limner.mask import Mask
from tests.data import shared

DCMQI = "dcmqi_ct_liver_dicom/dicom_seg/partial_overlaps.dcm"  # items without lengths
FILES = tuple(
    f"highdicom_seg_dicom/dicom_seg/seg_image_{each}.dcm"
    for each in ("ct_binary_overlap", "ct_true_fractional", "cr_binary")
)


def slowly(dataset):
    return [_asked(item) for item in dataset.PerFrameFunctionalGroupsSequence]


def again(dataset, syntax=ExplicitVRLittleEndian, *, undefined=False):
    """Written and opened, its sequences with or without lengths."""
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset["PerFrameFunctionalGroupsSequence"].is_undefined_length = undefined
    held = io.BytesIO()
    pydicom.dcmwrite(held, dataset, enforce_file_format=True, little_endian=True, implicit_vr=None)
    held.seek(0)
    return pydicom.dcmread(held)


@pytest.mark.parametrize("name", FILES)
def test_other_programs_files(name):
    path = shared("data/io") / name
    found = _walked(again(pydicom.dcmread(path)))
    assert found == slowly(pydicom.dcmread(path))
    assert any(found)


def test_ours(tmp_path):
    noise = np.random.default_rng(0).integers(0, 4, (5, 6, 7))
    mask = Mask.from_labels(
        noise, Grid((5, 6, 7), (1.5, -2, 1e3), ((0, 1, 2), (0, 2, 0), (1, 0, 0)))
    )
    dicom_seg.write(mask, tmp_path / "mask.seg.dcm")
    found = _walked(pydicom.dcmread(tmp_path / "mask.seg.dcm"))
    assert found == slowly(pydicom.dcmread(tmp_path / "mask.seg.dcm"))
    assert len(found) == 15


def test_what_is_written_otherwise_is_left_to_pydicom():
    path, other = shared("data/io") / FILES[0], shared("data/io") / DCMQI
    for dataset, wanted in (
        (again(pydicom.dcmread(path), ImplicitVRLittleEndian), path),
        (again(pydicom.dcmread(path), undefined=True), path),
        (pydicom.dcmread(other), other),
    ):
        assert _walked(dataset) is None
        assert groups(dataset, 7, "x").own == slowly(pydicom.dcmread(wanted))[:7]
