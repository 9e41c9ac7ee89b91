"""SUV by body weight, by hand, for each branch of QIBA's pseudo-code."""

import math

import numpy as np
import pytest
from pydicom.dataset import Dataset

from limner.dicom.suv import suv
from limner.read import open_image
from limner.window import rule
from tests.dicom.make import group, placed, save

HALF_LIFE_S = 6586.2  # fluorine 18
DOSE_BQ = 370e6


def pet(**told):
    """The headers of one slice, 60 minutes after an injection of 370 MBq into 70 kg."""
    dataset = Dataset()
    usual = {
        "Modality": "PT",
        "Units": "BQML",
        "CorrectedImage": ["ATTN", "DECY", "SCAT"],
        "DecayCorrection": "START",
        "PatientWeight": 70.0,
        "SeriesDate": "20240102",
        "SeriesTime": "110000",
        "AcquisitionDate": "20240102",
        "AcquisitionTime": "110000",
    }
    for keyword, value in (usual | told).items():
        if value is not None:
            setattr(dataset, keyword, value)
    if "RadiopharmaceuticalInformationSequence" not in told:
        dataset.RadiopharmaceuticalInformationSequence = dose()
    return dataset


def dose(**told):
    """What was injected."""
    usual = {
        "RadionuclideTotalDose": DOSE_BQ,
        "RadionuclideHalfLife": HALF_LIFE_S,
        "RadiopharmaceuticalStartTime": "100000",
    }
    return group(**{k: v for k, v in (usual | told).items() if v is not None})


def by_hand(waited_s):
    return 70_000 / (DOSE_BQ * 2 ** (-waited_s / HALF_LIFE_S))


def test_an_hour_after_the_injection():
    found = suv([pet()])
    assert found.unit == "SUVbw"
    assert found.problems == ()
    assert found.factor == pytest.approx(by_hand(3600), rel=1e-12)
    # A mean activity of the dose left in the whole body is SUV 1: 370 MBq / 70 kg, decayed.
    assert found.factor * DOSE_BQ * 0.5 ** (3600 / HALF_LIFE_S) / 70_000 == pytest.approx(1)


def test_corrected_to_the_injection():
    assert suv([pet(DecayCorrection="ADMIN")]).factor == pytest.approx(70_000 / DOSE_BQ)


def test_a_start_with_its_own_date():
    told = dose(RadiopharmaceuticalStartDateTime="20240102093000.00")
    found = suv([pet(RadiopharmaceuticalInformationSequence=told)])
    assert found.factor == pytest.approx(by_hand(5400))


def test_an_injection_before_midnight():
    late = dose(RadiopharmaceuticalStartTime="233000")
    told = {"SeriesTime": "003000", "AcquisitionTime": "003000"}
    found = suv([pet(RadiopharmaceuticalInformationSequence=late, **told)])
    assert found.factor == pytest.approx(by_hand(3600))


def test_the_series_time_counts_not_that_of_a_later_bed():
    beds = [pet(AcquisitionTime="111500"), pet(), pet(AcquisitionTime="110500")]
    assert suv(beds).factor == pytest.approx(by_hand(3600))


def test_a_series_made_later_by_siemens_uses_frame_times():
    told = {"SeriesTime": "150000", "FrameReferenceTime": 90_000.0, "ActualFrameDuration": 180_000}
    constant = math.log(2) / HALF_LIFE_S
    decayed = constant * 180
    mean_s = math.log(decayed / (1 - math.exp(-decayed))) / constant
    found = suv([pet(**told)])
    assert found.factor == pytest.approx(by_hand(3600 - 90 + mean_s), rel=1e-9)


def test_a_series_made_later_by_general_electric_uses_its_private_time():
    told = pet(SeriesTime="150000")
    block = told.private_block(0x0009, "GEMS_PETD_01", create=True)
    block.add_new(0x0D, "DT", "20240102104500.00")
    assert suv([told]).factor == pytest.approx(by_hand(2700))


def test_grams_per_millilitre_are_suv_already():
    assert suv([pet(Units="GML")]).factor == 1
    lean = suv([pet(Units="GML", SUVType="LBM")])
    assert lean.unit == "SUV (LBM)"
    assert lean.problems


def test_philips_counts():
    told = pet(Units="CNTS")
    block = told.private_block(0x7053, "Philips PET Private Group", create=True)
    block.add_new(0x00, "DS", "0.25")
    assert suv([told]).factor == 0.25
    told = pet(Units="CNTS")
    block = told.private_block(0x7053, "Philips PET Private Group", create=True)
    block.add_new(0x09, "DS", "2.0")
    assert suv([told]).factor == pytest.approx(2 * by_hand(3600))


@pytest.mark.parametrize(
    "told, words",
    [
        ({"PatientWeight": None}, "weight is missing"),
        ({"PatientWeight": 0}, "weight is missing"),
        ({"DecayCorrection": None}, "to what time the decay was corrected"),
        ({"DecayCorrection": "NONE"}, "to what time the decay was corrected"),
        ({"CorrectedImage": ["ATTN"]}, "corrected for attenuation and decay"),
        ({"RadiopharmaceuticalInformationSequence": None}, "about the radiopharmaceutical"),
        (
            {"RadiopharmaceuticalInformationSequence": {"RadionuclideTotalDose": None}},
            "dose is",
        ),
        ({"RadiopharmaceuticalInformationSequence": {"RadionuclideTotalDose": 370}}, "370 Bq"),
        ({"RadiopharmaceuticalInformationSequence": {"RadionuclideHalfLife": None}}, "half-life"),
        (
            {"RadiopharmaceuticalInformationSequence": {"RadiopharmaceuticalStartTime": None}},
            "time of the injection",
        ),
        ({"SeriesTime": "150000"}, "dated after its scan"),
    ],
)
def test_what_is_missing_is_named_and_nothing_changed(told, words):
    changed = {k: dose(**v) if isinstance(v, dict) else v for k, v in told.items()}
    found = suv([pet(**changed)])
    assert (found.factor, found.unit) == (1, "Bq/mL")
    assert len(found.problems) == 1
    assert words in found.problems[0]
    assert found.problems[0].startswith("The values stay in Bq/mL, not SUV, because")


def test_all_that_is_missing_is_named_at_once_with_its_attribute():
    told = dose(RadionuclideTotalDose=None, RadiopharmaceuticalStartTime=None)
    found = suv([pet(PatientWeight=None, RadiopharmaceuticalInformationSequence=told)])
    (sentence,) = found.problems
    assert sentence == (
        "The values stay in Bq/mL, not SUV, because the patient's weight is missing "
        "(PatientWeight), the injected dose is missing (RadionuclideTotalDose) and the time of "
        "the injection is missing (RadiopharmaceuticalStartTime)."
    )


def test_slices_of_other_slopes_become_one_scale(tmp_path):
    for k, slope in enumerate((1.5, 3.0)):
        told = placed(np.full((2, 2), 1000, np.int16), (0, 0, 3.0 * k), modality="PT")
        for element in pet():
            told[element.tag] = element
        told.RescaleSlope, told.RescaleIntercept = slope, 0
        save(told, tmp_path / f"{k}.dcm")
    opened = open_image(tmp_path)
    assert opened.unit == "SUVbw"
    assert opened.pixels.dtype == np.float32
    expected = [1500 * by_hand(3600), 3000 * by_hand(3600)]
    assert opened.whole()[:, 0, 0, 0].tolist() == pytest.approx(expected, rel=1e-6)
    assert rule(opened).high == 10
