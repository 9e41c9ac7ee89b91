"""Threads: marks on ridges mean threads, all ridges of that kind are taken, discs stay discs."""

import numpy as np
import pytest

from limner.grid import Grid
from limner.image import Image
from limner.predict import _threads
from limner.predict._ask import Answer, Task
from limner.predict._look import Look
from limner.predict._threads import lines, ridges, traced
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


def test_a_further_mark_asks_of_its_own_tile_alone():
    asked = []

    def counting(arrays):
        asked.append(len(arrays["image"]))
        return shy(arrays)

    mask = net()
    on, off = np.argwhere(mask), np.argwhere(~mask)
    model = Limner(counting)
    encoded = model.encode(image(mask))
    told = clicks(mask, [tuple(p) for p in on[[500, -800]]], [(130, 170)])
    found = model.predict(encoded, told)
    (before,) = found.state.values()
    assert len(before.tiles) == sum(asked) == 3
    told += clicks(mask, [nearest(on, (215, 255))], [])
    found = model.predict(encoded, told, found)
    (after,) = found.state.values()
    assert asked[1:] == [1]
    assert set(after.tiles) > set(before.tiles)
    assert all(after.tiles[corner] is tile for corner, tile in before.tiles.items())
    # the same from nothing, by a network that does not listen to the colours of other marks
    (afresh,) = model.predict(encoded, told).state.values()
    assert np.array_equal(afresh.logits, after.logits)
    # another beside it is told to that tile, which is asked again
    told += clicks(mask, [], [nearest(off, (225, 262))])
    asked.clear()
    (again,) = model.predict(encoded, told, found).state.values()
    assert asked == [1]
    assert len(again.tiles) == len(after.tiles)
    unlike = [c for c, tile in again.tiles.items() if tile is not after.tiles[c]]
    assert len(unlike) == 1


def nearest(places, to):
    return tuple(places[np.abs(places - to).sum(axis=1).argmin()])


def test_lines_that_do_not_hang_together_are_no_threads():
    """Dashes all over the picture: every mark lies on a ridge, and there is no tree."""
    rows, columns = np.indices((SIDE, SIDE))
    dashes = ((columns % 30) < 4) & ((rows % 30) < 16)
    places = [tuple(p) for p in np.argwhere(dashes)[[300, -1500, -40]]]
    assert not said_of_threads(dashes, clicks(dashes, places, []))


def test_a_compact_answer_is_kept_where_few_marks_lie_on_the_lines(monkeypatch):
    """One of three marks is on the net; all count as lying on ridges, as on a bone's rims."""
    monkeypatch.setattr(_threads, "_on_ridges", lambda *_: True)
    places = [tuple(np.argwhere(net())[500]), (130, 165), (160, 225)]
    assert [bool(net()[place]) for place in places] == [True, False, False]
    told = [Click((float(column), float(row), 0.0)) for row, column in places]
    scene = _scene(Limner(shy).encode(image(net())))
    side = np.indices((128, 128)) - 64

    def given_up(logits):
        look = Look(0, (150.0, 150.0), (300.0, 300.0))
        before = Answer(look, logits.astype(np.float32), 0.6, np.zeros((3, 128, 128), np.float32))
        task = Task(1, 0, 0, tuple(told), before=before)
        return traced(task, scene, before=before) is not None

    assert not given_up(20.0 - np.hypot(*side))
    assert given_up(1.0 - np.abs(side[0] - side[1]))  # a thread itself
    assert given_up(np.full((128, 128), -1.0))  # nothing to keep


def test_the_rim_of_a_round_view_is_no_line():
    """As a fundus is shown: a bright disc on black. Its vessels are found, its rim is not."""
    rows, columns = np.indices((SIDE, SIDE))
    view = (rows - 150) ** 2 + (columns - 150) ** 2 < 140**2
    mask = net() & view
    noise = np.random.default_rng(0).normal(0, 8, (SIDE, SIDE))
    shown = np.where(view, np.where(mask, 90, 150) + noise, 3).astype(np.uint8)
    seen = Image.of(shown[None], Grid.picture(SIDE, SIDE))
    told = clicks(mask, [tuple(p) for p in np.argwhere(mask)[[1000, -1000, 2000]]], [])
    model = Limner(shy)
    found = model.predict(model.encode(seen), tuple(told)).mask.where(1)[0]
    assert dice(found, mask) > 0.7
    rim = view & ((rows - 150) ** 2 + (columns - 150) ** 2 > 137**2)
    assert found[rim & ~mask].mean() < 0.1
    assert not found[~view].any()


@pytest.mark.parametrize("sign", [1, -1], ids=["bright", "dark"])
def test_a_long_line_is_told_from_grain(sign):
    noise = np.random.default_rng(3).normal(0, 1, (96, 96)).astype(np.float32)
    plane = noise.copy()
    plane[47:50] += 1.5 * sign
    found = lines(plane)[0 if sign < 0 else 1]
    assert found[48, 12:84].mean() > 3 * np.delete(found, range(40, 57), axis=0).mean()


def said_of_threads(mask, prompts):
    model = Limner(shy)
    scene = _scene(model.encode(image(mask)))
    return traced(Task(1, 0, 0, tuple(prompts)), scene, before=None) is not None
