"""From a path to an Image: where files lie, what they are, what is kept, what is refused."""

import hashlib
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from limner.errors import NotFound, SeveralSeries, UnreadableFile
from limner.read import open_image, reader_of
from limner.read.dicom import claims, survey
from tests.data import shared
from tests.dicom.make import STUDY, group, image, placed, plane, save, stack


def sample(name):
    return str(get_testdata_file(name, download=False))


class TestWhere:
    def test_a_folder_of_any_depth_and_any_names(self, tmp_path):
        folder = tmp_path / "Ünï cödé ü" / "with spaces"
        stack(folder, names=["IM1", "IM2.xyz", "IM 3", "é.png"])
        (folder / "notes.txt").write_text("not a scan")
        (folder / "._IM1").write_bytes(b"\0" * 200)
        opened = open_image(tmp_path)
        assert opened.grid.shape == (4, 4, 5)
        assert opened.source.problems == ()
        assert opened.source.folder == str(tmp_path)

    def test_a_zip(self, tmp_path):
        stack(tmp_path / "in")
        path = shutil.make_archive(str(tmp_path / "scan"), "zip", tmp_path / "in")
        assert reader_of(tmp_path / "scan.zip") == "dicom"
        zipped, plain = open_image(path), open_image(tmp_path / "in")
        assert np.array_equal(zipped.whole(), plain.whole())
        assert zipped.source.files == plain.source.files

    def test_a_damaged_zip(self, tmp_path):
        stack(tmp_path / "in")
        path = tmp_path / "scan.zip"
        shutil.make_archive(str(tmp_path / "scan"), "zip", tmp_path / "in")
        raw = bytearray(path.read_bytes())
        raw[60:400] = b"\x55" * 340
        path.write_bytes(raw)
        with pytest.raises(UnreadableFile):
            open_image(path).whole()

    def test_a_zip_of_something_else_is_nobodys(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "texts.zip", "w") as archive:
            archive.writestr("a.txt", "hello")
        assert not claims(tmp_path / "texts.zip")

    def test_a_single_slice(self, tmp_path):
        stack(tmp_path)
        opened = open_image(tmp_path / "002.dcm")
        assert opened.grid.shape == (1, 4, 5)
        assert opened.grid.spacing_mm == (1.5, 2, 1)
        assert opened.grid.origin_mm == (10, 20, 6)

    def test_a_dicomdir_stands_for_its_files(self):
        path = sample("DICOMDIR")
        with pytest.raises(SeveralSeries, match="of 2 patients in 'DICOMDIR'"):
            open_image(path)
        reports = survey(Path(path))
        chosen = next(each for each in reports if each.description == "SmartScore - Gated 0.5 sec")
        assert open_image(path, series=chosen.uid).grid.shape == (5, 16, 16)

    def test_a_dicomdir_without_its_files(self, tmp_path):
        shutil.copy(sample("DICOMDIR"), tmp_path / "DICOMDIR")
        with pytest.raises(UnreadableFile, match="lists 31 files, of which 31 are not there"):
            open_image(tmp_path / "DICOMDIR")

    def test_no_preamble(self):
        assert reader_of(Path(sample("ExplVR_LitEndNoMeta.dcm"))) == "dicom"


class TestKept:
    def test_what_an_exporter_needs(self, tmp_path):
        written = stack(tmp_path)
        source = open_image(tmp_path).source
        assert source.format == "dicom"
        assert source.attribute("PatientName") == "Doe^Jane"
        assert source.attribute("StudyInstanceUID") == STUDY
        assert source.attribute("TransferSyntaxUID") == "1.2.840.10008.1.2.1"
        assert [each.sop_instance_uid for each in source.slices] == [
            each.SOPInstanceUID for each in written
        ]
        hashes = {each.name: each.sha256 for each in source.files}
        for path in tmp_path.iterdir():
            assert hashes[path.name] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert type(source).from_json(source.to_json()) == source

    def test_the_frame_of_reference_is_the_grids(self, tmp_path):
        written = stack(tmp_path)
        assert open_image(tmp_path).grid.frame == written[0].FrameOfReferenceUID

    def test_laterality(self, tmp_path):
        told = image(plane(0), modality="MG", ImageLaterality="R")
        assert open_image(save(told, tmp_path / "breast.dcm")).source.laterality == "R"


class TestScale:
    def test_ultrasound_lengths_come_from_its_region(self):
        opened = open_image(sample("examples_ybr_color.dcm"))
        assert opened.pixels.shape == (30, 1, 240, 320, 3)
        assert (opened.grid.scale, opened.grid.placed) == ("ruler", False)
        # PhysicalDeltaX and Y of the file's one region: 0.05104970559477806 cm.
        assert opened.grid.spacing_mm[1:] == pytest.approx((0.5104970559, 0.5104970559))
        assert opened.source.regions[0].kind == "2D"
        assert opened.times_s[:2] == (0.0, pytest.approx(0.033333))
        assert open_image(sample("examples_ybr_color.dcm"), frame=7).times == 1

    def test_regions_of_two_scales_give_none(self, tmp_path):
        told = image(np.zeros((8, 8), np.uint8), modality="US")
        first, second = (_region(0.1), _region(0.2))
        told.SequenceOfUltrasoundRegions = [first, second]
        opened = open_image(save(told, tmp_path / "two.dcm"))
        assert opened.grid.scale == "none"
        assert [each.step_mm for each in opened.source.regions] == [(1, 1), (2, 2)]
        assert "2 regions of different scale" in opened.source.problems[0]

    def test_a_crop_takes_its_regions_along(self, tmp_path):
        told = image(np.zeros((20, 20), np.uint8), modality="US")
        told.SequenceOfUltrasoundRegions = [_region(0.1)]
        opened = open_image(save(told, tmp_path / "one.dcm"))
        (whole,) = opened.source.regions
        assert (whole.low, whole.high) == ((0, 0), (8, 8))
        (cut,) = opened.crop((0, 2, 3), (1, 10, 20)).source.regions
        assert (cut.low, cut.high, cut.step_mm) == ((0, 0), (6, 5), whole.step_mm)
        assert opened.crop((0, 10, 0), (1, 20, 20)).source.regions == ()

    def test_a_doppler_region_has_no_length(self, tmp_path):
        told = image(np.zeros((8, 8), np.uint8), modality="US")
        told.SequenceOfUltrasoundRegions = [_region(0.1, kind=3, units=4)]
        opened = open_image(save(told, tmp_path / "doppler.dcm"))
        assert opened.grid.scale == "none"
        assert opened.source.regions[0].kind == "Doppler"
        assert opened.source.regions[0].step_mm == (0, 0)

    @pytest.mark.parametrize(
        "modality, told, scale, spacing",
        [
            ("DX", {"ImagerPixelSpacing": [0.2, 0.1]}, "detector", (0.2, 0.1)),
            ("MG", {"ImagerPixelSpacing": [0.2, 0.1]}, "detector", (0.2, 0.1)),
            ("DX", {"PixelSpacing": [0.2, 0.1]}, "detector", (0.2, 0.1)),
            (
                "DX",
                {
                    "PixelSpacing": [0.18, 0.09],
                    "ImagerPixelSpacing": [0.2, 0.1],
                    "PixelSpacingCalibrationType": "FIDUCIAL",
                },
                "ruler",
                (0.18, 0.09),
            ),
            (
                "DX",
                {"PixelSpacing": [0.18, 0.09], "ImagerPixelSpacing": [0.2, 0.1]},
                "ruler",
                (0.18, 0.09),
            ),
            (
                "DX",
                {"PixelSpacing": [0.2, 0.1], "ImagerPixelSpacing": [0.2, 0.1]},
                "detector",
                (0.2, 0.1),
            ),
            ("OT", {}, "none", (1, 1)),
            ("OT", {"PixelSpacing": [0.2, 0.1]}, "ruler", (0.2, 0.1)),
            ("OT", {"NominalScannedPixelSpacing": [0.2, 0.1]}, "detector", (0.2, 0.1)),
        ],
    )
    def test_what_a_millimetre_is(self, tmp_path, modality, told, scale, spacing):
        path = save(image(plane(0), modality=modality, **told), tmp_path / "one.dcm")
        opened = open_image(path)
        assert opened.grid.scale == scale
        assert opened.grid.spacing_mm[1:] == spacing
        assert not opened.grid.placed

    def test_nuclear_medicine_is_stacked_by_its_step(self, tmp_path):
        told = image(
            np.stack([plane(k) for k in range(3)]),
            modality="NM",
            ImageType=["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"],
            PixelSpacing=[2, 1],
            SpacingBetweenSlices=4.0,
        )
        told.DetectorInformationSequence = group(
            ImagePositionPatient=[1, 2, 3], ImageOrientationPatient=[1, 0, 0, 0, 1, 0]
        )
        opened = open_image(save(told, tmp_path / "spect.dcm"))
        assert opened.grid.origin_mm == (1, 2, 3)
        assert opened.grid.steps_mm == ((0, 0, 4), (0, 2, 0), (1, 0, 0))

    def test_dose_is_in_gray_where_the_file_says_so(self, tmp_path):
        opened = open_image(sample("rtdose.dcm"))
        assert opened.unit == ""  # this one is relative
        assert opened.grid.shape == (15, 10, 10)
        assert opened.grid.spacing_mm == (5, 10, 10)
        told = pydicom.dcmread(sample("rtdose_1frame.dcm"))
        told.DoseUnits = "GY"
        assert open_image(save(told, tmp_path / "dose.dcm")).unit == "Gy"


class TestRefused:
    def test_nothing_there(self, tmp_path):
        with pytest.raises(NotFound, match="There is no file or folder"):
            open_image(tmp_path / "gone.dcm")

    def test_empty_file(self, tmp_path):
        (tmp_path / "a.dcm").touch()
        with pytest.raises(UnreadableFile, match=r"'a.dcm' is empty \(0 bytes\)"):
            open_image(tmp_path / "a.dcm")

    def test_text_named_dcm(self, tmp_path):
        (tmp_path / "a.dcm").write_text("this is no scan, whatever its name says" * 20)
        with pytest.raises(UnreadableFile, match="'a.dcm' is not DICOM"):
            open_image(tmp_path / "a.dcm")

    def test_a_stray_in_a_series_is_said(self, tmp_path):
        stack(tmp_path)
        (tmp_path / "report.dcm").write_text("this is no scan" * 20)
        said = open_image(tmp_path).source.problems
        assert said == (
            "1 of the files are called DICOM but are not (first 'report.dcm'); they are left out.",
        )

    @pytest.mark.parametrize("length", [100, 132, 140, 200, 400, 700])
    def test_a_header_that_was_cut_off(self, tmp_path, length):
        path = save(placed(plane(0), (0, 0, 0)), tmp_path / "cut.dcm")
        path.write_bytes(path.read_bytes()[:length])
        with pytest.raises(UnreadableFile, match=r"\.$"):
            open_image(path)

    @pytest.mark.parametrize(
        "name, words",
        [
            ("reportsi.dcm", "is a report without an image"),
            ("rtstruct.dcm", "is a set of contours"),
            ("rtplan.dcm", "is a treatment plan"),
            ("liver_1frame.dcm", "is a segmentation"),
            ("waveform_ecg.dcm", "is a waveform"),
            ("MR_truncated.dcm", "was cut off"),
            ("badVR.dcm", "gives '1A' as its number of frames"),
        ],
    )
    def test_what_is_no_image_says_what_it_is(self, name, words):
        with pytest.raises(UnreadableFile, match=words):
            open_image(sample(name))

    @pytest.mark.parametrize("seed", range(30))
    def test_random_damage_never_escapes_the_family(self, tmp_path, seed):
        """Bytes of the header are overwritten: it opens, or is refused in a sentence."""
        rng = np.random.default_rng(seed)
        path = save(placed(plane(0), (0, 0, 0)), tmp_path / "hurt.dcm")
        raw = bytearray(path.read_bytes())
        for at in rng.integers(132, len(raw) - 40, 12):
            raw[at] = rng.integers(256)
        path.write_bytes(raw)
        try:
            open_image(path).whole()
        except (UnreadableFile, SeveralSeries) as refused:
            assert str(refused).endswith(".")


class TestReal:
    def test_a_clinical_ct(self):
        opened = open_image(shared("data/io/totalseg_auto/dicom_series"))
        assert opened.grid.shape == (20, 512, 512)
        assert opened.unit == "HU"
        assert opened.pixels.dtype == np.int16
        sitk = pytest.importorskip("SimpleITK")
        folder = str(shared("data/io/totalseg_auto/dicom_series"))
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(folder))
        other = reader.Execute()
        assert np.array_equal(opened.whole()[..., 0], sitk.GetArrayFromImage(other))
        theirs = other.TransformIndexToPhysicalPoint((100, 200, 19))
        assert opened.grid.position_mm((19, 200, 100)) == pytest.approx(theirs, abs=1e-4)

    def test_a_study_with_segmentations_beside_it(self):
        opened = open_image(shared("data/io/dcmqi_ct_liver_dicom"))
        assert opened.grid.shape == (3, 512, 512)
        assert "SEG without an image" in opened.source.problems[-1]

    def test_a_slide_is_refused_by_name(self):
        with pytest.raises(UnreadableFile, match="whole-slide image"):
            open_image(shared("data/io/highdicom_seg_dicom/images/sm_image.dcm"))


def _region(delta_cm, *, kind=1, units=3):
    return group(
        RegionSpatialFormat=kind,
        RegionDataType=1,
        RegionLocationMinX0=0,
        RegionLocationMinY0=0,
        RegionLocationMaxX1=7,
        RegionLocationMaxY1=7,
        PhysicalUnitsXDirection=units,
        PhysicalUnitsYDirection=units,
        PhysicalDeltaX=delta_cm,
        PhysicalDeltaY=-delta_cm,
    )[0]
