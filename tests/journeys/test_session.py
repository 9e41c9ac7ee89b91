"""A session file: a second call refines the first, and a step can be taken back."""

import json

import pytest

from limner.cases.save import read_mask
from tests.cli.scans import limner, picture, volume


@pytest.fixture
def begun(tmp_path):
    """A scan with a session in which one click was said."""
    words = ("-i", picture(tmp_path / "scan.png"), "-o", tmp_path / "m.png")
    words = (*words, "--session", tmp_path / "s.limner.json", "--model", "fake", "--index")
    assert limner("segment", *words, "--click", "10,10").code == 0
    return words


def voxels(tmp_path, number=1):
    return read_mask(tmp_path / "m.png").voxels(number)


def test_a_second_call_goes_on_from_the_first(tmp_path, begun):
    first = voxels(tmp_path)
    told = limner("segment", *begun, "--click", "10,30", "--all-islands")
    assert told.code == 0, told.err
    assert voxels(tmp_path) == 2 * first == 74


def test_undo_takes_the_last_step_back_without_a_model(tmp_path, begun, monkeypatch):
    from limner.cli import _case

    limner("segment", *begun, "--click", "10,30", "--all-islands")
    monkeypatch.setattr(_case, "ready", None)  # whoever asks for a model falls over
    monkeypatch.setattr(_case, "_LOADED", {})
    told = limner("segment", *begun, "--undo")
    assert told.code == 0, told.err
    assert voxels(tmp_path) == 37
    assert "no model" in told.out


def test_undo_of_the_only_step_leaves_nothing_outlined(tmp_path, begun):
    told = limner("segment", *begun, "--undo")
    assert told.code == 0, told.err
    assert "Nothing is outlined." in told.out
    assert read_mask(tmp_path / "m.png").ids == ()
    told = limner("segment", *begun, "--undo")
    assert told.code == 2
    assert "nothing left to undo" in told.err


def test_undo_with_a_new_prompt_replaces_the_step(tmp_path, begun):
    limner("segment", *begun, "--undo", "--box", "20,30 39,59")
    assert voxels(tmp_path) == 600


def test_a_second_object_joins_and_the_first_stays(tmp_path, begun):
    told = limner("segment", *begun, "--object", 2, "--label", "cyst", "--box", "20,30 39,59")
    assert told.code == 0, told.err
    assert (voxels(tmp_path, 1), voxels(tmp_path, 2)) == (37, 600)
    assert read_mask(tmp_path / "m.png").find(2).label == "cyst"


def test_a_session_of_another_image_is_refused(tmp_path, begun):
    other = volume(tmp_path / "other.nii.gz")
    session = tmp_path / "s.limner.json"
    before = session.read_bytes()
    words = ("-i", other, "-o", tmp_path / "o.nii.gz", "--session", session, "--model", "fake")
    told = limner("segment", *words, "--index", "--click", "1,2,3")
    assert told.code == 2
    assert "is on 'scan.png'" in told.err
    assert session.read_bytes() == before
    assert not (tmp_path / "o.nii.gz").exists()


@pytest.mark.parametrize("damage", ["", "{", '{"format": "other"}', "cut"])
def test_a_damaged_session_is_refused_and_left_alone(tmp_path, begun, damage):
    session = tmp_path / "s.limner.json"
    whole = session.read_text()
    session.write_text(whole[: len(whole) // 2] if damage == "cut" else damage)
    before = session.read_bytes()
    told = limner("segment", *begun, "--click", "3,3")
    assert told.code == 2, told.out
    assert "s.limner.json" in told.err
    assert session.read_bytes() == before


def test_undo_without_a_session_says_what_it_needs(tmp_path):
    scan = picture(tmp_path / "scan.png")
    told = limner("segment", "-i", scan, "-o", tmp_path / "m.png", "--undo", "--model", "fake")
    assert told.code == 2
    assert "--session" in told.err


def test_what_was_said_is_in_the_file_in_order(tmp_path, begun):
    limner("segment", *begun, "--outside", "10,14")
    events = json.loads((tmp_path / "s.limner.json").read_text())["events"]
    assert [each["event"] for each in events] == ["Said", "Accepted", "Said", "Accepted"]
