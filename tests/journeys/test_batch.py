"""A folder of cases: finished ones are left, a bad one does not stop the rest."""

import json

import pytest

from tests.cli.scans import limner, picture, volume

PROMPTS = {"objects": [{"label": "spot", "prompts": [{"kind": "click", "at_index": [0, 5, 5]}]}]}


@pytest.fixture
def folders(tmp_path):
    """Three cases, of which 'b' is damaged, and a scan without prompts."""
    scans, prompts = tmp_path / "scans", tmp_path / "prompts"
    scans.mkdir()
    prompts.mkdir()
    volume(scans / "a.nii.gz")
    (scans / "b.nii.gz").write_bytes(b"this is no scan")
    picture(scans / "c 1.png")
    picture(scans / "lonely.png")
    for name in ("a", "b", "c 1"):
        (prompts / f"{name}.json").write_text(json.dumps(PROMPTS))
    return ("-i", scans, "--prompts", prompts, "-o", tmp_path / "out", "--model", "fake")


def test_one_bad_case_does_not_stop_the_rest(tmp_path, folders):
    told = limner("segment", *folders)
    assert told.code == 1
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["a.nii.gz", "c 1.nii.gz"]
    assert "2 cases outlined" in told.out
    assert "1 could not be outlined:\n  b: 'b.nii.gz'" in told.out
    assert "have no prompts: lonely" in told.out


def test_finished_cases_are_left_as_they_are(tmp_path, folders):
    limner("segment", *folders)
    kept = tmp_path / "out" / "a.nii.gz"
    kept.write_bytes(b"mine")
    told = limner("segment", *folders, "--continue")
    assert kept.read_bytes() == b"mine"
    assert "2 were there already" in told.out
    limner("segment", *folders)
    assert kept.read_bytes() != b"mine"


def test_the_model_is_loaded_once(folders, monkeypatch):
    from limner.cli import _case

    loaded = []
    monkeypatch.setattr(_case, "ready", _counting(_case.ready, loaded))
    limner("segment", *folders)
    assert loaded == ["fake"]


def _counting(ready, loaded):
    def counted(name, **options):
        loaded.append(name)
        return ready(name, **options)

    return counted


def test_one_file_may_hold_the_prompts_of_all_cases(tmp_path, folders):
    (tmp_path / "all.json").write_text(json.dumps({"cases": {"a": PROMPTS, "gone": PROMPTS}}))
    words = ("-i", tmp_path / "scans", "-o", tmp_path / "out", "--model", "fake", "--json")
    told = limner("segment", *words, "--prompts", tmp_path / "all.json")
    assert told.code == 1
    found = json.loads(told.out)
    assert [each["case"] for each in found["cases"]] == ["a"]
    assert "There is no file or folder" in found["failed"]["gone"]


def test_the_report_names_what_failed(tmp_path, folders):
    limner("segment", *folders, "--report", tmp_path / "run.json")
    cases = json.loads((tmp_path / "run.json").read_text())["cases"]
    assert cases["done"] == ["a", "c 1"]
    assert list(cases["failed"]) == ["b"]


def test_folders_are_scored_against_folders(tmp_path, folders):
    limner("segment", *folders)
    told = limner("score", tmp_path / "out", tmp_path / "out", "--json")
    found = json.loads(told.out)
    assert told.code == 0
    assert [each["dice"] for each in found["cases"]] == [1.0, 1.0]
    (tmp_path / "fewer").mkdir()
    (tmp_path / "fewer" / "a.nii.gz").write_bytes((tmp_path / "out" / "a.nii.gz").read_bytes())
    told = limner("score", tmp_path / "fewer", tmp_path / "out", "--json")
    found = json.loads(told.out)
    assert told.code == 1
    assert found["missing"] == ["c 1"]
    assert found["means"][0]["dice"] == 0.5
    told = limner("score", tmp_path / "fewer", tmp_path / "out", "--json", "--skip-missing")
    assert told.code == 0
    assert json.loads(told.out)["means"][0]["dice"] == 1.0
