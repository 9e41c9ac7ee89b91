"""Every further protocol gives predictors of planted behaviour what they deserve."""

import time
from pathlib import Path

import numpy as np
import pytest

from limner.evaluate.protocols import box_then_clicks as challenge
from limner.evaluate.protocols import inexact
from limner.evaluate.protocols.mark import MISSING, Judge
from limner.evaluate.protocols.objects import Entry, Subject, entries, load
from limner.evaluate.protocols.observer import second_observer
from limner.evaluate.protocols.pen import longest, middle_line, strokes
from limner.evaluate.protocols.plan import PROTOCOLS
from limner.evaluate.protocols.prompted import CAP, click_at, clicks, dice_of, many_clicks
from limner.evaluate.protocols.scribbled import human_scribbles, told_by, two_scribbles, wholes
from limner.evaluate.sheets import SHEETS, clicks_to, drawn, obeyed
from limner.grid import Grid
from limner.prompt import to_map
from limner.prompt.box import Box
from limner.prompt.click import Click
from limner.prompt.stroke import Stroke
from limner.read import open_image
from tests.data import shared
from tests.evaluate.planted import Planted, encoded, fails, part, steps

PEN = 0.94  # of a stroke's map: half a pixel beyond what `Stroke.to_map` draws as certain
TENTHS = [n / 10 for n in range(1, 11)]


def square(*, shape=(60, 80), low=(10, 20), side=30):
    inside = np.zeros(shape, bool)
    inside[low[0] : low[0] + side, low[1] : low[1] + side] = True
    return inside


def line(outcome, name="click"):
    """What the scoreboard keeps of an outcome, as far as sheets read it."""
    marks = {
        what: [getattr(each, what) for each in outcome.marks]
        for what in ("apart", "inside", "joined", "outside", "specks", "expected")
    }
    return {name: {"dice": list(outcome.dice), "failure": outcome.failure, **marks}}


def place(prompt, grid=None):
    return tuple(np.rint((grid or Grid((1, 60, 80))).index_at(prompt.at_mm)).astype(int)[1:])


# Clicks to a bar


def test_one_that_gains_a_tenth_a_click_reaches_each_bar_at_the_click_that_is_due():
    """Dice .9, 1.0 are IoU .818, 1: the bars .80, .85, .90 need 9, 10, 10 clicks."""
    target = square()
    found = many_clicks(Planted(steps(target, TENTHS)), encoded(target), target)
    np.testing.assert_allclose(found.dice[:10], TENTHS, atol=2e-3)
    assert clicks_to(line(found, "noc")) == (9, 10, 10, 0, 0, 0)


def test_one_that_gains_late_is_asked_further_and_no_further_than_it_must():
    target = square()
    late = [0.1] * 12 + [dice_of(0.86)] + [dice_of(0.95)] * 10
    found = many_clicks(Planted(steps(target, late)), encoded(target), target)
    assert len(found.seconds) == 14
    assert clicks_to(line(found, "noc")) == (13, 13, 14, 0, 0, 0)


def test_one_that_never_gets_there_counts_as_the_cap_and_as_not_reached():
    target = square()
    found = many_clicks(Planted(steps(target, [0.5])), encoded(target), target)
    assert len(found.seconds) == CAP
    assert clicks_to(line(found, "noc")) == (CAP, CAP, CAP, 1, 1, 1)


def test_one_that_crashes_counts_as_the_cap():
    target = square()
    found = many_clicks(Planted(fails), encoded(target), target)
    assert clicks_to(line(found, "noc")) == (CAP, CAP, CAP, 1, 1, 1)
    assert found.failure == "RuntimeError: it broke"


def test_a_bar_counts_as_reached_where_it_was_reached_first():
    target = square()
    found = many_clicks(Planted(steps(target, [0.99, 0.2])), encoded(target), target)
    assert clicks_to(line(found, "noc")) == (1, 1, 1, 0, 0, 0)


def test_the_first_ten_of_many_clicks_are_the_ten():
    target = square()

    def crashes_late(prompts, grid):
        if len(prompts) > 11:
            raise RuntimeError("late")
        return part(target, 0.4)

    late = Planted(crashes_late)
    many, ten = (ask(late, encoded(target), target) for ask in (many_clicks, clicks))
    assert many.failure == "RuntimeError: late"
    first = many.first(10)
    assert (first.dice, first.failure, first.marks) == (ten.dice, "", ten.marks)


# Falls, obedience, specks, and what is away from the clicks


def test_one_that_gains_never_falls_and_one_that_loses_does():
    target = square()
    gains = clicks(Planted(steps(target, TENTHS)), encoded(target), target)
    loses = clicks(Planted(steps(target, TENTHS[::-1][1:])), encoded(target), target)
    assert obeyed(line(gains))[0] == 1
    assert obeyed(line(loses))[0] == 0


def test_one_that_crashes_obeys_nothing():
    target = square()
    assert obeyed(line(clicks(Planted(fails), encoded(target), target))) == (0, 0, 0, 0, 0)


def marked(answer, told, target=None):
    target = square() if target is None else target
    grid = Grid((1, *target.shape))
    said = [click_at(grid, each, inside=inside) for each, inside in told]
    return Judge.of(target).mark(answer, said, grid, expected=0.7)


def test_clicks_are_obeyed_on_the_side_that_they_name():
    answer = square()
    kept = marked(answer, [((20, 30), True), ((5, 5), False)])
    assert (kept.inside, kept.outside, kept.joined, kept.specks) == (True, True, True, 0)
    assert kept.expected == 0.7
    missed = marked(answer, [((5, 5), True), ((20, 30), False)])
    assert (missed.inside, missed.outside, missed.joined) == (False, False, False)


def test_clicks_in_two_pieces_are_not_joined_and_diagonal_pixels_are_one_piece():
    answer = square()
    answer[25] = False
    told = [((15, 30), True), ((35, 30), True)]
    assert marked(answer, told).joined is False
    answer[25, 40] = True
    assert marked(answer, told).joined is True
    answer[25, 40] = False
    answer[25, 50] = True  # touches the corner pixels (24, 49) and (26, 49) only
    assert marked(answer, told).joined is True


def test_nobody_must_join_what_is_in_two_pieces_itself():
    target = square()
    target[25] = False
    assert marked(target, [((15, 30), True)], target).joined is None
    assert np.isnan(obeyed({"click": {**line_of_one(joined=None)}})[2])


def line_of_one(**told):
    usual = {"dice": [0.5], "failure": "", "inside": [True], "outside": [True], "specks": [0]}
    return {**usual, **{name: [value] for name, value in told.items()}}


def test_specks_are_small_pieces_that_nobody_clicked():
    answer = square()
    answer[2:6, 2:6] = True  # 16 pixels
    answer[50:54, 60:65] = True  # 20 pixels
    assert marked(answer, [((20, 30), True)]).specks == 1
    assert marked(answer, [((20, 30), True), ((3, 3), True)]).specks == 0
    assert marked(answer, [((20, 30), True), ((3, 3), False)]).specks == 1


def test_dice_away_from_clicks_leaves_out_the_discs_round_them():
    """A second implementation: distances of every pixel to every click."""
    target, answer = square(), square(low=(14, 26))
    told = [((20, 30), True), ((0, 79), False), ((24, 33), True)]
    rows, columns = np.indices(target.shape)
    away = np.ones(target.shape, bool)
    for (row, column), _ in told:
        away &= np.hypot(rows - row, columns - column) > 5
    both = (target & answer & away).sum()
    expected = 2 * both / ((target & away).sum() + (answer & away).sum())
    assert marked(answer, told).apart == pytest.approx(expected)


def test_there_is_no_dice_away_from_clicks_of_a_target_that_they_cover():
    dot = square(side=5)
    assert marked(dot, [((12, 22), True)], dot).apart is None


# Clicks that are not in the middle


def clicked(protocol, draws, target, **more):
    seen = []

    def watched(prompts, grid):
        seen.append(prompts[-1])
        return draws(prompts, grid)

    found = protocol(Planted(watched), encoded(target), target, **more)
    return found, seen


@pytest.mark.parametrize("protocol", [inexact.random_clicks, inexact.jittered_clicks])
def test_inexact_clicks_are_on_the_larger_error_and_repeat(protocol):
    target = square()

    def draws(prompts, grid):
        return part(target, 0.5) if len(prompts) % 2 else ~target | part(target, 0.9)

    found, seen = clicked(protocol, draws, target, name="a")
    assert len(found.dice) == inexact.FEW
    assert [each.inside for each in seen] == [True, True, False, True, False]
    for each in seen:
        assert target[place(each)] == each.inside
    assert clicked(protocol, draws, target, name="a")[1] == seen
    assert clicked(protocol, draws, target, name="b")[1] != seen


def test_jittered_clicks_are_near_the_middle_and_random_ones_anywhere():
    target = square(side=40, low=(10, 20))
    far = {inexact.random_clicks: [], inexact.jittered_clicks: []}
    for protocol, own in far.items():
        for number in range(40):
            _, seen = clicked(protocol, lambda prompts, _: target, target, name=str(number))
            own.append(np.subtract(place(seen[0]), (29.5, 39.5)))
    spread = {protocol: np.std(own) for protocol, own in far.items()}
    assert spread[inexact.random_clicks] == pytest.approx(40 / np.sqrt(12), rel=0.15)
    assert spread[inexact.jittered_clicks] == pytest.approx(8.5, rel=0.2)  # 10, cut at the edge


def test_the_worst_click_finds_the_place_that_a_model_cannot_take():
    """Right in the left half only: the worst of five is worst, and the mean lies between."""
    target = square()

    def left_only(prompts, grid):
        return target if place(prompts[0])[1] < 35 else part(target, 0.2)

    found = inexact.worst_clicks(Planted(left_only), encoded(target), target, name="a")
    assert len(found.dice) == len(found.seconds) == 5
    assert set(np.round(found.dice, 2)) == {1.0, 0.2}
    read = SHEETS["other clicks"].read({"worst": {"dice": list(found.dice)}})
    assert read[-2] == pytest.approx(0.2, abs=2e-3)
    assert 0.2 < read[-1] < 1


def test_one_that_crashes_on_a_first_click_is_worth_nothing_there():
    found = inexact.worst_clicks(Planted(fails), encoded(square()), square(), name="a")
    assert found.dice == (0.0,) * 5
    assert found.failure == "RuntimeError: it broke"


# A box, then five clicks


def test_a_perfect_one_has_an_area_of_four_and_one_that_gains_a_tenth_less():
    target = square()
    perfect = challenge.box_then_clicks(Planted(lambda *_: target), encoded(target), target)
    assert challenge.area(perfect.dice) == 4.0
    assert len(perfect.seconds) == 1
    gains = challenge.box_then_clicks(
        Planted(steps(target, TENTHS[3:])), encoded(target), target
    )  # after the clicks .5 .6 .7 .8 .9: the box's .4 is not in the area
    assert challenge.area(gains.dice) == pytest.approx(0.55 + 0.65 + 0.75 + 0.85, abs=5e-3)


def test_the_box_stays_and_the_clicks_are_in_the_largest_piece_of_error():
    target = square()
    answer = target.copy()
    answer[10:16, 20:26] = False  # 36 missed
    answer[50:57, 60:67] = True  # 49 too much: one piece that is larger
    answer[2:5, 2:8] = True  # 18 too much
    seen = []
    challenge.box_then_clicks(
        Planted(lambda prompts, grid: seen.append(prompts) or answer), encoded(target), target
    )
    assert [len(each) for each in seen] == [1, 2, 3, 4, 5, 6]
    assert isinstance(seen[-1][0], Box)
    assert all(isinstance(each, Click) for each in seen[-1][1:])
    assert place(seen[-1][1]) == (53, 63)
    assert seen[-1][1].inside is False


def test_one_that_crashes_after_the_box_has_no_area():
    target = square()
    found = challenge.box_then_clicks(
        Planted(lambda prompts, grid: target[99] if len(prompts) > 1 else part(target, 0.6)),
        encoded(target),
        target,
    )
    assert found.dice[0] == pytest.approx(0.6, abs=2e-3)
    assert challenge.area(found.dice) == 0


# Scribbles


def test_a_drawn_line_becomes_a_stroke_of_its_width_and_place():
    drawing = np.zeros((60, 80), bool)
    drawing[20:25, 10:60] = True
    (found,) = strokes(drawing, Grid((1, 60, 80)), inside=True)
    assert found.pen_mm == pytest.approx(5, abs=0.5)
    rows, columns = np.array(found.path_mm)[:, [1, 0]].T
    np.testing.assert_allclose(rows, 22, atol=2)  # a middle line's ends lean to a corner
    assert np.median(rows) == 22
    assert abs(columns.min() - 10) <= 3
    assert abs(columns.max() - 59) <= 3


def test_strokes_are_in_millimetres():
    drawing = np.zeros((60, 80), bool)
    drawing[20:23, 10:60] = True
    grid = Grid((1, 60, 80), origin_mm=(5, 7, 9), steps_mm=((0, 0, 2), (0, 0.5, 0), (0.5, 0, 0)))
    (found,) = strokes(drawing, grid, inside=False)
    assert found.pen_mm == pytest.approx(1.5, abs=0.1)
    assert not found.inside
    np.testing.assert_allclose(grid.index_at(found.path_mm)[:, 1], 21, atol=1)


def test_a_ring_and_a_cross_are_covered_by_their_strokes():
    rows, columns = np.indices((60, 80))
    far = np.hypot(rows - 30, columns - 40)
    cross = (np.abs(rows - 30) < 2) | (np.abs(columns - 40) < 2)
    for drawing in (np.abs(far - 20) < 1.5, cross):
        found = strokes(drawing, Grid((1, 60, 80)), inside=True)
        again = to_map(found, Grid((1, 60, 80)))[1] > PEN
        overlap = 2 * (again & drawing).sum() / (again.sum() + drawing.sum())
        assert overlap > 0.85


def test_the_longest_way_is_from_end_to_end_and_leaves_out_the_side():
    thread = np.zeros((30, 60), bool)
    thread[15, 5:55] = True
    thread[5:15, 30] = True
    path = longest(thread)
    assert len(path) == 50
    assert set(path[:, 0]) == {15}
    assert sorted(path[[0, -1], 1]) == [5, 54]


def test_the_middle_line_is_of_the_largest_part():
    region = np.zeros((40, 60), bool)
    region[5:10, 5:50] = True
    region[30:33, 5:20] = True
    path = middle_line(region)
    assert np.median(path[:, 0]) == 7
    assert len(path) > 38


def test_the_second_scribble_is_on_what_the_first_left():
    target = np.zeros((60, 80), bool)
    target[10:13, 5:75] = True
    target[40:43, 5:65] = True
    seen = []

    def first_half(prompts, grid):
        seen.append(prompts[-1])
        answer = target.copy()
        answer[30:] = len(prompts) > 1
        answer[:, 70:] = False
        return answer

    found = two_scribbles(Planted(first_half), encoded(target), target)
    assert [each.inside for each in seen] == [True, True]
    middles = [np.array(each.path_mm)[:, 1].mean() for each in seen]
    np.testing.assert_allclose(middles, (11, 41), atol=0.7)
    assert len(found.dice) == 2


def test_what_is_too_much_is_scribbled_on_as_outside():
    target = square()
    seen = []
    everything = Planted(lambda prompts, _: seen.append(prompts[-1]) or np.ones_like(target))
    two_scribbles(everything, encoded(target), target)
    assert [each.inside for each in seen] == [True, False]
    assert all(isinstance(each, Stroke) for each in seen)


def scribbled():
    data = shared("data/objects.json").parent
    return data, wholes(data, entries(data, "choose"))


def test_people_drew_on_the_listed_pictures_and_the_whole_label_is_the_target():
    data, whole = scribbled()
    assert len(whole) == 20
    assert len({(each.set, each.image) for each in whole}) == 20
    islands = next(each for each in whole if "0183" in each.image)
    (subject,) = load(data, [islands])
    assert subject.target.sum() > 2612 + 676  # more than its two larger listed islands


def test_real_scribbles_are_covered_by_their_strokes():
    data, whole = scribbled()
    for entry in whole[::6]:
        for person in range(3):
            file = (
                data / "dev" / entry.set / "scribbles" / f"{Path(entry.image).stem}_a{person}.png"
            )
            drawing = open_image(file).slice(0)[..., 0]
            grid = Grid((1, *drawing.shape))
            planes = to_map(told_by(file, grid), grid) > PEN
            for plane, value in ((planes[1], 1), (planes[2], 2)):
                wanted = drawing == value
                assert 2 * (plane & wanted).sum() / (plane.sum() + wanted.sum()) > 0.7


def test_each_person_is_asked_alone_and_scored_alone():
    data, whole = scribbled()
    (subject,) = load(data, whole[:1])
    turns = []

    def draws(prompts, grid):
        turns.append({each.kind for each in prompts} | {each.inside for each in prompts})
        return part(subject.target, [0.3, 0.6, 0.9][len(turns) - 1])

    found = human_scribbles(Planted(draws), encoded(subject.target, subject.image.grid), subject)
    np.testing.assert_allclose(found.dice, (0.3, 0.6, 0.9), atol=5e-3)
    assert turns == [{"stroke", True, False}] * 3
    assert drawn(line(found, "scribbles"))[0] == pytest.approx(0.6, abs=5e-3)


def test_a_second_person_agrees_as_the_set_says():
    data = shared("data/objects.json").parent
    own = [each for each in entries(data, "choose") if each.set == "drive_vessels"]
    agreed = second_observer(data, own[:2])
    told = {"01_test": 0.8039, "02_test": 0.829, "03_test": 0.7845, "04_test": 0.8022}
    told |= {"05_test": 0.7897, "06_test": 0.7699, "07_test": 0.7684, "08_test": 0.7423}
    told |= {"09_test": 0.77, "10_test": 0.7661}
    for each in own[:2]:
        assert agreed[each.key] == pytest.approx(told[Path(each.image).stem], abs=1e-4)
    others = [each for each in entries(data, "choose", limit=1) if each.set == "ph2_dermoscopy"]
    assert second_observer(data, others) == {}


# All of them


def test_the_slow_one_is_seen_to_be_slow():
    target = square()

    def slow(prompts, grid):
        time.sleep(0.03)
        return part(target, 0.5)

    for name in ("box", "click"):
        found = PROTOCOLS[name].ask(Planted(slow), encoded(target), subject_of(target))
        assert min(found.seconds) >= 0.03
        assert len(found.seconds) == PROTOCOLS[name].answers


def subject_of(target):
    entry = Entry(
        "s", "dev", "images/a.png", "masks/a.png", 1, None, None, None, 900, False, "choose"
    )
    return Subject(entry, encoded(target).image, target)


@pytest.mark.parametrize("name", [name for name in PROTOCOLS if name != "scribbles"])
def test_a_failing_one_gets_as_many_noughts_as_there_are_answers(name):
    target = square()
    subject = subject_of(target)
    protocol = PROTOCOLS[name]
    found = protocol.ask(Planted(fails), encoded(target), subject)
    assert found.dice == (0.0,) * protocol.answers
    assert found.marks == (MISSING,) * protocol.answers
