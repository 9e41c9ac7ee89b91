"""Measures that are asked for: the IBSI's published values, and discs, balls and walls by hand."""

import tomllib
from math import pi
from pathlib import Path

import numpy as np
import pytest

from limner.errors import UnknownName
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from limner.measure import Subject, measure
from limner.measure.further.first_order import histogram, statistics
from limner.measure.further.planar import asymmetry, perimeter, planar, solidity
from limner.measure.further.shape import features
from limner.measure.further.suv import peak, sphere_means, suv

FILE = Path(__file__).parents[1] / "golden" / "ibsi_digital_phantom.toml"
TOLD = tomllib.loads(FILE.read_text(encoding="utf-8"))
SQUARE = np.array([[0.0, 1.0], [1.0, 0.0]])


def phantom():
    image = np.array(TOLD["image"])
    grid = Grid(image.shape, steps_mm=((0, 0, 2.0), (0, 2.0, 0), (2.0, 0, 0)))
    return Subject(image > 0, grid, image=Image.of(np.abs(image), grid))


def agrees(value, told):
    text, tolerance = told
    digits = len(text.partition(".")[2])
    assert value == pytest.approx(float(text), abs=tolerance or 0.5001 * 10**-digits)


@pytest.mark.parametrize("name", TOLD["shape"])
def test_shape_is_that_of_the_ibsi(name):
    agrees(features(phantom())[name], TOLD["shape"][name])


@pytest.mark.parametrize("name", TOLD["statistics"])
def test_statistics_are_those_of_the_ibsi(name):
    agrees(statistics(phantom().samples()[:, 0].astype(float))[name], TOLD["statistics"][name])


@pytest.mark.parametrize("name", TOLD["histogram"])
def test_the_histogram_is_that_of_the_ibsi(name):
    values = phantom().samples()[:, 0].astype(float)
    agrees(histogram(values, width=1.0)[name], TOLD["histogram"][name])


def test_the_peaks_are_those_of_the_ibsi():
    subject = phantom()
    means, values = sphere_means(subject), subject.samples()[:, 0]
    agrees(means[values == 6].max(), TOLD["peaks"]["local"])
    agrees(peak(subject), TOLD["peaks"]["global"])


def test_every_published_value_has_its_feature():
    assert set(features(phantom())) == set(TOLD["shape"])
    assert set(statistics(np.array([1.0, 2.0]))) == set(TOLD["statistics"])


def test_a_ball_is_round():
    away = np.linalg.norm(np.stack(np.mgrid[:31, :31, :31]) - 15.0, axis=0)
    told = features(Subject(away <= 13, Grid((31, 31, 31))))
    assert told["elongation"] == pytest.approx(1, abs=1e-6)
    assert told["longest_3d"] == pytest.approx(27, abs=1)
    assert told["voxel_volume"] == pytest.approx(4 / 3 * pi * 13**3, rel=0.02)
    assert 0.9 < told["sphericity"] < 1  # a mesh over steps has more surface than the ball
    assert told["volume_density_hull"] > 0.93


def test_a_box_of_its_own_size_and_turned_grids():
    """The rows spread the most; turning the grid changes nothing."""
    inside = np.zeros((6, 8, 10), bool)
    inside[1:5, 1:7, 1:9] = True
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    steps = np.diag([3.0, 2.0, 1.0])
    straight = Grid(inside.shape, steps_mm=tuple(map(tuple, steps)))
    turned = Grid(inside.shape, steps_mm=tuple(map(tuple, steps @ turn)))
    here, there = features(Subject(inside, straight)), features(Subject(inside, turned))
    assert here == pytest.approx(there, rel=1e-6)
    assert here["voxel_volume"] == 4 * 6 * 8 * 6
    assert here["major_axis"] == pytest.approx(
        4 * np.std(np.repeat(np.arange(6) * 2.0, 32), ddof=1)
    )


@pytest.mark.parametrize("radius", [8, 15, 40])
@pytest.mark.parametrize("rows_mm", [1.0, 2.0])
def test_the_perimeter_of_a_disc(radius, rows_mm):
    side = 2 * radius + 9
    rows, columns = np.mgrid[:side, :side] - side // 2 + 0.3
    inside = (rows * rows_mm) ** 2 + columns**2 <= radius**2
    plane = np.array([[0.0, rows_mm], [1.0, 0.0]])
    assert perimeter(inside, plane) == pytest.approx(2 * pi * radius, rel=0.02)


def test_a_disc_is_circular_and_even_and_half_of_it_is_not():
    rows, columns = np.mgrid[-30:31, -30:31]
    disc = rows**2 + columns**2 <= 25**2
    half = disc & (rows > 0)
    whole = {m.name: m for m in planar(Subject(disc[None], Grid.picture(61, 61)))}
    part = {m.name: m for m in planar(Subject(half[None], Grid.picture(61, 61)))}
    assert whole["circularity"].value > 0.97
    assert part["circularity"].value == pytest.approx(
        4 * pi * (pi / 2) / (pi + 2) ** 2,
        abs=0.03,  # of a half disc of radius 1
    )
    assert whole["perimeter"].unit == "{pixels}"
    assert whole["asymmetry_long"].value < 0.02
    # folded over the line along it through its centroid a half disc misses a part; across it none
    assert part["asymmetry_short"].value < 0.02
    assert part["asymmetry_long"].value > 0.1


def test_the_asymmetry_of_an_l_by_hand():
    """Three unit squares as an L: the diagonal through the corner maps it onto itself."""
    block = np.kron(np.array([[1, 0], [1, 1]]), np.ones((20, 20))).astype(bool)
    shares = sorted(asymmetry(block, SQUARE))
    assert shares[0] < 0.05
    assert shares[1] > 0.2
    assert solidity(block) == pytest.approx(3 / 3.5)  # its hull is the square less half of one


def test_suv_by_hand():
    """Two hot voxels of 4 mm in a warm block: thresholds keep what they should."""
    grid = Grid((9, 9, 9), steps_mm=((0, 0, 4.0), (0, 4.0, 0), (4.0, 0, 0)))
    samples = np.full(grid.shape, 1.0, np.float32)
    inside = np.zeros(grid.shape, bool)
    inside[3:6, 3:6, 3:6] = True
    samples[inside] = 5.0
    samples[4, 4, 4] = 10.0
    told = {
        m.name: m for m in suv(Subject(inside, grid, image=Image.of(samples, grid, unit="SUVbw")))
    }
    assert told["suv_max"].value == 10
    assert told["suv_mean"].value == pytest.approx((26 * 5 + 10) / 27)
    # centres within 6.20 mm: 1 in the middle, 6 at 4 mm and 12 at 5.66 mm, all in the block
    assert told["suv_peak"].value == pytest.approx((10 + 18 * 5) / 19)
    assert told["mtv_41"].value == pytest.approx(27 * 0.064)  # 41 % of 10 is 4.1
    assert told["tlg_41"].value == pytest.approx((26 * 5 + 10) * 0.064)
    assert told["mtv_4"].value == pytest.approx(27 * 0.064)
    assert told["suv_max"].unit == "SUVbw"


def test_the_peak_is_that_of_a_loop_over_all_voxels():
    """On a sheared grid, with a voxel that is not finite and an object at the border."""
    rng = np.random.default_rng(3)
    grid = Grid((7, 8, 9), (4.0, 5.0, 6.0), ((0.4, 0.2, 3.0), (0.1, 2.2, -0.3), (2.6, 0.0, 0.2)))
    samples = rng.uniform(0, 9, grid.shape)
    samples[3, 3, 3] = np.nan
    inside = rng.random(grid.shape) < 0.3
    places = grid.position_mm(np.argwhere(np.ones(grid.shape, bool)))
    values = samples.ravel()
    expected = []
    for at in grid.position_mm(np.argwhere(inside)):
        near = np.linalg.norm(places - at, axis=1) <= (750 / pi) ** (1 / 3)
        expected.append(np.nanmean(values[near]))
    found = sphere_means(Subject(inside, grid, image=Image.of(samples, grid)))
    assert found == pytest.approx(np.array(expected))


def test_suv_is_not_taken_of_what_is_no_suv():
    assert suv(phantom()) == ()


def test_they_are_taken_where_they_are_named():
    mask = Mask.of(phantom().inside, phantom().grid)
    (plain,) = measure(mask)
    (more,) = measure(mask, also=("shape",))
    assert "shape_sphericity" not in plain
    assert "shape_sphericity" in more
    assert "volume" in more
    with pytest.raises(UnknownName, match="Did you mean 'planar'"):
        measure(mask, also=("planer",))  # misspelt
