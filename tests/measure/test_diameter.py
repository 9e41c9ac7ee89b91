"""Diameters: by hand, against all pairs of points, and against true ellipses."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from benchmarks.diameters import by_all_pairs, ellipse
from limner.grid import Grid
from limner.measure import Subject
from limner.measure.diameter import calipers
from limner.measure.outline import RowEnds, across, bridges, farthest, hull, longest, segments, tips


def subject(*rows, spacing=(1.0, 1.0), slices=1):
    inside = np.array([[c == "#" for c in row] for row in rows])
    return flat(np.repeat(inside[None], slices, 0), spacing)


def flat(inside, spacing=(1.0, 1.0)):
    down, along = spacing
    return Subject(inside, Grid(inside.shape, steps_mm=((0, 0, 3), (0, down, 0), (along, 0, 0))))


def lengths(given):
    return tuple(one.length for one in calipers(given))


def points(inside):
    """A quarter of the way from every inside centre to the outside centre beside it."""
    padded = np.pad(inside, 1)
    found = []
    for step in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        beside = np.roll(padded, (-step[0], -step[1]), (0, 1))
        found.append(np.argwhere(padded & ~beside) + 0.25 * np.array(step) - 1)
    return np.concatenate(found)


def test_a_pixel_has_two_axes_of_half_a_pixel():
    assert lengths(subject("#")) == pytest.approx((0.5, 0.5))
    assert lengths(subject("#", spacing=(3, 1))) == pytest.approx((1.5, 0.5))


def test_a_row_is_a_tenth_of_a_pixel_short_of_its_length():
    """3 between the outermost centres, and 0.45, the most there is, at both ends."""
    assert lengths(subject("....", "####")) == pytest.approx((3.9, 0.5))


def test_a_rectangle_by_hand():
    """Farthest points: (0, -1/4) and (2, 4 1/4), or one of the three like it."""
    long, short = calipers(subject("#####", "#####", "#####"))
    assert long.length == pytest.approx(np.hypot(2, 4.5))
    ends = np.array(long.ends_mm)
    assert sorted(ends[:, 0].tolist()) == [-0.25, 4.25]
    assert short.length < long.length


def test_a_cross_by_hand():
    long, short = calipers(subject(".#.", "###", ".#."))
    # as wide as high: 2 between centres, 0.15 at both ends; 2.5 across is cut to that
    assert (long.length, short.length) == pytest.approx((2.3, 2.3))
    assert np.linalg.norm(np.subtract(*short.ends_mm)) == pytest.approx(2.3)
    assert np.mean(short.ends_mm, axis=0) == pytest.approx((1, 1, 0))


def test_the_short_axis_may_cross_a_hollow_but_ends_on_the_outline():
    """A horseshoe open below, 9 wide: the long axis is diagonal, the short one spans the gap."""
    rows = ["#########", "#########", "##.....##", "##.....##", "##.....##"]
    given = subject(*rows)
    long, short = calipers(given)
    assert short.length > 4
    for end in short.ends_mm:
        column, row = end[0], end[1]
        near = np.abs(points(given.inside[0]) - (row, column)).max(axis=1).min()
        assert near <= 0.75
    beyond = tips(given.inside[0], given.plane)  # it is wider than high
    assert 0.15 < beyond < 0.45
    assert long.length == pytest.approx(np.hypot(4, 8 + 2 * beyond))


def test_the_bays_of_a_bean_are_no_part_of_its_short_axis():
    """A ring cut in half, 3 pixels thick: the hull over its hollow would be far wider."""
    rows, columns = np.indices((12, 24)) - np.array([[[0.0]], [[11.5]]])
    radius = np.hypot(rows, columns)
    inside = (radius <= 11) & (radius > 8)
    long, short = calipers(flat(inside[None]))
    assert long.length == pytest.approx(22, abs=0.6)
    chords = np.array(short.ends_mm)[:, 1]
    # Upright it is 7.5, where the inner wall ends: sqrt(11² - 8²). The long axis runs from
    # the foot of one leg to the side of the other, so the chord leans and is a little more.
    assert 7 < short.length < 9
    solid = calipers(flat((radius <= 11)[None]))[1]
    assert solid.length == pytest.approx(11, abs=0.6)
    assert chords.min() >= -0.25


def test_the_sides_of_a_hull_that_span_only_steps():
    stairs = flat(np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1]], bool)[None]).inside[0]
    assert len(bridges(stairs, hull(stairs))) == len(hull(stairs))
    notched = np.ones((5, 7), bool)
    notched[:3, 3] = False
    corners = hull(notched)
    spanned = bridges(notched, corners)
    assert len(corners) - len(spanned) == 1
    gone = {tuple(map(tuple, s)) for s in np.stack([corners, np.roll(corners, -1, 0)], 1).tolist()}
    gone -= {tuple(map(tuple, s)) for s in spanned.tolist()}
    assert {row for side in gone for row, _ in side} == {-0.25}
    notched[:2, 3] = True  # now a closed hole
    assert len(bridges(notched, hull(notched))) == len(hull(notched))


def test_the_gap_between_two_parts_is_not_measured():
    assert lengths(subject("##.......##")) == pytest.approx((1.5, 0.5))
    assert lengths(subject("#..", ".#.", "..#"))[0] > 2.8  # a corner holds them together


def test_the_longest_slice_wins_and_the_first_of_equals():
    inside = np.zeros((4, 6, 6), bool)
    inside[0, 0, :2] = inside[1, :, 3] = inside[2, 4, :] = True
    long, short = calipers(flat(inside))
    assert (long.slice, short.slice) == (1, 1)
    assert calipers(flat(inside, (1.0, 2.0)))[0].slice == 2


def test_nothing_has_no_diameter():
    assert calipers(flat(np.zeros((2, 3, 3), bool))) is None


def test_ends_lie_in_the_patient():
    grid = Grid((2, 4, 4), (10.0, 20.0, 30.0), ((0, 0, 5), (0, 1, 0), (2, 0, 0)))
    inside = np.zeros(grid.shape, bool)
    inside[1, 1, 0:3] = True
    long, _ = calipers(Subject(inside, grid))
    assert np.array(long.ends_mm) == pytest.approx(np.array([(9.1, 21, 35), (14.9, 21, 35)]))


@given(
    inside=arrays(bool, some.tuples(some.integers(1, 9), some.integers(1, 9))),
    down=some.floats(0.2, 4),
    along=some.floats(0.2, 4),
    shear=some.floats(-0.5, 0.5),
)
def test_equal_to_all_pairs_of_points(inside, down, along, shear):
    assume(inside.any())
    plane = np.array([[shear, down], [along, 0.0]])
    places = points(inside) @ plane
    farthest_mm = np.linalg.norm(places[:, None] - places[None], axis=2).max()
    length, chord = longest(hull(inside), plane)
    assert length == pytest.approx(farthest_mm, abs=1e-9)
    assert np.linalg.norm(np.diff(chord @ plane, axis=0)) == pytest.approx(length, abs=1e-9)
    quicker, same = farthest(RowEnds.of(inside), plane, 0.25)
    assert quicker == pytest.approx(farthest_mm, abs=1e-9)
    assert np.linalg.norm(np.diff(same @ plane, axis=0)) == pytest.approx(length, abs=1e-9)


@given(
    inside=arrays(bool, some.tuples(some.integers(1, 5), some.integers(1, 7), some.integers(1, 7))),
    down=some.floats(0.2, 4),
    shear=some.floats(-0.5, 0.5),
)
def test_no_slice_and_no_part_is_missed(inside, down, shear):
    """Against all pairs of points of every part of every slice."""
    assume(inside.any())
    steps = ((0, 0, 3), (shear, down, 0), (1, 0, 0))
    given = Subject(inside, Grid(inside.shape, steps_mm=steps))
    longest_mm = max(by_all_pairs(each, given.plane) for each in inside if each.any())
    assert calipers(given)[0].length == pytest.approx(longest_mm, abs=1e-9)


@settings(max_examples=50)
@given(inside=arrays(bool, some.tuples(some.integers(1, 12), some.integers(1, 12))))
def test_lines_without_room_need_not_be_tried(inside):
    assume(inside.any())
    plane = np.array([[0.1, 1.3], [1.0, 0.0]])
    _, chord = farthest(RowEnds.of(inside), plane, 0.25)
    around = hull(inside)
    pieces = np.concatenate([segments(inside), bridges(inside, around)])
    width, ends = across(pieces, chord, plane)
    quicker, same = across(pieces, chord, plane, around=around)
    assert quicker == width
    assert np.array_equal(same, ends)


@given(inside=arrays(bool, some.tuples(some.integers(1, 9), some.integers(1, 9))))
def test_the_outline_passes_through_those_points_and_is_closed(inside):
    assume(inside.any())
    ends, counts = np.unique(segments(inside).reshape(-1, 2), axis=0, return_counts=True)
    assert {tuple(p) for p in ends.tolist()} == {tuple(p) for p in points(inside).tolist()}
    # every point joins two pieces; where two outlines meet in one point, it joins four
    assert set(counts.tolist()) <= {2, 4}


@settings(max_examples=25)
@given(
    inside=arrays(bool, some.tuples(some.integers(1, 8), some.integers(1, 8))),
    down=some.floats(0.5, 2),
)
def test_no_chord_at_right_angles_is_longer(inside, down):
    """Against a second way: many lines, each cut with every piece of the outline."""
    assume(inside.any())
    plane = np.array([[0.0, down], [1.0, 0.0]])
    _, chord = longest(hull(inside), plane)
    width, ends = across(segments(inside), chord, plane)
    start, end = chord @ plane
    along = (end - start) / np.linalg.norm(end - start)
    first, last = ends @ plane
    assert np.linalg.norm(last - first) == pytest.approx(width, abs=1e-9)
    assert abs((last - first) @ along) <= 1e-7
    pieces = segments(inside) @ plane - start
    for place in np.linspace(-0.1, np.linalg.norm(end - start) + 0.1, 31):
        heights = []
        for piece in pieces:
            (a, c), (b, d) = ((p @ along, p @ [-along[1], along[0]]) for p in piece)
            if min(a, b) <= place <= max(a, b) and a != b:
                heights.append(c + (place - a) / (b - a) * (d - c))
        assert not heights or max(heights) - min(heights) <= width + 1e-7


def test_the_bias_against_true_ellipses_is_under_a_quarter_of_a_pixel():
    """A small part of `python -m benchmarks.diameters`: discs and ellipses, all turned."""
    rng = np.random.default_rng(7)
    long_off, short_off = [], []
    for aspect in (1.0, 1.5, 2.0, 3.0):
        for radius in (5.0, 8.0, 13.0, 21.0):
            for _ in range(12):
                size = (radius, max(radius / aspect, 2.0))
                turn, shift = rng.uniform(0, np.pi), rng.uniform(-0.5, 0.5, 2)
                inside = ellipse(size, turn=turn, shift=shift, pixel_mm=(1.0, 1.0))
                long, short = lengths(flat(inside[None]))
                long_off.append(long - 2 * size[0])
                short_off.append(short - 2 * size[1])
    assert abs(np.mean(long_off)) <= 0.25
    assert abs(np.mean(short_off)) <= 0.25


def test_a_ten_millimetre_disc_between_pixels():
    """Centres give 9.90 and corners 11.31; the disc is 10."""
    rows = np.arange(12)[:, None] - 5.5
    inside = rows**2 + rows.T**2 <= 25
    # the farthest centres are (3.5, 3.5) from the middle; a round part's ends lie 0.15 beyond
    assert lengths(flat(inside[None]))[0] == pytest.approx(2 * np.hypot(3.65, 3.5))  # 10.11


@given(inside=arrays(bool, some.tuples(some.integers(1, 9), some.integers(1, 9))))
def test_the_short_axis_is_never_the_longer_one(inside):
    assume(inside.any())
    long, short = calipers(flat(inside[None]))
    assert short.length <= long.length + 1e-9
    for one in (long, short):
        assert np.linalg.norm(np.subtract(*one.ends_mm)) == pytest.approx(one.length)


def test_the_ends_reach_further_the_more_slender_a_part_is():
    plane = np.array([[0.0, 1.0], [1.0, 0.0]])
    reach = [tips(np.ones((4, n), bool), plane) for n in (4, 6, 9, 40)]
    assert reach == sorted(reach)
    assert (reach[0], reach[-1]) == (0.15, 0.45)
    assert tips(np.ones((1, 2), bool), plane) == 0.25
    # the same shape in pixels three times as high as wide has the same ends
    high = np.array([[0.0, 3.0], [1.0, 0.0]])
    assert tips(np.ones((4, 12), bool), high) == tips(np.ones((12, 12), bool), plane)
