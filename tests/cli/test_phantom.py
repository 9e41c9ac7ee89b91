"""`limner phantom`: what it writes is read back by our own doors, and is the phantom."""

import json

import numpy as np
import pytest

from limner.cases.folder_pairs import samples
from limner.cases.open import read
from limner.cases.save import read_mask
from limner.phantoms import PHANTOMS
from tests.cli.scans import limner


def values(image):
    return image.block((0, 0, 0), image.grid.shape)


def test_a_folder_is_read_back_as_cases(tmp_path):
    told = limner("phantom", "torso", "--seed", 3, "-o", tmp_path / "set", "--count", 2)
    assert told.code == 0
    assert "torso-3" in told.out
    found = list(samples(tmp_path / "set"))
    assert [each.id for each in found] == ["torso-3", "torso-4"]
    for seed, each in zip((3, 4), found, strict=True):
        made = PHANTOMS.get("torso")(seed)
        assert each.image.grid.matches(made.image.grid)
        assert np.array_equal(values(each.image), values(made.image))
        assert each.mask.grid.matches(made.mask.grid)
        assert {(o.id, o.label) for o in each.mask.objects} == {
            (o.id, o.label) for o in made.mask.objects
        }
        assert np.array_equal(each.mask.label_map(), made.mask.label_map())
        assert each.licence == "CC0-1.0"


def test_one_file_has_its_mask_and_its_other_image_beside_it(tmp_path):
    limner("phantom", "torso_mr", "-o", tmp_path / "mr.nii.gz")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"mr.nii.gz", "mr-t1.nii.gz", "mr-mask.nii.gz"}
    made = PHANTOMS.get("torso_mr")(0)
    assert np.array_equal(values(read(tmp_path / "mr-t1.nii.gz")), values(made.images["t1"]))


def test_shadows_that_overlap_are_files_of_their_own(tmp_path):
    told = limner("phantom", "chest_xray", "-s", 2, "-o", tmp_path / "x", "--json")
    files = json.loads(told.out)[0]["files"]
    made = PHANTOMS.get("chest_xray")(2)
    folders = {path.name for path in (tmp_path / "x" / "objects").iterdir()}
    assert {"right lung", "left lung", "heart", "ribs", "spine"} <= folders
    assert len(files) == 1 + len(folders)
    heart = next(each for each in made.mask.objects if each.label == "heart")
    back = read_mask(tmp_path / "x" / "objects" / "heart" / "chest_xray-2.png")
    assert back.voxels(heart.id) == made.mask.voxels(heart.id)


def test_the_list_says_what_each_is():
    told = limner("phantom", "list", "--json")
    rows = {each["name"]: each["what"] for each in json.loads(told.out)}
    assert set(rows) == set(PHANTOMS.names())
    assert all(what.endswith((".", ":")) for what in rows.values())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["torso", "-o", "{}/one.png"], "Give a name that ends in .nii.gz."),
        (["skin", "-o", "{}/one.nii.gz"], "Give a name that ends in .png."),
        (["torso", "-o", "{}/one.jpg"], "neither a folder's name nor"),
        (["torso", "-o", "{}/one.nii.gz", "--count", "2"], "Give a folder."),
        (["torso"], "no place to write to"),
        (["tors", "-o", "{}/set"], "Did you mean 'torso'?"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(tmp_path, words, sentence):
    told = limner("phantom", *(word.format(tmp_path) for word in words))
    assert told.code == 2
    assert sentence in told.err
    assert not list(tmp_path.iterdir())
