"""Every file that once made a reader stumble, and fresh damage to sound ones."""

import warnings
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from limner.errors import LimnerError, SeveralSeries
from tests.fuzz.targets import targets

FINDS = Path(__file__).parent / "finds"
NAMES = (
    *("image-dicom", "image-nifti", "image-nifti-gz", "image-nrrd", "image-npz", "image-picture"),
    *("image-tif", "image-jpg", "image-bmp", "image-webp"),
    *("image-nameless", "mask-coco-json", "mask-rtstruct-dcm", "mask-seg-dcm"),
    *("mask-fractional-seg-dcm", "mask-labelmap-seg-dcm", "mask-geojson", "mask-nii"),
    *("mask-nii-gz", "mask-npz", "mask-seg-nrrd", "mask-nrrd", "mask-png", "report"),
    *("classes-toml", "classes-json", "classes-tsv", "classes-ctbl", "classes-txt"),
)
DAMAGE = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.floats(0, 1), st.binary(min_size=1, max_size=8)),
        st.tuples(st.just("put in"), st.floats(0, 1), st.binary(min_size=1, max_size=40)),
        st.tuples(st.just("take out"), st.floats(0, 1), st.integers(1, 400)),
        st.tuples(st.just("end at"), st.floats(0, 1), st.none()),
        st.tuples(st.just("twice from"), st.floats(0, 1), st.integers(1, 400)),
    ),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def every(tmp_path_factory):
    """Every target by its name, in a value that hypothesis does not print whole."""
    return Targets(targets(tmp_path_factory.mktemp("sound")))


class Targets(dict):
    """Targets by name."""

    def __repr__(self):
        return "targets"


def answer(target, data, folder):
    """A value, or a sentence; anything else flies."""
    path = folder / f"a file{target.ending}"
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries, about what they read on
        try:
            return target.take(path)
        except LimnerError as refused:
            listed = isinstance(refused, SeveralSeries)  # ends with the option to choose by
            assert listed or str(refused).strip().endswith((".", ":", "?"))
            return refused


def damaged(data, damage):
    for what, share, value in damage:
        at = int(share * len(data))
        if what == "set":
            data = data[:at] + value + data[at + len(value) :]
        elif what == "put in":
            data = data[:at] + value + data[at:]
        elif what == "take out":
            data = data[:at] + data[at + value :]
        elif what == "end at":
            data = data[:at]
        else:
            data = data[: at + value] + data[at:]
    return data


def test_every_target_is_named_here(every):
    assert set(every) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_sound_is_read(name, every, tmp_path):
    for seed in every[name].seeds:
        assert not isinstance(answer(every[name], seed, tmp_path), LimnerError)


@pytest.mark.parametrize("name", NAMES)
@given(damage=DAMAGE, seed=st.integers(0, 4))
@example(damage=[("end at", 0.5, None)], seed=0)
@example(damage=[("set", 0.796875, b"\x00")], seed=1)  # an enhanced image falls into two series
@example(damage=[("set", 0.0, b"MM\x00*")], seed=1)  # a TIFF without a page
def test_what_is_damaged_is_read_or_refused(name, damage, seed, every, tmp_path_factory):
    target = every[name]
    folder = tmp_path_factory.getbasetemp()
    answer(target, damaged(target.seeds[seed % len(target.seeds)], damage), folder)


@pytest.mark.parametrize("find", sorted(FINDS.iterdir()), ids=lambda path: path.name)
def test_what_was_found_is_answered(find, every, tmp_path):
    """The name of a find begins with its target's."""
    name = max((each for each in every if find.name.startswith(f"{each}-")), key=len)
    answer(every[name], find.read_bytes(), tmp_path)
