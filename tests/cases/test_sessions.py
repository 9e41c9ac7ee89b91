"""Session files."""

import json
import multiprocessing

import numpy as np
import pytest

from limner.cases.sessions import load_session, save_session
from limner.errors import GeometryMismatch, NotFound, UnreadableFile, UnwritableFile
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from limner.predict import Prediction
from limner.predict.session import Session
from limner.prompt.click import Click


def begun(seed: int = 0) -> Session:
    noise = np.random.default_rng(seed).integers(0, 255, (2, 4, 5), dtype=np.uint8)
    image = Image.of(noise, Grid((2, 4, 5)))
    mask = Mask.of(np.ones((2, 4, 5)), image.grid, label="a", slices=(0,))
    log = Session.on(image, author="me").say(Click((1, 2, 0)))
    return log.accept(Prediction(mask, {1: 0.9}, "test"))


def test_what_is_saved_comes_back(tmp_path):
    path = tmp_path / "wörk 1.limner.json"
    save_session(begun(), path)
    back = load_session(path)
    assert back.mask.find(1).slices == (0,)
    save_session(back, path)
    assert load_session(path) == back
    assert load_session(path, author="you").author == "you"


def test_what_another_added_meanwhile_is_kept(tmp_path):
    path = tmp_path / "s.limner.json"
    first = begun()
    save_session(first, path)
    mine, theirs = first.say(Click((0, 0, 0))), first.say(Click((3, 3, 0)))
    save_session(theirs, path)
    save_session(mine, path)
    ids = {each.id for each in load_session(path).events}
    assert ids == {each.id for each in (*mine.events, *theirs.events)}


def add(path, count):
    for _ in range(count):
        save_session(load_session(path).say(Click((1, 1, 0))), path)


def test_two_processes_lose_nothing(tmp_path):
    path = tmp_path / "s.limner.json"
    save_session(begun(), path)
    spawn = multiprocessing.get_context("spawn")
    both = [spawn.Process(target=add, args=(path, 4)) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
        assert each.exitcode == 0
    assert len(load_session(path).events) == 2 + 8


def test_another_images_session_is_not_overwritten(tmp_path):
    path = tmp_path / "s.limner.json"
    save_session(begun(0), path)
    before = path.read_bytes()
    with pytest.raises(GeometryMismatch):
        save_session(begun(1), path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["{", "[]", '{"format": "other"}', "hello", "[" * 100_000])
def test_what_is_no_session_is_said_and_left(tmp_path, text):
    path = tmp_path / "s.limner.json"
    path.write_text(text)
    with pytest.raises(UnreadableFile, match="'s.limner.json'"):
        load_session(path)
    with pytest.raises(UnreadableFile):
        save_session(begun(), path)
    assert path.read_text() == text


def test_a_session_that_lacks_a_part(tmp_path):
    path = tmp_path / "s.limner.json"
    save_session(begun(), path)
    told = json.loads(path.read_text())
    del told["grid"]
    path.write_text(json.dumps(told))
    with pytest.raises(UnreadableFile, match="cannot be opened"):
        load_session(path)


def test_missing_places(tmp_path):
    with pytest.raises(NotFound):
        load_session(tmp_path / "s.limner.json")
    with pytest.raises(UnwritableFile):
        save_session(begun(), tmp_path / "nowhere" / "s.limner.json")
