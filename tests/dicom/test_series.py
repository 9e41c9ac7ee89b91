"""The series reader explains itself: each oddity in one sentence, handled openly or refused."""

import numpy as np
import pytest
from pydicom.uid import generate_uid

from limner.dicom.series import survey
from limner.errors import BadValue, SeveralSeries, UnreadableFile
from limner.read import open_image
from tests.dicom.make import enhanced, group, image, placed, plane, save, stack

SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


def first_samples(opened, *, time=0):
    """The first sample of each slice, which tells which file it came from."""
    return (opened.whole(time=time)[:, 0, 0, 0] + 1024.0).tolist()


def only(problems, words):
    """The one sentence that holds these words."""
    found = [each for each in problems if words in each]
    assert len(found) == 1, problems
    assert found[0].endswith(".")
    return found[0]


def test_a_plain_series_has_nothing_to_say(tmp_path):
    stack(tmp_path)
    opened = open_image(tmp_path)
    assert opened.source.problems == ()
    assert opened.grid.shape == (4, 4, 5)
    assert opened.grid.steps_mm == ((0, 0, 3), (0, 2, 0), (1, 0, 0))
    assert opened.grid.origin_mm == (10, 20, 0)
    assert opened.unit == "HU"
    assert opened.source.modality == "CT"
    assert [each.position_mm for each in opened.source.slices] == [
        (10, 20, 3.0 * k) for k in range(4)
    ]


def test_the_step_is_that_of_the_positions_not_the_thickness(tmp_path):
    stack(tmp_path, SliceThickness=5.0)
    assert open_image(tmp_path).grid.spacing_mm[0] == 3.0


def test_positions_beat_names_and_instance_numbers(tmp_path):
    stack(tmp_path, (9.0, 0.0, 6.0, 3.0), names=["a.dcm", "d.dcm", "b.dcm", "c.dcm"])
    assert first_samples(open_image(tmp_path)) == [100, 300, 200, 0]


def test_a_missing_slice_is_filled_and_said(tmp_path):
    stack(tmp_path, (0.0, 3.0, 9.0, 12.0))
    opened = open_image(tmp_path)
    said = only(opened.source.problems, "missing")
    assert said.startswith("1 slice is missing (number 3 of 5)")
    assert first_samples(opened) == [0, 100, 150, 200, 300]
    assert opened.grid.spacing_mm[0] == 3.0
    assert [each.sop_instance_uid == "" for each in opened.source.slices] == [
        False, False, True, False, False,
    ]  # fmt: skip


def test_a_wide_gap_makes_two_stacks(tmp_path):
    stack(tmp_path, (0.0, 3.0, 6.0, 60.0, 63.0, 66.0))
    with pytest.raises(SeveralSeries, match="2: CT, 3 slices of 4 x 5"):
        open_image(tmp_path)
    opened = open_image(tmp_path, series="2")
    assert opened.grid.origin_mm == (10, 20, 60)
    assert "a gap of 54.00 mm" in only(opened.source.problems, "listed apart")


def test_uneven_slices_are_resampled_and_keep_their_true_places(tmp_path):
    stack(tmp_path, (0.0, 2.0, 5.0, 9.0))
    opened = open_image(tmp_path)
    said = only(opened.source.problems, "resampled")
    assert "2.000 to 4.000 mm apart" in said
    assert "steps of 3.000 mm (4 became 4)" in said
    # Linear between 2 and 5 mm at 3 mm is 100 + 100 / 3, between 5 and 9 at 6 is 200 + 25.
    assert first_samples(opened) == [0, 133, 225, 300]


def test_rounded_positions_are_taken_as_even_and_said(tmp_path):
    stack(tmp_path, (0.0, 3.02, 6.0, 9.0))
    opened = open_image(tmp_path)
    assert "0.020 mm beside even steps of 3.000 mm" in only(opened.source.problems, "rounded")
    assert first_samples(opened) == [0, 100, 200, 300]


def test_a_tilted_gantry_is_kept_exactly_and_said(tmp_path):
    for k in range(4):
        save(placed(plane(k), (0.0, 0.75 * k, 3.0 * k)), tmp_path / f"{k}.dcm")
    opened = open_image(tmp_path)
    assert opened.grid.steps_mm[0] == (0, 0.75, 3)
    assert opened.grid.voxel_mm3 == pytest.approx(6)  # 1 x 2 x 3; the tilt changes no volume
    assert "sheared by 14.0 degrees" in only(opened.source.problems, "gantry")


def test_slices_that_leave_the_line_are_refused(tmp_path):
    for k, aside in enumerate((0.0, 4.0, 0.0)):
        save(placed(plane(k), (aside, 0.0, 3.0 * k)), tmp_path / f"{k}.dcm")
    with pytest.raises(UnreadableFile, match=r"slice 2 of 3 lies 4\.00 mm beside it"):
        open_image(tmp_path)


def test_mixed_orientations_are_listed_apart(tmp_path):
    stack(tmp_path / "axial")
    for k in range(3):
        save(placed(plane(k), (5.0 * k, 0, 0), orientation=SAGITTAL), tmp_path / f"{k}.dcm")
    reports = survey(tmp_path)
    assert [each.size[1] for each in reports] == [4, 3]
    assert len({each.uid for each in reports}) == 1
    assert "images of 2 orientations" in only(reports[0].problems, "orientations")
    assert open_image(tmp_path, series="2").grid.steps_mm[0] == (-5, 0, 0)


def test_a_localiser_is_passed_over_and_said(tmp_path):
    stack(tmp_path)
    scout = placed(plane(9), (0, 0, 0), orientation=SAGITTAL)
    scout.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    save(scout, tmp_path / "scout.dcm")
    opened = open_image(tmp_path)
    assert opened.grid.shape == (4, 4, 5)
    only(opened.source.problems, "passed over: 1 localiser")
    assert [each.localiser for each in survey(tmp_path)] == [False, True]
    assert open_image(tmp_path, series="2").grid.shape == (1, 4, 5)


def test_differing_sizes_are_listed_apart(tmp_path):
    stack(tmp_path)
    save(placed(plane(0, (6, 7)), (10.0, 20.0, 12.0)), tmp_path / "big.dcm")
    with pytest.raises(SeveralSeries):
        open_image(tmp_path)
    only(survey(tmp_path)[0].problems, "images of 2 sizes")


def test_several_series_are_listed_and_chosen(tmp_path):
    stack(tmp_path / "a", SeriesDescription="Thorax", SeriesNumber=2)
    other = generate_uid()
    stack(tmp_path / "b", SeriesInstanceUID=other, SeriesNumber=1, SeriesDescription="Bone")
    with pytest.raises(SeveralSeries) as refused:
        open_image(tmp_path)
    assert "1: CT, 4 slices of 4 x 5, Bone\n  2: CT, 4 slices of 4 x 5, Thorax" in str(
        refused.value
    )
    assert "--series 1" in str(refused.value)
    assert open_image(tmp_path, series="1").source.attribute("SeriesDescription") == "Bone"
    assert open_image(tmp_path, series=other).source.attribute("SeriesDescription") == "Bone"
    with pytest.raises(BadValue, match=r"'9' is not there\. Choose by number:"):
        open_image(tmp_path, series="9")


def test_two_patients_are_told(tmp_path):
    stack(tmp_path / "a")
    stack(tmp_path / "b", SeriesInstanceUID=generate_uid(), PatientID="P2")
    with pytest.raises(SeveralSeries, match="2 series of 2 patients"):
        open_image(tmp_path)


def test_two_patients_in_one_series_are_refused(tmp_path):
    stack(tmp_path, each=lambda k: {"PatientID": f"P{k % 2}"})
    with pytest.raises(UnreadableFile, match="images of 2 patients \\(P0, P1\\)"):
        open_image(tmp_path)


def test_a_copied_file_is_used_once(tmp_path):
    written = stack(tmp_path)
    save(written[1], tmp_path / "copy of 1.dcm")
    opened = open_image(tmp_path)
    assert opened.grid.shape[0] == 4
    only(opened.source.problems, "1 image is there twice, with the same UID")


def test_the_same_samples_under_another_uid_are_used_once(tmp_path):
    written = stack(tmp_path)
    written[1].SOPInstanceUID = generate_uid()
    save(written[1], tmp_path / "resent.dcm")
    opened = open_image(tmp_path)
    assert opened.grid.shape[0] == 4
    only(opened.source.problems, "1 image is there twice, with the same samples")


def test_two_different_images_at_one_place_are_refused(tmp_path):
    stack(tmp_path)
    save(placed(plane(7), (10.0, 20.0, 3.0)), tmp_path / "other.dcm")
    with pytest.raises(UnreadableFile, match=r"At 1 of 4 places.*first at 3\.00 mm"):
        open_image(tmp_path)


def test_phases_become_times(tmp_path):
    for phase in range(3):
        stack(
            tmp_path / str(phase),
            TemporalPositionIdentifier=phase + 1,
            TriggerTime=250.0 * phase,
            each=lambda k, phase=phase: {"WindowCenter": phase},
        )
        for path in (tmp_path / str(phase)).iterdir():
            _add_to_samples(path, 1000 * phase)
    opened = open_image(tmp_path)
    assert opened.times == 3
    assert first_samples(opened, time=2) == [2000, 2100, 2200, 2300]
    assert "TemporalPositionIdentifier" in only(opened.source.problems, "opened as times")
    assert len(opened.source.slices) == 12
    one = open_image(tmp_path, frame=1)
    assert one.times == 1
    assert first_samples(one) == [1000, 1100, 1200, 1300]
    assert one.source.slices == opened.source.slices[4:8]


def test_trigger_times_are_clocks(tmp_path):
    for phase in range(2):
        stack(tmp_path / str(phase), TriggerTime=40.0 + 250.0 * phase)
        for path in (tmp_path / str(phase)).iterdir():
            _add_to_samples(path, 1000 * phase)
    assert open_image(tmp_path).times_s == (0.0, 0.25)


def test_b_values_become_times_and_are_said(tmp_path):
    for b in (0, 800):
        stack(tmp_path / str(b), modality="MR", DiffusionBValue=float(b))
        for path in (tmp_path / str(b)).iterdir():
            _add_to_samples(path, b)
    opened = open_image(tmp_path)
    assert opened.times == 2
    only(opened.source.problems, "other b-values; they are opened as times")


def test_echoes_are_listed_apart(tmp_path):
    for echo in (10.0, 80.0):
        stack(tmp_path / str(echo), modality="MR", EchoTime=echo)
        for path in (tmp_path / str(echo)).iterdir():
            _add_to_samples(path, int(echo))
    reports = survey(tmp_path)
    assert [each.size[:2] for each in reports] == [(1, 4), (1, 4)]
    only(reports[0].problems, "differ in EchoTime (2 values)")


def test_an_incomplete_time_is_left_out(tmp_path):
    for phase in range(3):
        stack(tmp_path / str(phase), TemporalPositionIdentifier=phase + 1)
        for path in (tmp_path / str(phase)).iterdir():
            _add_to_samples(path, 1000 * phase)
    (tmp_path / "1" / "002.dcm").unlink()
    opened = open_image(tmp_path)
    assert opened.times == 2
    only(opened.source.problems, "2 of 3 by TemporalPositionIdentifier")


def test_images_without_a_position_are_listed_one_by_one(tmp_path):
    for k in range(3):
        save(image(plane(k), PixelSpacing=[1, 1]), tmp_path / f"{k}.dcm")
    with pytest.raises(SeveralSeries, match="There are 3 series"):
        open_image(tmp_path)
    opened = open_image(tmp_path / "1.dcm")
    assert not opened.grid.placed
    assert opened.grid.scale == "patient"


@pytest.mark.parametrize(
    "told, words",
    [
        ({"PixelSpacing": [0, 0]}, r"pixel spacing in '00..dcm' is \(0.0, 0.0\)"),
        ({"PixelSpacing": [-1, 1]}, "Two numbers above zero are needed"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "Two unit vectors at right angles"),
        ({"ImageOrientationPatient": [0, 0, 0, 0, 0, 0]}, "Two unit vectors at right angles"),
        ({"RescaleSlope": 0}, "A finite slope that is not zero"),
        ({"Rows": 0}, "0 rows and 5 columns"),
    ],
)
def test_broken_geometry_is_refused(tmp_path, told, words):
    stack(tmp_path, **told)
    with pytest.raises(UnreadableFile, match=words):
        open_image(tmp_path)


class TestEnhanced:
    def test_frames_lie_where_their_groups_say(self, tmp_path):
        samples = np.stack([plane(k) for k in (2, 0, 1)])
        dataset = enhanced(samples, [(1, 2, 6.0), (1, 2, 0.0), (1, 2, 3.0)])
        opened = open_image(save(dataset, tmp_path / "enhanced.dcm"))
        assert first_samples(opened) == [0, 100, 200]
        assert opened.grid.steps_mm == ((0, 0, 3), (0, 2, 0), (1, 0, 0))
        assert [each.frame for each in opened.source.slices] == [2, 3, 1]
        assert opened.unit == "HU"

    def test_times(self, tmp_path):
        samples = np.stack([plane(k) for k in range(6)])
        places = [(0, 0, 3.0 * (k % 3)) for k in range(6)]
        dataset = enhanced(
            samples,
            places,
            frames=lambda k: {
                "FrameContentSequence": group(TemporalPositionIndex=k // 3 + 1, StackID="1")
            },
        )
        opened = open_image(save(dataset, tmp_path / "moving.dcm"))
        assert opened.times == 2
        assert first_samples(opened, time=1) == [300, 400, 500]

    def test_a_slope_of_its_own_for_each_frame(self, tmp_path):
        samples = np.stack([plane(k) for k in range(2)])
        dataset = enhanced(
            samples,
            [(0, 0, 0.0), (0, 0, 3.0)],
            frames=lambda k: {
                "PixelValueTransformationSequence": group(
                    RescaleSlope=k + 1, RescaleIntercept=0, RescaleType="US"
                )
            },
        )
        opened = open_image(save(dataset, tmp_path / "scaled.dcm"))
        assert opened.whole()[:, 0, 1, 0].tolist() == [1, 202]

    def test_fewer_groups_than_frames_are_refused(self, tmp_path):
        dataset = enhanced(np.stack([plane(0)] * 3), [(0, 0, 0), (0, 0, 1)])
        with pytest.raises(UnreadableFile, match="holds 3 frames but describes 2"):
            open_image(save(dataset, tmp_path / "short.dcm"))


def _add_to_samples(path, more):
    """Change a file's samples, so that two images at one place are not the same."""
    import pydicom

    dataset = pydicom.dcmread(path)
    dataset.PixelData = (dataset.pixel_array + more).astype(np.int16).tobytes()
    dataset.save_as(path)
