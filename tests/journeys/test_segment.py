"""From a scan and a prompt to a mask, its measurements and a file, as a person types it."""

import json

import numpy as np
import pytest

from limner.cases.open import read
from limner.cases.save import read_mask
from tests.cli.scans import BRIGHT, limner, picture, volume

BOX = ("--index", "--box", "20,30 39,59", "--model", "fake")


def test_a_box_on_a_picture_becomes_a_label_picture(tmp_path):
    told = limner("segment", "-i", picture(tmp_path / "scan.png"), "-o", tmp_path / "m.png", *BOX)
    assert told.code == 0, told.err
    assert "the picture" in told.out
    assert "area 600 pixels" in told.out
    assert "volume" not in told.out
    inside = read_mask(tmp_path / "m.png").where(1)[0]
    assert inside[BRIGHT].all()
    assert inside.sum() == 600


def test_a_click_in_mm_on_a_volume_is_answered_on_its_slice(tmp_path):
    scan = volume(tmp_path / "scan.nii.gz")
    at = read(scan).grid.position_mm((3, 8, 10)).tolist()
    place = ",".join(str(each) for each in at)
    words = ("-i", scan, "-o", tmp_path / "m.nii.gz", "--click", place, "--label", "liver")
    told = limner("segment", *words, "--model", "fake", "--json")
    assert told.code == 0, told.err
    (found,) = json.loads(told.out)["objects"]
    assert (found["label"], found["extent"]) == ("liver", "slice 4 of 6")
    assert found["slice_indices"] == [3]
    assert "volume" not in found["measurements"]
    # Seven pixels across, drawn where a Gaussian of 1.5 pixels is above 0.1: radius 3.2, 37 pixels.
    assert found["measurements"]["area"]["value"] == pytest.approx(37 * 4.0)
    assert found["measurements"]["area"]["unit"] == "mm2"
    mask = read_mask(tmp_path / "m.nii.gz", grid=read(scan).grid)
    assert np.unique(np.nonzero(mask.where(1))[0]).tolist() == [3]
    assert mask.find(1).slices == (3,)


def test_the_mask_lies_where_the_scan_lies(tmp_path):
    scan = volume(tmp_path / "scan.nii.gz")
    limner("segment", "-i", scan, "-o", tmp_path / "m.nii.gz", *_slice_box())
    assert read_mask(tmp_path / "m.nii.gz").grid.matches(read(scan).grid)


def _slice_box():
    return ("--index", "--box", "2,5,8 2,11,15", "--model", "fake")


def test_a_mask_is_measured_again_and_still_has_no_volume(tmp_path):
    scan, mask = volume(tmp_path / "scan.nii.gz"), tmp_path / "m.nii.gz"
    limner("segment", "-i", scan, "-o", mask, *_slice_box(), "-q")
    told = limner("measure", mask, "-i", scan, "-o", tmp_path / "table.csv", "--json")
    (found,) = json.loads(told.out)["objects"]
    numbers = found["measurements"]
    assert "volume" not in numbers
    assert numbers["area"]["value"] == pytest.approx(56 * 4.0)  # 7 x 8 pixels of 2 x 2 mm
    assert numbers["intensity_mean"]["value"] == pytest.approx(100)
    assert (tmp_path / "table.csv").read_text().startswith("object,label,name,measurement,value")


def test_prompts_of_several_objects_with_classes(tmp_path):
    scan = picture(tmp_path / "scan.png")
    box = {"kind": "box", "corners_index": [[20, 30], [39, 59]]}
    click = {"kind": "click", "at_index": [5, 5]}
    told = {
        "objects": [
            {"id": 2, "label": "tumour", "prompts": [box]},
            {"id": 7, "label": "spot", "prompts": [click]},
        ]
    }
    (tmp_path / "p.json").write_text(json.dumps(told))
    words = ("--prompts", tmp_path / "p.json", "--model", "fake", "--json")
    said = limner("segment", "-i", scan, "-o", tmp_path / "m.png", *words)
    assert said.code == 0, said.err
    found = {each["id"]: each for each in json.loads(said.out)["objects"]}
    assert {n: each["label"] for n, each in found.items()} == {2: "tumour", 7: "spot"}
    assert found[2]["voxels"] == 600
    assert read_mask(tmp_path / "m.png").find(7).label == "spot"


@pytest.mark.parametrize(("overlap", "first"), [("later", 500), ("earlier", 600)])
def test_who_has_shared_voxels_can_be_said_and_is_told(tmp_path, overlap, first):
    scan = picture(tmp_path / "scan.png")
    corners = ([[20, 30], [39, 59]], [[35, 40], [44, 59]])  # they share 5 x 20 pixels
    told = [{"prompts": [{"kind": "box", "corners_index": each}]} for each in corners]
    (tmp_path / "p.json").write_text(json.dumps({"objects": told}))
    words = ("--prompts", tmp_path / "p.json", "--model", "fake", "--overlap", overlap)
    said = limner("segment", "-i", scan, "-o", tmp_path / "m.png", *words)
    assert said.code == 0, said.err
    assert "share 100 voxels" in said.out
    assert read_mask(tmp_path / "m.png").voxels(1) == first


def test_a_size_by_hand_gives_millimetres(tmp_path):
    scan = picture(tmp_path / "scan.png")
    words = (*BOX, "--spacing", "0.5", "--json")
    told = json.loads(limner("segment", "-i", scan, "-o", tmp_path / "m.png", *words).out)
    area = told["objects"][0]["measurements"]["area"]
    assert area["value"] == pytest.approx(150)  # 600 pixels of 0.25 mm2
    assert area["unit"] == "mm2{ruler}"


def test_quiet_prints_nothing_and_an_overlay_is_drawn(tmp_path):
    scan = picture(tmp_path / "scan.png")
    words = (*BOX, "-q", "--overlay", tmp_path / "seen.png")
    told = limner("segment", "-i", scan, "-o", tmp_path / "m.png", *words)
    assert (told.code, told.out, told.err) == (0, "", "")
    assert (tmp_path / "seen.png").stat().st_size > 1000


def test_a_report_says_what_the_run_was(tmp_path):
    scan = picture(tmp_path / "scan.png")
    words = (*BOX, "--report", tmp_path / "run.json")
    limner("segment", "-i", scan, "-o", tmp_path / "m.png", *words)
    told = json.loads((tmp_path / "run.json").read_text())
    import hashlib

    assert told["inputs"] == {"scan.png": hashlib.sha256(scan.read_bytes()).hexdigest()}
    assert told["model"] == "fake@1"
    assert told["ended"] == "well"
    assert told["options"]["box"] == ["20,30 39,59"]
    assert {"open", "predict", "write"} <= set(told["seconds"])
    assert set(told["versions"]) >= {"limner", "python", "numpy", "onnxruntime"}


def test_a_report_is_written_of_a_run_that_ended_badly(tmp_path):
    scan = picture(tmp_path / "scan.png")
    words = ("--click", "999,0,0", "--model", "fake", "--report", tmp_path / "run.json")
    told = limner("segment", "-i", scan, "-o", tmp_path / "m.png", *words)
    assert told.code == 2
    ended = json.loads((tmp_path / "run.json").read_text())["ended"]
    assert ended.startswith("error: ")
    assert "outside" in ended


def test_only_islands_under_a_click_stay_unless_asked(tmp_path):
    """A click outside cuts most of the first island away, its own click with it."""
    scan = picture(tmp_path / "scan.png")
    clicks = ("--click", "10,10", "--click", "10,30", "--outside", "10,12")
    words = ("--index", *clicks, "--model", "fake", "--json")
    counts = []
    for more in ((), ("--all-islands",)):
        out = tmp_path / f"m{len(counts)}.png"
        told = limner("segment", "-i", scan, "-o", out, *words, *more)
        counts.append(json.loads(told.out)["objects"][0]["voxels"])
    assert counts[0] == 37 < counts[1]
