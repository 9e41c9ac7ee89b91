"""Outlines of masks and back: exact, whatever the shape; and by a second implementation."""

import numpy as np
import pytest
from scipy import ndimage

from limner.dicom.contours import edge_loops, keyholed, signed_area, smooth_loops
from limner.dicom.contours_fill import combined, overlapping, patch
from limner.dicom.rtstruct_contours import polygons

RING = np.pad(np.ones((3, 3), bool), 1)
RING[2, 2] = False


def noise(seed):
    rng = np.random.default_rng(seed)
    return rng.random(tuple(rng.integers(1, 12, 2))) < rng.random()


def blobs(seed=0, size=160):
    rng = np.random.default_rng(seed)
    return ndimage.gaussian_filter(rng.standard_normal((size, size)), 6) > 0


def filled(found, shape):
    return combined([patch(each, shape) for each in found], shape)


def test_one_pixel_is_its_four_corners():
    inside = np.zeros((5, 6), bool)
    inside[2, 3] = True
    (loop,) = edge_loops(inside)
    assert sorted(loop.tolist()) == [[1.5, 2.5], [1.5, 3.5], [2.5, 2.5], [2.5, 3.5]]
    assert signed_area(loop) == 1


def test_straight_runs_have_no_points_between():
    inside = np.ones((4, 9), bool)
    (loop,) = edge_loops(inside)
    assert len(loop) == 4
    assert signed_area(loop) == 36


def test_a_hole_turns_the_other_way():
    outer, hole = sorted(edge_loops(RING), key=signed_area, reverse=True)
    assert (signed_area(outer), signed_area(hole)) == (9, -1)


def test_pixels_that_touch_by_a_corner_have_outlines_of_their_own():
    assert [signed_area(each) for each in edge_loops(np.eye(3, dtype=bool))] == [1, 1, 1]
    assert [signed_area(each) for each in edge_loops(np.eye(3, dtype=bool)[::-1])] == [1, 1, 1]


def test_a_keyhole_is_one_polygon_that_goes_through_the_inside_only():
    (whole,) = keyholed(edge_loops(RING))
    assert signed_area(whole) == 8
    assert len(whole) == 4 + 4 + 3  # both squares, the seam's end twice, the hole's corner again
    after = np.roll(whole, -1, axis=0)
    middles = (whole + after) / 2
    assert (np.abs(middles - 2).max(axis=1) <= 1.5).all()


@pytest.mark.parametrize("outline", ["edges", "smooth"])
@pytest.mark.parametrize("holes", ["keyhole", "xor"])
def test_noise_comes_back_as_it_was(outline, holes):
    for seed in range(60):
        inside = noise(seed)
        found = polygons(inside, outline=outline, holes=holes)
        assert np.array_equal(filled(found, inside.shape), inside), seed
        assert not any(patch(each, inside.shape).crossed for each in found)
        if outline == "edges":
            assert sum(map(signed_area, found)) == pytest.approx(inside.sum())


def test_all_noise_with_holes_is_one_polygon_a_part():
    inside = np.random.default_rng(5).random((60, 60)) < 0.7
    parts = ndimage.label(inside)[1]  # that touch by a side
    found = keyholed(edge_loops(inside))
    assert len(found) == parts
    assert np.array_equal(filled(found, inside.shape), inside)


def test_smoothed_outlines_are_round_and_as_large():
    row, column = np.indices((64, 64))
    disc = np.hypot(row - 31.3, column - 30.8) < 20
    (edges,), (smooth,) = edge_loops(disc), smooth_loops(disc)
    around = np.linalg.norm(smooth - np.roll(smooth, 1, axis=0), axis=1).sum()
    steps = np.linalg.norm(edges - np.roll(edges, 1, axis=0), axis=1).sum()
    assert around == pytest.approx(2 * np.pi * 20, rel=0.02)
    assert steps > 1.2 * around
    assert signed_area(smooth) == pytest.approx(disc.sum(), rel=0.01)


def test_a_smoothed_hole_and_spot_of_one_pixel_stay():
    inside = np.zeros((20, 20), bool)
    inside[3:12, 3:12] = True
    inside[7, 7] = False
    inside[15, 15] = True
    found = smooth_loops(inside)
    assert sorted(np.sign(signed_area(each)) for each in found) == [-1, 1, 1]
    assert np.array_equal(filled(found, inside.shape), inside)


def test_any_polygon_is_filled_as_matplotlib_fills_it():
    from matplotlib.path import Path as Outline

    centres = np.argwhere(np.ones((30, 30), bool)).astype(float)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        angle = np.sort(rng.uniform(0, 2 * np.pi, 9))
        reach = rng.uniform(3, 14, 9)[:, None]
        polygon = 15 + reach * np.stack([np.sin(angle), np.cos(angle)], axis=1)
        theirs = Outline(np.concatenate([polygon, polygon[:1]])).contains_points(centres)
        ours = filled([polygon], (30, 30))
        assert np.array_equal(ours.ravel(), theirs), seed


def test_centres_on_the_outline_are_inside():
    """As OpenCV's contours mean it: a line of one pixel there and back is that line."""
    square = np.array([[2, 2], [2, 5], [4, 5], [4, 2]], float)
    assert np.argwhere(filled([square], (8, 8))).tolist() == [
        [row, column] for row in (2, 3, 4) for column in (2, 3, 4, 5)
    ]
    spike = np.array([[1, 1], [1, 4]], float)
    assert filled([spike], (8, 8)).sum() == 4
    slope = np.array([[1, 1], [5, 5]], float)
    assert filled([slope], (8, 8)).sum() == 5
    assert filled([np.array([[3.0, 3.0]])], (8, 8)).sum() == 1
    off = np.array([[3.2, 3.0], [3.2, 5.0]])
    assert filled([off], (8, 8)).sum() == 0


def test_a_seam_through_centres_neither_adds_nor_takes():
    outer = np.array([[0.5, 0.5], [0.5, 8.5], [8.5, 8.5], [8.5, 0.5]])
    hole = np.array([[3.5, 3.5], [6.5, 3.5], [6.5, 6.5], [3.5, 6.5]])
    seamed = np.concatenate([outer, outer[:1], hole, hole[:1]])  # a slanting seam
    assert np.array_equal(filled([seamed], (10, 10)), filled([outer, hole], (10, 10)))
    assert filled([seamed], (10, 10)).sum() == 64 - 9
    assert not patch(seamed, (10, 10)).crossed


def test_what_crosses_itself_or_leaves_the_slice_is_seen():
    bow = np.array([[1, 1], [7, 7], [7, 1], [1, 7]], float) + 0.3
    twice = np.array([[0.5, 0.5], [0.5, 6.5], [6.5, 6.5], [6.5, 0.5]])
    twice = np.concatenate([twice, twice])
    plain = np.array([[1.2, 1.2], [1.2, 4.4], [4.4, 4.4]])
    assert patch(bow, (9, 9)).crossed
    assert patch(twice, (9, 9)).crossed
    assert not patch(plain, (9, 9)).crossed
    assert not patch(plain[::-1], (9, 9)).crossed
    assert not patch(plain, (9, 9)).cut
    assert patch(plain - 5, (9, 9)).cut
    assert patch(plain + 5.5, (9, 9)).cut
    assert filled([plain + 900], (9, 9)).sum() == 0


def test_overlap_is_more_than_a_hole_or_a_neighbour():
    def square(low, high):
        return np.array([[low, low], [low, high], [high, high], [high, low]], float)

    def said(*found):
        return overlapping([patch(each, (20, 20)) for each in found], (20, 20))

    assert said(square(0.5, 9.5), square(5.5, 14.5))
    assert not said(square(0.5, 9.5), square(2.5, 5.5))
    assert not said(square(0.5, 5.5), square(5.5, 9.5))
    assert not said(square(0.5, 9.5), square(2.5, 7.5), square(3.5, 5.5))


def test_a_whole_slice_of_blobs():
    inside = blobs()
    for outline in ("edges", "smooth"):
        found = polygons(inside, outline=outline, holes="keyhole")
        assert np.array_equal(filled(found, inside.shape), inside)
    assert all(signed_area(each) > 0 for each in keyholed(edge_loops(inside)))


def test_nothing_has_no_outline():
    empty = np.zeros((3, 4), bool)
    assert edge_loops(empty) == smooth_loops(empty) == keyholed([]) == []
    assert filled([], (3, 4)).sum() == 0
