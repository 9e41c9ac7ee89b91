"""The trial of DRRs: its bed, and that both arms are fed as they say."""

import numpy as np
import pytest

from limner.learn.trials.drr import SIDE, Chests, augmented, drr, projection, radiograph


@pytest.mark.parametrize("bed", [radiograph, projection])
def test_a_chest_has_lungs_of_a_tone_of_their_own(bed):
    told = []
    for number in range(6):
        picture, lungs = bed(3, number)
        assert picture.shape == lungs.shape == (SIDE, SIDE)
        assert 0 <= picture.min() < picture.max() <= 1
        assert 0.05 < lungs.mean() < 0.5
        told.append(abs(np.median(picture[lungs]) - np.median(picture[~lungs & (picture > 0.05)])))
    assert np.mean(told) > 0.1


def test_no_patient_is_seen_twice():
    beds = [radiograph(1, 0), radiograph(1, 1), radiograph(2, 0), projection(1, 0)]
    outlines = {lungs.tobytes() for _, lungs in beds}
    assert len(outlines) == len(beds)


def test_augmentation_moves_a_picture_and_its_lungs_together():
    lungs = radiograph(1, 0)[1]
    picture, where = augmented(np.random.default_rng(1), (lungs.astype(np.float32), lungs))
    inside, outside = picture[where].mean(), picture[~where].mean()
    assert abs(inside - outside) > 0.7  # a negative is as good


def test_the_share_of_drrs_is_that_of_the_batches():
    lesson = Chests(0, films=2, drrs=2, share=0.25)
    lesson.films, lesson.drrs = (
        [(np.full((SIDE, SIDE), tone, np.float32), np.full((SIDE, SIDE), tone > 0.5))]
        for tone in (0.0, 1.0)
    )
    drawn = np.concatenate([lesson.draw(0.0).labels.mean(dim=(1, 2, 3)).numpy() for _ in range(40)])
    assert drawn.mean() == pytest.approx(0.25, abs=0.08)
    assert Chests(0, films=1, drrs=0, share=0.5).share == 0


def test_a_short_lesson_repeats_itself_and_gives_what_the_study_asks_for():
    one, two = (drr(0, films=2, drrs=2, steps=2) for _ in range(2))
    assert one == two
    assert set(one) == {"dice", "worst_tenth"}
    assert 0 <= one["worst_tenth"] <= one["dice"] <= 1
