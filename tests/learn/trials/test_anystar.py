"""The trial of blobs: what is learnt from, what is scored, and the baseline."""

import numpy as np
import pytest

from limner.errors import UnknownName
from limner.learn.trials import anystar as trial
from limner.learn.trials.anystar import PICTURES, SIDE, Blobs, anystar, cells, lungs, watershed


def test_a_scene_and_its_labels_are_turned_together(monkeypatch):
    monkeypatch.setattr(trial, "SCENES", 3)
    feed = Blobs(1)
    rng = np.random.default_rng(0)
    feed.scenes = [
        (ids[..., None].astype(np.float32), ids)
        for ids in (rng.integers(0, 4, (16, 16), np.int32) for _ in range(3))
    ]
    batches = [feed.draw(0.0) for _ in range(6)]
    for each in batches:
        assert (each.inputs["image"] == each.labels).all()
    shown = {labels.numpy().tobytes() for each in batches for labels in each.labels}
    assert 10 < len(shown) <= 24  # three scenes in eight ways


def test_batches_repeat_under_one_seed(monkeypatch):
    monkeypatch.setattr(trial, "SCENES", 4)
    one, two = (Blobs(5).draw(0.0) for _ in range(2))
    assert (one.inputs["image"] == two.inputs["image"]).all()
    assert not (one.inputs["image"] == Blobs(6).draw(0.0).inputs["image"]).all()


@pytest.mark.parametrize("bed", [cells, lungs])
def test_what_is_scored_has_objects_of_a_tone_of_their_own(bed):
    made = bed(2)
    assert len(made) == PICTURES
    for picture, labels in made:
        assert picture.shape == labels.shape == (SIDE, SIDE)
        assert 0 <= picture.min() < picture.max() <= 1
        assert labels.max() >= 1
        assert picture[labels > 0].mean() > picture[labels == 0].mean() + 0.1


def test_touching_discs_are_parted_by_the_baseline():
    rows, columns = np.indices((64, 64))
    discs = [np.hypot(rows - 32, columns - middle) < 11 for middle in (22, 41)]
    found = watershed((discs[0] | discs[1]).astype(np.float32), sigma=1.0, apart=4)
    assert found.max() == 2
    assert found[32, 18] != found[32, 45]


def test_a_way_that_nobody_knows_is_refused():
    with pytest.raises(UnknownName, match="watershed"):
        anystar(0, how="guess")


def test_a_short_lesson_gives_what_the_study_asks_for(monkeypatch):
    monkeypatch.setattr(trial, "SCENES", 2)
    found = anystar(0, how="stars", steps=1)
    assert set(found) == {"ap", "ap_cells", "ap_nodules", "ap70_cells", "ap70_nodules"}
    assert all(0 <= each <= 1 for each in found.values())
    assert found["ap"] == pytest.approx((found["ap_cells"] + found["ap_nodules"]) / 2)
