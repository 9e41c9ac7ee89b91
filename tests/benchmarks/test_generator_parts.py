"""The measurement of the generator's parts: what is left out, and that effects are told apart."""

from collections import Counter

import numpy as np
import pytest

from benchmarks import small_cases
from benchmarks.generator_parts import (
    ALONE,
    AWAY,
    COLUMNS,
    Arm,
    Drawn,
    alone,
    left_out,
    planned,
    several,
)
from limner.learn import cases, crops
from limner.learn.material import Generated
from limner.phantoms import _paint, shapes
from limner.phantoms.shapes import SCENE_PARTS


def test_a_round_leaves_every_part_out_twice():
    runs = left_out(np.random.default_rng(3))
    assert tuple(len(each) for each in runs) == AWAY
    assert set(Counter(part for each in runs for part in each).values()) == {2}
    assert Counter(part for each in runs for part in each).keys() == set(SCENE_PARTS)


def test_the_whole_comes_with_every_part_left_out_on_the_same_seed():
    arms = planned(seeds=2, rounds=1)
    assert arms[0] == Arm("whole", (), 0)
    whole = [each for each in arms if each.diet == "whole"]
    assert Counter(each.seed for each in whole) == {0: 1 + len(ALONE), 1: 1 + len(ALONE)}
    assert len({each.key for each in arms}) == len(arms)


def test_effects_that_were_planted_are_found():
    rng = np.random.default_rng(1)
    worth = dict(zip(SCENE_PARTS, rng.normal(0, 0.02, len(SCENE_PARTS)), strict=True))
    lines = []
    for arm in planned(seeds=4, rounds=5):
        score = 0.7 + rng.normal(0, 0.001) + (arm.seed if arm.diet == "whole" else 0)
        score -= sum(worth.get(part, 0.01) for part in arm.without)
        lines.append((arm, dict.fromkeys(COLUMNS, score)))
    found = several(lines)
    assert found["runs"] == 35
    for part, planted in worth.items():
        middle, low, high = found["parts"][part]["box"]
        assert middle == pytest.approx(planted, abs=0.003)
        assert low < middle < high
        assert high - low < 0.006
        assert found["parts"][part]["left out of"] == 10
    for told in alone(lines)["parts"].values():  # seeds differ by 1, pairs do not
        assert told["click"]["difference"][0] == pytest.approx(0.01, abs=0.003)


def test_three_seeds_are_needed():
    arms = [each for each in planned(seeds=2, rounds=1) if each.diet == "whole"]
    lines = [(each, dict.fromkeys(COLUMNS, 0.5)) for each in arms]
    assert alone(lines)["parts"] == {}
    assert several(lines) == {"runs": 0, "parts": {}}


def held(count=6, side=8):
    """Cases of every kind whose pictures hold the number of their kind and their own."""
    found = {}
    for number, kind in enumerate(small_cases.KINDS):
        image = np.full((count, 3, side, side), number, np.float16)
        tags = np.zeros((count, len(small_cases.TAGS)), bool)
        tags[: count // 2, small_cases.TAGS.index("trees")] = True
        image[: count // 2, 1] = 1
        image[count // 2 :, 1] = 0
        one = np.ones((count, 1, side, side), bool)
        said, hints = np.zeros((count, 2, side, side), np.uint8), image.astype(np.int8)
        found[kind] = {
            "image": image, "said": said, "hints": hints, "target": one, "weight": one, "tags": tags
        }  # fmt: skip
    return found


@pytest.mark.parametrize(
    ("without", "kinds", "trees"),
    [((), {0, 1, 2, 3, 4}, {0, 1}), (("found",), {0, 2, 3, 4}, {0, 1}),
     (("made-up",), {0, 1}, {0, 1}), (("trees", "micro"), {0, 1, 2, 3}, {0})],
)  # fmt: skip
def test_what_is_left_out_is_not_drawn(without, kinds, trees):
    feed = Drawn(held(), Arm("whole", without, 0))
    images = np.concatenate([feed.draw(0.0).inputs["image"][:, :, 0, 0].numpy() for _ in range(20)])
    assert set(images[:, 0].astype(int)) == kinds
    assert set(images[:, 1].astype(int)) == trees


def test_a_case_says_which_parts_had_a_hand_in_it_and_nothing_stays_changed():
    before = (shapes.LAYOUTS, _paint._texture, cases.restyled, crops.spoiled)
    small_cases.CHUNK, kept = 12, small_cases.CHUNK
    try:
        bare = Generated(without=("anatomy", "micro", "textures", "frames", "ellipses"))
        found = small_cases.chunk("shapes", bare, number=0)
    finally:
        small_cases.CHUNK = kept
    assert (shapes.LAYOUTS, _paint._texture, cases.restyled, crops.spoiled) == before
    rates = dict(zip(small_cases.TAGS, found["tags"].mean(axis=0), strict=True))
    assert rates["textures"] == rates["frames"] == rates["ellipses"] == 0
    layouts = [layout.__name__ for layout, _ in shapes.LAYOUTS]
    assert found["tags"][:, [small_cases.TAGS.index(each) for each in layouts]].any(axis=1).all()
    assert 0.2 < rates["restyling"] < 1
    side = small_cases.SIDE
    assert found["image"].shape == (12, 3, side, side)
    assert found["said"].any(axis=(1, 2, 3)).all()
    assert 0 < found["target"].mean() < 1
