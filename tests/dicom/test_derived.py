"""What every derived object shares: it says whose it is, of what, when, and by what."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pydicom
import pytest

from limner.dicom.derived import (
    at,
    begun,
    derived_uid,
    instances,
    now,
    origin,
    reference,
    referenced_series,
    save,
)
from limner.errors import UnwritableFile
from limner.grid import Grid
from limner.image import Image, SliceSource
from limner.read import open_image
from tests.dicom.make import enhanced, stack
from tests.dicom.make import save as put

SR = "1.2.840.10008.5.1.4.1.1.88.34"
MOMENT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture
def scan(tmp_path):
    stack(
        tmp_path / "scan",
        ClinicalTrialProtocolID="TRIAL 7",
        StudyDescription="Thorax",
        PatientName="Müller^Jürgen",
        SpecificCharacterSet="ISO_IR 192",
    )
    return open_image(tmp_path / "scan")


def made(told):
    with at(MOMENT):
        return begun(told, sop_class=SR, modality="SR", number=9, content="abc")


def test_patient_and_study_are_those_of_the_scan(scan):
    found = made(origin(scan))
    told = scan.source.attribute
    assert str(found.PatientName) == "Müller^Jürgen"
    assert (found.PatientID, found.StudyDescription) == ("P1", "Thorax")
    assert found.ClinicalTrialProtocolID == "TRIAL 7"
    assert found.StudyInstanceUID == told("StudyInstanceUID")
    assert found.SeriesInstanceUID != told("SeriesInstanceUID")
    assert found.FrameOfReferenceUID == scan.grid.frame
    assert (found.AccessionNumber, found.Manufacturer) == ("", "Limner")
    machine = found.ContributingEquipmentSequence[0]
    assert machine.Manufacturer == "Maker"
    assert (found.ContentDate, found.ContentTime) == ("20260304", "050607.000000")


def test_the_moment_is_now_where_nobody_sets_it():
    assert abs((now() - datetime.now(UTC)).total_seconds()) < 60
    with at(MOMENT):
        assert now() == MOMENT
    assert now() != MOMENT


def test_uids_follow_from_scan_content_and_moment(scan):
    one, same = made(origin(scan)), made(origin(scan))
    assert one.SOPInstanceUID == same.SOPInstanceUID
    with at(MOMENT):
        other = begun(origin(scan), sop_class=SR, modality="SR", number=9, content="other")
    later = begun(origin(scan), sop_class=SR, modality="SR", number=9, content="abc")
    assert len({each.SOPInstanceUID for each in (one, other, later)}) == 3
    assert derived_uid("a", "b") != derived_uid("ab")
    assert all(len(each.SOPInstanceUID) <= 64 for each in (one, other, later))


def test_it_is_written_whole_and_read_back(scan, tmp_path):
    found = made(origin(scan))
    found.ReferencedSeriesSequence = referenced_series(origin(scan))
    save(found, tmp_path / "out.dcm")
    back = pydicom.dcmread(tmp_path / "out.dcm")
    assert str(back.PatientName) == "Müller^Jürgen"
    assert back.file_meta.MediaStorageSOPInstanceUID == found.SOPInstanceUID
    assert len(back.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == 4
    with pytest.raises(UnwritableFile):
        save(found, tmp_path / "nowhere" / "out.dcm")


def test_stand_ins_say_what_the_files_say(scan, tmp_path):
    files = {}
    for path in (tmp_path / "scan").iterdir():
        dataset = pydicom.dcmread(path)
        files[dataset.SOPInstanceUID] = dataset
    found = instances(origin(scan))
    assert [each.SOPInstanceUID for each in found] == [
        each.sop_instance_uid for each in scan.source.slices
    ]
    for each in found:
        own = files[each.SOPInstanceUID]
        for keyword in ("SOPClassUID", "SeriesInstanceUID", "PatientID", "Modality", "Rows"):
            assert each[keyword].value == own[keyword].value
        assert np.allclose(each.ImagePositionPatient, own.ImagePositionPatient)
        assert np.allclose(each.ImageOrientationPatient, own.ImageOrientationPatient)
        assert np.allclose(each.PixelSpacing, own.PixelSpacing)


def test_frames_of_one_file_are_named_by_number(tmp_path):
    put(enhanced(np.zeros((2, 4, 5), np.int16), [(0, 0, 0), (0, 0, 3)]), tmp_path / "scan.dcm")
    told = origin(open_image(tmp_path / "scan.dcm"))
    assert told.several_frames
    assert [reference(told, each).ReferencedFrameNumber for each in told.slices] == [1, 2]
    assert len(instances(told)) == 1
    assert instances(told)[0].NumberOfFrames == 2


def test_a_crop_refers_to_its_own_slices_and_pixels(scan):
    uids = [each.sop_instance_uid for each in scan.source.slices]
    tall = scan.grid.crop((1, 0, 0), (3, 4, 5))
    assert [each.sop_instance_uid for each in origin(scan, tall).slices] == uids[1:3]
    narrow = scan.grid.crop((1, 1, 1), (3, 4, 5))
    assert origin(scan, narrow).slices == (None, None)
    between = replace(scan.grid, origin_mm=(10.0, 20.0, 1.5))
    assert origin(scan, between).slices == (None,) * 4
    assert origin(scan, between).listed


def test_a_slice_that_was_made_up_names_no_image(tmp_path):
    stack(tmp_path / "scan", (0.0, 3.0, 9.0, 12.0))  # 6 mm is missing
    scan = open_image(tmp_path / "scan")
    told = origin(scan)
    assert [each is None for each in told.slices] == [False, False, True, False, False]
    assert len(told.uids) == 4
    assert scan.source.frames == ()


def test_measured_images_between_the_slices_are_kept(tmp_path):
    stack(tmp_path / "scan", (0.0, 2.0, 5.0, 7.0, 9.5))
    source = open_image(tmp_path / "scan").source
    assert [each.position_mm[2] for each in source.frames] == [0.0, 2.0, 5.0, 7.0, 9.5]
    assert type(source).from_json(source.to_json()) == source
    assert all(isinstance(each, SliceSource) for each in source.frames)


def test_without_dicom_there_is_a_study_that_follows_from_the_scan():
    grid = Grid((2, 3, 4))
    image = Image.of(np.zeros((2, 3, 4)), grid)
    one = origin(image)
    assert not one.listed
    assert one.study == origin(None, grid).study
    assert one.study != origin(None, Grid((2, 3, 5))).study
    assert (instances(one), referenced_series(one), one.slices) == ([], [], (None, None))
    with pytest.raises(ValueError, match="image or a grid"):
        origin(None)
