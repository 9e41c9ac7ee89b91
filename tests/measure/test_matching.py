"""Which lesion is which: pairs, parts, merges, what is new and what is gone."""

import numpy as np

from limner.grid import Grid
from limner.measure import Subject
from limner.measure.response.matching import Place, matched


def ball(number, at_mm, radius_mm=6.0):
    """A ball of points 1 mm apart."""
    steps = np.arange(-radius_mm, radius_mm + 1)
    points = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    points = points[np.linalg.norm(points, axis=1) <= radius_mm] + at_mm
    return Place(number, tuple(map(float, at_mm)), tuple(map(tuple, points.tolist())))


def test_nothing_and_nothing():
    found = matched([], [])
    assert (found.after, found.merged, found.new) == ((), (), ())


def test_pairs_are_of_the_least_total_distance():
    """The nearest of each alone would give both to the same one."""
    before = [ball(1, (0, 0, 0), 2), ball(2, (10, 0, 0), 2)]
    after = [ball(7, (9, 0, 0), 2), ball(8, (20, 0, 0), 2)]
    assert matched(before, after).after == ((1, (7,)), (2, (8,)))


def test_what_is_far_is_gone_and_new():
    found = matched([ball(1, (0, 0, 0))], [ball(5, (60, 0, 0))])
    assert found.after == ((1, ()),)
    assert found.new == (5,)


def test_a_split_lesion_has_two_parts():
    before = [ball(1, (0, 0, 0), 12)]
    after = [ball(4, (-6, 0, 0), 4), ball(5, (7, 0, 0), 4), ball(6, (40, 0, 0), 4)]
    found = matched(before, after)
    assert found.after == ((1, (4, 5)),)
    assert found.new == (6,)
    assert found.merged == ()


def test_two_lesions_that_merge():
    before = [ball(1, (-6, 0, 0), 5), ball(2, (8, 0, 0), 4), ball(3, (50, 0, 0), 4)]
    after = [ball(9, (0, 0, 0), 13), ball(8, (51, 0, 0), 4)]
    found = matched(before, after)
    assert dict(found.after) == {1: (9,), 2: (), 3: (8,)}
    assert found.merged == ((2, 1),)


def test_a_large_lesion_may_move_by_more_than_the_reach():
    """Its middle went 20 mm, but lies within where it was."""
    found = matched([ball(1, (0, 0, 0), 25)], [ball(2, (20, 0, 0), 10)])
    assert found.after == ((1, (2,)),)


def test_a_place_is_told_by_few_points_of_many_voxels():
    inside = np.zeros((20, 30, 30), bool)
    inside[5:15, 5:25, 5:25] = True
    place = Place.of(3, Subject(inside, Grid(inside.shape, origin_mm=(100.0, 0.0, 0.0))))
    assert 300 <= len(place.points_mm) <= 500
    assert place.middle_mm == (114.5, 14.5, 9.5)
    assert place.away_mm((114.0, 14.0, 9.0)) < 3
    assert place.away_mm((100.0, 14.0, 9.0)) > 4
