"""What every artefact owes us: nothing at severity 0, more at more, and nothing moved."""

import inspect

import numpy as np
import pytest
from scipy import ndimage

from limner.phantoms.artefacts import ARTEFACTS, BY_MODALITY, spoiled


def picture(channels, *, shape=(72, 60), seed=0):
    noise = np.random.default_rng(seed).standard_normal((*shape, channels))
    soft = ndimage.gaussian_filter(noise, (5, 5, 0))
    return (0.5 + 0.15 * soft / soft.std()).clip(0.05, 0.95).astype(np.float32)


def change(name, seed, *, severity, channels=1):
    before = picture(channels)
    after = ARTEFACTS.get(name)(np.random.default_rng(seed), before, severity=severity)
    return float(np.abs(after - before).mean())


@pytest.mark.parametrize("name", ARTEFACTS.names())
class TestEveryArtefact:
    @pytest.mark.parametrize("channels", [1, 3])
    def test_keeps_shape_type_and_range(self, name, channels):
        for seed in range(6):
            before = picture(channels)
            kept = before.copy()
            after = ARTEFACTS.get(name)(np.random.default_rng(seed), before, severity=1.0)
            assert np.array_equal(before, kept)
            assert after.shape == before.shape
            assert after.dtype == np.float32
            assert after.min() >= 0
            assert after.max() <= 1

    def test_changes_nothing_at_severity_0(self, name):
        assert max(change(name, seed, severity=0.0) for seed in range(6)) < 1e-4

    def test_spoils_more_the_more_severe_it_is(self, name):
        little, much = (
            np.mean([change(name, seed, severity=s, channels=3) for seed in range(12)])
            for s in (0.3, 1.0)
        )
        assert 0 < 1.5 * little < much

    def test_repeats_itself_under_one_seed(self, name):
        one, two = (
            ARTEFACTS.get(name)(np.random.default_rng(4), picture(1), severity=0.7)
            for _ in range(2)
        )
        assert np.array_equal(one, two)

    def test_moves_nothing(self, name):
        """The picture fits itself best where it is: the peak of the cross-correlation."""
        before = picture(1)[..., 0] - 0.5
        for seed in range(6):
            chance = np.random.default_rng(seed)
            after = ARTEFACTS.get(name)(chance, picture(1), severity=0.5)[..., 0]
            after = after - after.mean()
            fit = np.fft.ifft2(np.fft.fft2(after) * np.fft.fft2(before).conj()).real
            peak = np.array(np.unravel_index(fit.argmax(), fit.shape))
            away = np.minimum(peak, np.array(fit.shape) - peak)
            assert away.max() <= 1

    def test_is_met_somewhere_and_names_its_source(self, name):
        assert any(name in names for names in BY_MODALITY.values())
        assert "\nSource " in inspect.getmodule(ARTEFACTS.get(name)).__doc__


def test_modalities_list_artefacts_that_there_are():
    assert {name for names in BY_MODALITY.values() for name in names} <= set(ARTEFACTS.names())


def test_spoiled_as_often_as_asked():
    before = picture(1)
    rng = np.random.default_rng(0)
    assert spoiled(rng, before, chance=0.0) is before
    changed = sum(spoiled(rng, before, chance=0.25) is not before for _ in range(400))
    assert 70 < changed < 130


def test_a_shadow_lies_below_and_darkens():
    bright = np.full((64, 64, 1), 0.5, np.float32)
    after = ARTEFACTS.get("shadow")(np.random.default_rng(3), bright, severity=1.0)[..., 0]
    assert after[-1].min() < 0.1  # by nine tenths
    assert after[:4].mean() > after[-4:].mean()


def test_anisotropy_leaves_columns_and_blurs_rows():
    columns = np.tile(np.arange(64) % 2, (64, 1)).astype(np.float32)[..., None]
    rows = columns.transpose(1, 0, 2)
    thick = ARTEFACTS.get("anisotropy")
    assert np.allclose(thick(np.random.default_rng(0), columns, severity=1.0), columns)
    assert thick(np.random.default_rng(0), rows, severity=1.0).std() < 0.25 * rows.std()


def test_a_dye_of_haematoxylin_grows_darker_with_its_gain():
    """Worked by hand: density is minus the logarithm; one dye alone stays that dye."""
    from limner.phantoms.artefacts.stain import APART, DYES

    density = 0.8 * DYES[0]
    assert density @ APART == pytest.approx([0.8, 0, 0], abs=1e-5)
    assert np.exp(-(density @ APART * [2, 1, 1]) @ DYES) == pytest.approx(np.exp(-1.6 * DYES[0]))
