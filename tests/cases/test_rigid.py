"""How a body lay otherwise: a turn and a shift that are known are found again."""

from dataclasses import replace

import numpy as np
import pytest

from limner.cases.rigid import STAYS, rigid
from limner.errors import BadValue
from limner.grid import Grid
from limner.image import Image

pytest.importorskip("SimpleITK")


def head(shape=(28, 36, 32), step=6.0):
    """A box of blobs: bright, and alike from no other side."""
    rng = np.random.default_rng(5)
    z, y, x = np.mgrid[: shape[0], : shape[1], : shape[2]].astype(float)
    samples = np.full(shape, -1000.0)
    middle = np.array(shape) / 2
    samples[(((np.stack([z, y, x], -1) - middle) / (middle * 0.8)) ** 2).sum(-1) < 1] = 20
    for _ in range(14):
        at = middle + rng.uniform(-0.45, 0.45, 3) * np.array(shape) * 0.8
        inside = ((np.stack([z, y, x], -1) - at) ** 2).sum(-1) < rng.uniform(2, 5) ** 2
        samples[inside & (samples > 0)] = rng.uniform(60, 220)
    grid = Grid(shape, (-90.0, -100.0, 40.0), ((0, 0, step), (0, step, 0), (step, 0, 0)))
    return Image.of(samples.astype(np.int16), grid, unit="HU")


def moved(image, angle, shift_mm):
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    grid = image.grid
    steps = tuple(tuple((turn @ step).tolist()) for step in np.array(grid.steps_mm))
    origin = tuple((turn @ np.array(grid.origin_mm) + shift_mm).tolist())
    return replace(image, grid=replace(grid, steps_mm=steps, origin_mm=origin)), turn


def test_a_known_turn_and_shift_are_found_again_and_twice_alike():
    one = head()
    other, turn = moved(one, 0.15, np.array([14.0, -9.0, 22.0]))
    found = rigid(one, other)
    places = one.grid.corners_mm() * 0.5
    wanted = places @ turn.T + (14.0, -9.0, 22.0)
    assert np.linalg.norm(found.carry(places) - wanted, axis=1).max() < 1.0
    assert found.likeness > 0.95
    assert rigid(one, other) == found


def test_nothing_moves_by_what_stays():
    assert STAYS.carry([(1.0, 2.0, 3.0)]).tolist() == [[1.0, 2.0, 3.0]]


def test_a_picture_cannot_be_aligned():
    with pytest.raises(BadValue, match="one slice or no place in a patient"):
        rigid(head(), Image.of(np.zeros((4, 4), np.uint8)))
