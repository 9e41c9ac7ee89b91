"""Simulated people: the fixed click by hand and by brute force, and that chance stays in bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from limner.evaluate import robots

SHAPE = (24, 30)


def disc(row, column, radius, shape=SHAPE):
    rows, columns = np.indices(shape)
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def blobs():
    """Several kinds of target: a disc, a thin line, two parts, one pixel, one at the border."""
    line = np.zeros(SHAPE, bool)
    line[5, 3:27] = True
    pixel = np.zeros(SHAPE, bool)
    pixel[11, 12] = True
    return {
        "disc": disc(11, 13, 6),
        "line": line,
        "two": disc(6, 6, 3) | disc(16, 22, 4),
        "pixel": pixel,
        "border": disc(0, 29, 7),
        "everything": np.ones(SHAPE, bool),
    }


def deepest_by_brute_force(region):
    """The first pixel furthest from any pixel outside, the picture's border being outside."""
    framed = np.pad(region, 1)
    outside = np.argwhere(~framed)
    places = np.argwhere(framed)
    apart = ((places[:, None] - outside[None]) ** 2).sum(axis=2).min(axis=1)
    return places[apart.argmax()] - 1


class TestNextClick:
    def test_by_hand(self):
        # 5 x 5 missed around (3, 4): its middle is the deepest; the single extra pixel is fewer
        target, mask = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
        target[1:6, 2:7] = True
        mask[20, 20] = True
        click = robots.next_click(mask, target)
        assert click.path.tolist() == [[3, 4]]
        assert click.inside

    def test_the_larger_kind_of_error_wins_and_a_tie_goes_to_what_is_missed(self):
        target, mask = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
        target[0:3, 0:3] = True
        mask[10:13, 10:13] = True
        assert robots.next_click(mask, target).inside
        mask[13, 10] = True
        assert not robots.next_click(mask, target).inside

    def test_the_pictures_border_is_outside(self):
        everything = np.ones((5, 9), bool)
        click = robots.next_click(np.zeros((5, 9), bool), everything)
        assert click.path.tolist() == [[2, 2]]  # 3 from the border, and the first such pixel

    def test_none_where_they_agree(self):
        assert robots.next_click(disc(9, 9, 4), disc(9, 9, 4)) is None

    @given(target=arrays(bool, (7, 9)), mask=arrays(bool, (7, 9)))
    def test_is_the_brute_force_answer(self, target, mask):
        click = robots.next_click(mask, target)
        missed, extra = target & ~mask, mask & ~target
        if click is None:
            assert not (missed | extra).any()
            return
        assert click.inside == (missed.sum() >= extra.sum())
        wrong = missed if click.inside else extra
        assert click.path[0].tolist() == deepest_by_brute_force(wrong).tolist()


@pytest.mark.parametrize("name", blobs())
class TestChance:
    def test_clicks_lie_in_the_region(self, name):
        target = blobs()[name]
        for seed in range(30):
            place = robots.click_in(np.random.default_rng(seed), target)
            assert target[tuple(place.astype(int))]

    def test_strokes_stay_about_in_the_region(self, name):
        target = blobs()[name]
        inside = 0
        total = 0
        for seed in range(30):
            path = robots.stroke(np.random.default_rng(seed), target)
            assert path.ndim == 2
            assert path.shape[1] == 2
            assert np.isfinite(path).all()
            index = np.clip(np.rint(path).astype(int), 0, np.array(SHAPE) - 1)
            inside += target[tuple(index.T)].sum()
            total += len(path)
        assert inside / total > (0.4 if name in {"line", "pixel", "two"} else 0.8)

    def test_a_lasso_goes_round_most_of_it(self, name):
        from limner.prompt import draw

        target = blobs()[name]
        for seed in range(10):
            corners = robots.lasso(np.random.default_rng(seed), target)
            filled = draw.polygon(SHAPE, corners) > 0
            assert (filled & target).sum() >= 0.8 * target.sum()

    def test_a_wrong_mask_is_a_mask(self, name):
        target = blobs()[name]
        for seed in range(20):
            wrong = robots.wrong_mask(np.random.default_rng(seed), target)
            assert wrong.dtype == bool
            assert wrong.any()

    def test_repeats_itself_under_one_seed(self, name):
        target = blobs()[name]
        for draw in (robots.click_in, robots.stroke, robots.lasso, robots.wrong_mask, robots.box):
            one, two = (draw(np.random.default_rng(3), target) for _ in range(2))
            assert np.array_equal(one, two)


def test_the_tight_box_has_its_corners_on_pixel_faces():
    target = np.zeros(SHAPE, bool)
    target[3:7, 5:6] = True
    assert robots.tight_box(target).tolist() == [[2.5, 4.5], [6.5, 5.5]]


@given(seed=some.integers(0, 10_000), jitter=some.floats(0, 0.1))
def test_a_drawn_box_is_off_by_no_more_than_it_may(seed, jitter):
    target = disc(11, 13, 6)
    tight = robots.tight_box(target)
    drawn = robots.box(np.random.default_rng(seed), target, jitter=jitter)
    extent = tight[1] - tight[0]
    grown = np.stack([tight[0] - drawn[0], drawn[1] - tight[1]]) / extent
    assert grown.min() >= -2 * jitter - 1e-9
    assert grown.max() <= 3 * jitter + 1e-9


def test_corrections_mend_and_name_the_right_side():
    target, mask = disc(11, 13, 6), disc(11, 17, 6)
    kinds = set()
    for seed in range(60):
        said = robots.correction(np.random.default_rng(seed), mask, target)
        kinds.add(said.inside)
        if len(said.path) == 1:
            place = tuple(said.path[0].astype(int))
            assert target[place] == said.inside
            assert mask[place] != said.inside
    assert kinds == {True, False}
    assert robots.correction(np.random.default_rng(0), target, target) is None


def test_the_largest_island_is_4_connected():
    region = np.zeros((6, 6), bool)
    region[0:2, 0:2] = True
    region[2, 2] = True  # touches by a corner only
    region[4, 0:5] = True
    assert np.array_equal(np.argwhere(robots.largest_island(region))[:, 0], [4] * 5)


@pytest.mark.parametrize("name", blobs())
class TestHumanScribble:
    def test_strokes_keep_to_their_side(self, name):
        target = blobs()[name]
        for inside in (True, False):
            right = total = 0
            for seed in range(20):
                strokes = robots.human_scribble(np.random.default_rng(seed), target, inside=inside)
                if not inside and target.all():
                    assert strokes == []
                    continue
                places = np.clip(np.rint(np.concatenate(strokes)).astype(int), 0, (23, 29))
                right += (target[tuple(places.T)] == inside).sum()
                total += len(places)
            assert right >= 0.95 * total

    def test_repeats_itself_under_one_seed(self, name):
        for inside in (True, False):
            one, two = (
                robots.human_scribble(np.random.default_rng(4), blobs()[name], inside=inside)
                for _ in range(2)
            )
            assert len(one) == len(two)
            assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_nobody_scribbles_on_nothing():
    rng = np.random.default_rng(0)
    assert robots.human_scribble(rng, np.zeros(SHAPE, bool), inside=True) == []
    assert robots.human_scribble(rng, np.zeros(SHAPE, bool), inside=False)


def test_a_hole_is_marked_as_outside_more_often_than_not():
    ring = disc(40, 40, 30, (80, 80)) & ~disc(40, 40, 15, (80, 80))
    marked = 0
    for seed in range(20):
        strokes = robots.human_scribble(np.random.default_rng(seed), ring, inside=False)
        marked += any((np.hypot(*(path - 40).T) < 14).any() for path in strokes)
    assert marked >= 12


class TestNamedClicks:
    @pytest.mark.parametrize("name", blobs())
    def test_they_lie_in_the_region(self, name):
        target = blobs()[name]
        for how in (robots.random_click, robots.rim_click, robots.jittered_click):
            for seed in range(20):
                place = how(np.random.default_rng(seed), target)
                assert target[tuple(place.astype(int))]

    def test_near_the_rim_and_beside_the_middle(self):
        target = disc(11, 13, 9)

        def apart(how):
            places = [how(np.random.default_rng(seed), target) for seed in range(60)]
            return np.hypot(*(np.array(places) - (11, 13)).T)

        assert apart(robots.rim_click).min() >= 7
        # a half of the depth of 10 along both axes: Rayleigh's mean is 5 * sqrt(pi / 2) = 6.3,
        # less because what misses the disc is drawn again
        assert 4 < apart(robots.jittered_click).mean() < 6


def test_a_hands_box_is_loose_more_often_than_tight_and_near():
    target = disc(60, 60, 30, (128, 128))
    tight = robots.tight_box(target)
    drawn = np.array([robots.hand_box(np.random.default_rng(s), target) for s in range(300)])
    assert (drawn[:, 0] < drawn[:, 1]).all()
    outward = np.concatenate([tight[0] - drawn[:, 0], drawn[:, 1] - tight[1]])
    assert 0.6 < (outward > 0).mean() < 0.8  # a normal of mean 0.5 is positive in 0.69
    sizes = np.prod(drawn[:, 1] - drawn[:, 0], axis=1)
    low, high = np.maximum(drawn[:, 0], tight[0]), np.minimum(drawn[:, 1], tight[1])
    both = np.prod(high - low, axis=1)
    overlap = both / (sizes + np.prod(tight[1] - tight[0]) - both)
    assert 0.85 < overlap.mean() < 0.95  # Papadopoulos et al. 2017 found 0.88 for quick boxes


class TestExtremes:
    def test_finds_a_planted_worst_and_best_and_asks_no_place_twice(self):
        target, asked = disc(11, 13, 9), []

        def score(place):
            asked.append(tuple(place))
            return -float(np.hypot(*(place - (11, 20))))

        found = robots.extremes(np.random.default_rng(0), target, score)
        assert len(set(asked)) == len(asked) == found.asked
        assert found.best == pytest.approx(0, abs=1.5)
        assert found.worst <= -13  # (11, 4) is 16 away
        assert found.centre == pytest.approx(-7)
        assert found.gap == found.best - found.worst
        assert score(found.worst_at) == found.worst

    def test_one_pixel_has_no_gap(self):
        pixel = blobs()["pixel"]
        found = robots.extremes(np.random.default_rng(0), pixel, lambda _: 0.7)
        assert (found.gap, found.loss, found.asked) == (0, 0, 1)
