"""Cases: prompts lie where they should, rounds mend, and a handful repeats itself."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

pytest.importorskip("torch")

from limner.learn.cases import (  # torch first
    INSIDE,
    MIXED,
    OUTSIDE,
    PRIOR,
    REGION,
    Case,
    case,
    correct,
    handful,
    thread,
)
from limner.learn.material import Generated, Scene
from limner.predict._hints import hints


def scene(*, uncertain=False):
    """A bright disc of radius 20 on noise."""
    rows, columns = np.indices((160, 160))
    disc = (rows - 70) ** 2 + (columns - 85) ** 2 < 400
    noise = np.random.default_rng(0).random((160, 160, 1)).astype(np.float32)
    return Scene(noise * 0.2 + disc[..., None] * 0.5, disc.astype(np.int32), uncertain)


def cases(count=60, **options):
    made = (case(np.random.default_rng(seed), scene(**options)) for seed in range(count))
    return [one for one in made if one is not None]


PLAIN = replace(MIXED, openings=(("box", 1.0),))


def blank(target):
    return Case(
        np.zeros((3, 128, 128), np.float32),
        target,
        np.ones((128, 128), np.float32),
        np.zeros((4, 128, 128), np.float32),
        np.zeros((3, 128, 128), np.float32),
    )


def square():
    target = np.zeros((128, 128), bool)
    target[40:80, 30:90] = True
    return target


def test_shares_of_the_openings_are_shares():
    assert sum(share for _, share in MIXED.openings) == pytest.approx(1)


def test_a_first_click_may_look_at_less_than_the_object():
    only = replace(MIXED, openings=(("click", 1.0),))
    made = [case(np.random.default_rng(seed), scene(), practised=only) for seed in range(40)]
    shares = [one.target.mean() for one in made if one is not None]
    assert max(shares) > 0.9
    assert min(shares) < 0.05


def test_most_views_hold_enough_of_the_object():
    assert len(cases()) > 50


def test_every_case_says_something_and_is_a_picture_of_its_target():
    for one in cases():
        assert one.input.shape == (7, 128, 128)
        assert one.input.dtype == np.float32
        assert one.prompts[[REGION, INSIDE, PRIOR]].any()
        assert one.prompts.min() >= 0
        assert one.prompts.max() <= 1
        assert one.target.sum() >= 12


@pytest.mark.parametrize("seed", range(8))
def test_a_smaller_crop_shows_the_same_with_fewer_pixels(seed):
    """Apart from chance that is drawn by the pixel: noise, which is left to the scene here."""
    whole, half = (
        case(np.random.default_rng(seed), scene(), practised=replace(PLAIN, side=side))
        for side in (128, 64)
    )
    assert half.input.shape == (7, 64, 64)
    assert half.hints.shape == (3, 64, 64)
    assert half.weight.shape == half.target.shape == (64, 64)
    coarse = whole.target.reshape(64, 2, 64, 2).mean(axis=(1, 3)) > 0.5
    assert (coarse & half.target).sum() > 0.95 * (coarse | half.target).sum()
    assert half.beyond == pytest.approx(whole.beyond / 4, abs=2)


def test_positive_clicks_lie_on_the_target_as_a_rule():
    hit = total = 0
    for one in cases():
        peaks = one.prompts[INSIDE] > 0.95
        hit += (peaks & one.target).sum()
        total += peaks.sum()
    assert hit / total > 0.9


def test_boxes_and_lassos_hold_most_of_the_target():
    regions = [one for one in cases() if one.prompts[REGION].any()]
    shares = [(one.prompts[REGION] > 0)[one.target].mean() for one in regions]
    assert len(regions) > 15
    assert np.mean(shares) > 0.9


def test_where_unlabelled_things_may_lie_only_a_band_round_the_object_counts():
    for one in cases(uncertain=True):
        apart = ndimage.distance_transform_edt(~one.target)
        assert not one.weight[apart > 6].any()


class TestCorrect:
    def test_a_missed_object_gets_a_click_on_it(self):
        state = blank(square())
        assert correct(state, np.random.default_rng(1), answer=np.zeros((128, 128), np.float32))
        place = np.unravel_index(state.prompts[INSIDE].argmax(), (128, 128))
        assert square()[place]
        assert not state.prompts[OUTSIDE].any()
        assert state.rounds == 1

    def test_too_much_gets_a_click_beside_it(self):
        state = blank(square())
        correct(state, np.random.default_rng(1), answer=np.ones((128, 128), np.float32))
        place = np.unravel_index(state.prompts[OUTSIDE].argmax(), (128, 128))
        assert not square()[place]
        assert not state.prompts[INSIDE].any()

    def test_the_answer_becomes_the_prior_forgotten_now_and_then(self):
        answer = np.where(square(), 0.3, 0.1).astype(np.float32)
        kinds = []
        for seed in range(300):
            state = blank(square())
            correct(state, np.random.default_rng(seed), answer=answer)
            prior = state.prompts[PRIOR]
            kinds.append("kept" if np.array_equal(prior, answer) else "other")
            assert set(np.unique(prior)) <= set(np.unique(answer)) | {0.0}
        assert 0.7 < kinds.count("kept") / 300 < 0.9

    def test_hints_are_those_of_what_is_said_now(self):
        state = blank(square())
        state.image[:] = square() - 0.5
        correct(state, np.random.default_rng(1), answer=np.zeros((128, 128), np.float32))
        assert np.array_equal(state.hints, hints(state.image, state.prompts))
        assert state.hints[2][square()].mean() > 0.9

    def test_nothing_is_said_where_nothing_is_wrong(self):
        state = blank(square())
        assert not correct(state, np.random.default_rng(0), answer=square().astype(np.float32))
        assert state.rounds == 0

    def test_pixels_that_do_not_count_are_not_corrected(self):
        state = blank(square())
        state.weight[:] = square()
        answer = np.ones((128, 128), np.float32)
        assert not correct(state, np.random.default_rng(0), answer=answer)

    def test_prompts_of_earlier_rounds_stay(self):
        state = blank(square())
        rng = np.random.default_rng(4)
        correct(state, rng, answer=np.zeros((128, 128), np.float32))
        before = state.prompts[INSIDE].copy()
        correct(state, rng, answer=np.zeros((128, 128), np.float32))
        assert (state.prompts[INSIDE] >= before).all()


def test_a_handful_repeats_itself_and_differs_by_number():
    one, two = (handful([(Generated(), 3)], seed=5, number=2) for _ in range(2))
    other = handful([(Generated(), 3)], seed=5, number=3)
    assert len(one) == 3
    for a, b in zip(one, two, strict=True):
        assert np.array_equal(a.input, b.input)
    assert not np.array_equal(one[0].input, other[0].input)


def cross(*, thick):
    """A thin plus on noise."""
    mask = np.zeros((160, 160), np.int32)
    mask[80 : 80 + thick, 10:150] = mask[10:150, 80 : 80 + thick] = 1
    noise = np.random.default_rng(0).random((160, 160, 1)).astype(np.float32)
    return Scene(noise * 0.2 + (mask > 0)[..., None] * 0.5, mask)


@pytest.mark.parametrize("thick, wide", [(3, True), (60, False)])
def test_a_mask_is_a_thread_where_it_is_narrow_and_fills_little(thick, wide):
    found = thread(cross(thick=thick).objects > 0)
    assert found == pytest.approx(thick, abs=0.2) if wide else found == 0


def test_threads_are_mostly_shown_in_tiles_with_colours_from_elsewhere():
    made = [case(np.random.default_rng(seed), cross(thick=3)) for seed in range(80)]
    tiles = [one for one in made if one is not None and one.prompts[REGION].all()]
    assert len(tiles) > 35
    for one in tiles:
        assert 1 <= len(one.elsewhere.inside) <= 7
        assert one.beyond == 0
    # the object is the brighter part, and so are the colours that are told of it
    assert np.mean([one.elsewhere.inside.mean() for one in tiles]) > 1


def test_what_a_crop_does_not_show_is_counted():
    only = replace(MIXED, openings=(("click", 1.0),))
    made = [case(np.random.default_rng(seed), scene(), practised=only) for seed in range(60)]
    close = [one for one in made if one is not None and one.target.mean() > 0.9]
    far = [one for one in made if one is not None and one.target.mean() < 0.1]
    assert min(one.beyond for one in close) > 1000
    for one in far:
        assert one.beyond < 0.1 * one.target.sum() or one.target[[0, -1]].any()
