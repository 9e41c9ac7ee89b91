"""The methods without weights: against second implementations, and on shapes that are known."""

import numpy as np
import pytest

from limner.errors import PromptRefused, UnknownName
from limner.grid import Grid
from limner.image import Image
from limner.predict import _finish, _working
from limner.predict._finish import METHODS, Problem
from limner.predict._grow import grown
from limner.predict.classic import classic
from limner.prompt.box import Box
from limner.prompt.click import Click
from limner.prompt.lasso import Lasso
from limner.prompt.prior import Prior
from limner.prompt.stroke import Stroke
from limner.window import window_of


def disc(rows=90, columns=100, *, middle=(40, 50), radius=18, grain=0.15):
    """A bright disc on a dark, grainy ground, and where it is."""
    row, column = np.ogrid[:rows, :columns]
    inside = (row - middle[0]) ** 2 + (column - middle[1]) ** 2 <= radius**2
    noise = np.random.default_rng(0).normal(0, grain, (rows, columns))
    return Image.of((inside + noise).astype(np.float32)), inside


def ball():
    """A ball of 16 mm on voxels of 2 x 1 x 1 mm."""
    grid = Grid((24, 60, 60), steps_mm=((0, 0, 2), (0, 1, 0), (1, 0, 0)))
    far = np.linalg.norm(
        grid.position_mm(np.moveaxis(np.indices(grid.shape), 0, -1)) - (30, 30, 24), axis=-1
    )
    noise = np.random.default_rng(0).normal(0, 0.15, grid.shape)
    return Image.of(((far <= 16) + noise).astype(np.float32), grid), far <= 16


def asked(image, prompts, *, method="walk", previous=None):
    predictor = classic(method=method)
    return predictor.predict(predictor.encode(image), prompts, previous)


def dice(found, inside):
    answer = found.mask.where(1)
    return 2 * (answer & inside).sum() / (answer.sum() + inside.sum())


@pytest.mark.parametrize("method", METHODS)
class TestEveryMethod:
    @pytest.mark.parametrize("kind", ["box", "clicks", "lasso"])
    def test_finds_a_disc(self, method, kind):
        image, inside = disc()
        angles = np.linspace(0, 2 * np.pi, 30, endpoint=False)
        said = {
            "box": [Box.between(image.grid, (0, 22, 32), (0, 58, 68))],
            "clicks": [Click((50, 40, 0)), Click((10, 10, 0), inside=False)],
            "lasso": [Lasso(tuple((50 + 20 * np.cos(a), 40 + 20 * np.sin(a), 0) for a in angles))],
        }[kind]
        assert dice(asked(image, said, method=method), inside[None]) > 0.9

    def test_finds_a_ball(self, method):
        image, inside = ball()
        found = asked(image, [Box.between(image.grid, (4, 14, 14), (20, 46, 46))], method=method)
        assert dice(found, inside) > 0.85
        assert found.slices == ()
        assert found.mask.find(1).slices == ()

    def test_obeys_its_marks(self, method):
        image, _ = disc()
        box = Box.between(image.grid, (0, 22, 32), (0, 58, 68))
        stroke = Stroke(((45, 40, 0), (55, 40, 0)), inside=False)
        answer = asked(image, [box, stroke, Click((33, 23, 0))], method=method).mask.where(1)[0]
        assert not answer[40, 45:56].any()
        assert answer[23, 33]
        assert not answer[:22].any()  # nothing beyond the box


def test_one_click_finds_a_ball_in_a_volume():
    image, inside = ball()
    found = asked(image, [Click((30, 30, 24))])
    assert dice(found, inside) > 0.85
    assert found.extent == "the whole volume of 24 slices"


def test_beats_the_ellipse_where_the_object_is_no_ellipse():
    """A square drawn with its own box: the ellipse in it covers pi / 4 of it."""
    samples = np.zeros((80, 80), np.float32)
    samples[20:60, 20:60] = 1
    samples += np.random.default_rng(0).normal(0, 0.1, samples.shape).astype(np.float32)
    image = Image.of(samples)
    inside = np.zeros((1, 80, 80), bool)
    inside[:, 20:60, 20:60] = True
    ellipse = 2 * (np.pi / 4) / (1 + np.pi / 4)
    found = asked(image, [Box.between(image.grid, (0, 20, 20), (0, 59, 59))])
    assert dice(found, inside) > 0.97 > ellipse


def test_colour_alone_tells_a_disc():
    """Equal in brightness, different in hue."""
    _, inside = disc()
    samples = np.where(inside[..., None], (200, 40, 60), (40, 200, 60)).astype(np.uint8)
    image = Image.of(samples[None])
    found = asked(image, [Box.between(image.grid, (0, 20, 30), (0, 60, 70))])
    assert dice(found, inside[None]) > 0.97


def test_a_prior_is_mended():
    image, inside = disc()
    wrong = np.roll(inside, 3, axis=1)[None]
    found = asked(image, [Prior.of(wrong, image.grid)])
    before = 2 * (wrong & inside).sum() / (wrong.sum() + inside.sum())
    assert dice(found, inside[None]) > before + 0.03


def test_marks_on_another_slice_than_a_flat_box_are_refused():
    image, _ = ball()
    box = Box.between(image.grid, (12, 14, 14), (12, 46, 46))
    with pytest.raises(PromptRefused, match="box is on slice 13 and a click on slice 6"):
        asked(image, [box, Click((30, 30, 10))])


def test_a_method_that_there_is_not():
    with pytest.raises(UnknownName, match="'level_set'"):
        classic(method="levelset")


def test_the_card_names_an_unusual_method():
    assert classic().card == "classic"
    assert classic(method="cut").card == "classic, cut"


@pytest.mark.parametrize("shape", [(1, 7, 9), (4, 5, 6)])
def test_the_walk_solves_its_equations(shape):
    """The same linear system, assembled and solved by SciPy."""
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import spsolve

    rng = np.random.default_rng(0)
    samples = rng.random((*shape, 1)).astype(np.float32)
    inside, outside = np.zeros(shape, bool), np.zeros(shape, bool)
    inside[0, 1, 1] = outside[0, 4, 4] = True
    belief = rng.random(shape).astype(np.float32)
    weights = _finish.ties(samples)
    found = _finish._settled(weights, Problem(samples, inside, outside, belief), belief)
    number = np.arange(belief.size).reshape(shape)
    rows, columns, held = [], [], []
    for axis, tie in enumerate(weights):
        if tie is None:
            continue
        one = np.moveaxis(number, axis, 0)[:-1].ravel()
        other = np.moveaxis(number, axis, 0)[1:].ravel()
        each = np.moveaxis(tie, axis, 0).ravel()
        rows += [one, other, one, other]
        columns += [one, other, other, one]
        held += [each, each, -each, -each]
    size = belief.size
    rows.append(np.arange(size))
    columns.append(np.arange(size))
    held.append(np.full(size, _finish.TRUST))
    places = (np.concatenate(rows), np.concatenate(columns))
    matrix = coo_array((np.concatenate(held), places), shape=(size, size)).tolil()
    right = _finish.TRUST * belief.ravel()
    for place, value in ((number[0, 1, 1], 1.0), (number[0, 4, 4], 0.0)):
        matrix[[place], :] = 0
        matrix[place, place] = 1
        right[place] = value
    expected = spsolve(matrix.tocsr(), right).reshape(shape)
    assert np.abs(found - expected).max() < 5e-3


def test_the_cut_is_the_least_of_all():
    """Every labelling of 2 x 5 voxels is tried."""
    rng = np.random.default_rng(1)
    unary = rng.normal(0, 2, (1, 2, 5)).astype(np.float32)
    weights = _finish.ties(rng.random((1, 2, 5, 1)).astype(np.float32))

    def cost(side):
        total = np.where(side, 0, np.maximum(unary, 0)).sum()
        total += np.where(side, np.maximum(-unary, 0), 0).sum()
        for axis, tie in enumerate(weights):
            if tie is not None:
                total += (tie / _finish.TRUST * (np.diff(side, axis=axis) != 0)).sum()
        return total

    every = [np.array(list(f"{n:010b}")).reshape(1, 2, 5) == "1" for n in range(1024)]
    least = min(every, key=cost)
    assert np.array_equal(_finish._least_cut(unary, weights), least)


def test_a_region_grows_to_the_steepest_edges_and_not_past_other_marks():
    image, inside = disc(grain=0.05)
    samples = image.whole()
    seeds, against = np.zeros((1, 90, 100), bool), np.zeros((1, 90, 100), bool)
    seeds[0, 35, 45] = True
    region = grown(samples, seeds, against)
    assert 2 * (region & inside).sum() / (region.sum() + inside.sum()) > 0.95
    against[0, 48, 50] = True
    assert not grown(samples, seeds, against)[0, 48, 50]


class TestWorking:
    GRID = Grid((30, 300, 200), steps_mm=((0, 0, 3), (0, 0.5, 0), (0.5, 0, 0)))

    def test_a_block_is_about_as_long_as_wide_in_mm(self):
        working = _working.Working.of(self.GRID, (0, 0, 0), self.GRID.shape)
        assert max(working.shape) <= _working.DEEP_SIDE
        spacing = working.spacing_mm
        assert spacing.max() <= 2 * spacing.min()
        flat = _working.Working.of(self.GRID, (3, 0, 0), (4, 300, 200))
        assert flat.shape == (1, 150, 100)

    def test_samples_are_means_and_levels_lie_where_they_did(self):
        rng = np.random.default_rng(0)
        grid = Grid((1, 400, 352))
        image = Image.of(rng.integers(0, 255, (400, 352)).astype(np.uint8), grid)
        working = _working.Working.of(grid, (0, 0, 0), grid.shape)
        assert working.factors == (1, 3, 3)
        found = working.samples(image, window_of(image), time=0)
        assert found[0, 5, 7, 0] == pytest.approx(image.slice(0)[15:18, 21:24].mean() / 255)
        coarse = np.zeros(working.shape, np.float32)
        coarse[0, 10:20, 30:50] = 1
        inside = working.levels(coarse)[0] > 127
        # its four corners are rounded off: there two linear ramps meet
        assert np.flatnonzero(inside[:, 120]).tolist() == list(range(30, 60))
        assert np.flatnonzero(inside[45]).tolist() == list(range(90, 150))
        assert inside.sum() == 30 * 60 - 4

    def test_the_middle_of_a_voxel_is_where_it_was(self):
        working = _working.Working.of(self.GRID, (0, 100, 40), (30, 300, 200))
        place = self.GRID.position_mm((0, 100, 40))
        factors = np.array(working.factors)
        assert working.at([place])[0] == pytest.approx(0.5 / factors - 0.5)
