"""Structured reports: measurements come back, and other programs see the same."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.sr.codedict import codes

from limner.cases.open import read as read_image
from limner.cases.reports import read_report, write_report
from limner.dicom.derived import at
from limner.dicom.sr import tracking_uid
from limner.errors import BadValue, NotFound, UnreadableFile
from limner.formats import FORMATS, dicom_seg, dicom_sr
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.measure import Measured, Measurement, measure
from limner.schema import Code, Label, Schema
from tests.cli.scans import limner
from tests.dicom.make import enhanced, image, save, stack
from tests.laws.values import ORIENTATIONS
from tests.needs import program

SCHEMA = Schema(
    (
        Label(1, "liver"),
        Label(
            2,
            "lesion",
            category=Code("SCT", "49755003", "Morphologically Abnormal Structure"),
            type=Code("SCT", "4147007", "Mass"),
            modifier=Code("SCT", "7771000", "Left"),
            region=Code("SCT", "39607008", "Lung"),
        ),
    )
)


@pytest.fixture
def scan(tmp_path):
    """A CT of four slices of 9 x 11 pixels."""
    from tests.dicom.make import placed

    rng = np.random.default_rng(1)
    for k in range(4):
        samples = rng.integers(900, 1200, (9, 11)).astype(np.int16)
        made = placed(samples, (10.1, 20.2, 3.3 * k), spacing=(0.7, 0.8), InstanceNumber=k + 1)
        save(made, tmp_path / "scan" / f"{k}.dcm")
    return read_image(tmp_path / "scan")


def two(grid):
    """A liver through three slices, if there are so many, and a lesion on the last."""
    labels = np.zeros(grid.shape, np.uint8)
    labels[:3, 1:7, 1:6] = 1
    labels[min(1, grid.shape[0] - 1), 3, 3] = 0
    labels[-1, 2:6, 5:10] = 4
    objects = (
        Object(1, "liver", source="human"),
        Object(
            4,
            "lesion",
            name="lesion 1",
            tracking_uid="2.25.77",
            source="model",
            slices=(grid.shape[0] - 1,),
        ),
    )
    return Mask(grid, (labels,), objects, schema=SCHEMA)


def there_and_back(mask, scan, path, **about):
    measured = measure(mask, scan)
    write_report(measured, path, mask=mask, image=scan, **about)
    return measured, read_report(path)


def tracked(measured, mask):
    """What was measured, with the tracking UIDs that a report gives to what has none."""
    return tuple(
        Measured(
            replace(each.object, tracking_uid=tracking_uid(each.object, mask)), each.measurements
        )
        for each in measured
    )


def groups(path):
    """The measurement groups as highdicom reads them: planar, volumetric, others."""
    content = hd.sr.srread(path).content
    return (
        content.get_planar_roi_measurement_groups(),
        content.get_volumetric_roi_measurement_groups(),
        content.get_image_measurement_groups(),
    )


class TestThereAndBack:
    def test_everything_is_as_it_was(self, scan, tmp_path):
        mask, path = two(scan.grid), tmp_path / "x.sr.dcm"
        measured, back = there_and_back(mask, scan, path)
        assert back == tracked(measured, mask)
        assert {each.unit for one in back for each in one.measurements} == {"mm", "mm2", "mL", "HU"}
        assert all(len(each["long_axis"].ends_mm) == 2 for each in back)

    @pytest.mark.parametrize("seg", [False, True])
    def test_without_what_is_ours_places_are_float32(self, scan, tmp_path, seg):
        mask, path = two(scan.grid), tmp_path / "x.sr.dcm"
        if seg:
            dicom_seg.write(mask, tmp_path / "x.seg.dcm", image=scan)
        drawn = tmp_path / "x.seg.dcm" if seg else None
        measured, _ = there_and_back(mask, scan, path, drawn=drawn)
        dataset = pydicom.dcmread(path)
        dataset.remove_private_tags()
        dataset.save_as(path)
        for each, own in zip(read_report(path, image=scan), measured, strict=True):
            assert {one.name for one in each.measurements} == {one.name for one in own.measurements}
            for one in own.measurements:
                found = each[one.name]
                assert replace(found, ends_mm=()) == replace(one, ends_mm=())
                assert np.allclose(found.ends_mm, one.ends_mm, atol=3e-5, rtol=0)
            assert each.object.name in {"liver", "lesion 1"}

    @pytest.mark.parametrize("orientation", ORIENTATIONS[::6])
    def test_oblique_and_turned(self, tmp_path, orientation):
        from tests.dicom.make import placed

        oblique, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))
        slices, down, along = orientation @ oblique
        slices = np.cross(along, down)  # as a scanner stacks them
        for k in range(3):
            place = np.array([3.0, -7.0, 11.0]) + 2.5 * k * slices
            cosines = [float(f"{each:.12f}") for each in (*along, *down)]
            made = placed(np.zeros((9, 11), np.int16), place.tolist(), orientation=cosines)
            save(made, tmp_path / "scan" / f"{k}.dcm")
        scan = read_image(tmp_path / "scan")
        mask = two(scan.grid)
        measured, back = there_and_back(mask, scan, tmp_path / "x.sr.dcm")
        assert back == tracked(measured, mask)

    def test_an_empty_object_and_numbers_that_are_none(self, scan, tmp_path):
        mask = Mask(scan.grid, (), (Object(3, name="gone", tracking_uid="2.25.3"),))
        lost = Measurement("intensity_mean", float("nan"), "HU", "Of nothing.")
        path = tmp_path / "x.sr.dcm"
        write_report([Measured(mask.objects[0], (lost,))], path, mask=mask, image=scan)
        (back,) = read_report(path)
        assert back.object == mask.objects[0]
        assert back.measurements == ()

    def test_any_name_and_unit(self, scan, tmp_path):
        mask = two(scan.grid)
        odd = (
            Measurement("first_order_90_percentile_of_all", 1.25, "{counts}", "Sätze."),
            Measurement("suv_peak", 0.1 + 0.2, "SUVbw", "m"),
            Measurement("thing", -1e-300, "furlong per fortnight", "m"),
            Measurement("sphericity", 1 / 3, "1", "m"),
        )
        path = tmp_path / "x.sr.dcm"
        write_report([Measured(mask.objects[1], odd)], path, mask=mask, image=scan)
        assert read_report(path)[0].measurements == odd

    def test_the_same_moment_gives_the_same_bytes(self, scan, tmp_path):
        mask = two(scan.grid)
        for name in ("a", "b"):
            with at(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)):
                there_and_back(mask, scan, tmp_path / f"{name}.sr.dcm")
        assert (tmp_path / "a.sr.dcm").read_bytes() == (tmp_path / "b.sr.dcm").read_bytes()


class TestOthersSee:
    def test_regions_by_outline(self, scan, tmp_path):
        mask, path = two(scan.grid), tmp_path / "x.sr.dcm"
        measured, _ = there_and_back(mask, scan, path)
        (planar,), (volume,), lines = groups(path)
        assert volume.tracking_identifier == "liver"
        assert planar.tracking_uid == "2.25.77"
        assert planar.finding_type == codes.SCT.Mass
        (site,) = planar.finding_sites
        assert site.topographical_modifier is None
        assert (site.value, site.laterality) == (codes.SCT.Lung, codes.SCT.Left)
        (found,) = volume.get_measurements(name=codes.SCT.Volume)
        assert (found.value, found.unit.value) == (measured[0]["volume"].value, "ml")
        (spread,) = (
            each
            for each in volume.get_measurements(name=codes.DCM.AttenuationCoefficient)
            if each.derivation == codes.SCT.StandardDeviation
        )
        assert spread.value == measured[0]["intensity_sd"].value
        assert spread.unit.value == "[hnsf'U]"
        assert [each.tracking_identifier for each in lines] == ["liver", "lesion 1"]

    def test_the_outline_is_that_of_the_voxels(self, scan, tmp_path):
        path = tmp_path / "x.sr.dcm"
        there_and_back(two(scan.grid), scan, path)
        (planar,), (volume,), _ = groups(path)
        index = scan.grid.index_at(planar.roi.value)
        assert index.min(axis=0) == pytest.approx([3, 1.5, 4.5], abs=1e-4)
        assert index.max(axis=0) == pytest.approx([3, 5.5, 9.5], abs=1e-4)
        assert len(volume.roi.graphic_data) == 3

    def test_callipers_are_lines_between_their_ends(self, scan, tmp_path):
        path = tmp_path / "x.sr.dcm"
        measured, _ = there_and_back(two(scan.grid), scan, path)
        for group, own in zip(groups(path)[2], measured, strict=True):
            for name, code in (("long_axis", "LongAxis"), ("short_axis", "ShortAxis")):
                (one,) = group.get_measurements(name=getattr(codes.SCT, code))
                (line,) = one.referenced_coordinates
                assert line.graphic_type == hd.sr.GraphicTypeValues3D.POLYLINE
                assert np.allclose(line.value, own[name].ends_mm, atol=3e-5)
                (shown,) = one.referenced_images
                source = scan.source.slices[own[name].slice]
                assert shown.referenced_sop_instance_uid == source.sop_instance_uid

    def test_regions_by_the_segments_of_a_seg(self, scan, tmp_path):
        mask, path, seg = two(scan.grid), tmp_path / "x.sr.dcm", tmp_path / "x.seg.dcm"
        dicom_seg.write(mask, seg, image=scan)
        there_and_back(mask, scan, path, drawn=seg)
        (planar,), (volume,), _ = groups(path)
        told = pydicom.dcmread(seg)
        assert volume.reference_type == codes.DCM.ReferencedSegment
        held = pydicom.dcmread(path)
        listed = str(held.CurrentRequestedProcedureEvidenceSequence)
        assert told.SOPInstanceUID in listed
        (one,) = references(held, "121191")
        assert one.ReferencedSOPInstanceUID == told.SOPInstanceUID
        assert one.ReferencedSegmentNumber == 1
        (flat,) = references(held, "121214")
        frame = told.PerFrameFunctionalGroupsSequence[flat.ReferencedFrameNumber - 1]
        assert frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber == 2
        assert planar.reference_type == codes.DCM.ReferencedSegmentationFrame

    @pytest.mark.parametrize("case", ["outline", "segment", "detector", "enhanced"])
    def test_dciodvfy_finds_no_error(self, scan, tmp_path, case):
        tool = program("dicom3tools")
        if case == "detector":
            scan = radiograph(tmp_path)
        if case == "enhanced":
            scan = one_file(tmp_path)
        mask, path, drawn = two(scan.grid), tmp_path / "x.sr.dcm", None
        if case == "segment":
            drawn = tmp_path / "x.seg.dcm"
            dicom_seg.write(mask, drawn, image=scan)
        there_and_back(mask, scan, path, drawn=drawn)
        done = subprocess.run([tool, path], capture_output=True, text=True)
        said = (done.stdout + done.stderr).splitlines()
        assert [line for line in said if line.startswith("Error")] == []
        assert "Comprehensive3DSR" in said


def references(item, concept):
    """Every reference under content of that concept."""
    found = []
    for each in item.get("ContentSequence", ()):
        if each.ConceptNameCodeSequence[0].CodeValue == concept:
            found.append(each.ReferencedSOPSequence[0])
        found += references(each, concept)
    return found


def radiograph(folder):
    made = image(np.zeros((9, 11), np.uint16), modality="DX", ImagerPixelSpacing=[0.2, 0.2])
    return read_image(save(made, folder / "dx.dcm"))


def one_file(folder):
    """Four slices in one enhanced object: references name the frame."""
    rng = np.random.default_rng(1)
    samples = rng.integers(0, 99, (4, 9, 11)).astype(np.uint16)
    places = [(0.0, 0.0, 2.0 * k) for k in range(4)]
    made = enhanced(samples, places, SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1")
    return read_image(save(made, folder / "enhanced.dcm"))


class TestOddScans:
    def test_a_radiographs_millimetres_stay_those_of_the_detector(self, tmp_path):
        scan = radiograph(tmp_path)
        mask, path = two(scan.grid), tmp_path / "x.sr.dcm"
        measured, back = there_and_back(mask, scan, path)
        assert back == tracked(measured, mask)
        assert back[1]["long_axis"].unit == "mm{detector}"
        planar, _, lines = groups(path)
        assert all(isinstance(each.roi, hd.sr.ImageRegion) for each in planar)
        (one,) = lines[1].get_measurements(name=codes.SCT.LongAxis)
        assert one.unit.value == "mm{detector}"
        (line,) = one.referenced_coordinates
        ends = scan.grid.index_at(back[1]["long_axis"].ends_mm)[:, [2, 1]]
        assert np.allclose(line.value, ends + 0.5, atol=1e-5)  # from the corner, column first

    def test_a_picture_without_a_size_counts_pixels(self, tmp_path):
        scan = read_image(
            save(image(np.zeros((9, 11), np.uint8), modality="OT"), tmp_path / "i.dcm")
        )
        mask, path = two(scan.grid), tmp_path / "x.sr.dcm"
        measured, back = there_and_back(mask, scan, path)
        assert back == tracked(measured, mask)
        assert back[0]["area"].unit == "{pixels}"

    def test_frames_of_one_file(self, tmp_path):
        scan = one_file(tmp_path)
        mask, path = two(scan.grid), tmp_path / "x.sr.dcm"
        measured, back = there_and_back(mask, scan, path)
        assert back == tracked(measured, mask)
        (area,) = groups(path)[0][0].get_measurements(name=codes.SCT.Area)
        (shown,) = area.referenced_images
        assert shown.referenced_frame_numbers == [4]

    def test_what_is_not_dicom_is_refused(self, scan, tmp_path):
        mask = two(scan.grid)
        plain = Image.of(np.zeros(scan.grid.shape), scan.grid)
        for other in (plain, None):
            with pytest.raises(BadValue, match="this scan is not DICOM. Give the DICOM scan"):
                write_report(measure(mask), tmp_path / "x.sr.dcm", mask=mask, image=other)
        with pytest.raises(BadValue, match="no object"):
            write_report([], tmp_path / "x.sr.dcm", mask=Mask(scan.grid), image=scan)
        assert not (tmp_path / "x.sr.dcm").exists()

    def test_an_outline_too_ragged_asks_for_a_seg(self, tmp_path):
        stack(tmp_path / "scan", (0.0, 3.0))
        scan = read_image(tmp_path / "scan")
        grid = replace(scan.grid, shape=(2, 200, 200))
        noise = np.random.default_rng(0).random(grid.shape) < 0.8
        mask = Mask.of(noise, grid)
        told = [Measured(mask.objects[0], (Measurement("volume", 1.0, "mL", "Counted."),))]
        with pytest.raises(BadValue, match="a report holds 5400. Write the mask as a DICOM SEG"):
            write_report(told, tmp_path / "x.sr.dcm", mask=mask, image=scan)


class TestRead:
    def test_another_programs_report(self, scan, tmp_path):
        """By highdicom: a length with its line, no region, no method, codes that we lack."""
        source = pydicom.dcmread(tmp_path / "scan" / "2.dcm")
        ends = np.array([[11.0, 21.0, 6.6], [14.0, 25.0, 6.6]])
        frame = source.FrameOfReferenceUID
        length = hd.sr.Measurement(
            name=codes.SCT.Length,
            value=5.0,
            unit=codes.UCUM.Millimeter,
            referenced_coordinates=[hd.sr.CoordinatesForMeasurement3D("POLYLINE", ends, frame)],
            referenced_images=[
                hd.sr.SourceImageForMeasurement(source.SOPClassUID, source.SOPInstanceUID)
            ],
        )
        group = hd.sr.MeasurementsAndQualitativeEvaluations(
            tracking_identifier=hd.sr.TrackingIdentifier("1.2.3.4", "nodule"),
            finding_type=codes.SCT.Nodule,
            measurements=[length],
        )
        device = hd.sr.DeviceObserverIdentifyingAttributes(uid="1.2.3")
        context = hd.sr.ObservationContext(
            observer_device_context=hd.sr.ObserverContext(codes.DCM.Device, device)
        )
        content = hd.sr.MeasurementReport(context, codes.SCT.ImagingProcedure, [group])
        path = tmp_path / "theirs.dcm"
        hd.sr.Comprehensive3DSR([source], content[0], "1.2.5", 1, "1.2.6", 1).save_as(path)
        assert dicom_sr.claims(path)
        (found,) = read_report(path, image=scan)
        assert (found.object.label, found.object.name) == ("Nodule", "nodule")
        assert found.object.tracking_uid == "1.2.3.4"
        (one,) = found.measurements
        assert (one.name, one.value, one.unit, one.slice) == ("length", 5.0, "mm", 2)
        assert np.allclose(one.ends_mm, ends, atol=1e-5)
        assert read_report(path)[0].measurements[0].slice is None  # nobody told the scan

    @pytest.mark.parametrize(
        "change, said",
        [
            (lambda d: setattr(d, "SOPClassUID", "1.2.840.10008.5.1.4.1.1.2"), "no structured"),
            (lambda d: delattr(d, "ContentSequence"), "no measurement group"),
            (lambda d: d.remove_private_tags(), None),
            (lambda d: delattr(first_number(d), "MeasuredValueSequence"), None),
            (lambda d: delattr(first_number(d), "ConceptNameCodeSequence"), None),
        ],
    )
    def test_what_is_missing(self, scan, tmp_path, change, said):
        path = tmp_path / "x.sr.dcm"
        there_and_back(two(scan.grid), scan, path)
        dataset = pydicom.dcmread(path)
        change(dataset)
        dataset.save_as(path)
        if said is None:
            assert len(read_report(path)) == 2
            return
        with pytest.raises(UnreadableFile, match=said):
            read_report(path)

    def test_what_is_not_there_or_no_dicom(self, tmp_path):
        with pytest.raises(NotFound, match="no report"):
            read_report(tmp_path / "x.sr.dcm")
        (tmp_path / "x.sr.dcm").write_bytes(b"hello\n" * 99)
        with pytest.raises(UnreadableFile, match="is not DICOM"):
            read_report(tmp_path / "x.sr.dcm")

    def test_a_report_is_no_format_of_masks(self, scan, tmp_path):
        assert "dicom_sr" not in FORMATS.names()
        path = tmp_path / "x.sr.dcm"
        there_and_back(two(scan.grid), scan, path)
        told = limner("convert", path, "-o", tmp_path / "y.nii.gz")
        assert told.code == 2
        assert "Traceback" not in told.err
        assert not (tmp_path / "y.nii.gz").exists()


def first_number(dataset):
    return next(
        item
        for group in dataset.ContentSequence[-1].ContentSequence
        for item in group.ContentSequence
        if item.ValueType == "NUM"
    )


class TestCommandLine:
    def test_measure_writes_a_report(self, scan, tmp_path):
        mask = two(scan.grid)
        dicom_seg.write(mask, tmp_path / "x.seg.dcm", image=scan)
        out = tmp_path / "report.sr.dcm"
        told = limner("measure", tmp_path / "x.seg.dcm", "-i", tmp_path / "scan", "-o", out)
        assert told.code == 0, told.err
        back = read_report(out)
        assert [each.measurements for each in back] == [
            each.measurements for each in measure(mask, scan)
        ]

    def test_it_says_what_it_needs(self, scan, tmp_path):
        mask = two(Grid((2, 9, 11)))
        path = tmp_path / "x.seg.dcm"
        dicom_seg.write(mask, path)
        told = limner("measure", path, "-o", tmp_path / "r.sr.dcm")
        assert told.code == 2
        assert "Give the DICOM scan" in told.err
        told = limner("measure", path, "-o", tmp_path / "r.txt")
        assert told.code == 2
        assert ".sr.dcm for a DICOM report" in told.err
