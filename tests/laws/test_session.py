"""What holds for every session: the log is the state, and nothing is ever lost from it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from limner.errors import BadValue, GeometryMismatch
from limner.grid import Grid
from limner.image import ArrayPixels, FileSource, Image, Source
from limner.mask import Mask, Object
from limner.predict import Abilities, Encoded, Prediction, check
from limner.predict.session import Session, Undo, image_digest
from limner.prompt.click import Click
from limner.prompt.prior import Prior
from limner.read import at_time

SHAPE = (3, 8, 8)


class Dots:
    """A predictor whose object is the voxels that were clicked."""

    card = "dots-1@0"
    abilities = Abilities({"click": (0, 99)}, frozenset({"click"}))

    def __init__(self, *, also=()):
        self.also = also

    def encode(self, image, region=None):
        return Encoded(image, region)

    def predict(self, encoded, prompts, previous=None):
        check(self.abilities, prompts, encoded.image)
        mask = Mask(encoded.grid)
        for number in sorted({each.object for each in prompts}):
            inside = np.zeros(encoded.grid.shape, bool)
            for each in prompts:
                if each.object == number:
                    index = np.rint(encoded.grid.index_at(each.at_mm)).astype(int)
                    inside[tuple(index)] = each.inside
            for voxel in self.also:
                inside[voxel] = True
            mask = mask.with_object(inside, Object(number, source="model", slices=(1,)))
        return Prediction(mask, dict.fromkeys(mask.ids, 0.5), self.card, tuple(prompts))


IMAGE = Image.of(np.arange(192, dtype=np.uint8).reshape(SHAPE), Grid(SHAPE))


def answered(session, *prompts):
    session = session.say(*prompts)
    return session.accept(session.predict(Dots(), IMAGE))


CLICKS = some.builds(
    lambda r, c, number: Click((float(c), float(r), 1.0), object=number),
    some.integers(0, 7),
    some.integers(0, 7),
    some.integers(1, 3),
)
STEPS = some.lists(CLICKS, min_size=1, max_size=5)


def worked(clicks):
    session = Session.on(IMAGE, author="ann")
    for click in clicks:
        session = answered(session, click)
    return session


@given(STEPS)
def test_a_session_survives_json_and_opens_without_a_model(clicks):
    session = worked(clicks)
    again = Session.from_json(json.loads(json.dumps(session.to_json())))
    assert again == session
    assert again.mask == session.mask
    assert again.prompts == tuple(clicks)


@given(STEPS)
def test_undo_is_the_state_before_and_redo_the_state_after(clicks):
    before, after = worked(clicks[:-1]), worked(clicks)
    undone = after.undo()
    assert undone.prompts == before.prompts
    assert undone.mask == before.mask
    assert undone.redo().mask == after.mask
    assert len(undone.events) == len(after.events) + 1  # the log only grows


@given(STEPS)
def test_undoing_everything_leaves_nothing_and_then_says_so(clicks):
    session = worked(clicks)
    for _ in clicks:
        session = session.undo()
    assert session.prompts == ()
    assert len(session.mask) == 0
    with pytest.raises(BadValue, match="nothing left to undo"):
        session.undo()


@given(STEPS)
def test_replay_finds_the_same_voxels_and_notices_others(clicks):
    session = worked(clicks)
    assert all(each.same and each.dice == 1 for each in session.replay(Dots(), IMAGE))
    other = Dots(also=[(0, 0, 0)])
    assert not any(each.same for each in session.replay(other, IMAGE))


@given(STEPS, STEPS)
def test_merging_keeps_every_event_once_in_either_order(one, two):
    start = worked(one[:1])
    ann = start
    for click in one:
        ann = answered(ann, click)
    ben = replace(start, author="ben")
    for click in two:
        ben = answered(ben, click)
    merged = ann.merge(ben)
    assert merged.events == ben.merge(ann).events
    assert {each.id for each in merged.events} == {e.id for e in (*ann.events, *ben.events)}
    assert merged.merge(ann).events == merged.events


def test_undo_takes_back_ones_own_step_and_nobody_elses():
    ann = answered(Session.on(IMAGE, author="ann"), Click((1, 1, 1)))
    ben = answered(replace(ann, author="ben"), Click((5, 5, 1), object=2))
    assert replace(ben, author="ann").undo().mask.ids == (2,)


def test_painting_and_naming_are_part_of_the_state():
    session = answered(Session.on(IMAGE), Click((1, 1, 1)))
    flags = np.zeros(SHAPE, bool)
    flags[1, 2:4, 2:4] = True
    painted = session.paint(Prior.of(flags, IMAGE.grid), filled=True).call(1, "cyst", name="A")
    assert painted.mask.voxels(1) == 5
    assert (painted.mask.find(1).label, painted.mask.find(1).name) == ("cyst", "A")
    cleared = painted.paint(Prior.of(flags, IMAGE.grid), filled=False)
    assert cleared.mask.voxels(1) == 1
    assert cleared.undo().mask.voxels(1) == 5
    again = Session.from_json(json.loads(json.dumps(cleared.to_json())))
    assert again.mask == cleared.mask


def test_a_step_asks_only_about_its_own_objects():
    session = answered(Session.on(IMAGE), Click((1, 1, 1)), Click((4, 4, 1), object=2))
    session = session.say(Click((2, 2, 1), object=2))
    assert session.predict(Dots(), IMAGE).mask.ids == (2,)


def test_the_slices_that_were_answered_are_kept():
    session = answered(Session.on(IMAGE), Click((1, 1, 1)))
    assert session.mask.find(1).slices == (1,)
    assert session.previous.extent == "slice 2 of 3"


def test_another_image_is_refused():
    other = Image.of(np.zeros(SHAPE, np.uint8), Grid(SHAPE))
    session = Session.on(IMAGE).say(Click((1, 1, 1)))
    with pytest.raises(GeometryMismatch, match="another or has changed"):
        session.predict(Dots(), other)
    with pytest.raises(GeometryMismatch, match="Merge sessions of one image"):
        session.merge(Session.on(other))


@pytest.mark.parametrize("told", [{}, [], {"format": "limner session 1"}, {"format": "x"}])
def test_what_is_no_session_is_refused(told):
    with pytest.raises(BadValue, match="session"):
        Session.from_json(told)


def test_an_undo_can_be_undone_and_that_too():
    session = worked([Click((1, 1, 1))])
    first = session.undo()
    second = first.redo()
    third = second.undo()
    assert isinstance(third.events[-1], Undo)
    assert [len(each.mask) for each in (session, first, second, third)] == [1, 0, 1, 0]


def test_a_session_on_one_frame_of_a_clip_does_not_open_on_another():
    clip = Image(ArrayPixels(np.zeros((3, *SHAPE, 1), np.uint8)), Grid(SHAPE), times_s=(0, 1, 2))
    clip = replace(clip, source=Source(files=(FileSource("clip.dcm", "00ff"),)))
    frames = [at_time(clip, number) for number in range(3)]
    assert len({image_digest(each) for each in frames}) == 3
    with pytest.raises(GeometryMismatch, match="another or has changed"):
        Session.on(frames[0]).say(Click((1, 1, 1))).predict(Dots(), frames[1])
