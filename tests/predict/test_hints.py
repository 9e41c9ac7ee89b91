"""Hints: nothing said gives nothing; marks, boxes and colours from elsewhere point at the disc."""

import numpy as np
import pytest

from limner.predict._hints import CHANNELS, Colours, hints
from limner.prompt import draw

SIDE = 128
WALK, LIKENESS, SIMILARITY = range(len(CHANNELS))


def disc():
    rows, columns = np.indices((SIDE, SIDE))
    return (rows - 60) ** 2 + (columns - 70) ** 2 < 25**2


def sight():
    """A bright disc, standardised, the same in three channels."""
    plane = disc() + np.random.default_rng(0).normal(0, 0.1, (SIDE, SIDE))
    scaled = (plane - plane.mean()) / plane.std()
    return np.repeat(scaled[None], 3, axis=0).astype(np.float32)


def planes(**said):
    made = np.zeros((4, SIDE, SIDE), np.float32)
    for place, name in enumerate(("region", "inside", "outside", "prior")):
        if name in said:
            made[place] = said[name]
    return made


def overlap(plane):
    found = plane > 0.5
    return 2 * (found & disc()).sum() / (found.sum() + disc().sum())


def test_nothing_said_gives_nothing():
    assert not hints(sight(), planes()).any()


@pytest.mark.parametrize(
    "said",
    [
        {"inside": draw.spots((SIDE, SIDE), [(60, 70)])},
        {"region": draw.box((SIDE, SIDE), (33, 42), (87, 97))},
        {"prior": disc() * np.float32(0.7)},
    ],
    ids=["click", "box", "prior"],
)
def test_the_walk_finds_a_plain_disc(said):
    found = hints(sight(), planes(**said))
    assert found.shape == (3, SIDE, SIDE)
    assert found.dtype == np.float32
    assert overlap(found[WALK]) > 0.93
    assert found[LIKENESS][disc()].mean() > 0.5
    assert found[LIKENESS][~disc()].mean() < -0.3


def test_similarity_has_the_side_of_the_mark():
    inside = draw.spots((SIDE, SIDE), [(60, 70)])
    outside = draw.spots((SIDE, SIDE), [(10, 10)])
    found = hints(sight(), planes(inside=inside, outside=outside))[SIMILARITY]
    assert found[disc()].mean() > 0.6
    assert found[~disc()].mean() < -0.6


def test_a_tile_hears_of_colours_elsewhere_and_walks_nowhere():
    bright = np.full((1, 3), sight()[:, 50:70, 60:80].mean(), np.float32)
    dark = np.full((1, 3), sight()[:, :20, :20].mean(), np.float32)
    found = hints(sight(), planes(region=1.0), Colours(bright, dark))
    assert overlap(found[WALK]) > 0.9
    assert not found[LIKENESS].any()
    assert found[SIMILARITY][disc()].mean() > 0.6 > -0.6 > found[SIMILARITY][~disc()].mean()


def test_grey_and_colour_that_is_grey_but_for_one_sample_are_alike():
    coloured = sight()
    coloured[0, 0, 0] += 1e-3
    said = planes(inside=draw.spots((SIDE, SIDE), [(60, 70)]))
    one, other = hints(sight(), said), hints(coloured, said)
    assert np.abs(one[WALK] - other[WALK]).mean() < 0.05
