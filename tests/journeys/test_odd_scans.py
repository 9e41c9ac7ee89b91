"""Scans that are no plain stack, from the file to the numbers; every number is worked by hand."""

import json

import numpy as np
import pydicom
import pytest

from tests.cli.scans import limner
from tests.dicom.make import enhanced, group, image, placed, plane, save, stack
from tests.dicom.test_suv import by_hand, dose, pet

BOX = ("--index", "--box")


def outlined(scan, out, corners, *words):
    told = limner("segment", "-i", scan, "-o", out, "--model", "fake", *BOX, corners, *words)
    assert told.code == 0, told.err
    return told.out


def measured(mask, scan, *words):
    """The measurements of its only object, by name."""
    told = limner("measure", mask, "-i", scan, "--json", *words)
    assert told.code == 0, told.err
    (found,) = json.loads(told.out)["objects"]
    return found["measurements"]


# -- slices that are uneven, tilted or turned ---------------------------------------------


def heights_of(seg):
    """The position of each frame's first pixel."""
    told = pydicom.dcmread(seg)
    return [
        [float(each) for each in frame.PlanePositionSequence[0].ImagePositionPatient]
        for frame in told.PerFrameFunctionalGroupsSequence
    ]


def test_uneven_slices_are_resampled_aloud_and_a_mask_goes_back_to_the_measured_ones(tmp_path):
    # Measured at 0, 2, 5 and 9 mm; opened at 0, 3, 6 and 9; so 2 takes 3's and 5 takes 6's.
    stack(tmp_path / "ct", (0.0, 2.0, 5.0, 9.0))
    said = outlined(tmp_path / "ct", tmp_path / "m.seg.dcm", "1,1,1 1,2,3")
    assert "resampled along their normal to even steps of 3.000 mm (4 became 4)" in said
    assert "its measured slices hold the nearest slice of the mask, at most 1.00 mm away" in said
    assert [place[2] for place in heights_of(tmp_path / "m.seg.dcm")] == [0, 2, 5, 9]
    samples = pydicom.dcmread(tmp_path / "m.seg.dcm").pixel_array
    assert samples.any(axis=(1, 2)).tolist() == [False, True, False, False]
    # Two rows of 2 mm and three columns of 1 mm.
    assert measured(tmp_path / "m.seg.dcm", tmp_path / "ct")["area"]["value"] == 12


def test_a_tilted_stack_is_said_and_a_mask_lies_on_its_own_slices(tmp_path):
    places = [(0.0, 0.75 * k, 3.0 * k) for k in range(4)]
    for k, place in enumerate(places):
        save(placed(plane(k), place), tmp_path / "ct" / f"{k}.dcm")
    said = outlined(tmp_path / "ct", tmp_path / "m.seg.dcm", "2,1,1 2,2,3")
    assert "sheared by 14.0 degrees, as by a tilted gantry" in said  # atan(0.75 / 3)
    assert "away" not in said  # no slice was moved
    assert heights_of(tmp_path / "m.seg.dcm") == [list(places[2])]
    listed = limner("dicom", tmp_path / "ct", "--explain").out
    assert "gantry tilt" in listed
    assert ".seg.dcm, .nii.gz and .nrrd hold the tilt" in listed


def test_an_oblique_stack_lies_where_it_says(tmp_path):
    # Rows run down a plane turned by 30 degrees about the left-right axis.
    sine, cosine = 0.5, np.sqrt(3) / 2
    directions = (1.0, 0.0, 0.0, 0.0, cosine, sine)
    for k in range(4):
        place = (0.0, -sine * 3 * k, cosine * 3 * k)
        save(placed(plane(k), place, orientation=directions), tmp_path / "ct" / f"{k}.dcm")
    assert "30° oblique" in limner("info", tmp_path / "ct").out
    outlined(tmp_path / "ct", tmp_path / "m.seg.dcm", "2,1,1 2,2,3")
    found = measured(tmp_path / "m.seg.dcm", tmp_path / "ct")
    assert found["area"]["value"] == pytest.approx(12)
    # Slice 2, the middle of rows 1 and 2 (2 mm each) and of columns 1 to 3 (1 mm each).
    expected = (2, 3 * cosine - 6 * sine, 3 * sine + 6 * cosine)
    names = ("centroid_left", "centroid_posterior", "centroid_superior")
    assert [found[name]["value"] for name in names] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_a_multi_frame_volume_is_listed_measured_and_written_by_frame(tmp_path, modality):
    samples = np.stack([plane(k) for k in (2, 0, 1)])
    told = enhanced(samples, [(1, 2, 6.0), (1, 2, 0.0), (1, 2, 3.0)], modality=modality)
    scan = save(told, tmp_path / "scan.dcm")
    (entry,) = series(scan)
    assert (entry["opens_as"], entry["size"]) == ("volume", [1, 3, 4, 5])
    assert entry["spacing_mm"] == [3, 2, 1]
    outlined(scan, tmp_path / "m.seg.dcm", "1,1,1 1,2,3")
    assert measured(tmp_path / "m.seg.dcm", scan)["area"]["value"] == 12
    assert heights_of(tmp_path / "m.seg.dcm") == [[1, 2, 3]]


def test_echoes_of_a_multi_frame_mr_are_listed_apart(tmp_path):
    samples = np.stack([plane(k) for k in range(4)])
    places = [(0, 0, 3.0 * (k % 2)) for k in range(4)]
    told = enhanced(
        samples,
        places,
        modality="MR",
        frames=lambda k: {"MREchoSequence": group(EffectiveEchoTime=10.0 * (1 + k // 2))},
    )
    found = series(save(told, tmp_path / "scan.dcm"))
    assert [each["size"] for each in found] == [[1, 2, 4, 5]] * 2
    assert [each["problems"][0]["kind"] for each in found] == ["mixed contrasts"] * 2


def series(path):
    told = json.loads(limner("dicom", path, "--json").out)
    return [s for p in told["patients"] for v in p["studies"] for s in v["series"]]


# -- what a millimetre is -----------------------------------------------------------------


def region(left, right, delta_cm, *, kind=1, units=3, flags=0):
    """A region of all rows from one column to another, both within."""
    return group(
        RegionLocationMinX0=left,
        RegionLocationMinY0=0,
        RegionLocationMaxX1=right,
        RegionLocationMaxY1=39,
        PhysicalDeltaX=delta_cm,
        PhysicalDeltaY=delta_cm,
        PhysicalUnitsXDirection=units,
        PhysicalUnitsYDirection=units,
        RegionSpatialFormat=kind,
        RegionFlags=flags,
    )[0]


@pytest.fixture
def ultrasound(tmp_path):
    """Columns 0 to 29 are 1 mm wide, 30 to 49 half a millimetre, 50 to 59 Doppler."""
    told = image(np.zeros((40, 60), np.uint8), modality="US")
    told.SequenceOfUltrasoundRegions = [
        region(0, 29, 0.1),
        region(30, 49, 0.05),
        region(50, 59, 0.3, kind=3, units=4),
    ]
    return save(told, tmp_path / "us.dcm")


@pytest.mark.parametrize(
    ("corners", "area", "unit", "long_axis"),
    [
        # Ten rows of ten: the diagonal of its outline, see docs/explanation/diameters.md.
        ("10,5 19,14", 100, "mm2{ruler}", 1.0),
        ("10,32 19,41", 25, "mm2{ruler}", 0.5),
        ("10,50 19,59", 100, "{pixels}", None),
    ],
)
def test_an_object_is_measured_by_the_scale_of_its_region(
    ultrasound, tmp_path, corners, area, unit, long_axis
):
    outlined(ultrasound, tmp_path / "m.png", corners)
    found = measured(tmp_path / "m.png", ultrasound)
    assert (found["area"]["value"], found["area"]["unit"]) == (pytest.approx(area), unit)
    axis = found["long_axis"]
    if long_axis is None:
        assert axis["unit"] == "{pixels}"
        return
    one, other = (np.array(end) for end in axis["ends_mm"])  # places of the picture: pixels
    assert axis["unit"] == "mm{ruler}"
    assert axis["value"] == pytest.approx(long_axis * np.linalg.norm(one - other))
    assert one[1] + 0.6 >= 10 and other[1] - 0.6 <= 19


def test_an_object_across_regions_is_refused_in_words(ultrasound, tmp_path):
    said = outlined(ultrasound, tmp_path / "m.png", "10,25 19,34")
    words = (
        "Object 1: Not measured: the object lies in regions of the picture with different scales "
        "(pixels of 1 x 1 mm and 0.5 x 0.5 mm). Outline it within one region."
    )
    assert f"Note: {words}" in said
    told = limner("measure", tmp_path / "m.png", "-i", ultrasound)
    assert f"Note: {words}" in told.out
    found = measured(tmp_path / "m.png", ultrasound)
    assert found["area"]["value"] is None
    assert "long_axis" not in found
    assert found["intensity_mean"]["value"] == 0
    out = tmp_path / "t.csv"
    assert limner("measure", tmp_path / "m.png", "-i", ultrasound, "-o", out, "-q").code == 0
    assert "area,,mm2{ruler}" in out.read_text()


def test_outside_of_its_only_region_a_picture_has_no_scale(tmp_path):
    told = image(np.zeros((40, 60), np.uint8), modality="US")
    told.SequenceOfUltrasoundRegions = [region(0, 29, 0.1)]
    scan = save(told, tmp_path / "us.dcm")
    outlined(scan, tmp_path / "in.png", "10,5 19,14")
    assert measured(tmp_path / "in.png", scan)["area"]["unit"] == "mm2{ruler}"
    outlined(scan, tmp_path / "out.png", "10,35 19,44")
    assert measured(tmp_path / "out.png", scan)["area"]["unit"] == "{pixels}"
    outlined(scan, tmp_path / "both.png", "10,25 19,34")
    assert measured(tmp_path / "both.png", scan)["area"]["value"] is None


def test_of_two_regions_on_each_other_the_one_of_high_priority_counts(tmp_path):
    told = image(np.zeros((40, 60), np.uint8), modality="US")
    told.SequenceOfUltrasoundRegions = [region(20, 39, 0.05), region(0, 59, 0.1, flags=1)]
    scan = save(told, tmp_path / "us.dcm")
    outlined(scan, tmp_path / "m.png", "10,22 19,31")
    assert measured(tmp_path / "m.png", scan)["area"]["value"] == pytest.approx(25)


def test_a_size_from_the_command_line_does_not_override_regions(ultrasound, tmp_path):
    outlined(ultrasound, tmp_path / "m.png", "10,5 19,14")
    told = limner("measure", tmp_path / "m.png", "-i", ultrasound, "--spacing", "3")
    assert told.code == 2
    assert "for each region of the picture" in told.err


def radiograph(tmp_path, **told):
    made = image(np.zeros((40, 60), np.uint16), modality="DX", **told)
    return save(made, tmp_path / "dx.dcm")


@pytest.mark.parametrize(
    ("told", "area", "unit", "words"),
    [
        (  # 100 pixels of 0.2 x 0.1 mm
            {"ImagerPixelSpacing": [0.2, 0.1]},
            2.0,
            "mm2{detector}",
            "larger than in the patient. The file does not say by how much.",
        ),
        (
            {"ImagerPixelSpacing": [0.2, 0.1], "EstimatedRadiographicMagnificationFactor": 1.25},
            2.0,
            "mm2{detector}",
            "The file says 1.25 times by its own estimate",
        ),
        (
            {
                "ImagerPixelSpacing": [0.2, 0.1],
                "PixelSpacing": [0.16, 0.08],
                "PixelSpacingCalibrationType": "FIDUCIAL",
                "PixelSpacingCalibrationDescription": "a ball of 25 mm",
            },
            1.28,
            "mm2{ruler}",
            "Its millimetres were calibrated (fiducial: a ball of 25 mm).",
        ),
    ],
)
def test_a_radiograph_says_whose_millimetres_with_each_length(tmp_path, told, area, unit, words):
    scan = radiograph(tmp_path, **told)
    outlined(scan, tmp_path / "m.png", "10,5 19,14")
    found = measured(tmp_path / "m.png", scan)
    assert (found["area"]["value"], found["area"]["unit"]) == (pytest.approx(area), unit)
    for name in ("area", "long_axis", "short_axis"):
        assert words in found[name]["method"]
    place = "on the detector" if "detector" in unit else "by the ruler"
    assert place in limner("measure", tmp_path / "m.png", "-i", scan).out
    assert "volume" not in found


def test_the_magnification_is_said_where_the_scan_is_opened(tmp_path):
    told = {"ImagerPixelSpacing": [0.2, 0.1], "EstimatedRadiographicMagnificationFactor": 1.25}
    scan = radiograph(tmp_path, **told)
    assert "shown 1.25 times larger by the file's own estimate" in limner("info", scan).out
    assert "(detector)" in limner("dicom", scan).out


# -- PET ----------------------------------------------------------------------------------


def positron(folder, **told):
    """Three slices of 1000, with a slope of 1.5, and one voxel of 3000."""
    for k in range(3):
        samples = np.full((4, 5), 1000, np.int16)
        samples[1, 1] = 3000 if k == 1 else 1000
        made = placed(samples, (0, 0, 3.0 * k), modality="PT")
        for element in pet(**told):
            made[element.tag] = element
        made.RescaleSlope, made.RescaleIntercept = 1.5, 0
        save(made, folder / f"{k}.dcm")
    return folder


def whole(tmp_path, scan):
    """A mask of all three slices' inner pixels."""
    from limner import read, write
    from limner.mask import Mask

    image_ = read(scan)
    inside = np.zeros(image_.grid.shape, bool)
    inside[:, 1:3, 1:4] = True
    write(Mask.of(inside, image_.grid), tmp_path / "m.nii.gz")
    return tmp_path / "m.nii.gz"


def test_suv_is_measured_from_weight_dose_and_decay(tmp_path):
    scan = positron(tmp_path / "pet")
    found = measured(whole(tmp_path, scan), scan, "--also", "suv")
    # 3000 * 1.5 Bq/mL by 70 kg over 370 MBq, an hour of fluorine 18 later.
    assert found["suv_max"]["value"] == pytest.approx(4500 * by_hand(3600), rel=1e-6)
    # Seventeen voxels of 1000 and one of 3000.
    mean = 1.5 * (17 * 1000 + 3000) / 18 * by_hand(3600)
    assert found["suv_mean"]["value"] == pytest.approx(mean, rel=1e-6)
    assert found["suv_max"]["unit"] == "SUVbw"


def test_suv_that_cannot_be_is_refused_with_what_is_missing(tmp_path):
    told = dose(RadionuclideTotalDose=None)
    scan = positron(
        tmp_path / "pet", PatientWeight=None, RadiopharmaceuticalInformationSequence=told
    )
    mask = whole(tmp_path, scan)
    refused = limner("measure", mask, "-i", scan, "--also", "suv")
    assert refused.code == 2
    assert refused.err.startswith(
        "limner: The values stay in Bq/mL, not SUV, because the patient's weight is missing "
        "(PatientWeight) and the injected dose is missing (RadionuclideTotalDose)."
    )
    plain = limner("measure", mask, "-i", scan)
    assert plain.code == 0
    assert "Note: The values stay in Bq/mL" in plain.out
    assert measured(mask, scan)["intensity_max"]["unit"] == "Bq/mL"
    listed = limner("dicom", scan, "--explain").out
    assert "no SUV" in listed
    assert "(RadionuclideTotalDose)" in listed


def test_suv_of_what_is_no_pet(tmp_path):
    stack(tmp_path / "ct")
    mask = whole(tmp_path, tmp_path / "ct")
    refused = limner("measure", mask, "-i", tmp_path / "ct", "--also", "suv")
    assert (refused.code, "The scan is in HU, not in SUV." in refused.err) == (2, True)
    assert "-i pet/" in limner("measure", mask, "--also", "suv").err


# -- pictures -----------------------------------------------------------------------------


def test_a_colour_picture_is_listed_and_outlined(tmp_path):
    samples = np.zeros((40, 60, 3), np.uint8)
    samples[10:20, 5:15] = (200, 30, 10)
    scan = save(image(samples, modality="OT", BurnedInAnnotation="YES"), tmp_path / "photo.dcm")
    (entry,) = series(scan)
    assert (entry["opens_as"], entry["burned_in"]) == ("picture", "yes")
    assert [each["kind"] for each in entry["problems"]] == ["burned in"]
    outlined(scan, tmp_path / "m.png", "10,5 19,14")
    found = measured(tmp_path / "m.png", scan)
    reds = [found[f"intensity_mean_channel_{k}"]["value"] for k in (1, 2, 3)]
    assert reds == [200, 30, 10]
    assert (found["area"]["value"], found["area"]["unit"]) == (100, "{pixels}")
