"""Which zoom is kept: what is told of each answer, and who picks."""

import numpy as np
import pytest

from limner.image import Image
from limner.predict._ladder import NEAR, PLAIN, TRUST, best, by_rule, facts, open_
from limner.predict.limner import Limner
from limner.prompt.click import Click
from limner.prompt.stroke import Stroke

SHOWN = 3 + 6 + 5 * len(NEAR)  # facts before the evidence


def disc(rows=200, columns=240):
    """A disc of radius 20 at row 80, column 100."""
    row, column = np.ogrid[:rows, :columns]
    inside = (row - 80) ** 2 + (column - 100) ** 2 <= 20**2
    return Image.of((200 * inside + 20).astype(np.uint8)[None]), inside


def network(arrays):
    """What is brighter than midway, and the crop's spread as evidence."""
    grey = arrays["image"][:, :1]
    lowest, highest = (each(grey, axis=(2, 3), keepdims=True) for each in (np.min, np.max))
    evidence = np.stack([grey.std(axis=(1, 2, 3)), grey.max(axis=(1, 2, 3))], axis=1)
    return {
        "logits": (grey - (lowest + highest) / 2) * 10,
        "quality": np.linspace(0.5, 0.9, len(grey), dtype=np.float32),
        "evidence": evidence,
    }


def ladder(model=None, *, column=100.0):
    image, _ = disc()
    model = model or Limner(network)
    return model.zooms(model.encode(image), [Click((column, 80.0, 0.0))])


def test_the_zooms_run_from_the_whole_slice_to_close():
    answers, scene = ladder()
    extents = [one.look.extent[0] for one in answers]
    assert extents == sorted(extents, reverse=True)
    assert extents[0] == 240
    assert scene.most[0] == 240


def test_what_is_told_of_each_zoom():
    answers, scene = ladder()
    told = facts(answers, scene)
    assert told.shape == (5, SHOWN + 2)
    assert np.isfinite(told).all()
    assert told[:, 0] == pytest.approx([one.quality for one in answers])
    assert told[:, 2] == pytest.approx(1.0)  # five of five
    assert told[:, 3] == pytest.approx(np.log([e.look.extent[0] / 240 for e in answers]), abs=1e-6)
    # the disc over the slice, from the zooms that show all of it
    assert np.exp(told[:3, 5]) == pytest.approx(np.sqrt(np.pi) * 20 / 240, rel=0.03)
    # the first has nobody further away, and the last nobody closer
    near = told[:, 9:SHOWN].reshape(5, len(NEAR), 5)
    assert near[0, :2].any() == near[4, 2:].any() == False  # noqa: E712  # reads as it is meant
    assert near[1:, 1, 0].all()
    assert near[0, 2, 1] == pytest.approx(0.1)  # the next expects so much more
    assert near[0, 2, 2] > 0.9  # both show the disc, and agree
    assert told[:, -2] == pytest.approx([float(one.sight[0].std()) for one in answers], abs=1e-5)


def test_a_mask_that_touches_a_side_beyond_which_the_image_goes_on():
    answers, scene = ladder(column=118.0)  # beside the disc's rim, which runs down the closest
    assert open_(answers[0], scene) == 0
    assert open_(answers[-1], scene) > 0.9


def hesitant(said):
    """The same word, a thousandth as sure."""
    return {**said, "worth": said["worth"] / 1000}


def test_a_judge_picks_and_says_what_its_pick_reaches():
    seen = []

    def judge(arrays):
        seen.append(arrays["ladder"])
        worth = np.zeros(len(arrays["ladder"]), np.float32)
        worth[3] = 5 / TRUST  # so sure that the rule does not count
        return {"worth": worth, "quality": np.linspace(0.1, 0.5, len(worth))}

    answers, scene = ladder()
    kept = best(answers, scene, marks=1, judge=judge)
    assert kept.look == answers[3].look
    assert kept.quality == pytest.approx(0.4)
    doubting = best(answers, scene, marks=1, judge=lambda arrays: hesitant(judge(arrays)))
    assert doubting.look == answers[int(np.argmax(by_rule(facts(answers, scene), marks=1)))].look
    assert seen[0].dtype == np.float32
    image, _ = disc()
    model = Limner(network, judge=judge)
    found = model.predict(model.encode(image), [Click((100.0, 80.0, 0.0))])
    assert next(iter(found.state.values())).look == answers[3].look
    drawn = model.predict(model.encode(image), [Stroke(((95.0, 80.0, 0.0), (105.0, 80.0, 0.0)))])
    assert next(iter(drawn.state.values())).quality == pytest.approx(0.4)


def test_without_a_judge_or_evidence_a_rule_picks():
    answers, scene = ladder()
    by_it = int(np.argmax(by_rule(facts(answers, scene), marks=1)))
    assert best(answers, scene, marks=1).look == answers[by_it].look

    def reticent(arrays):
        return {name: each for name, each in network(arrays).items() if name != "evidence"}

    silent, scene = ladder(Limner(reticent))

    def judge(arrays):
        raise AssertionError(arrays)

    assert best(silent, scene, marks=1, judge=judge).look == answers[by_it].look
    assert facts(silent, scene).shape == (5, PLAIN) == (5, SHOWN)


def test_a_single_zoom_is_a_ladder_too():
    image = Image.of(np.arange(400, dtype=np.uint8).reshape(1, 20, 20))
    model = Limner(network)
    answers, scene = model.zooms(model.encode(image), [Click((10.0, 10.0, 0.0))])
    assert len(answers) == 1
    assert facts(answers, scene).shape == (1, SHOWN + 2)
    assert best(answers, scene, marks=1) is answers[0]
