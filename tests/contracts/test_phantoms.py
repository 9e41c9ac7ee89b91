"""What every test bed owes us: the same sample for a seed, another for another, and fast."""

import inspect
import time

import numpy as np
import pytest

from limner.phantoms import PHANTOMS


def samples(image):
    return image.block((0, 0, 0), image.grid.shape)


@pytest.mark.parametrize("name", PHANTOMS.names())
class TestEveryPhantom:
    def test_repeats_itself_under_one_seed(self, name):
        one, two = PHANTOMS.get(name)(7), PHANTOMS.get(name)(7)
        assert np.array_equal(samples(one.image), samples(two.image))
        assert one.mask == two.mask
        assert one.id == two.id

    def test_differs_from_seed_to_seed(self, name):
        one, two = PHANTOMS.get(name)(7), PHANTOMS.get(name)(8)
        assert not np.array_equal(samples(one.image), samples(two.image))
        assert one.id != two.id

    def test_its_mask_lies_on_its_image_and_says_it_is_synthetic(self, name):
        sample = PHANTOMS.get(name)(3)
        assert sample.mask.grid.matches(sample.image.grid)
        assert {target.source for target in sample.targets} == {"synthetic"}

    @pytest.mark.timed
    def test_takes_less_than_a_tenth_of_a_second(self, name):
        PHANTOMS.get(name)(0)
        begun = time.process_time()
        for seed in range(10):
            PHANTOMS.get(name)(seed)
        assert time.process_time() - begun < 1.0

    def test_names_its_source(self, name):
        assert "\nSource " in inspect.getmodule(PHANTOMS.get(name)).__doc__
