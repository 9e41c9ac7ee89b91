"""Whose pictures may lie where, what is cut out, and what is drawn on it."""

import json
import re
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from limner.errors import BadValue, NotFound, UnknownName
from limner.evaluate.contestant import Contestant
from limner.evaluate.pictures import cut, ignored, need_private, permissive_sets, plain, svg
from limner.evaluate.protocols.objects import entries
from limner.evaluate.replay import after, contestant_of, label_name, listed, replayed
from tests.data import shared
from tests.evaluate.small import made

ELLIPSE = Contestant.of("baseline", "ellipse")


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir()
    return made(tmp_path / "data")


@pytest.fixture
def answered(data):
    """What the ellipse said of the two squares of the first picture."""
    chosen = entries(data, "choose")[:2]
    return list(replayed(data, ELLIPSE.make(), [(each, "box") for each in chosen]))


def repository(folder):
    folder.mkdir()
    subprocess.run(["git", "init", "-q", folder], check=True)
    (folder / ".gitignore").write_text("/runs/\n")
    return folder


def test_only_read_and_permissive_licences_are_permissive(tmp_path):
    sets = [
        {"name": "a", "licence_status": "permissive"},
        {"name": "b", "licence_status": "permissive (share-alike)"},
        {"name": "c", "licence_status": "high", "may_train_shipped_weights": False},
        {"name": "d", "licence_status": "odd", "may_train_shipped_weights": True},
        {"name": "e", "licence_status": "research-only"},
        {"name": "f"},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps({"sets": sets}))
    assert permissive_sets(tmp_path) == {"a", "c", "d"}
    with pytest.raises(NotFound, match="whose pictures"):
        permissive_sets(tmp_path / "none")


def test_no_research_only_set_of_ours_is_permissive():
    named = permissive_sets(shared("data/manifest.json").parent)
    assert {"dsb2018_nuclei", "ms_hipxray"} <= named
    assert named & {"biomedparse_demo", "ph2_dermoscopy", "ms_acdc", "drive_vessels"} == set()


def test_restricted_pictures_go_nowhere_that_git_keeps(tmp_path):
    tree = repository(tmp_path / "tree")
    for kept in (tree, tree / "docs", tree / "docs" / "new"):
        assert not ignored(kept)
        with pytest.raises(BadValue, match="Pictures of a may not lie"):
            need_private(kept, ["a"])
        need_private(kept, [])
    for free in (tree / "runs", tree / "runs" / "review", tmp_path / "elsewhere"):
        assert ignored(free)
        need_private(free, ["a"])


def test_our_own_default_folders_are_ignored():
    from tests.data import CHECKOUT

    assert ignored(CHECKOUT / "runs" / "review")
    assert not ignored(CHECKOUT / "docs")


def test_without_git_a_work_tree_is_taken_for_one_that_keeps_all(tmp_path, monkeypatch):
    tree = repository(tmp_path / "tree")
    monkeypatch.setenv("PATH", "")
    assert not ignored(tree / "runs")


def test_a_replay_gives_what_the_ellipse_is(answered):
    small, big = answered
    assert big.answer.sum() == 80
    assert big.dice == pytest.approx(160 / 180)
    assert small.subject.target.sum() == 36
    assert [each.kind for each in big.prompts] == ["box"]
    assert big.expected is None


def test_a_call_that_fails_has_no_answer_and_says_why(data):
    class Fails:
        card = "fails"
        abilities = ELLIPSE.make().abilities
        encode = ELLIPSE.make().encode

        def predict(self, encoded, prompts, previous=None):
            raise MemoryError("too large")

    (one,) = replayed(data, Fails(), [(entries(data, "choose")[0], "box")])
    assert one.failure == "MemoryError: too large"
    assert not one.answer.any()
    assert len(one.prompts) == 1


def test_clicks_are_asked_one_after_another(data):
    classic = Contestant.of("model", "classic").make()
    (one,) = replayed(data, classic, [(entries(data, "choose")[1], "3 clicks")])
    assert 1 <= len(one.prompts) <= 3
    assert {each.kind for each in one.prompts} == {"click"}


def test_the_cut_out_is_square_and_holds_everything(answered):
    rows, columns = cut(answered[1])
    assert (rows.start, rows.stop) == (0, 30)  # the picture is no higher
    # the square is columns 20 to 29, and 20 pixels more are wanted on both sides
    assert (columns.start, columns.stop) == (0, 40)
    far = replace(answered[1].subject, target=np.pad(answered[1].subject.target, 60)[:, :])
    wide = replace(answered[1], subject=far, answer=np.pad(answered[1].answer, 60), prompts=())
    rows, columns = cut(wide)
    assert (rows.start, rows.stop) == (77 - 25, 77 + 25)  # rows 72 to 81, their middle 77
    assert (columns.start, columns.stop) == (85 - 25, 85 + 25)


def test_outlines_lie_on_the_pixels_faces(answered):
    tree = ET.fromstring(svg(answered[1], title='a "b" <c>', id="p1"))
    assert tree.attrib["viewBox"] == "0 0 40 30"
    assert tree.attrib["aria-label"] == 'a "b" <c>'
    (truth,) = (each for each in tree if each.attrib.get("class") == "truth")
    path = truth[-1].attrib["d"]
    xs, ys = np.array([list(map(float, each)) for each in re.findall(r"([\d.]+) ([\d.]+)", path)]).T
    # half a pixel's cell is cut at the corners; the sides lie on the faces of columns 20 to 29
    assert (xs.min(), xs.max(), ys.min(), ys.max()) == (20, 30, 12, 22)
    (prompt,) = (each for each in tree if each.attrib.get("class") == "prompt")
    box = {name: float(prompt[-1].attrib[name]) for name in ("x", "y", "width", "height")}
    assert box == {"x": 20, "y": 12, "width": 10, "height": 10}


def test_the_plain_one_shows_the_same_picture_without_outlines(answered):
    tree = ET.fromstring(plain(answered[1], title="x", id="p1"))
    assert next(each.attrib.get("href") for each in tree) == "#p1"
    assert [each.attrib.get("class") for each in tree] == [None, "prompt"]


def test_labels_are_called_as_the_description_says(data):
    entry = entries(data, "choose")[0]
    assert label_name(data, entry) == "label 1"
    other = data.parent / "named"
    other.mkdir()
    for labels, name in (
        ({"1": "lesion (any)"}, "lesion"),
        ({"0": {"1": "lung"}}, "lung"),
        ("instance ids", "label 1"),
    ):
        folder = other / name.replace(" ", "")
        folder.mkdir(exist_ok=True)
        told = {"sets": [{"name": "squares", "labels": labels}]}
        (folder / "manifest.json").write_text(json.dumps(told))
        assert label_name(folder, entry) == name


def test_another_list_than_was_scored_is_refused(data):
    with pytest.raises(BadValue, match="not the list"):
        listed({"half": "choose", "objects_json": "0" * 64}, data)


def test_columns_and_contestants_are_known_by_name():
    assert [after(each) for each in ("box", "1 click", "10 clicks")] == [0, 1, 10]
    with pytest.raises(UnknownName, match="Did you mean '3 clicks'"):
        after("3 click")
    assert contestant_of("ellipse").kind == "baseline"
    assert contestant_of("classic").kind == "model"
    assert contestant_of("random_walker:beta=300").options == (("beta", 300),)
