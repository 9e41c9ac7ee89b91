"""A wound on a photograph: its area by a card that lies turned beside it (S099's measurement)."""

from math import pi

import numpy as np
import pytest

from limner.cli._ruler import spacing_of
from limner.cli._scale import sized_grid
from limner.grid import Grid
from limner.mask import Mask, Object
from limner.measure import measure

SIDE = 400
PIXEL_MM = 0.23  # which nothing in the picture says


def photograph(rng):
    """An elliptic wound of known half axes in mm, and a card of 20 mm that lies turned."""
    rows, columns = np.mgrid[:SIDE, :SIDE] * PIXEL_MM

    def turned(at, angle):
        down, across = rows - at[0], columns - at[1]
        return (
            down * np.cos(angle) + across * np.sin(angle),
            across * np.cos(angle) - down * np.sin(angle),
        )

    long, short = rng.uniform(12, 20), rng.uniform(6, 11)
    a, b = turned((30 + rng.uniform(0, 1), 35 + rng.uniform(0, 1)), rng.uniform(0, pi))
    c, d = turned((74 + rng.uniform(0, 1), 72 + rng.uniform(0, 1)), rng.uniform(0, pi))
    wound = (a / long) ** 2 + (b / short) ** 2 <= 1
    card = np.maximum(np.abs(c), np.abs(d)) <= 10
    grid = Grid.picture(SIDE, SIDE)
    mask = Mask.of(wound[None], grid, label="wound").with_object(card[None], Object(2, "card"))
    return mask, long, short


def test_areas_are_true_within_a_hundredth_at_every_turn_of_the_card():
    rng = np.random.default_rng(11)
    off, boxed = [], []
    for _ in range(20):
        mask, long, short = photograph(rng)
        grid = sized_grid(mask.grid, spacing_of("card 20x20", mask))
        told = measure(Mask(grid, mask.layers, mask.objects, schema=mask.schema))[0]
        true = pi * long * short
        off.append(abs(told["area"].value - true) / true)
        boxed.append(told["long_axis"].value * told["short_axis"].value / true)
        assert told["area"].unit == "mm2{ruler}"
        assert told["long_axis"].value == pytest.approx(2 * long, rel=0.02)
    assert max(off) < 0.01
    # length times width, as wounds are measured by hand, is 4 / pi of an ellipse: 27 % too much
    assert np.mean(boxed) == pytest.approx(4 / pi, rel=0.02)
