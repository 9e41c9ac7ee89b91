"""Scenes: what counts as one object, by hand, and that every source gives some."""

import numpy as np
import pytest

from tests.learn.small import written

pytest.importorskip("torch")

from limner.learn.material import (  # torch first
    Found,
    Generated,
    Labelled,
    discernible,
    even_patch,
    labelled,
    separated,
)
from limner.learn.permitted import permitted


def labels():
    found = np.zeros((40, 60), np.int32)
    found[2:12, 2:12] = 1  # 100 of label 1, and a crumb of 4: one object of 104
    found[20, 2:6] = 1
    found[2:12, 20:30] = 2  # two parts of label 2: neither holds over 80 %
    found[20:30, 20:28] = 2
    found[30:32, 40:50] = 3  # 20 pixels only
    return found


class TestSeparated:
    def test_by_hand(self):
        objects = separated(labels())
        assert objects.max() == 3
        areas = sorted(int((objects == k).sum()) for k in (1, 2, 3))
        assert areas == [80, 100, 104]
        assert not objects[30:32, 40:50].any()

    def test_touching_corners_are_two_parts(self):
        found = np.zeros((30, 30), np.int32)
        found[0:10, 0:10] = 5
        found[10:20, 10:20] = 5
        assert separated(found).max() == 2

    def test_what_covers_too_much_is_left_out(self):
        found = np.ones((20, 20), np.int32)
        found[:, :5] = 2
        assert separated(found, most=0.5).max() == 1

    def test_agrees_with_the_unit_that_is_scored(self):
        """objects.json's whole labels are whole here too; its parts are parts here."""
        found = labels()
        found[:] = np.where(found == 2, 0, found)
        assert separated(found).max() == 1


@pytest.mark.parametrize("material", [Labelled, Found])
def test_pictures_give_scenes_with_objects(tmp_path, material):
    sources = permitted(written(tmp_path))
    for seed in range(6):
        scene = material(sources).draw(np.random.default_rng(seed))
        assert scene.count >= 1
        assert scene.objects.shape == scene.picture.shape[:2]
        assert scene.picture.dtype == np.uint8
        assert not scene.uncertain


def test_generated_scenes_hold_objects():
    for seed in range(6):
        scene = Generated().draw(np.random.default_rng(seed))
        assert scene.count >= 1
        assert all((scene.objects == k + 1).any() for k in range(scene.count))


def test_what_is_generated_is_chosen_by_shares_and_by_name():
    from limner.errors import BadValue, UnknownName

    rng = np.random.default_rng(0)
    grey = [Generated(shapes=0, micro=0).draw(rng).picture.shape for _ in range(4)]
    assert grey == [(160, 160, 1)] * 4  # bodies are grey
    assert Generated(side=96, without=("anatomy", "micro")).draw(rng).objects.shape == (96, 96)
    with pytest.raises(BadValue, match="Nothing is left"):
        Generated(without=("shapes", "anatomy", "micro"))
    with pytest.raises(UnknownName, match="micro"):
        Generated(without=("mikro",))


def test_only_what_tone_or_grain_sets_apart_is_outlined():
    rng = np.random.default_rng(0)
    objects = np.zeros((60, 120), np.int32)
    for number, column in enumerate((5, 35, 65, 95), start=1):
        objects[20:40, column : column + 20] = number
    picture = rng.normal(0.5, 0.05, objects.shape)
    picture[objects == 1] += 0.05  # one standard deviation: seen
    picture[objects == 3] = 0.5 + 2 * (picture[objects == 3] - 0.5)  # coarser grain: seen
    kept = discernible(picture[..., None].astype(np.float32), objects)
    assert np.array_equal(kept == 1, objects == 1)
    assert np.array_equal(kept == 2, objects == 3)
    assert kept.max() == 2


def test_a_grey_picture_is_opened_with_one_channel(tmp_path):
    pair = permitted(written(tmp_path))[0].pairs[0]
    assert labelled(pair).picture.shape == (96, 96, 1)


def test_a_patch_of_even_brightness_is_even_and_of_middling_size(tmp_path):
    pair = permitted(written(tmp_path))[0].pairs[0]
    picture = labelled(pair).picture
    found = [even_patch(np.random.default_rng(seed), picture) for seed in range(20)]
    patches = [patch > 0 for patch in found if patch is not None]
    assert len(patches) >= 5
    for patch in patches:
        assert 0.002 < patch.mean() < 0.6
        assert picture[patch].std() < picture.std()


def test_sets_are_drawn_equally_often_whatever_their_size(tmp_path):
    sources = permitted(written(tmp_path))
    many, few = sources[0], sources[1]
    short = type(few)(few.name, few.entry, few.pairs[:1], ())
    rng = np.random.default_rng(0)
    only = labelled(short.pairs[0], uncertain=False).picture
    drawn = [Labelled((many, short)).draw(rng).picture is only for _ in range(200)]
    assert 70 < sum(drawn) < 130
