"""Surface metrics against surface-distance and MONAI, in space and in the plane."""

import warnings

import numpy as np
import pytest
from scipy import ndimage

from limner.evaluate import METRICS, Pair
from limner.evaluate import surface as surface_module

CASES = [
    ((20, 24, 22), (2.5, 0.7, 0.9)),
    ((18, 18, 18), (1.0, 1.0, 1.0)),
    ((48, 40), (0.5, 1.3)),
    ((1, 48, 40), (3.0, 0.5, 1.3)),
]


def two(shape, seed):
    """Two blobby masks, alike but for noise, that touch the border of the array."""
    rng = np.random.default_rng(seed)
    field = ndimage.gaussian_filter(rng.normal(size=shape), 2.5)
    one = field > 0.2 * field.std()
    other = ndimage.gaussian_filter(field, 1) > 0.1 * field.std()
    return one, other & (rng.random(shape) > 0.05)


def google(one, other, spacing):
    """surface-distance 0.1 asks for names that NumPy 2 and SciPy 1.15 have dropped or moved."""
    import surface_distance.metrics as module

    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore", DeprecationWarning)
        patch.setattr(np, "Inf", np.inf, raising=False)
        return module, module.compute_surface_distances(other, one, spacing)


def tensor(mask):
    import torch

    return torch.tensor(mask[None, None].astype(np.float32))


def flat(pair, one, other, spacing):
    """What a second implementation must be given: a single slice is a picture."""
    if one.ndim == 3 and one.shape[0] == 1:
        return one[0], other[0], spacing[1:]
    return one, other, spacing


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("shape, spacing", CASES)
class TestAgainstSurfaceDistance:
    @pytest.fixture
    def both(self, shape, spacing, seed):
        pytest.importorskip("surface_distance")
        one, other = two(shape, seed)
        pair = Pair(one, other, spacing)
        return pair, *google(*flat(pair, one, other, spacing))

    @pytest.mark.parametrize("tolerance", [0.0, 0.65, 1.0, 2.0, 3.3])
    def test_nsd(self, both, tolerance):
        pair, module, apart = both
        theirs = module.compute_surface_dice_at_tolerance(apart, tolerance)
        assert METRICS.get("nsd")(pair, tolerance_mm=tolerance) == pytest.approx(theirs, abs=1e-9)

    @pytest.mark.parametrize("percent", [50, 95, 100])
    def test_hd95(self, both, percent):
        pair, module, apart = both
        theirs = module.compute_robust_hausdorff(apart, percent)
        assert METRICS.get("hd95")(pair, percent=percent) == pytest.approx(theirs, abs=1e-9)

    def test_assd(self, both):
        pair, module, apart = both
        back, forth = module.compute_average_surface_distance(apart)
        weights = apart["surfel_areas_gt"].sum(), apart["surfel_areas_pred"].sum()
        theirs = np.average([back, forth], weights=weights)
        assert METRICS.get("assd")(pair) == pytest.approx(theirs, abs=1e-9)

    def test_dice(self, both, shape, seed):
        pair, module, _ = both
        one, other = two(shape, seed)
        theirs = module.compute_dice_coefficient(other, one)
        assert METRICS.get("dice")(pair) == pytest.approx(theirs, abs=1e-12)


# MONAI 1.6 calls its own deprecated arguments, and SciPy its own deprecated names.
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("shape, spacing", CASES)
class TestAgainstMonai:
    """MONAI works in single precision, hence relative 1e-6."""

    @pytest.fixture
    def given(self, shape, spacing):
        pytest.importorskip("monai")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import monai.metrics as module
        one, other = two(shape, 2)
        pair = Pair(one, other, spacing)
        one, other, spacing = flat(pair, one, other, spacing)
        return pair, module, tensor(one), tensor(other), spacing

    def test_dice(self, given):
        pair, module, one, other, _ = given
        theirs = module.compute_dice(one, other, include_background=True).item()
        assert METRICS.get("dice")(pair) == pytest.approx(theirs, rel=1e-6)

    @pytest.mark.parametrize("tolerance", [0.65, 1.01, 3.3])
    def test_nsd(self, given, tolerance):
        pair, module, one, other, spacing = given
        told = {"include_background": True, "spacing": spacing, "use_subvoxels": True}
        theirs = module.compute_surface_dice(one, other, [tolerance], **told).item()
        assert METRICS.get("nsd")(pair, tolerance_mm=tolerance) == pytest.approx(theirs, rel=1e-6)

    def test_hd95_of_voxels(self, given):
        pair, module, one, other, spacing = given
        told = {"include_background": True, "spacing": spacing, "percentile": 95}
        theirs = module.compute_hausdorff_distance(one, other, **told).item()
        assert METRICS.get("hd95")(pair, boundary="voxels") == pytest.approx(theirs, rel=1e-6)

    def test_assd_of_voxels(self, given):
        pair, module, one, other, spacing = given
        told = {"include_background": True, "spacing": spacing, "symmetric": True}
        theirs = module.compute_average_surface_distance(one, other, **told).item()
        assert METRICS.get("assd")(pair, boundary="voxels") == pytest.approx(theirs, rel=1e-6)


def test_two_cubes_by_hand():
    """2 x 2 x 2 voxels of 1 mm, one moved by 3 mm along the columns.

    By surfels the boundary lies in the cells round the cube, 3 x 3 x 3 without the middle;
    the columns of cells are 0, 1, 2 and 3, 4, 5. From a cell of column 0 the nearest is 3 mm
    away, of column 1 2 mm, of column 2 1 mm. The weights of a column of nine cells: outer
    ones 4 corners (sqrt(3)/8), 4 edges (sqrt(2)/2), one face (1); the middle column, without
    its middle, 4 edges and 4 faces.
    """
    one = np.zeros((4, 4, 8), bool)
    one[1:3, 1:3, 1:3] = True
    pair = Pair(one, np.roll(one, 3, axis=2))
    corner, edge = np.sqrt(3) / 8, np.sqrt(2) / 2
    outer, middle = 4 * corner + 4 * edge + 1, 4 * edge + 4
    total = 2 * outer + middle
    assert METRICS.get("nsd")(pair, tolerance_mm=0.5) == 0
    assert METRICS.get("nsd")(pair, tolerance_mm=1.0) == pytest.approx(outer / total)
    assert METRICS.get("nsd")(pair, tolerance_mm=2.0) == pytest.approx((outer + middle) / total)
    assert METRICS.get("hd95")(pair) == 3
    assert METRICS.get("assd")(pair) == pytest.approx((outer + 2 * middle + 3 * outer) / total)
    assert METRICS.get("hd95")(pair, boundary="voxels") == pytest.approx(3.0)


def test_looking_at_some_layers_at_a_time_changes_nothing(monkeypatch):
    one, other = two((20, 24, 22), 3)
    whole = METRICS.get("nsd")(Pair(one, other), tolerance_mm=1)
    monkeypatch.setattr(surface_module, "SLAB", 3000)
    assert METRICS.get("nsd")(Pair(one, other), tolerance_mm=1) == whole
