"""The contour that ends in the same place wherever it starts, and what drives it."""

import numpy as np
import pytest

from limner.image import Image
from limner.predict.saliency_contour import (
    SaliencyContour,
    _Fit,
    _ground,
    _window,
    evolved,
    salient,
)
from limner.prompt.box import Box
from limner.prompt.click import Click

SIDE = 60


def disc(*, middle=(28, 34), radius=12):
    row, column = np.ogrid[:SIDE, :SIDE]
    return (row - middle[0]) ** 2 + (column - middle[1]) ** 2 <= radius**2


def slope():
    """Brightness from 0 in one corner to 1.2 in the other: three times what a disc adds."""
    row, column = np.mgrid[:SIDE, :SIDE] / (SIDE - 1)
    return 0.6 * row + 0.6 * column**2


def grain(sd=0.05):
    return np.random.default_rng(0).normal(0, sd, (SIDE, SIDE))


def picture(height=0.4):
    return (slope() + height * disc() + grain()).astype(np.float32)


def dice(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())


def asked(samples, prompts):
    image = Image.of(samples)
    predictor = SaliencyContour()
    return predictor.predict(predictor.encode(image), prompts).mask.where(1)[0]


def boxed(samples, *, inside):
    rows, columns = np.nonzero(inside)
    grid = Image.of(samples).grid
    low, high = (0, rows.min(), columns.min()), (0, rows.max(), columns.max())
    return asked(samples, [Box.between(grid, low, high)])


class TestWhatStandsOut:
    def test_the_ground_is_found_under_what_does_not_belong_to_it(self):
        ground = _ground((slope() + 0.4 * disc()).astype(np.float32))
        assert np.abs(ground - slope()).max() < 0.01

    def test_a_sloping_ground_changes_nothing(self):
        flat = (0.4 * disc() + grain()).astype(np.float32)
        apart = np.abs(salient(picture()) - salient(flat))
        assert apart.mean() < 0.05  # in standard deviations
        assert apart.max() < 0.2

    def test_its_spread_is_one(self):
        assert salient(picture()).std() == pytest.approx(1, abs=1e-3)

    def test_only_the_side_of_the_object_counts(self):
        other = disc(middle=(28, 8), radius=6)
        both = (slope() + 0.4 * disc() - 0.4 * other).astype(np.float32)
        assert salient(both)[28, 8] > 1
        assert salient(both, object=disc())[28, 8] == 0

    def test_a_picture_of_one_tone_has_nothing(self):
        assert salient(np.full((SIDE, SIDE), 0.3, np.float32)).max() < 0.2  # rounding


class TestTheFit:
    def test_both_tones_are_weighted_means_near_a_place(self):
        values, inside = picture(), disc()
        midway, apart = _Fit(values, _window(values.shape, 4.0)).of(inside)
        row, column = np.mgrid[:SIDE, :SIDE]
        near = np.exp(-((row - 20) ** 2 + (column - 30) ** 2) / 32)
        within, beyond = (np.average(values[s], weights=near[s]) for s in (inside, ~inside))
        assert apart[20, 30] == pytest.approx(within - beyond, abs=1e-4)
        assert midway[20, 30] == pytest.approx(values[20, 30] - (within + beyond) / 2, abs=1e-4)


class TestTheContour:
    @pytest.mark.parametrize("height", [0.4, -0.4])
    def test_it_ends_in_the_same_place_from_anywhere(self, height):
        samples = picture(height)
        starts = [disc(middle=(8, 8), radius=6), disc(radius=40), disc(middle=(50, 20), radius=9)]
        found = [
            evolved(SaliencyContour(), samples, salient(samples), start=start) > 0
            for start in starts
        ]
        assert all(dice(each, disc()) > 0.95 for each in found)
        assert all(dice(each, found[0]) > 0.99 for each in found)

    def test_what_is_known_stays(self):
        samples = picture()
        known = np.full(samples.shape, np.nan)
        known[28, 34], known[5, 5] = -1, 1
        level = evolved(SaliencyContour(), samples, salient(samples), start=disc(), known=known)
        assert (level[28, 34], level[5, 5]) == (-1, 1)

    def test_an_unknown_setting_is_an_error(self):
        with pytest.raises(TypeError, match="farther"):
            SaliencyContour(farther=2)


class TestPrompts:
    @pytest.mark.parametrize("height", [0.4, -0.4])
    def test_a_box_says_which_side_of_the_ground_is_meant(self, height):
        assert dice(boxed(picture(height), inside=disc()), disc()) > 0.95

    def test_only_the_part_that_was_clicked(self):
        other = disc(middle=(48, 10), radius=7)
        samples = (picture() + 0.4 * other).astype(np.float32)
        answer = asked(samples, [Click((34, 28, 0))])
        assert dice(answer, disc()) > 0.95
        assert not answer[other].any()

    def test_colours_of_one_brightness_are_told_apart(self):
        inside = disc()
        red = np.where(inside, 0.7, 0.4) + grain(0.03)
        samples = np.stack([red, 1.1 - red, np.full_like(red, 0.5)], axis=-1)
        image = Image.of((255 * samples).astype(np.uint8)[None])
        assert image.channels == 3
        box = Box.between(image.grid, (0, 16, 22), (0, 40, 46))
        predictor = SaliencyContour()
        found = predictor.predict(predictor.encode(image), [box]).mask.where(1)[0]
        assert dice(found, inside) > 0.95

    def test_the_card_says_what_is_not_usual(self):
        assert SaliencyContour().card == "saliency_contour"
        assert "smooth=3.0" in SaliencyContour(smooth=3.0).card
