"""The promptable predictor, with lambdas for networks: where it looks and what it keeps."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from limner.errors import NotFound, PromptRefused, UnknownName
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from limner.predict import Prediction
from limner.predict._ask import Calibration
from limner.predict._look import SIDE
from limner.predict._zoom import BOX
from limner.predict.card import Card
from limner.predict.limner import CARDS, limner
from limner.prompt.box import Box
from limner.prompt.click import Click
from limner.prompt.lasso import Lasso
from limner.prompt.prior import Prior
from limner.prompt.stroke import Stroke

REGION, INSIDE, OUTSIDE, PRIOR = 3, 4, 5, 6


def answering(logits, *, quality=0.8, seen=None):
    """A predictor whose network answers `logits(image)` (n, side, side)."""

    def network(inputs):
        image = inputs["image"]
        assert image.dtype == np.float32
        assert image.shape[1:] == (7, SIDE, SIDE)
        if seen is not None:
            seen.append(image)
        answer = np.asarray(logits(image), np.float32)[:, None]
        return {"logits": answer, "quality": np.full(len(image), quality, np.float32)}

    return limner(network=network)


def bright(image):
    """What is brighter than midway between the darkest and the brightest."""
    grey = image[:, 0]
    middle = (grey.max(axis=(1, 2)) + grey.min(axis=(1, 2))) / 2
    return (grey - middle[:, None, None]) * 10


def picture(rows=200, columns=240):
    """A disc of radius 20 at row 80, column 100, and another at (150, 200)."""
    row, column = np.ogrid[:rows, :columns]
    first = (row - 80) ** 2 + (column - 100) ** 2 <= 20**2
    second = (row - 150) ** 2 + (column - 200) ** 2 <= 15**2
    return Image.of((200 * (first | second) + 20).astype(np.uint8)), first, second


def asked(predictor, image, prompts, previous=None):
    return predictor.predict(predictor.encode(image), prompts, previous)


def dice(found, inside, *, number=1):
    answer = found.mask.where(number)
    answer = answer[0] if inside.ndim == 2 else answer
    return 2 * (answer & inside).sum() / (answer.sum() + inside.sum())


def test_a_box_is_looked_at_from_close_and_thought_over():
    image, first, _ = picture()
    seen = []
    model = replace(answering(bright, seen=seen), calibration=Calibration(over=0.07))
    found = asked(model, image, [Box.between(image.grid, (0, 60, 80), (0, 100, 120))])
    assert [len(batch) for batch in seen] == [1, 3]
    # BOX times the box is seen: so much of the region channel's rows are filled
    assert seen[0][0, REGION].any(axis=1).mean() == pytest.approx(1 / BOX, abs=0.02)
    assert not seen[0][0, [INSIDE, OUTSIDE, PRIOR]].any()
    # then three times more, mirrored, from the first answer
    begun = seen[0][0].copy()
    begun[PRIOR] = 1 / (1 + np.exp(-np.clip(bright(seen[0])[0], -30, 30)))
    for axes, shown in zip(((-2, -1), (-2,), (-1,)), seen[1], strict=True):
        assert np.abs(np.flip(shown, axes) - begun).max() < 1e-5
    assert dice(found, first) > 0.97
    assert found.quality == {1: pytest.approx(0.8 - 0.07)}  # what is thought over looks rosy
    assert found.extent == "the picture"


def test_a_click_is_looked_at_from_several_zooms_in_one_batch():
    image, first, _ = picture()
    seen = []
    found = asked(answering(bright, seen=seen), image, [Click((100, 80, 0))])
    assert len(seen) == 1
    assert len(seen[0]) == 5  # the whole, then halves down to 24 pixels: 240, 120, 60, 30, 24
    assert not seen[0][:, [REGION, PRIOR]].any()
    assert dice(found, first) > 0.97


@pytest.mark.parametrize(("expected", "more"), [(0.8, False), (0.5, True)])
def test_a_first_click_is_answered_with_all_that_reaches_half_the_expected_dice(expected, more):
    """A pixel at a third: more than half of 0.5, less than half of 0.8; a box takes neither."""

    def unsure(image):
        return np.where(bright(image) > 0, 4.0, np.log(0.33 / 0.67))

    image, first, _ = picture()
    model = answering(unsure, quality=expected)
    found = asked(model, image, [Click((100, 80, 0))]).mask.where(1)[0]
    assert found[first].all()
    assert (found[~first].mean() > 0.1) == more
    boxed = asked(model, image, [Box.between(image.grid, (0, 60, 80), (0, 100, 120))])
    assert dice(boxed, first) > 0.97


def test_an_island_that_no_prompt_names_is_left_out():
    image, first, second = picture()
    whole = asked(answering(bright), image, [Click((100, 80, 0)), Click((200, 150, 0))])
    assert dice(whole, first | second) > 0.97
    one = asked(answering(bright), image, [Click((100, 80, 0)), Click((210, 20, 0), inside=False)])
    assert not (one.mask.where(1)[0] & second).any()


def test_a_further_click_starts_from_the_last_answer():
    image, first, _ = picture()
    seen = []
    predictor = answering(bright, seen=seen)
    box = Box.between(image.grid, (0, 60, 80), (0, 100, 120))
    before = asked(predictor, image, [box])
    after = asked(predictor, image, [box, Click((100, 95, 0))], before)
    assert [len(batch) for batch in seen] == [1, 3, 1, 3]
    assert not seen[0][0, PRIOR].any()
    assert seen[2][0, PRIOR].max() == pytest.approx(1, abs=0.01)
    assert seen[2][0, INSIDE].max() > 0.9
    assert dice(after, first) > 0.97
    # after the third mark an answer is no longer thought over
    told = [box, *(Click((100, 80 + 5 * number, 0)) for number in range(4))]
    seen.clear()
    asked(predictor, image, told, after)
    assert [len(batch) for batch in seen] == [1]
    # the earlier prediction is what it was: undo is to hand it back
    again = asked(predictor, image, [box])
    assert again.mask == before.mask


def test_what_was_answered_is_not_asked_again():
    image, *_ = picture()
    seen = []
    predictor = answering(bright, seen=seen)
    one = [Box.between(image.grid, (0, 60, 80), (0, 100, 120))]
    other = Click((200, 150, 0), object=2)
    before = asked(predictor, image, one)
    count = len(seen)
    after = asked(predictor, image, [*one, other], before)
    assert all(not batch[:, REGION].any() for batch in seen[count:])
    assert np.array_equal(after.mask.where(1), before.mask.where(1))


def test_an_earlier_mask_without_a_state_is_the_prior():
    image, first, _ = picture()
    seen = []
    saved = Prediction(Mask.of(first[None], image.grid), {1: 0.9}, "limner")
    asked(answering(bright, seen=seen), image, [Click((100, 80, 0))], saved)
    prior = seen[0][0, PRIOR]
    assert prior.mean() == pytest.approx(np.pi / 4 / 1.6**2, rel=0.05)


def test_a_mask_that_runs_out_of_the_crop_is_looked_at_from_further():
    row, column = np.ogrid[:200, :200]
    disc = (row - 100) ** 2 + (column - 100) ** 2 <= 60**2
    image = Image.of((200 * disc + 20).astype(np.uint8))
    small = Lasso(((70, 70, 0), (130, 70, 0), (130, 130, 0), (70, 130, 0)))
    seen = []
    found = asked(answering(lambda image: image[:, 0] * 10 + 4, seen=seen), image, [small])
    assert [len(batch) for batch in seen] == [1, 1, 3]
    assert found.mask.voxels(1) > (91 * 91)  # more than the first crop could hold


class TestSlices:
    GRID = Grid((20, 64, 48), steps_mm=((0, 0, 5), (0, 0.8, 0), (0.5, 0, 0)))

    def volume(self):
        inside = np.zeros(self.GRID.shape, bool)
        inside[5:12, 20:40, 10:30] = True
        return Image.of((200 * inside + 20).astype(np.uint8), self.GRID), inside

    def test_each_slice_that_was_prompted_is_answered(self):
        image, inside = self.volume()
        boxes = [Box.between(self.GRID, (n, 20, 10), (n, 39, 29)) for n in (6, 10)]
        clicks = [Click(tuple(self.GRID.position_mm((n, 30, 20)))) for n in (6, 9)]
        found = asked(answering(bright), image, clicks)
        assert found.slices == (6, 9)
        assert found.extent == "slices 7, 10 of 20"
        assert found.mask.find(1).slices == (6, 9)
        expected = np.zeros_like(inside)
        expected[[6, 9]] = inside[[6, 9]]
        assert dice(found, expected) > 0.97
        assert asked(answering(bright), image, boxes[:1]).extent == "slice 7 of 20"
        assert found.mask.probability(1)[7:9].max() == 0

    def test_a_square_of_mm_is_seen(self):
        """20 x 20 pixels of 0.8 x 0.5 mm: the crop shows BOX x 16 mm both ways."""
        image, _ = self.volume()
        seen = []
        asked(
            answering(bright, seen=seen), image, [Box.between(self.GRID, (6, 20, 10), (6, 39, 29))]
        )
        region = seen[0][0, REGION]
        assert region.any(axis=1).mean() == pytest.approx(1 / BOX, abs=0.02)
        assert region.any(axis=0).mean() == pytest.approx(10 / 16 / BOX, abs=0.02)

    def test_a_deep_box_is_refused(self):
        image, _ = self.volume()
        with pytest.raises(PromptRefused, match="7 slices deep"):
            asked(answering(bright), image, [Box.between(self.GRID, (5, 20, 10), (11, 39, 29))])

    def test_a_deep_lasso_is_refused(self):
        image, _ = self.volume()
        corners = [(3, 10, 10), (3, 30, 10), (9, 30, 30)]
        loop = tuple(tuple(self.GRID.position_mm(corner)) for corner in corners)
        with pytest.raises(PromptRefused, match="lasso spans 6 slices"):
            asked(answering(bright), image, [Lasso(loop)])

    def test_a_stroke_through_slices_is_cut_at_them(self):
        image, _ = self.volume()
        path = tuple(tuple(self.GRID.position_mm((n, 30, 20))) for n in (6, 6.2, 7, 8))
        assert asked(answering(bright), image, [Stroke(path)]).slices == (6, 7, 8)

    def test_a_prior_alone_is_refined_on_its_slices(self):
        image, inside = self.volume()
        seen = []
        found = asked(answering(bright, seen=seen), image, [Prior.of(inside, self.GRID)])
        assert found.slices == tuple(range(5, 12))
        assert dice(found, inside) > 0.97
        assert all(batch[:, PRIOR].max() == 1 for batch in seen)

    def test_a_prior_with_a_click_is_refined_where_the_click_is(self):
        image, inside = self.volume()
        click = Click(tuple(self.GRID.position_mm((8, 30, 20))))
        assert asked(answering(bright), image, [Prior.of(inside, self.GRID), click]).slices == (8,)

    def test_a_prior_of_very_many_slices_is_refused(self):
        image = Image.of(np.zeros((80, 8, 8), np.uint8))
        prior = Prior.of(np.ones((80, 8, 8), bool), image.grid)
        with pytest.raises(PromptRefused, match="covers 80 slices"):
            asked(answering(bright), image, [prior])

    def test_a_prior_elsewhere_is_refused(self):
        image, inside = self.volume()
        away = Grid((20, 64, 48), origin_mm=(900, 900, 900))
        with pytest.raises(PromptRefused, match="covers no voxel"):
            asked(answering(bright), image, [Prior.of(inside, away)])


def test_a_frame_of_a_clip():
    samples = np.full((3, 1, 60, 60, 1), 20, np.uint8)
    samples[1, 0, 20:40, 20:40] = 220
    image = Image.of(samples)
    found = asked(
        answering(bright), image, [Box.between(image.grid, (0, 20, 20), (0, 39, 39), at_time=1)]
    )
    assert [found.mask.voxels(1, time=each) for each in range(3)] == [0, 400, 0]


def test_objects_that_overlap_each_have_a_layer():
    image, first, _ = picture()
    box = {"first": (0, 60, 80), "last": (0, 100, 120)}
    both = [Box.between(image.grid, **box), Box.between(image.grid, **box, object=7)]
    found = asked(answering(bright), image, both)
    assert found.mask.overlap
    assert dice(found, first) == dice(found, first, number=7) > 0.97


def test_an_empty_answer_is_an_object_without_voxels():
    image, *_ = picture()
    nothing = answering(lambda image: image[:, 0] * 0 - 9)
    found = asked(nothing, image, [Click((100, 80, 0), inside=False)])
    assert found.mask.voxels(1) == 0
    assert found.mask.ids == (1,)


def test_a_click_is_obeyed_also_by_a_network_that_sees_nothing():
    image, *_ = picture()
    nothing = answering(lambda image: image[:, 0] * 0 - 9)
    found = asked(nothing, image, [Click((100, 80, 0)), Click((120, 80, 0), inside=False)])
    mask = found.mask.layers[0][0, 0] > 0
    assert mask[80, 100]
    assert not mask[80, 120]


def test_many_crops_go_through_in_handfuls():
    image, *_ = picture()
    seen = []
    boxes = [
        Box.between(image.grid, (0, 8 * n, 0), (0, 8 * n + 7, 9), object=n + 1) for n in range(20)
    ]
    found = asked(answering(bright, seen=seen), image, boxes)
    assert max(len(batch) for batch in seen) == 8
    assert found.mask.ids == tuple(range(1, 21))


def test_a_card_that_is_not_there_is_said(tmp_path):
    with pytest.raises(NotFound, match="no model card"):
        limner(card=tmp_path)


def test_what_is_expected_falls_after_one_mark_and_rises_with_many():
    image, *_ = picture()
    predictor = replace(answering(bright), calibration=Calibration(shy=0.08, one=1.35))
    told = [Click((100 + step, 80, 0)) for step in range(10)]
    one, ten = (asked(predictor, image, told[:count]).quality[1] for count in (1, 10))
    assert one == pytest.approx(0.8 - 0.08 * 0.35)
    assert ten == pytest.approx(0.8 + 0.08 * (1 - 0.135))
    assert asked(answering(bright), image, told[:1]).quality[1] == pytest.approx(0.8)


def test_a_card_says_how_what_is_expected_is_set_right(tmp_path):
    shutil.copytree(CARDS, tmp_path / "own")
    card = tmp_path / "own" / "card.toml"
    told = card.read_text()
    shipped = Card.read(CARDS).calibration
    assert limner().calibration == Calibration(**shipped)
    card.write_text(told.replace(f"over = {shipped['over']}", "over = 0.5"))
    assert limner(card=tmp_path / "own").calibration == Calibration(**{**shipped, "over": 0.5})
    card.write_text(told.replace("over =", "ovr ="))
    with pytest.raises(UnknownName, match="over"):
        limner(card=tmp_path / "own")


def test_between_scribbles_on_it_and_beside_it_the_walk_finds_what_the_network_misses():
    image, first, _ = picture()
    said = [
        Stroke(((95.0, 80.0, 0.0), (108.0, 80.0, 0.0), (100.0, 70.0, 0.0))),
        Stroke(((70.0, 50.0, 0.0), (130.0, 50.0, 0.0), (130.0, 110.0, 0.0)), inside=False),
    ]
    seen = []
    unsure = answering(lambda image: image[:, 0] * 0 + 0.1, seen=seen)
    assert dice(asked(unsure, image, said), first) > 0.95
    assert {len(each) for each in seen} == {1}  # crop by crop, not five zooms
