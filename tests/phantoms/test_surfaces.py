"""Skin, vessels, slides and raters: what is known of them is so."""

import numpy as np
import pytest
from scipy import ndimage

from limner.errors import BadValue
from limner.grid import Grid
from limner.mask import Mask, Object
from limner.phantoms import PHANTOMS
from limner.phantoms.raters import CROWD, Rater, rated
from limner.phantoms.skin import lesion
from limner.phantoms.slide import CLASSES, LUMEN, TISSUE, TUMOUR, SlidePixels
from limner.phantoms.vessels import observed, traced
from limner.schema import Schema


def disc(radius, side=96):
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    return np.hypot(rows, columns) < radius


class TestSkin:
    def test_the_share_is_a_half_on_the_border_and_rises_over_the_width(self):
        for seed in range(4):
            found = lesion(np.random.default_rng(seed), 128)
            assert np.array_equal(found.share > 0.5, found.away > 0)
            # a quarter to three quarters: half of the width to each side of the border
            quarter = found.share[np.abs(found.away + found.width / 2) < 0.05]
            assert quarter == pytest.approx(0.25, abs=0.02)

    def test_it_is_one_piece_without_holes(self):
        for seed in range(6):
            inside = lesion(np.random.default_rng(seed), 128).away > 0
            assert ndimage.label(inside)[1] == 1
            assert np.array_equal(ndimage.binary_fill_holes(inside), inside)

    def test_the_sample_keeps_the_share_as_probability_and_the_lesion_is_darker(self):
        for seed in range(4):
            sample = PHANTOMS.get("skin")(seed)
            inside = sample.mask.where(1)[0]
            soft = sample.mask.probability(1)
            assert np.array_equal(soft[0] > 127.5, inside)
            grey = sample.image.whole()[0].mean(axis=2)
            around = ndimage.binary_dilation(inside, iterations=12) & ~inside
            assert np.median(grey[inside]) < np.median(grey[around]) - 5


class TestVessels:
    def test_the_width_is_that_of_the_drawn_vessel(self):
        sample = PHANTOMS.get("vessels")(4)
        width = sample.images["width"].whole()[0, ..., 0]
        vessel = np.isin(sample.mask.label_map()[0], (1, 2))
        assert (width > 0)[vessel].mean() > 0.999
        # twice the distance to the edge, at the middle of wide vessels that touch no other
        inner = ndimage.distance_transform_edt(vessel)
        ridge = (inner == ndimage.maximum_filter(inner, 5)) & (width > 4)
        assert np.median(2 * inner[ridge] - 1 - width[ridge]) == pytest.approx(0, abs=1.0)

    def test_two_people_saw_less_and_the_second_the_least_of_the_thin_ones(self):
        sample = PHANTOMS.get("vessels")(2)
        assert [target.rater for target in sample.targets[1:]] == ["observer 1", "observer 2"]
        first, second = (target.value.anywhere()[0] for target in sample.targets[1:])
        assert 0.5 < 2 * (first & second).sum() / (first.sum() + second.sum()) < 0.98
        thin = sample.images["width"].whole()[0, ..., 0]
        thin = (thin > 0) & (thin < 2)
        assert second[thin].mean() < first[thin].mean()

    def test_who_overlooks_nothing_and_draws_true_covers_the_tree(self):
        rng = np.random.default_rng(0)
        tree = traced(rng, 512, disc=np.array([256.0, 120.0]))
        seen = observed(rng, tree, wider=1.0, least=0.0)
        at = np.rint(tree.points).astype(int)
        within = ((at >= 0) & (at < 512)).all(axis=1) & (tree.radii > 1)
        assert seen[tuple(at[within].T)].mean() > 0.95

    def test_radii_fall_along_every_branch(self):
        tree = traced(np.random.default_rng(1), 512, disc=np.array([250.0, 400.0]))
        for branch in np.unique(tree.branch):
            radii = tree.radii[tree.branch == branch]
            assert (np.diff(radii) <= 1e-9).all()


class TestSlide:
    def test_a_block_is_the_same_alone_and_in_the_whole(self):
        pixels = SlidePixels(1, side=512)
        for level, (_, rows, columns) in enumerate(pixels.levels):
            whole = pixels.read((0, 0, 0), (1, rows, columns), level=level)
            low, high = (0, rows // 3, columns // 4), (1, rows // 2, columns // 2 + 3)
            block = pixels.read(low, high, level=level)
            assert np.array_equal(block[0], whole[0, low[1] : high[1], low[2] : high[2]])
            truth = pixels.truth(low, high, level=level)
            everywhere = pixels.truth((0, 0, 0), (1, rows, columns), level=level)
            assert np.array_equal(truth[0], everywhere[0, low[1] : high[1], low[2] : high[2]])

    def test_each_level_is_the_mean_of_the_first(self):
        pixels = SlidePixels(2, side=512)
        full = pixels.read((0, 0, 0), (1, 512, 512))[0].astype(float)
        for level in (1, 2, 3):
            step = 2**level
            small = 512 // step
            mean = full.reshape(small, step, small, step, 3).mean(axis=(1, 3))
            seen = pixels.read((0, 0, 0), (1, small, small), level=level)[0]
            assert np.abs(mean - seen).mean() < 2

    def test_the_truth_of_a_level_is_the_most_of_what_its_pixels_cover(self):
        pixels = SlidePixels(2, side=512)
        full = pixels.truth((0, 0, 0), (1, 512, 512))[0]
        seen = pixels.truth((0, 0, 0), (1, 128, 128), level=2)[0]
        tumour = (full == TUMOUR).reshape(128, 4, 128, 4).mean(axis=(1, 3)) > 0.5
        assert ((seen == TUMOUR) == tumour).mean() > 0.99

    def test_a_gigapixel_costs_no_more_than_what_is_looked_at(self):
        pixels = SlidePixels(3, side=2**16, count=9)
        assert pixels.levels[-1] == (1, 256, 256)
        assert pixels.read((0, 30000, 30000), (1, 30064, 30064)).shape == (1, 64, 64, 3)
        assert pixels.read((0, 0, 0), (1, 256, 256), level=8).std() > 3

    def test_tumours_are_bluer_and_lumina_are_glass(self):
        sample = PHANTOMS.get("slide")(3)
        picture = sample.image.whole()[0].astype(float)
        classes = sample.mask.label_map(values="class")[0]
        blueness = picture[..., 2] - picture[..., 0]
        assert blueness[classes == TUMOUR].mean() > blueness[classes == TISSUE].mean() + 10
        assert picture[classes == LUMEN].min() > 235

    def test_every_level_has_its_image_and_its_mask_in_one_place(self):
        sample = PHANTOMS.get("slide")(5)
        assert [target.image for target in sample.targets] == list(sample.images)
        assert sample.mask.schema.names == CLASSES
        first = sample.image.grid
        for target in sample.targets:
            grid = sample.images[target.image].grid
            assert target.value.grid == grid
            low = grid.position_mm((0, -0.5, -0.5))
            assert low == pytest.approx(first.position_mm((0, -0.5, -0.5)), abs=1e-9)

    def test_a_level_there_is_not_is_refused(self):
        with pytest.raises(BadValue, match="Level 4"):
            SlidePixels(0).read((0, 0, 0), (1, 4, 4), level=4)


class TestRaters:
    def drawn(self, rater, inside=None):
        inside = disc(20) if inside is None else inside
        mask = Mask.of(inside[None], Grid.picture(*inside.shape), label="cyst")
        return rated(mask, np.random.default_rng(0), raters=(rater,))[0].value

    @pytest.mark.parametrize("bias", [-4.0, -1.0, 0.0, 2.0, 5.0])
    def test_bias_moves_the_border_by_so_many_pixels(self, bias):
        area = self.drawn(Rater("one", bias=bias)).voxels(1)
        assert np.sqrt(area / np.pi) == pytest.approx(20 + bias, abs=0.35)

    def test_without_faults_it_is_the_truth(self):
        assert np.array_equal(self.drawn(Rater("one")).where(1)[0], disc(20))

    def test_an_unsteady_hand_errs_both_ways_by_its_sd(self):
        apart = []
        for seed in range(30):
            mask = Mask.of(disc(30)[None], Grid.picture(96, 96))
            rater = Rater("one", unsteady=2.0, length=8)
            answer = rated(mask, np.random.default_rng(seed), raters=(rater,))[0].value.where(1)[0]
            apart.append((answer.sum() - disc(30).sum()) / (2 * np.pi * 30))
            wrong = (answer ^ disc(30)).sum() / (2 * np.pi * 30)
            assert 0.8 < wrong < 2.6  # the mean of |N(0, 2)| is 1.6
        assert np.mean(apart) == pytest.approx(0, abs=0.3)

    def test_a_careless_one_overlooks_the_small_ones(self):
        labels = np.zeros((1, 100, 200), np.uint16)
        for number in range(40):
            row, column = divmod(number, 10)
            size = 3 + number // 3
            labels[0, row * 22 : row * 22 + size, column * 20 : column * 20 + size] = number + 1
        mask = Mask.from_labels(labels, Grid.picture(100, 200))
        rater = Rater("one", misses=0.3)
        found = [
            set(rated(mask, np.random.default_rng(seed), raters=(rater,))[0].value.ids)
            for seed in range(30)
        ]
        kept = np.mean([len(ids) / 40 for ids in found])
        assert kept == pytest.approx(0.7, abs=0.07)
        small = np.mean([len(ids & set(range(1, 21))) / 20 for ids in found])
        assert small < kept - 0.05

    def test_confusion_has_its_share_and_keeps_the_shape(self):
        labels = np.zeros((1, 40, 400), np.uint16)
        for number in range(100):
            labels[0, 5:9, number * 4 : number * 4 + 3] = number + 1
        schema = Schema.of("benign", "malignant")
        about = tuple(Object(number, "benign") for number in range(1, 101))
        mask = Mask(Grid.picture(40, 400), (labels,), about, schema=schema)
        rater = Rater("one", confuses={"benign": ("malignant", 0.25)})
        answers = [
            rated(mask, np.random.default_rng(seed), raters=(rater,))[0].value for seed in range(20)
        ]
        assert np.array_equal(answers[0].layers[0][0], labels)
        share = np.mean([each.label == "malignant" for answer in answers for each in answer])
        assert share == pytest.approx(0.25, abs=0.04)

    def test_the_crowd_answers_in_order_under_its_names(self):
        sample = PHANTOMS.get("raters")(0)
        names = [target.rater for target in sample.targets]
        assert names[1:] == [*(rater.name for rater in CROWD), "mistaken"]
        sizes = {target.rater: target.value.anywhere().sum() for target in sample.targets}
        assert sizes["stingy"] < sizes["steady"] < sizes["generous"]
