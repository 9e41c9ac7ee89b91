"""What `limner dicom` says of a folder, a zip and a DICOMDIR."""

import json

import pytest
from pydicom.uid import generate_uid

from tests.cli.scans import limner
from tests.dicom.make import stack


@pytest.fixture
def study(tmp_path):
    """Two series of one patient and one of another, one with a slice missing."""
    stack(tmp_path / "study" / "1", SeriesDescription="Thorax portal")
    stack(
        tmp_path / "study" / "2",
        (0, 2, 4, 8),
        SeriesInstanceUID=generate_uid(),
        SeriesNumber=4,
        SeriesDescription="Thorax lung",
    )
    stack(
        tmp_path / "study" / "3", (0, 1), SeriesInstanceUID=generate_uid(), PatientID="P2",
        PatientName="Roe^Richard", StudyInstanceUID=generate_uid(),
    )  # fmt: skip
    return tmp_path / "study"


def listed(*words):
    told = limner("dicom", *words, "--json")
    assert told.code == 0, told.err
    return json.loads(told.out)


def series(told):
    return [s for p in told["patients"] for v in p["studies"] for s in v["series"]]


def test_patients_studies_and_series(study):
    told = limner("dicom", study)
    assert told.code == 0, told.err
    assert f"{study}: 2 patients, 2 studies, 3 series, 10 instances" in told.out
    assert "Note: Here are 2 patients: 'P1', 'P2'." in told.out
    assert "Patient Doe^Jane (id P1, born 1970-01-01, F)" in told.out
    lines = [line.split() for line in told.out.splitlines() if " volume " in line]
    assert lines[1][:11] == ["2", "CT", "volume", *"5x4x5", *"2x2"]
    assert lines[1][-3:] == ["1", "missing", "slice"]
    assert "what to do" in told.out


def test_json_has_the_same(study):
    told = listed(study)
    assert [p["id"] for p in told["patients"]] == ["P1", "P2"]
    assert [p["kind"] for p in told["problems"]] == ["several patients"]
    first, second, third = series(told)
    assert (first["opens_as"], first["size"], first["spacing_mm"]) == (
        "volume", [1, 4, 4, 5], [3.0, 2.0, 1.0],
    )  # fmt: skip
    (problem,) = second["problems"]
    assert (problem["kind"], problem["count"]) == ("missing slices", 1)
    assert "Fetch the series again." in problem["advice"]
    assert third["instances"] == 2


def test_explained_in_sentences(study):
    told = limner("dicom", study, "--explain").out
    assert "Series 2: 1 slice is missing (number 4 of 5)" in told
    assert "Fetch the series again." in told
    assert "Check that they belong together" in told
