"""What `limner dicom` says of a folder, a zip and a DICOMDIR."""

import json
import shutil

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


def test_several_paths_each_with_its_own_numbers(study):
    told = limner("dicom", study / "1", study / "2")
    assert "1 patient, 1 study, 2 series, 8 instances" in told.out
    assert f"    {study / '1'} 1  CT" in told.out
    assert f"    {study / '2'} 1  CT" in told.out


def test_picked_series_and_their_files(study):
    told = limner("dicom", study, "--pick", "description~lung")
    assert "1 patient, 1 study, 1 series, 4 instances" in told.out
    assert f"limner segment -i {study} --series 2" in told.out
    files = limner("dicom", study, "--pick", "modality=CT", "--pick", "thickest", "--files")
    assert files.out.split() == [str(study / "1" / f"{k:03d}.dcm") for k in range(4)]
    none = limner("dicom", study, "--pick", "modality=PT")
    assert (none.code, none.out) == (2, "")
    assert "modality is: 'CT'" in none.err


def test_files_stand_in_the_order_of_their_slices(tmp_path):
    stack(tmp_path, (9.0, 0.0, 6.0, 3.0), names=["a", "d", "b", "c"])
    told = limner("dicom", tmp_path, "--files").out
    assert [path[-1] for path in told.split()] == ["d", "c", "b", "a"]


def test_a_picked_series_is_segmented(study, tmp_path):
    words = ("--index", "--click", "0,1,1", "--model", "fake", "-o", tmp_path / "m.nii.gz")
    told = limner("segment", "-i", study, "--series", "patient=P1,thinnest", *words)
    assert told.code == 0, told.err
    info = limner("info", study, "--series", "patient=P1,thinnest", "--json")
    assert json.loads(info.out)["grid"]["spacing_mm"][0] == 2
    told = limner("segment", "-i", study, "--series", "patient=P1", *words)
    assert (told.code, "leaves 2 series" in told.err) == (2, True)


def test_a_zip_reads_as_its_folder(study, tmp_path):
    path = shutil.make_archive(str(tmp_path / "a study"), "zip", study)
    before = sorted(tmp_path.iterdir())
    one, other = series(listed(study)), series(listed(path))
    assert [each.pop("files") and each.pop("path") for each in one] == [str(study)] * 3
    assert other[0]["files"][0] == f"{path}!1/000.dcm"
    for each in other:
        del each["files"], each["path"]
    assert one == other
    assert sorted(tmp_path.iterdir()) == before
    assert f"-i '{path}'" in limner("dicom", path, "--pick", "last").out


def test_what_would_steer_a_terminal_is_not_printed(tmp_path):
    stack(tmp_path, PatientName="Doe\x1b[2J^Jane", SeriesDescription="Thorax\nportal\x07")
    told = limner("dicom", tmp_path, "--explain").out
    assert "\x1b" not in told and "\x07" not in told
    assert "Doe [2J^Jane" in told
    assert "Thorax portal" in told


def test_a_mask_stands_with_its_scan(tmp_path):
    from limner import read, write
    from limner.mask import Mask

    stack(tmp_path / "ct")
    image = read(tmp_path / "ct")
    write(Mask.of(image.whole()[..., 0] > -1000, image.grid), tmp_path / "m.seg.dcm", image=image)
    scan, mask = series(listed(tmp_path))
    assert (mask["opens_as"], mask["holds"]) == ("segmentation", "1 segment")
    assert mask["of_series"] == [scan["uid"]]
    told = limner("dicom", tmp_path).out
    assert "segmentation of 1  1 segment" in told
    (tmp_path / "ct" / "003.dcm").unlink()
    told = limner("dicom", tmp_path, "--explain").out
    assert "It points to 4 images, of which 1 are not here. Fetch the whole series" in told
    shutil.rmtree(tmp_path / "ct")
    assert "It points to images that are not here (series ..." in limner(
        "dicom", tmp_path, "--explain"
    ).out  # fmt: skip


def test_every_kind_of_problem_has_a_line_of_advice_or_none_on_purpose():
    from limner.dicom.problems import ADVICE

    silent = {kind for kind, words in ADVICE.items() if not words}
    assert silent == {"unreadable", "no image", "mixed patients"}
    assert all(words.endswith(".") for words in ADVICE.values() if words)


def test_every_kind_that_is_written_is_known():
    import re

    from limner.dicom.problems import ADVICE
    from tests.data import CHECKOUT

    files = (CHECKOUT / "src" / "limner" / "dicom").glob("*.py")
    text = "".join(each.read_text() for each in files if each.name != "problems.py")
    used = set(re.findall(r'Problem\(\s*"([a-z A-Z]+)"', text))
    used |= set(re.findall(r'\("(mixed [a-z]+)", "', text)) | {"calibrated", "detector scale"}
    assert used == set(ADVICE)
