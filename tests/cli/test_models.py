"""`limner models` and `limner doctor`."""

import hashlib
import json
from pathlib import Path

import pytest

from limner.cli import _own_models
from limner.predict.card import Card
from tests.cli.scans import limner, picture


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder with a card of one's own (the package's weights), and an empty folder of models."""
    monkeypatch.setenv("LIMNER_MODELS", str(tmp_path / "models"))
    card = _own_models.card_of("limner")
    weights, *_ = card.paths()
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "net.onnx").write_bytes(weights.read_bytes())
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    (folder / "card.toml").write_text(
        'id = "mine-1"\ntitle = "Mine"\npredictor = "limner"\nlicence = "MIT"\nside = 128\n'
        f'[prompts]\nbox = [0, 1]\n[[weights]]\nfile = "net.onnx"\nsha256 = "{digest}"\n'
    )
    return folder


def test_the_list_names_every_predictor():
    told = json.loads(limner("models", "--json").out)
    assert {"classic", "limner"} <= {each["name"] for each in told}
    assert all(each["title"] for each in told)


def test_a_card_is_shown_with_its_limits():
    told = limner("models", "show", "limner")
    assert told.code == 0
    assert "licence" in told.out
    assert "limit" in told.out
    assert json.loads(limner("models", "show", "limner", "--json").out)["predictor"] == "limner"
    assert "without weights" in limner("models", "show", "classic").out


def test_an_unknown_model_is_answered_with_the_nearest():
    told = limner("models", "show", "limmer")  # misspelt
    assert (told.code, told.err) == (
        2,
        "limner: There is no model called 'limmer'. Did you mean 'limner'?\n",  # misspelt
    )


def test_ones_own_model_is_added_verified_and_used(tmp_path, own):
    told = limner("models", "add", own)
    assert told.code == 0, told.err
    assert (tmp_path / "models" / "mine-1" / "card.toml").is_file()
    assert "mine-1" in limner("models").out
    assert limner("models", "verify", "mine-1").code == 0
    scan = picture(tmp_path / "scan.png")
    words = ("--index", "--box", "20,30 39,59", "--model", "mine-1", "--json")
    told = limner("segment", "-i", scan, "-o", tmp_path / "m.png", *words)
    assert told.code == 0, told.err
    assert json.loads(told.out)["model"] == Card.read(own).name
    again = limner("models", "add", own)
    assert "--replace" in again.err
    assert limner("models", "add", own, "--replace").code == 0
    assert limner("models", "add", own, "--name", "limner").code == 2


def test_damaged_weights_are_found(tmp_path, own):
    limner("models", "add", own)
    kept = tmp_path / "models" / "mine-1" / "net.onnx"
    kept.write_bytes(kept.read_bytes()[:-1])
    told = limner("models", "verify", "mine-1")
    assert told.code == 2
    assert "SHA-256" in told.err
    (own / "net.onnx").write_bytes(b"other")
    told = limner("models", "add", own, "--name", "other")
    assert told.code == 2
    assert not (tmp_path / "models" / "other").exists()


def test_the_doctor_says_what_runs_and_how_fast():
    told = json.loads(limner("doctor", "--json", "--model", "fake").out)
    assert told["speed"]["further_prompt_s"] > 0
    assert "used" in told["runtimes"]["onnxruntime"]
    assert all(told["codecs"].values())
    assert told["machine"]["cores"] >= 1
    page = limner("doctor", "--model", "fake").out
    assert "further ones" in page


def test_a_missing_extra_comes_with_its_line(monkeypatch):
    from limner.cli import _health

    monkeypatch.setattr(
        _health, "installed", lambda name: "" if name.lower() == "simpleitk" else "1"
    )
    assert [each.lower() for each in _health.extras()["itk"]] == ["simpleitk"]
    found = {**_health.health("fake"), "extras": {"itk": ["SimpleITK"]}}
    assert "missing SimpleITK; pip install 'limner[itk]'" in _health.as_text(found)


def test_a_folder_that_is_no_model(tmp_path):
    assert "no model card" in limner("models", "add", tmp_path).err
    assert "There is no folder" in limner("models", "add", Path("gone")).err
