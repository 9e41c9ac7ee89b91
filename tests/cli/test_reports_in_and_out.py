"""What goes out of the command line as DICOM and comes in again: reports, probabilities."""

import csv
import json

import numpy as np
import pytest

from limner.cases.open import read as read_image
from limner.cases.reports import write_report
from limner.cases.save import read_mask, write
from limner.mask import Mask
from limner.measure import measure
from tests.cli.scans import limner
from tests.dicom.make import placed, save


@pytest.fixture
def scan(tmp_path):
    """A CT of four slices of 40 x 44 pixels with a bright block in all of them."""
    samples = np.full((40, 44), 1000, np.int16)
    samples[12:28, 10:32] = 1200
    for k in range(4):
        made = placed(samples, (0, 0, 3.0 * k), spacing=(0.7, 0.8), InstanceNumber=k + 1)
        save(made, tmp_path / "scan" / f"{k}.dcm")
    return tmp_path / "scan"


@pytest.fixture
def report(scan, tmp_path):
    """What was measured of that block, as a report."""
    image = read_image(scan)
    inside = np.zeros(image.grid.shape, bool)
    inside[:, 12:28, 10:32] = True
    mask = Mask.of(inside, image.grid, label="block")
    write_report(measure(mask, image), tmp_path / "a.sr.dcm", mask=mask, image=image)
    return tmp_path / "a.sr.dcm"


def test_a_report_is_read_out_as_a_table_and_as_csv(scan, report, tmp_path):
    told = limner("measure", report, "-i", scan, "-o", tmp_path / "a.csv")
    assert told.code == 0, told.err
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        found = {row["measurement"]: row for row in csv.DictReader(file)}
    assert float(found["volume"]["value"]) == pytest.approx(4 * 16 * 22 * 0.7 * 0.8 * 3 / 1000)
    assert found["volume"]["unit"] == "mL"
    assert "long axis" in told.out
    plain = json.loads(limner("measure", report, "--json").out)
    assert plain["objects"][0]["label"] == "block"
    assert "voxels" not in plain["objects"][0]  # nobody saw the mask


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--spacing", "2"), "--spacing is for measuring"),
        (("--also", "shape"), "--also is for measuring"),
        (("-o", "b.sr.dcm"), "is a DICOM report already"),
    ],
)
def test_what_a_report_cannot_be_asked(report, words, sentence):
    told = limner("measure", report, *words)
    assert told.code == 2
    assert sentence in told.err


def test_a_damaged_report_is_one_sentence(report, tmp_path):
    (tmp_path / "half.sr.dcm").write_bytes(report.read_bytes()[:900])
    told = limner("measure", tmp_path / "half.sr.dcm")
    assert told.code == 2
    assert "half.sr.dcm" in told.err


def test_probabilities_of_a_model_go_into_a_fractional_seg_and_agree_with_its_mask(scan, tmp_path):
    place = ("--index", "--box", "1,11,9 1,28,32", "-m", "limner", "-i", scan, "-q")
    for name in ("a.fractional.seg.dcm", "a.seg.dcm"):
        told = limner("segment", *place, "-o", tmp_path / name)
        assert told.code == 0, told.err
    likely, sure = (read_mask(tmp_path / each) for each in ("a.fractional.seg.dcm", "a.seg.dcm"))
    assert not sure.soft
    levels = likely.soft[0].within(likely.grid.shape)
    assert len(np.unique(levels)) > 2  # more than yes and no
    inside = sure.where(1)
    assert inside.any()
    assert np.array_equal(levels >= 128, inside)
    assert np.array_equal(likely.where(1), inside)


def test_a_correction_goes_before_what_the_model_believed(scan, tmp_path):
    """Smoothed afterwards: what a reader cuts at one half is the smoothed mask."""
    words = ("--index", "--box", "1,11,9 1,28,32", "-i", scan, "-q", "--smooth", "3")
    for name in ("a.fractional.seg.dcm", "a.nii.gz"):
        assert limner("segment", *words, "-o", tmp_path / name).code == 0
    likely = read_mask(tmp_path / "a.fractional.seg.dcm")
    assert np.array_equal(likely.where(1), read_mask(tmp_path / "a.nii.gz").where(1))
    write(likely, tmp_path / "b.fractional.seg.dcm")
    assert read_mask(tmp_path / "b.fractional.seg.dcm").soft[0].levels.max() >= 128
