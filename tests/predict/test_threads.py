"""Threads: marks on ridges mean threads, all ridges of that kind are taken, discs stay discs."""

import numpy as np
import pytest

from limner.grid import Grid
from limner.image import Image
from limner.predict._ask import Task
from limner.predict._threads import meant, ridges
from limner.predict.limner import Limner, _scene
from limner.prompt.click import Click
from limner.prompt.stroke import Stroke

SIDE = 300


def net():
    """Dark lines 4 pixels wide, crossing all over the picture."""
    rows, columns = np.indices((SIDE, SIDE))
    bent = columns + 18 * np.sin(rows / 30)
    return ((bent % 60) < 4) | ((rows % 90) < 4)


def disc():
    rows, columns = np.indices((SIDE, SIDE))
    return (rows - 150) ** 2 + (columns - 150) ** 2 < 70**2


def image(mask):
    noise = np.random.default_rng(0).normal(0, 8, (SIDE, SIDE))
    samples = np.clip(np.where(mask, 90, 150) + noise, 0, 255).astype(np.uint8)
    return Image.of(samples[None], Grid.picture(SIDE, SIDE))


def shy(arrays):
    """A network that answers no, everywhere, and expects little of it."""
    count = len(arrays["image"])
    nothing = np.full((count, 1, 128, 128), -4.0, np.float32)
    return {"logits": nothing, "quality": np.full(count, 0.2, np.float32)}


def clicks(mask, inside, outside):
    told = [(place, True) for place in inside] + [(place, False) for place in outside]
    for place, yes in told:
        assert mask[place] == yes
    return [Click((float(p[1]), float(p[0]), 0.0), inside=yes) for p, yes in told]


def answered(mask, prompts, network=shy):
    model = Limner(network)
    return model.predict(model.encode(image(mask)), tuple(prompts)).mask.where(1)[0]


def dice(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())


@pytest.mark.parametrize("sign", [1, -1], ids=["bright", "dark"])
def test_a_line_is_a_ridge_of_its_kind_and_a_step_is_a_weaker_one(sign):
    plane = np.zeros((64, 64), np.float32)
    plane[:, 30:33] = sign
    dark, bright = ridges(plane)
    right, wrong = (bright, dark) if sign > 0 else (dark, bright)
    assert right[32, 31] > 0.3
    assert wrong[32, 31] == 0
    step = np.zeros((64, 64), np.float32)
    step[:, 31:] = sign
    assert max(each[32, 20:44].max() for each in ridges(step)) < 0.7 * right[32, 31]


def test_three_marks_on_lines_and_beside_give_every_line():
    mask = net()
    inside = [tuple(p) for p in np.argwhere(mask)[[500, -800]]]
    told = clicks(mask, inside, [(130, 160 if not mask[130, 160] else 170)])
    found = answered(mask, told)
    assert dice(found, mask) > 0.7
    assert all(found[place] for place in inside)


def test_a_stroke_along_a_line_gives_every_line():
    mask = net()
    path = [(x, 92.0, 0.0) for x in np.linspace(20, 280, 9)]
    assert dice(answered(mask, [Stroke(tuple(path))]), mask) > 0.7


def test_marks_on_a_disc_are_no_threads_and_those_on_lines_are():
    told = clicks(disc(), [(150, 150), (110, 150), (190, 160)], [(20, 20)])
    assert not said_of_threads(disc(), told)
    lines = clicks(net(), [tuple(p) for p in np.argwhere(net())[[500, -800]]], [(130, 170)])
    assert said_of_threads(net(), lines)
    assert not said_of_threads(net(), lines[:2])  # two marks are too few to tell


def said_of_threads(mask, prompts):
    model = Limner(shy)
    scene = _scene(model.encode(image(mask)))
    return meant(Task(1, 0, 0, tuple(prompts)), scene, before=None)
