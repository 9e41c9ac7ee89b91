"""What a faultless network would reach at a size of its input."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")

from benchmarks import limits  # torch first
from limner.image import Image


def subject(target):
    return SimpleNamespace(image=Image.of(np.uint8(100 * target)[None]), target=target)


def test_a_disc_loses_little_and_less_on_more_pixels():
    rows, columns = np.indices((400, 400))
    disc = subject((rows - 190) ** 2 + (columns - 210) ** 2 < 150**2)
    scores = [limits.ceiling(disc, side) for side in limits.SIDES]
    assert scores == sorted(scores)
    assert 0.97 < scores[0] < 0.995 < scores[-1] <= 1


def test_threads_are_lost_on_few_pixels():
    rows, columns = np.indices((400, 400))
    lines = subject((rows % 16 < 2) & (columns > 20))
    assert limits.ceiling(lines, 48) < 0.3
    assert limits.ceiling(lines, 256) > 0.8
