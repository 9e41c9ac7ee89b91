"""Projection: against the closed form, in both geometries, and the radiograph made with it."""

import numpy as np
import pytest

from limner.errors import BadValue
from limner.grid import Grid
from limner.phantoms import PHANTOMS
from limner.phantoms._drr import (
    WATER_PER_MM,
    Tube,
    attenuation,
    exposed,
    middle_mm,
    projected,
)
from limner.phantoms._solids import Block, Ellipsoid

GRID = Grid((80, 80, 80), origin_mm=(-79, -59, -89), steps_mm=((0, 0, 2), (0, 2, 0), (2, 0, 0)))
SOLID = Ellipsoid((8, 14, -12), (42, 30, 55), turn=0.5, tilt=-0.3)


def fractions(solid, grid, *, parts=3):
    """How much of every voxel lies in a solid, by so many points along each axis."""
    fine = grid.resized(tuple(n * parts for n in grid.shape))
    inside = Block(fine, np.random.default_rng(0)).square(solid) < 1
    slices, rows, columns = grid.shape
    return inside.reshape(slices, parts, rows, parts, columns, parts).mean(axis=(1, 3, 5))


@pytest.mark.parametrize("source_mm", [0.0, 400.0, 1800.0])
def test_a_projected_ellipsoid_is_its_path_length(source_mm):
    tube = Tube(source_mm, detector_mm=100, shape=(70, 60), pixel_mm=3, centre_mm=(4, -10))
    ours = projected(fractions(SOLID, GRID), GRID, tube)
    places = tube.places_mm(middle_mm(GRID))
    middle = middle_mm(GRID)
    source = tube.source_place_mm(middle) if source_mm else places + np.array([0, 1, 0])
    exact = SOLID.path_mm(source, places)
    assert exact.max() > 55
    assert np.abs(ours - exact).mean() < 0.15
    deep = exact > 20  # the rim is as blurred as the voxels are wide
    assert np.abs(ours - exact)[deep].max() < 1.5
    wider = Ellipsoid(SOLID.at_mm, tuple(1.12 * half for half in SOLID.half_mm), 0.5, -0.3)
    assert ours[wider.path_mm(source, places) == 0].max() == 0


def test_the_closed_form_of_a_sphere_is_twice_the_half_chord():
    ball = Ellipsoid((0, 0, 0), (10, 10, 10))
    starts = np.array([[0, -50, 0], [6, -50, 0], [0, -50, 11]], float)
    assert ball.path_mm(starts, np.add(starts, (0, 7, 0))) == pytest.approx([20, 16, 0])


def test_a_nearer_source_magnifies():
    wide = [
        (projected(fractions(SOLID, GRID), GRID, Tube(far, 100, pixel_mm=2)) > 5).sum()
        for far in (400.0, 1800.0, 0.0)
    ]
    assert wide[0] > wide[1] > wide[2]


def test_a_slab_of_water_takes_what_the_table_says():
    hounsfield = np.full((20, 25, 20), -1000)
    hounsfield[:, 5:15] = 0
    grid = Grid((20, 25, 20), origin_mm=(-38, -48, -38), steps_mm=((0, 0, 4), (0, 4, 0), (4, 0, 0)))
    met = projected(attenuation(hounsfield), grid, Tube(0.0, shape=(5, 5)))
    assert met == pytest.approx(np.full((5, 5), 40 * WATER_PER_MM), rel=1e-5)
    rng = np.random.default_rng(0)
    assert exposed(met, rng, photons=np.inf, scatter=0.0) == pytest.approx(met, rel=1e-5)
    noisy = exposed(np.zeros((80, 80), np.float32), rng, photons=1e4, scatter=0.0)
    assert noisy.std() == pytest.approx(0.01, rel=0.1)  # one over the root of the photons


def test_other_axes_and_a_source_in_the_patient_are_refused():
    turned = GRID.turned((1, 0, 2), (False, False, False))
    with pytest.raises(BadValue, match="Turn it first"):
        projected(np.ones(GRID.shape), turned, Tube())
    with pytest.raises(BadValue, match="parallel"):
        Tube(source_mm=100.0, detector_mm=180.0)


def test_a_chest_radiograph_is_dark_where_its_lungs_are():
    darker = 0
    for seed in range(6):
        sample = PHANTOMS.get("chest_xray")(seed)
        picture = sample.image.block((0, 0, 0), sample.image.grid.shape)[0, ..., 0].astype(float)
        named = {each.label: each.id for each in sample.mask.objects}
        lung = sample.mask.where(named["right lung"])[0]
        spine = sample.mask.where(named["spine"])[0]
        assert not (lung & sample.mask.where(named["heart"])[0]).any()
        assert 300 < lung.sum() < 5000
        darker += picture[lung].mean() < 0.8 * picture[spine & (picture > 0)].mean()
        assert sample.image.grid.scale == "detector"
    assert darker == 6
