"""DICOM SEG: what is written, what other programs see in it, and what is read of theirs."""

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest

from limner.cases.open import read as read_image
from limner.dicom.derived import at, origin
from limner.dicom.seg_planes import planes
from limner.errors import BadValue, GeometryMismatch, LimnerError, UnreadableFile
from limner.formats import dicom_seg, format_of
from limner.grid import Grid
from limner.image import FileSource, Image, Source
from limner.mask import Mask, Object, Soft, soft
from limner.schema import Code, Label, Schema
from tests.data import shared
from tests.dicom.make import compressed, enhanced, image, placed, plane, save, stack
from tests.needs import program

LIVER = Code("SCT", "10200004", "Liver")
SCHEMA = Schema(
    (
        Label(3, "liver", colour=(221, 130, 101)),
        Label(5, "odd thing", category=Code("SCT", "49755003", "Abnormal"), region=LIVER),
    )
)


@pytest.fixture
def scan(tmp_path):
    """A CT of four slices of 4 x 5 pixels."""
    stack(tmp_path / "scan")
    return read_image(tmp_path / "scan")


def two(grid, *, overlapping=True):
    """A liver (7) and an odd thing (2) that share voxels, or not."""
    slices = grid.shape[0]
    liver, odd = np.zeros((2, *grid.shape), bool)
    liver[: max(1, slices - 1), 1:3, 1:4] = True
    odd[slices - 1 :, 2:, 2:] = True
    if overlapping:
        odd[0, 1:3, 3:5] = True
    objects = (
        Object(7, "liver", tracking_uid="2.25.77", source="model", rater="limner-2"),
        Object(2, "odd thing", name="näme", source="human", slices=(0,)),
    )
    under = np.where(liver, np.uint8(7), np.uint8(0))
    over = np.where(odd, np.uint8(2), np.uint8(0))
    layers = (under, over) if overlapping else (np.where(liver, under, over),)
    return Mask(grid, layers, objects, schema=SCHEMA)


def stripped(path, to=None):
    """The file as another program leaves it: without our private element."""
    dataset = pydicom.dcmread(path)
    dataset.remove_private_tags()
    return save(dataset, to or path)


def attributes(path):
    return pydicom.dcmread(path)


class TestWhatComesBack:
    @pytest.mark.parametrize("ending", dicom_seg.ENDINGS)
    def test_everything_that_was_said(self, scan, tmp_path, ending):
        mask = two(scan.grid, overlapping="labelmap" not in ending)
        path = tmp_path / f"mask{ending}"
        dicom_seg.write(mask, path, image=scan)
        assert dicom_seg.read(path) == mask
        assert dicom_seg.read(path, grid=scan.grid) == mask

    def test_by_what_the_standard_says_alone(self, scan, tmp_path):
        dicom_seg.write(two(scan.grid), tmp_path / "mask.seg.dcm", image=scan)
        back = dicom_seg.read(stripped(tmp_path / "mask.seg.dcm"), grid=scan.grid)
        assert back.grid == scan.grid
        assert [(each.id, each.label, each.source) for each in back] == [
            (1, "liver", "model"),
            (2, "näme", "human"),
        ]
        assert back.find(1).tracking_uid == "2.25.77"
        assert back.schema["liver"].type == LIVER
        assert back.schema["liver"].colour == (221, 130, 101)
        assert back.schema["näme"].region == LIVER
        assert np.array_equal(back.where(1), two(scan.grid).where(7))
        assert np.array_equal(back.where(2), two(scan.grid).where(2))

    def test_segments_that_another_program_renamed_are_believed(self, scan, tmp_path):
        path = tmp_path / "mask.seg.dcm"
        dicom_seg.write(two(scan.grid), path, image=scan)
        dataset = pydicom.dcmread(path)
        dataset.SegmentSequence[0].SegmentLabel = "spleen"
        save(dataset, path)
        assert [each.label for each in dicom_seg.read(path)] == ["spleen", "näme"]

    def test_an_object_without_a_voxel_stays(self, scan, tmp_path):
        mask = replace(two(scan.grid), layers=())
        dicom_seg.write(mask, tmp_path / "mask.seg.dcm", image=scan)
        assert dicom_seg.read(tmp_path / "mask.seg.dcm") == mask
        assert attributes(tmp_path / "mask.seg.dcm").NumberOfFrames == 1

    def test_empty_frames_are_left_out(self, scan, tmp_path):
        mask = two(scan.grid, overlapping=False)
        dicom_seg.write(mask, tmp_path / "mask.seg.dcm", image=scan)
        assert attributes(tmp_path / "mask.seg.dcm").NumberOfFrames == 3 + 1

    def test_probabilities_agree_with_the_mask(self, scan, tmp_path):
        levels = np.linspace(0, 1, 80).reshape(scan.grid.shape)
        mask = replace(two(scan.grid), soft=(soft(7, levels),))
        path = tmp_path / "mask.fractional.seg.dcm"
        dicom_seg.write(mask, path, image=scan)
        back = dicom_seg.read(path)
        assert back == mask
        kept, wanted = back.probability(7).astype(int), mask.probability(7).astype(int)
        agree = (wanted >= 128) == mask.where(7)
        assert np.array_equal(kept[agree], wanted[agree])
        assert set(kept[~agree].tolist()) <= {127, 128}
        assert back.probability(2) is None

    def test_bits_that_do_not_fill_bytes(self, tmp_path):
        """Frames of 15 pixels begin in the middle of a byte."""
        for k in range(5):
            save(placed(plane(k, (3, 5)), (0, 0, k)), tmp_path / "scan" / f"{k}.dcm")
        scan = read_image(tmp_path / "scan")
        noise = np.random.default_rng(1).integers(0, 3, scan.grid.shape)
        mask = Mask.from_labels(noise, scan.grid)
        dicom_seg.write(mask, tmp_path / "mask.seg.dcm", image=scan)
        assert dicom_seg.read(tmp_path / "mask.seg.dcm") == mask

    def test_a_deflated_one(self, scan, tmp_path):
        path = tmp_path / "mask.seg.dcm"
        dicom_seg.write(two(scan.grid), path, image=scan)
        dataset = pydicom.dcmread(path)
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
        save(dataset, path)
        assert dicom_seg.read(path) == two(scan.grid)

    @pytest.mark.parametrize("ending", [".labelmap.seg.dcm", ".fractional.seg.dcm"])
    @pytest.mark.parametrize("syntax", ["RLELossless", "JPEG2000Lossless"])
    def test_a_compressed_one(self, tmp_path, ending, syntax):
        for k in range(2):
            save(placed(plane(k, (40, 50)), (0, 0, k)), tmp_path / "scan" / f"{k}.dcm")
        scan = read_image(tmp_path / "scan")
        mask = two(scan.grid, overlapping=False)
        path = tmp_path / f"mask{ending}"
        dicom_seg.write(mask, path, image=scan)
        save(compressed(pydicom.dcmread(path), getattr(pydicom.uid, syntax)), path)
        assert dicom_seg.read(path) == mask

    def test_three_layers_of_overlap(self, scan, tmp_path):
        mask = Mask(scan.grid)
        for number in range(1, 6):
            inside = np.zeros(scan.grid.shape, bool)
            inside[:, :, number - 1 : number + 2] = True
            mask = mask.with_object(inside[:, :, :5], Object(number, "thing"))
        path = tmp_path / "mask.seg.dcm"
        dicom_seg.write(mask, path, image=scan)
        back = dicom_seg.read(stripped(path), grid=scan.grid)
        assert all(np.array_equal(back.where(n), mask.where(n)) for n in mask.ids)
        assert len(back.layers) == 3
        homes = [[(layer == n).any() for layer in back.layers] for n in back.ids]
        assert all(sum(each) == 1 for each in homes)


class TestTheScan:
    def test_patient_study_and_slices_are_referred_to(self, scan, tmp_path):
        dicom_seg.write(two(scan.grid), tmp_path / "mask.seg.dcm", image=scan)
        told, one = attributes(tmp_path / "mask.seg.dcm"), scan.source
        assert (told.PatientID, told.PatientName) == ("P1", "Doe^Jane")
        assert told.StudyInstanceUID == one.attribute("StudyInstanceUID")
        assert told.FrameOfReferenceUID == scan.grid.frame
        series = told.ReferencedSeriesSequence[0]
        assert series.SeriesInstanceUID == one.attribute("SeriesInstanceUID")
        assert len(series.ReferencedInstanceSequence) == 4
        uids = [each.sop_instance_uid for each in one.slices]
        for group in told.PerFrameFunctionalGroupsSequence:
            source = group.DerivationImageSequence[0].SourceImageSequence[0]
            place = group.PlanePositionSequence[0].ImagePositionPatient
            shown = uids.index(source.ReferencedSOPInstanceUID)
            assert np.allclose(place, scan.grid.position_mm((shown, 0, 0)), atol=1e-9)
            assert "ReferencedFrameNumber" not in source

    def test_the_order_of_its_files_does_not_matter(self, tmp_path):
        """Same samples, same UIDs, other names: the same bytes."""
        uids = [f"1.2.3.{k}" for k in range(4)]
        made = []
        for name, names in (("a", "0123"), ("b", "2031")):
            stack(
                tmp_path / name,
                names=[f"{each}.dcm" for each in names],
                each=lambda k: {"uid": uids[k]},
            )
            scan = read_image(tmp_path / name)
            with at(datetime(2026, 1, 2, tzinfo=UTC)):
                dicom_seg.write(two(scan.grid), tmp_path / f"{name}.seg.dcm", image=scan)
            made.append((tmp_path / f"{name}.seg.dcm").read_bytes())
        assert made[0] == made[1]

    def test_two_moments_are_two_instances(self, scan, tmp_path):
        found = []
        for day in (1, 2):
            with at(datetime(2026, 1, day, tzinfo=UTC)):
                dicom_seg.write(two(scan.grid), tmp_path / "m.seg.dcm", image=scan)
            found.append(attributes(tmp_path / "m.seg.dcm"))
        assert found[0].SOPInstanceUID != found[1].SOPInstanceUID
        assert [each.ContentDate for each in found] == ["20260101", "20260102"]

    def test_a_multi_frame_scan_is_named_by_frame(self, tmp_path):
        samples = np.zeros((3, 4, 5), np.int16)
        places = [(0, 0, 6.0), (0, 0, 0.0), (0, 0, 3.0)]  # frames in another order than slices
        save(enhanced(samples, places), tmp_path / "scan.dcm")
        scan = read_image(tmp_path / "scan.dcm")
        mask = Mask.of(np.ones(scan.grid.shape), scan.grid, label="liver")
        dicom_seg.write(mask, tmp_path / "mask.seg.dcm", image=scan)
        told = attributes(tmp_path / "mask.seg.dcm")
        found = [
            g.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber
            for g in told.PerFrameFunctionalGroupsSequence
        ]
        assert found == [2, 3, 1]
        assert dicom_seg.read(tmp_path / "mask.seg.dcm", grid=scan.grid) == mask

    def test_a_tilted_gantry(self, tmp_path):
        for k in range(4):
            save(placed(plane(k), (0, 0.8 * k, 3.0 * k)), tmp_path / "scan" / f"{k}.dcm")
        scan = read_image(tmp_path / "scan")
        assert scan.grid.sheared
        mask = two(scan.grid)
        dicom_seg.write(mask, tmp_path / "mask.seg.dcm", image=scan)
        assert dicom_seg.read(tmp_path / "mask.seg.dcm") == mask
        own = dicom_seg.read(stripped(tmp_path / "mask.seg.dcm"))
        assert own.grid.apart(replace(scan.grid, frame=own.grid.frame)) < 1e-4

    def test_uneven_slices_get_the_nearest_slice_back(self, tmp_path):
        heights = (0.0, 2.0, 5.0, 7.0, 9.5)
        stack(tmp_path / "scan", heights)
        scan = read_image(tmp_path / "scan")
        assert scan.grid.shape[0] == 5  # resampled: 0, 2.375, 4.75, 7.125, 9.5
        inside = np.zeros(scan.grid.shape, bool)
        inside[2:4, 1:3] = True
        mask = Mask.of(inside, scan.grid, label="liver")
        path = tmp_path / "mask.seg.dcm"
        dicom_seg.write(mask, path, image=scan)
        told = attributes(path)
        shown = [
            float(g.PlanePositionSequence[0].ImagePositionPatient[2])
            for g in told.PerFrameFunctionalGroupsSequence
        ]
        assert shown == list(heights)
        full = [bool(each.any()) for each in told.pixel_array]
        assert full == [False, False, True, True, False]  # 5 mm is nearest to 4.75, 7 to 7.125
        assert "at most 0.375 mm" in told.DerivationDescription
        assert planes(origin(scan)).error_mm == pytest.approx(0.375, abs=1e-6)
        assert any("0.38 mm" in each for each in dicom_seg.remarks(mask, image=scan))
        back = dicom_seg.read(path, grid=scan.grid)
        assert back.grid == scan.grid
        assert np.flatnonzero(back.where(1).any(axis=(1, 2))).tolist() == [2, 3]
        own = dicom_seg.read(stripped(path))
        assert np.allclose(own.grid.corners_mm(), scan.grid.corners_mm(), atol=1e-4)
        assert np.array_equal(own.where(1), back.where(1))

    def test_uneven_slices_in_a_label_map(self, tmp_path):
        stack(tmp_path / "scan", (0.0, 2.0, 5.0, 7.0, 9.5))
        scan = read_image(tmp_path / "scan")
        mask = Mask.of(np.ones(scan.grid.shape), scan.grid)
        dicom_seg.write(mask, tmp_path / "mask.labelmap.seg.dcm", image=scan)
        assert attributes(tmp_path / "mask.labelmap.seg.dcm").NumberOfFrames == 5
        assert dicom_seg.read(tmp_path / "mask.labelmap.seg.dcm", grid=scan.grid) == mask

    def test_a_clip_or_radiograph_has_references_and_no_place(self, tmp_path):
        told = {"ImagerPixelSpacing": [0.2, 0.2]}
        save(image(np.zeros((4, 5), np.uint16), modality="DX", **told), tmp_path / "scan.dcm")
        scan = read_image(tmp_path / "scan.dcm")
        mask = two(scan.grid)
        dicom_seg.write(mask, tmp_path / "mask.seg.dcm", image=scan)
        told = attributes(tmp_path / "mask.seg.dcm")
        assert "FrameOfReferenceUID" not in told
        assert "PlanePositionSequence" not in told.PerFrameFunctionalGroupsSequence[0]
        assert dicom_seg.read(tmp_path / "mask.seg.dcm") == mask
        again = dicom_seg.read(stripped(tmp_path / "mask.seg.dcm"), grid=scan.grid)
        assert again.grid == scan.grid

    def test_a_scan_that_is_not_dicom_gets_a_study_of_its_own(self, tmp_path):
        grid = Grid((3, 4, 5), (1, 2, 3))
        files = (FileSource("scan.nii", "ab" * 32),)
        scan = replace(
            Image.of(np.zeros((3, 4, 5)), grid), source=Source(format="nifti", files=files)
        )
        dicom_seg.write(two(grid), tmp_path / "a.seg.dcm", image=scan)
        dicom_seg.write(two(grid, overlapping=False), tmp_path / "b.seg.dcm", image=scan)
        one, other = attributes(tmp_path / "a.seg.dcm"), attributes(tmp_path / "b.seg.dcm")
        assert one.StudyInstanceUID == other.StudyInstanceUID
        assert one.FrameOfReferenceUID == other.FrameOfReferenceUID
        assert one.StudyDescription == "Derived from a scan that is not DICOM"
        assert (one.PatientID, str(one.PatientName)) == ("", "")
        assert "ReferencedSeriesSequence" not in one
        assert dicom_seg.read(tmp_path / "a.seg.dcm", grid=grid) == two(grid)
        assert any("names no patient" in each for each in dicom_seg.remarks(two(grid), image=scan))


class TestCodes:
    def test_a_class_without_codes_takes_those_of_the_vocabulary(self, scan, tmp_path):
        mask = Mask.of(np.ones(scan.grid.shape), scan.grid, label="Kidney_Left")
        dicom_seg.write(mask, tmp_path / "mask.seg.dcm", image=scan)
        kind = attributes(tmp_path / "mask.seg.dcm").SegmentSequence[0]
        kind = kind.SegmentedPropertyTypeCodeSequence[0]
        assert (kind.CodeValue, kind.CodeMeaning) == ("64033007", "Kidney")
        assert kind.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning == "Left"
        assert dicom_seg.remarks(mask, image=scan) == ()

    def test_what_nobody_coded_is_said(self, scan, tmp_path):
        mask = Mask.of(np.ones(scan.grid.shape), scan.grid, label="whatsit")
        (said,) = dicom_seg.remarks(mask, image=scan)
        assert "'whatsit' has no code" in said
        dicom_seg.write(mask, tmp_path / "mask.seg.dcm", image=scan)
        item = attributes(tmp_path / "mask.seg.dcm").SegmentSequence[0]
        assert item.SegmentedPropertyTypeCodeSequence[0].CodeMeaning == "Tissue"
        assert dicom_seg.read(tmp_path / "mask.seg.dcm") == mask

    def test_who_made_it(self, scan, tmp_path):
        dicom_seg.write(two(scan.grid), tmp_path / "mask.seg.dcm", image=scan)
        model, person = attributes(tmp_path / "mask.seg.dcm").SegmentSequence
        assert model.SegmentAlgorithmType == "SEMIAUTOMATIC"
        assert model.SegmentAlgorithmName == "limner-2"
        algorithm = model.SegmentationAlgorithmIdentificationSequence[0]
        assert algorithm.AlgorithmFamilyCodeSequence[0].CodeMeaning == "Artificial Intelligence"
        assert model.TrackingUID == "2.25.77"
        assert person.SegmentAlgorithmType == "MANUAL"
        assert "SegmentAlgorithmName" not in person
        assert "TrackingUID" not in person


class TestRefusals:
    def refused(self, mask, tmp_path, scan=None, name="mask.seg.dcm"):
        with pytest.raises(BadValue) as caught:
            dicom_seg.write(mask, tmp_path / name, image=scan)
        assert not (tmp_path / name).exists()
        return str(caught.value)

    def test_a_mask_without_an_object(self, scan, tmp_path):
        assert "no object" in self.refused(Mask(scan.grid), tmp_path, scan)

    def test_several_times(self, scan, tmp_path):
        layer = np.zeros((2, *scan.grid.shape), np.uint8)
        mask = Mask(scan.grid, (layer,), (Object(1),))
        assert "2 frames in time" in self.refused(mask, tmp_path, scan)

    def test_a_picture(self, tmp_path):
        mask = Mask.of(np.ones((1, 4, 5)), Grid.picture(4, 5))
        assert "without a place" in self.refused(mask, tmp_path)

    def test_rows_askew(self, tmp_path):
        grid = Grid((2, 4, 5), steps_mm=((0, 0, 1), (0, 1, 0), (1, 0.3, 0)))
        assert "right angles" in self.refused(Mask.of(np.ones((2, 4, 5)), grid), tmp_path)

    def test_a_mask_of_another_scan(self, scan, tmp_path):
        elsewhere = replace(scan.grid, frame="1.2.3.4")
        with pytest.raises(GeometryMismatch, match="another frame of reference"):
            dicom_seg.write(two(elsewhere), tmp_path / "mask.seg.dcm", image=scan)
        flat = Grid.picture(9, 9)
        with pytest.raises(GeometryMismatch, match="1 x 9 x 9 voxels and the scan 4 x 4 x 5"):
            dicom_seg.write(Mask.of(np.ones((1, 9, 9)), flat), tmp_path / "m.seg.dcm", image=scan)

    def test_overlap_in_a_label_map(self, scan, tmp_path):
        said = self.refused(two(scan.grid), tmp_path, scan, "mask.labelmap.seg.dcm")
        assert "share" in said


class TestOtherPrograms:
    def test_dcmqi_s_liver(self):
        folder = shared("data/io/dcmqi_ct_liver_dicom")
        scan = read_image(folder / "images" / "ct3")
        mask = dicom_seg.read(folder / "dicom_seg" / "liver.dcm", grid=scan.grid)
        assert mask.grid == scan.grid
        assert mask.schema["Liver"].type.meaning == "Liver"
        assert mask.voxels(1) == 107098  # as highdicom counts

    def test_dcmqi_s_overlaps(self):
        folder = shared("data/io/dcmqi_ct_liver_dicom")
        mask = dicom_seg.read(folder / "dicom_seg" / "partial_overlaps.dcm")
        import highdicom

        theirs = highdicom.seg.segread(folder / "dicom_seg" / "partial_overlaps.dcm")
        volume = theirs.get_volume(combine_segments=False, allow_missing_positions=True)
        counts = volume.array.sum(axis=(0, 1, 2)).tolist()
        assert [mask.voxels(n) for n in mask.ids] == counts
        assert len(mask.layers) == 3

    @pytest.mark.parametrize(
        "name",
        [
            "seg_image_ct_binary",
            "seg_image_ct_binary_overlap",
            "seg_image_ct_binary_fractional",
            "seg_image_ct_binary_single_frame",
            "seg_image_ct_true_fractional",
        ],
    )
    def test_highdicom_s_files(self, name):
        import highdicom

        path = shared("data/io/highdicom_seg_dicom") / "dicom_seg" / f"{name}.dcm"
        mask = dicom_seg.read(path)
        theirs = highdicom.seg.segread(path)
        volume = theirs.get_volume(combine_segments=False, allow_missing_positions=True)
        for k, number in enumerate(mask.ids):
            assert int((volume.array[..., k] >= 0.5).sum()) == mask.voxels(number)
        corner = volume.affine @ [0, 0, 0, 1]
        corners = mask.grid.corners_mm()
        assert np.linalg.norm(corners - corner[:3], axis=1).min() < 1e-4
        if "true" in name:
            levels = mask.probability(1)
            shown = np.sort(volume.array[..., 0].ravel())
            assert np.allclose(np.sort(levels.ravel()) / 255, shown, atol=1 / 255)

    def test_a_radiograph_s(self):
        folder = shared("data/io/highdicom_seg_dicom") / "dicom_seg"
        mask = dicom_seg.read(folder / "seg_image_cr_binary.dcm")
        assert (mask.grid.shape, mask.grid.scale, mask.voxels(1)) == ((1, 16, 16), "none", 151)

    def test_tiles_of_a_slide_are_refused(self):
        folder = shared("data/io/highdicom_seg_dicom") / "dicom_seg"
        with pytest.raises(UnreadableFile, match="whole-slide"):
            dicom_seg.read(folder / "seg_image_sm_control.dcm")

    @pytest.mark.parametrize("ending", dicom_seg.ENDINGS)
    def test_highdicom_reads_ours(self, scan, tmp_path, ending):
        import highdicom

        mask = two(scan.grid, overlapping="labelmap" not in ending)
        path = tmp_path / f"mask{ending}"
        dicom_seg.write(mask, path, image=scan)
        theirs = highdicom.seg.segread(path)
        volume = theirs.get_volume(combine_segments=False, allow_missing_positions=True)
        order = mask.ids if "labelmap" not in ending else sorted(mask.ids)
        for k, number in enumerate(order):
            index = np.argwhere(volume.array[..., k] > 0)
            places = index @ volume.affine[:3, :3].T + volume.affine[:3, 3]
            mine = mask.grid.position_mm(np.argwhere(mask.where(number)))
            assert np.allclose(np.sort(places, axis=0), np.sort(mine, axis=0), atol=1e-4)

    @pytest.mark.parametrize("case", ["placed", "flat", "orphan", "fractional", "uneven"])
    def test_dciodvfy_finds_no_error(self, tmp_path, case):
        tool = program("dicom3tools")
        heights = (0, 2, 5, 7, 9.5) if case == "uneven" else (0.0, 3.0, 6.0, 9.0)
        if case == "flat":
            made = image(np.zeros((4, 5), np.uint16), modality="DX", ImagerPixelSpacing=[0.2, 0.2])
            save(made, tmp_path / "scan" / "0.dcm")
        else:
            stack(tmp_path / "scan", heights)
        scan = read_image(tmp_path / "scan")
        ending = ".fractional.seg.dcm" if case == "fractional" else ".seg.dcm"
        path = tmp_path / f"mask{ending}"
        dicom_seg.write(two(scan.grid), path, image=None if case == "orphan" else scan)
        told = subprocess.run([tool, stripped(path)], capture_output=True, text=True)
        said = (told.stdout + told.stderr).splitlines()
        odd = [line for line in said if "Error" in line or "Warning" in line]
        # A scan that is not DICOM has no patient, which only a DICOMDIR asks for.
        assert [line for line in odd if case != "orphan" or "DICOMDIR" not in line] == []
        assert "Segmentation" in said


def damaged(path, change):
    dataset = pydicom.dcmread(path)
    change(dataset)
    return save(dataset, path)


class TestBadInput:
    @pytest.fixture
    def path(self, scan, tmp_path):
        dicom_seg.write(two(scan.grid), tmp_path / "mask.seg.dcm", image=scan)
        return tmp_path / "mask.seg.dcm"

    def said(self, path, grid=None):
        with pytest.raises(LimnerError) as caught:
            dicom_seg.read(path, grid=grid)
        assert str(caught.value).endswith(".")
        return str(caught.value)

    def test_another_frame_of_reference(self, path, scan):
        with pytest.raises(GeometryMismatch, match="another frame of reference"):
            dicom_seg.read(path, grid=replace(scan.grid, frame="1.2.3.4"))

    def test_no_segment(self, path):
        def change(dataset):
            dataset.SegmentSequence = []

        assert "describes no segment" in self.said(damaged(path, change))

    def test_a_frame_of_a_segment_that_is_not_there(self, path):
        def change(dataset):
            group = dataset.PerFrameFunctionalGroupsSequence[1]
            group.SegmentIdentificationSequence[0].ReferencedSegmentNumber = 9

        assert "shows segment 9" in self.said(damaged(path, change))

    def test_frames_that_are_not_described(self, path):
        def change(dataset):
            del dataset.PerFrameFunctionalGroupsSequence[1:]

        assert "but describes 1" in self.said(damaged(path, change))

    def test_no_position(self, path):
        def change(dataset):
            del dataset.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence

        assert "lack a position" in self.said(damaged(path, change))

    def test_a_claim_beyond_the_file(self, path):
        def change(dataset):
            dataset.Rows = dataset.Columns = 32768

        assert "are there" in self.said(damaged(path, change))

    def test_a_file_cut_off(self, path):
        path.write_bytes(path.read_bytes()[:-8])
        assert "cut off" in self.said(path) or "too early" in self.said(path)

    def test_missing_codes_and_labels(self, path, scan):
        def change(dataset):
            for item in dataset.SegmentSequence:
                del item.SegmentedPropertyTypeCodeSequence
                del item.SegmentedPropertyCategoryCodeSequence
                item.SegmentLabel = ""

        mask = dicom_seg.read(damaged(path, change), grid=scan.grid)
        assert [each.label for each in mask] == ["segment 1", "segment 2"]
        assert np.array_equal(mask.where(1), two(scan.grid).where(7))

    def test_a_sequence_of_the_wrong_kind(self, path):
        def change(dataset):
            dataset[0x52009230].VR = "UN"
            dataset[0x52009230].value = b"\1\2\3\4"

        self.said(damaged(path, change))

    def test_an_image(self, tmp_path):
        save(placed(plane(0), (0, 0, 0)), tmp_path / "ct.seg.dcm")
        assert "is no DICOM SEG but: CT Image Storage" in self.said(tmp_path / "ct.seg.dcm")

    def test_positions_of_no_stack(self, path):
        def change(dataset):
            groups = dataset.PerFrameFunctionalGroupsSequence
            groups[0].PlanePositionSequence[0].ImagePositionPatient = [400, 20, 0]
            dataset.remove_private_tags()

        assert "along one line" in self.said(damaged(path, change))

    def test_a_slice_a_kilometre_away(self, path):
        def change(dataset):
            groups = dataset.PerFrameFunctionalGroupsSequence
            groups[0].PlanePositionSequence[0].ImagePositionPatient = [10, 20, -1e6]
            dataset.remove_private_tags()

        assert "no regular stack" in self.said(damaged(path, change))

    @pytest.mark.parametrize("seed", range(40))
    def test_flipped_bytes_are_read_or_refused(self, path, scan, seed):
        rng = np.random.default_rng(seed)
        raw = bytearray(path.read_bytes())
        for at_byte in rng.integers(132, len(raw), 12):
            raw[at_byte] = int(rng.integers(0, 256))
        path.write_bytes(bytes(raw))
        try:
            dicom_seg.read(path, grid=scan.grid)
        except LimnerError as error:
            assert str(error).endswith(".")


def test_a_seg_is_found_without_its_ending(scan, tmp_path):
    dicom_seg.write(two(scan.grid), tmp_path / "mask.seg.dcm", image=scan)
    for name in ("1-1.dcm", "IM000001"):
        shutil.copy(tmp_path / "mask.seg.dcm", tmp_path / name)
        assert format_of(tmp_path / name) is dicom_seg
    assert not dicom_seg.claims(next(Path(tmp_path / "scan").iterdir()))
    report = placed(plane(0), (0, 0, 0))
    report.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.66.4"
    assert not dicom_seg.claims(save(report, tmp_path / "report.dcm"))


def test_soft_values_beyond_the_mask_have_frames_of_their_own(scan, tmp_path):
    mask = Mask(scan.grid, (), (Object(1),), (Soft(1, (2, 0, 0), np.full((1, 2, 2), 50)),))
    path = tmp_path / "mask.fractional.seg.dcm"
    dicom_seg.write(mask, path, image=scan)
    assert attributes(path).NumberOfFrames == 1
    assert dicom_seg.read(path).probability(1)[2, 1, 1] == 50
