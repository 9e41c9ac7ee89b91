"""S003's bed: turned ellipses in pixels that are no squares, where the side of a box fails."""

import numpy as np
import pytest

from benchmarks.diameters import ellipse, subject
from limner.measure.diameter import calipers


@pytest.mark.parametrize("pixel_mm", [(1.0, 1.0), (1.5, 1.0), (1.0, 2.0)])
def test_a_diameter_is_right_to_a_pixel_where_the_box_is_not(pixel_mm):
    rng = np.random.default_rng(31)
    ours, boxed = [], []
    for _ in range(40):
        long = rng.uniform(8, 20) * max(pixel_mm)
        half = (long, long / rng.uniform(2, 3))
        turn = rng.uniform(np.pi / 8, 3 * np.pi / 8) + rng.integers(2) * np.pi / 2
        inside = ellipse(half, turn=turn, shift=rng.uniform(-0.5, 0.5, 2), pixel_mm=pixel_mm)
        found, _ = calipers(subject(inside, pixel_mm))
        ours.append(abs(found.length - 2 * long) / max(pixel_mm))
        rows, columns = (np.ptp(each) + 1 for each in np.nonzero(inside))
        side = max(rows * pixel_mm[0], columns * pixel_mm[1])
        boxed.append(abs(side - 2 * long) / max(pixel_mm))
    assert max(ours) < 1.0
    assert np.mean(boxed) > 1.5
    assert np.mean(ours) < np.mean(boxed) / 4
