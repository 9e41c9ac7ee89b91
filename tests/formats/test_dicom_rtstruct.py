"""RT structure sets: what is written, what other programs make, and what is odd in theirs."""

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image as Picture

from limner.cases.open import read as read_image
from limner.cases.save import read_mask
from limner.dicom.derived import at
from limner.errors import BadValue, GeometryMismatch, UnreadableFile
from limner.formats import dicom_rtstruct, format_of
from limner.grid import Grid
from limner.mask import Mask, Object
from limner.schema import Code, Label, Schema
from tests.data import shared
from tests.dicom.make import image, save, stack
from tests.golden.rt_utils import make as golden
from tests.needs import program

GRID = Grid((4, 12, 14), (-3.0, 5.0, 10.0), ((0, 0, 3), (0, 1, 0), (1, 0, 0)), frame="2.25.5")
SCHEMA = Schema(
    (
        Label(3, "liver", colour=(221, 130, 101)),
        Label(
            5,
            "odd thing",
            category=Code("SCT", "49755003", "Morphologically Abnormal Structure"),
            type=Code("SCT", "4147007", "Mass"),
            modifier=Code("SCT", "7771000", "Left"),
            region=Code("SCT", "10200004", "Liver"),
            colour=(1, 2, 3),
        ),
    )
)


@pytest.fixture
def scan(tmp_path):
    """A CT of four slices of 4 x 5 pixels."""
    stack(tmp_path / "scan")
    return read_image(tmp_path / "scan")


def two(grid):
    liver, odd = np.zeros((2, *grid.shape), bool)
    liver[0:3, 0:3, 0:4] = True
    liver[1, 1, 1] = False
    odd[2:, 1:, 2:] = True
    mask = Mask(grid, schema=SCHEMA)
    mask = mask.with_object(liver, Object(7, "liver", source="human"))
    about = Object(
        2, "odd thing", name="näme", tracking_uid="2.25.77", source="model", rater="limner-2"
    )
    return mask.with_object(odd, about).with_object(np.zeros(grid.shape), Object(9, "", "gone"))


@pytest.fixture
def written(scan, tmp_path):
    path = tmp_path / "x.rtstruct.dcm"
    dicom_rtstruct.write(two(scan.grid), path, image=scan)
    return path


def stripped(path):
    """As another program leaves it: without our private element."""
    dataset = pydicom.dcmread(path)
    dataset.remove_private_tags()
    dataset.save_as(path)
    return path


def square(low, high, height=13.0, *, spacing=1.0):
    """A square contour of GRID, mm: from the edge of pixel `low` to that before `high`."""
    a, b = (spacing * (each - 0.5) for each in (low, high))
    ring = [(a, a), (b, a), (b, b), (a, b)]
    return [number for x, y in ring for number in (x - 3.0, y + 5.0, height)]


def foreign(tmp_path, *contours, kind="CLOSED_PLANAR", frame=GRID.frame, change=None):
    """A structure set by another program: one structure 'target' with these contours."""
    mask = Mask.of(np.ones(GRID.shape), GRID, label="target")
    path = tmp_path / "theirs.rtstruct.dcm"
    dicom_rtstruct.write(mask, path)
    dataset = pydicom.dcmread(path)
    dataset.remove_private_tags()
    dataset.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = frame
    item = dataset.ROIContourSequence[0]
    del item.SourcePixelPlanesCharacteristicsSequence
    kinds = [kind] * len(contours) if isinstance(kind, str) else kind
    made = []
    for points, each in zip(contours, kinds, strict=True):
        made.append(pydicom.Dataset())
        made[-1].ContourGeometricType = each
        made[-1].NumberOfContourPoints = len(points) // 3
        made[-1].ContourData = [f"{number:.6g}" for number in points]
    item.ContourSequence = made
    if change is not None:
        change(dataset)
    dataset.save_as(path)
    return path


def examined(*contours, tmp_path, **about):
    found = dicom_rtstruct.examined(foreign(tmp_path, *contours, **about), grid=GRID)
    return found.mask.where(1), found.problems


class TestWritten:
    def test_names_numbers_colours_and_who_made_it(self, written):
        told = pydicom.dcmread(written)
        rois = told.StructureSetROISequence
        assert [int(each.ROINumber) for each in rois] == [7, 2, 9]
        assert [each.ROIName for each in rois] == ["liver", "näme", "gone"]
        made = [each.ROIGenerationAlgorithm for each in rois]
        assert made == ["MANUAL", "SEMIAUTOMATIC", "SEMIAUTOMATIC"]
        assert rois[1].ROIGenerationDescription.endswith("limner-2")
        assert rois[1].ConceptualVolumeIdentificationSequence[0].ConceptualVolumeUID == "2.25.77"
        colours = [list(each.ROIDisplayColor) for each in told.ROIContourSequence]
        assert colours[:2] == [[221, 130, 101], [1, 2, 3]]
        assert "ContourSequence" not in told.ROIContourSequence[2]

    def test_codes(self, written):
        liver, odd, _ = pydicom.dcmread(written).RTROIObservationsSequence
        kind = liver.RTROIIdentificationCodeSequence[0]
        assert (kind.CodeValue, kind.CodeMeaning) == ("10200004", "Liver")  # of the vocabulary
        assert liver.RTROIInterpretedType == "ORGAN"
        kind = odd.RTROIIdentificationCodeSequence[0]
        assert kind.CodeMeaning == "Mass"
        assert kind.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning == "Left"
        assert odd.AnatomicRegionSequence[0].CodeMeaning == "Liver"
        assert odd.RTROIInterpretedType == ""

    def test_refers_to_study_series_frame_and_images(self, written, scan):
        told = pydicom.dcmread(written)
        (frame,) = told.ReferencedFrameOfReferenceSequence
        assert frame.FrameOfReferenceUID == scan.grid.frame
        (series,) = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence
        assert series.SeriesInstanceUID == scan.source.attribute("SeriesInstanceUID")
        uids = [each.sop_instance_uid for each in scan.source.slices]
        assert [each.ReferencedSOPInstanceUID for each in series.ContourImageSequence] == uids
        for contour in told.ROIContourSequence[0].ContourSequence:
            height = float(contour.ContourData[2])
            (shown,) = contour.ContourImageSequence
            assert shown.ReferencedSOPInstanceUID == uids[round(height / 3)]
        assert told.StudyInstanceUID == scan.source.attribute("StudyInstanceUID")
        assert told.PatientName == "Doe^Jane"

    @pytest.mark.parametrize("holes", ["keyhole", "xor"])
    def test_holes_are_told_as_the_standard_says(self, scan, tmp_path, holes):
        path = tmp_path / "x.rtstruct.dcm"
        dicom_rtstruct.write(two(scan.grid), path, image=scan, holes=holes)
        contours = pydicom.dcmread(path).ROIContourSequence[0].ContourSequence
        kinds = {each.ContourGeometricType for each in contours}
        assert kinds == {"CLOSED_PLANAR" if holes == "keyhole" else "CLOSEDPLANAR_XOR"}
        assert len(contours) == (3 if holes == "keyhole" else 4)
        assert dicom_rtstruct.read(path) == two(scan.grid)

    def test_read_without_what_is_ours_names_and_codes_stay(self, written, scan):
        back = dicom_rtstruct.read(stripped(written))
        assert back.grid.matches(scan.grid)
        assert back.ids == (7, 2, 9)
        assert [each.label for each in back] == ["liver", "näme", "gone"]
        assert [each.source for each in back] == ["human", "model", "model"]
        assert back.find(2).tracking_uid == "2.25.77"
        odd, own = back.schema["näme"], SCHEMA["odd thing"]
        assert (odd.type, odd.modifier, odd.region) == (own.type, own.modifier, own.region)
        assert odd.colour == own.colour
        assert all(np.array_equal(back.where(n), two(scan.grid).where(n)) for n in (7, 2, 9))

    def test_a_name_that_another_program_changed_is_the_one_that_counts(self, written):
        told = pydicom.dcmread(written)
        told.StructureSetROISequence[1].ROIName = "renamed"
        told.save_as(written)
        back = dicom_rtstruct.read(written)
        assert [each.label for each in back] == ["liver", "renamed", ""]

    def test_it_stands_by_its_own_content(self, written):
        assert format_of(written) is dicom_rtstruct
        plain = written.with_name("RS.dcm")
        shutil.copy(written, plain)
        assert format_of(plain) is dicom_rtstruct
        assert read_mask(plain).ids == (7, 2, 9)

    def test_uneven_slices_get_the_contours_of_the_nearest(self, tmp_path):
        heights = (0, 2, 5, 7, 9.5)
        stack(tmp_path / "scan", heights)
        scan = read_image(tmp_path / "scan")
        mask = Mask.of(np.ones(scan.grid.shape), scan.grid, label="liver")
        path = tmp_path / "x.rtstruct.dcm"
        dicom_rtstruct.write(mask, path, image=scan)
        told = pydicom.dcmread(path)
        found = told.ROIContourSequence[0].ContourSequence
        assert [float(each.ContourData[2]) for each in found] == list(heights)
        assert len({each.ContourImageSequence[0].ReferencedSOPInstanceUID for each in found}) == 5
        assert "away" in told.StructureSetDescription
        (said,) = dicom_rtstruct.remarks(mask, image=scan)
        assert said == told.StructureSetDescription

    def test_refusals(self, tmp_path, scan):
        path = tmp_path / "x.rtstruct.dcm"
        flat = Mask.of(np.ones((1, 3, 3)), Grid.picture(3, 3))
        detector = Mask.of(np.ones((1, 3, 3)), replace(Grid((1, 3, 3)), scale="detector"))
        moving = Mask(scan.grid, (np.ones((2, *scan.grid.shape), np.uint8),), (Object(1),))
        for mask, said in (
            (flat, "no place"),
            (detector, "no place"),
            (moving, "2 frames in time"),
            (Mask(scan.grid), "no object"),
        ):
            with pytest.raises(BadValue, match=said):
                dicom_rtstruct.write(mask, path)
        with pytest.raises(BadValue, match="'round' is no way"):
            dicom_rtstruct.write(two(scan.grid), path, outline="round")
        assert not path.exists()

    @pytest.mark.parametrize("case", ["keyhole", "smooth", "orphan"])
    def test_dciodvfy_finds_no_error(self, tmp_path, scan, case):
        tool = program("dicom3tools")
        path = tmp_path / "x.rtstruct.dcm"
        outline = "smooth" if case == "smooth" else "edges"
        told = None if case == "orphan" else scan
        dicom_rtstruct.write(two(scan.grid), path, image=told, outline=outline)
        done = subprocess.run([tool, path], capture_output=True, text=True)
        said = (done.stdout + done.stderr).splitlines()
        # Debian's dciodvfy is of 2022 and knows no group 3010 (conceptual volumes).
        odd = [line for line in said if line.startswith("Error") and "0x3010" not in line]
        assert odd == []
        assert "RTStructureSet" in said


class TestRead:
    def test_planes_within_half_a_step_go_to_the_nearest_slice(self, tmp_path):
        inside, said = examined(square(2, 6, 13.9), tmp_path=tmp_path)
        assert inside[1].sum() == 16
        assert inside.sum() == 16
        (one,) = said
        assert one.startswith("Contours of 'target' lie up to 0.9 mm beside the slices; each was")

    def test_two_planes_at_one_slice_do_not_cancel(self, tmp_path):
        contours = square(2, 6, 12.2), square(2, 7, 13.4)
        inside, said = examined(*contours, tmp_path=tmp_path)
        assert inside[1].sum() == 25  # the nearer
        assert any("closer together than the slices; those of 1 planes" in each for each in said)

    def test_contours_across_the_slices_are_refused(self, tmp_path):
        upright = [0, 7, 10, 0, 9, 10, 0, 9, 19, 0, 7, 19]
        with pytest.raises(GeometryMismatch, match="crosses 3 slices .* another orientation"):
            examined(upright, tmp_path=tmp_path)

    def test_a_slight_tilt_is_said(self, tmp_path):
        points = square(2, 6)
        points[2] += 0.6
        inside, said = examined(points, tmp_path=tmp_path)
        assert inside[1].sum() == 16
        assert "tilted against the slices by up to 0.6 mm" in " ".join(said)

    def test_another_frame_of_reference_is_refused(self, tmp_path):
        with pytest.raises(GeometryMismatch, match="another frame of reference .2.25.6.*2.25.5"):
            examined(square(2, 6), tmp_path=tmp_path, frame="2.25.6")

    def test_beyond_the_scan(self, tmp_path):
        inside, said = examined(square(2, 6), square(2, 6, 40.0), tmp_path=tmp_path)
        assert inside.sum() == 16
        assert said == ("'target' has 1 contour that is beyond the first or last slice; left out.",)
        with pytest.raises(GeometryMismatch, match="None of the contours"):
            examined(square(2, 6, 40.0), tmp_path=tmp_path)

    def test_a_point_kilometres_away_costs_no_memory(self, tmp_path):
        points = square(2, 6)
        points[0] = -9e6
        inside, said = examined(points, tmp_path=tmp_path)
        assert inside[1].any()
        assert "partly outside the pictures" in said[0]

    def test_partly_beside_the_pictures(self, tmp_path):
        inside, said = examined(square(-3, 2), tmp_path=tmp_path)
        assert inside.sum() == 4
        assert "partly outside the pictures; cut there." in said[0]

    def test_open_lines_and_points_enclose_nothing_and_are_said(self, tmp_path):
        kinds = ("CLOSED_PLANAR", "OPEN_PLANAR", "POINT", "POINT")
        contours = (square(2, 4), square(6, 9), [1, 8, 13], [2, 8, 13])
        inside, said = examined(*contours, tmp_path=tmp_path, kind=kinds)
        assert inside.sum() == 4
        lines, points = said
        assert "1 contour that is open lines (OPEN_PLANAR) and encloses nothing; left" in lines
        assert "2 contours that are points (POINT) and enclose nothing; left out." in points

    def test_a_contour_in_another_is_a_hole_and_in_that_an_island(self, tmp_path):
        contours = square(1, 10), square(3, 8), square(5, 6)
        inside, said = examined(*contours, tmp_path=tmp_path)
        assert inside.sum() == 81 - 25 + 1
        assert said == ()

    def test_what_crosses_overlaps_or_is_there_twice_is_said(self, tmp_path):
        bow = [-1, 7, 13, 5, 13, 13, 5, 7.2, 13, -1, 13, 13]
        _, said = examined(bow, tmp_path=tmp_path)
        assert "crossing over themselves" in said[0]
        inside, said = examined(square(1, 6), square(4, 9), tmp_path=tmp_path)
        assert inside.sum() == 25 + 25 - 2 * 4
        assert "overlap on 1 slices" in said[0]
        inside, said = examined(square(1, 6), square(1, 6), tmp_path=tmp_path)
        assert inside.sum() == 25
        assert said == ("'target' has 1 contour that is there twice; one of each is used.",)

    def test_every_second_slice_is_said(self, tmp_path):
        grid = replace(GRID, shape=(7, 12, 14), steps_mm=((0, 0, 1.5), (0, 1, 0), (1, 0, 0)))
        contours = [square(2, 6, height) for height in (10, 13, 16, 19)]
        found = dicom_rtstruct.examined(foreign(tmp_path, *contours), grid=grid)
        assert found.problems == (
            "'target' has contours on about every 2 slices only; the slices between are empty.",
        )

    def test_too_thin_is_said(self, tmp_path):
        thin = [-1.3, 7.2, 13, 2, 7.2, 13, 2, 7.4, 13, -1.3, 7.4, 13]
        _, said = examined(thin, square(6, 7), tmp_path=tmp_path)
        assert "too thin to hold the centre of a pixel" in said[0]

    @pytest.mark.parametrize(
        "change, said",
        [
            (lambda d: setattr(d, "SOPClassUID", "1.2.840.10008.5.1.4.1.1.2"), "no RT Structure"),
            (lambda d: setattr(d, "StructureSetROISequence", []), "no name"),
            (lambda d: delattr(d, "ROIContourSequence"), None),
            (lambda d: delattr(d, "RTROIObservationsSequence"), None),
            (lambda d: delattr(d, "ReferencedFrameOfReferenceSequence"), None),
            (
                lambda d: setattr(contour(d), "NumberOfContourPoints", 9),
                "promises 9 points and holds 4",
            ),
            (lambda d: setattr(contour(d), "ContourData", ["1", "2"]), "2 readable coordinates"),
            (lambda d: delattr(contour(d), "ContourData"), "0 readable coordinates"),
            (lambda d: delattr(contour(d), "ContourGeometricType"), None),
            (lambda d: delattr(contour(d), "NumberOfContourPoints"), None),
        ],
    )
    def test_what_is_missing_or_wrong(self, tmp_path, change, said):
        if said is None or said == "no name":
            found = dicom_rtstruct.examined(
                foreign(tmp_path, square(2, 6), change=change), grid=GRID
            )
            assert len(found.mask) == 1
            assert said is None or said in found.problems[0]
        else:
            with pytest.raises(UnreadableFile, match=said):
                examined(square(2, 6), tmp_path=tmp_path, change=change)

    @pytest.mark.parametrize("number", ["1e999", "1e300"])
    def test_numbers_that_are_nowhere(self, tmp_path, number):
        def change(dataset):
            dataset.ROIContourSequence[0].ContourSequence[0].ContourData = [number] * 3

        with pytest.raises(UnreadableFile, match="readable coordinates"):
            examined(square(2, 6)[:3], tmp_path=tmp_path, change=change)

    def test_an_empty_list_of_structures(self, tmp_path):
        def change(dataset):
            dataset.StructureSetROISequence, dataset.ROIContourSequence = [], []

        with pytest.raises(UnreadableFile, match="holds no structure"):
            examined(square(2, 6), tmp_path=tmp_path, change=change)

    def test_numbers_that_are_no_ids_are_counted(self, tmp_path):
        def change(dataset):
            dataset.StructureSetROISequence[0].ROINumber = 0
            dataset.ROIContourSequence[0].ReferencedROINumber = 0

        inside, _ = examined(square(2, 6), tmp_path=tmp_path, change=change)
        assert inside.sum() == 16

    def test_without_a_grid_the_series_beside_it_is_found(self, written, scan, tmp_path):
        dataset = pydicom.dcmread(stripped(written))
        for item in dataset.ROIContourSequence:
            del item.SourcePixelPlanesCharacteristicsSequence
        dataset.save_as(written)
        assert dicom_rtstruct.read(written).grid == scan.grid
        alone = tmp_path / "alone" / "x.dcm"
        alone.parent.mkdir()
        shutil.copy(written, alone)
        with pytest.raises(UnreadableFile, match="needs the scan .* --image"):
            dicom_rtstruct.read(alone)

    def test_a_scan_is_no_structure_set(self, tmp_path):
        path = save(image(np.zeros((4, 5), np.uint16)), tmp_path / "x.rtstruct.dcm")
        with pytest.raises(UnreadableFile, match="is no RT Structure Set but another"):
            dicom_rtstruct.read(path)


def contour(dataset):
    return dataset.ROIContourSequence[0].ContourSequence[0]


def test_a_planning_systems_contours_on_their_slice():
    folder = shared("data/io/rtstruct_ct_dicom")
    scan = read_image(folder / "images/ct0")
    found = dicom_rtstruct.examined(folder / "rtstruct/rtss.dcm", grid=scan.grid)
    assert [each.label for each in found.mask][:5] == [
        "BODY",
        "Areola",
        "Borders",
        "Breast",
        "Heart",
    ]
    assert found.mask.schema["BODY"].colour == (154, 155, 100)
    theirs = np.asarray(Picture.open(folder / "masks/ct0.png")) == 1
    ours = found.mask.where(1)[0]
    assert 2 * (ours & theirs).sum() / (ours.sum() + theirs.sum()) > 0.9998
    assert "'BODY' has 137 contours that are beyond the first or last slice" in found.problems[0]


@pytest.fixture(scope="module")
def rt_utils(tmp_path_factory):
    """The grid of the scan that `tests/golden/rt_utils` was made on, and the folder."""
    scan = golden.scan(tmp_path_factory.mktemp("rt_utils"))
    return scan, Path(golden.HERE)


class TestRtUtils:
    def test_its_contours_are_its_masks(self, rt_utils):
        scan, folder = rt_utils
        found = dicom_rtstruct.examined(folder / "theirs.dcm", grid=scan.grid)
        assert found.problems == ()
        for each in found.mask:
            assert np.array_equal(found.mask.where(each.id), golden.masks()[each.label])

    def test_its_pin_holes_take_a_line_and_nothing_else(self, rt_utils):
        scan, folder = rt_utils
        mask = dicom_rtstruct.read(folder / "pinned.dcm", grid=scan.grid)
        for each in mask:
            ours, whole = mask.where(each.id), golden.masks()[each.label]
            assert not (ours & ~whole).any()
            assert (whole & ~ours).sum() <= 0.15 * whole.sum()

    def test_what_it_saw_of_ours_is_ours_with_the_next_pixel_at_most(self, rt_utils):
        """It rounds points to pixels and counts its outlines in, so it sees half a pixel more."""
        from scipy import ndimage

        _, folder = rt_utils
        seen = np.load(folder / "seen.npz")
        for file in ("ours", "ours_xor"):
            for name, inside in golden.masks().items():
                theirs = np.moveaxis(seen[f"{file}/{name}"], 2, 0)
                assert not (inside & ~theirs).any()
                near = ndimage.binary_dilation(inside, np.ones((1, 3, 3)))
                assert not (theirs & ~near).any()

    def test_what_it_saw_is_what_is_written_today(self, rt_utils, tmp_path):
        scan, folder = rt_utils
        for file, holes in (("ours", "keyhole"), ("ours_xor", "xor")):
            path = tmp_path / f"{file}.rtstruct.dcm"
            with at(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)):
                dicom_rtstruct.write(golden.mask(scan.grid), path, image=scan, holes=holes)
            today, then = pydicom.dcmread(path), pydicom.dcmread(folder / f"{file}.dcm")
            assert today.ROIContourSequence == then.ROIContourSequence
