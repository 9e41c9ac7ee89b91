"""A tumour among organs and vessels: worked by hand on a few pixels."""

import numpy as np
import pytest

from limner.grid import Grid
from limner.mask import Mask, Object
from limner.measure import measure

GRID = Grid((3, 20, 20), (0, 0, 0), ((0, 0, 5.0), (0, 2.0, 0), (1.0, 0, 0)))


def block(slices, rows, columns):
    inside = np.zeros(GRID.shape, bool)
    inside[slice(*slices), slice(*rows), slice(*columns)] = True
    return inside


def told(tumour, vessel, name="", grid=GRID):
    mask = Mask.of(tumour, grid, label="tumour").with_object(vessel, Object(2, "vessel", name=name))
    return measure(mask, names=("neighbours",))[0]


VESSEL = block((0, 3), (8, 12), (8, 12))  # 8 mm down, 4 mm along: an outline of 24 mm


@pytest.mark.parametrize(
    ("tumour", "degrees"),
    [
        (block((1, 2), (8, 12), (4, 8)), 360 * 8 / 24),  # all of the left side
        (block((1, 2), (4, 8), (8, 12)), 360 * 4 / 24),  # the upper side
        (block((1, 2), (5, 8), (5, 8)), 0),  # by a corner
        (block((1, 2), (6, 14), (6, 14)) & ~VESSEL, 360),  # all round it
        (block((1, 2), (8, 12), (4, 10)), 360 * (8 + 4) / 24),  # grown half into it
        (block((0, 1), (8, 12), (7, 8)) | block((1, 2), (8, 10), (7, 8)), 360 * 8 / 24),
    ],
)
def test_contact_is_the_share_of_the_vessels_outline(tumour, degrees):
    one = told(tumour, VESSEL)["contact_with_vessel"]
    assert one.value == pytest.approx(degrees)
    assert one.unit == "deg"
    assert one.slice == (None if not degrees else int(np.argmax(tumour.any(axis=(1, 2)))))


def test_a_wall_with_a_lumen_is_one_vessel():
    wall = VESSEL & ~block((0, 3), (9, 11), (9, 11))
    assert told(block((1, 2), (6, 14), (6, 14)) & ~VESSEL, wall)[
        "contact_with_vessel"
    ].value == pytest.approx(360)


def test_share_and_distance_in_mm_on_a_grid_of_unequal_steps():
    organ = block((0, 3), (0, 10), (0, 20))
    half = told(block((1, 2), (8, 12), (5, 7)), organ)
    assert half["share_in_vessel"].value == pytest.approx(0.5)
    assert half["distance_to_vessel"].value == 0
    apart = told(block((1, 2), (14, 15), (0, 3)), organ)
    assert apart["share_in_vessel"].value == 0
    assert apart["distance_to_vessel"].value == pytest.approx((14 - 9) * 2.0)
    askew = told(block((2, 3), (16, 17), (3, 4)), block((0, 1), (13, 14), (0, 1)))
    assert askew["distance_to_vessel"].value == pytest.approx(np.hypot(np.hypot(10, 6), 3))


def test_distance_is_that_of_all_pairs_on_an_oblique_grid():
    rng = np.random.default_rng(3)
    steps = tuple(map(tuple, np.linalg.qr(rng.normal(size=(3, 3)))[0] * [[3], [0.7], [0.9]]))
    grid = Grid((6, 9, 8), (3, 4, 5), steps)
    for _ in range(5):
        labels = rng.choice(3, grid.shape, p=[0.9, 0.05, 0.05])
        mask = Mask.of(labels == 1, grid).with_object(labels == 2, Object(2))
        pairs = (np.argwhere(labels == 1)[:, None] - np.argwhere(labels == 2)[None]) @ steps
        found = measure(mask, names=("neighbours",))[0]["distance_to_object_2"].value
        assert found == pytest.approx(np.linalg.norm(pairs, axis=2).min())


def test_two_of_one_class_have_names_of_their_own():
    mask = Mask.of(block((1, 2), (0, 3), (0, 3)), GRID)
    mask = mask.with_object(block((1, 2), (5, 6), (0, 3)), Object(2, "node"))
    mask = mask.with_object(block((1, 2), (9, 10), (0, 3)), Object(3, "node"))
    mask = mask.with_object(block((1, 2), (9, 10), (5, 8)), Object(4, "node", name="hilar node"))
    names = {one.name for one in measure(mask, names=("neighbours",))[0].measurements}
    assert {f"distance_to_{each}" for each in ("node", "node_2", "hilar_node")} <= names
