"""What a format says that it holds comes back: each claim is proved by writing and reading."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from limner.errors import BadValue, LimnerError
from limner.formats import FORMATS, TRAITS, format_named, held_by, needs_scan
from limner.formats._holds import lost, needed, reduced
from limner.grid import Grid
from limner.image import ArrayPixels, Image
from limner.mask import Mask, Object, Soft
from limner.schema import Code, Label, Schema

TILTED = ((0.3, 0.8, 2.4), (0.0, 0.9, 0.0), (-0.7, 0.0, 0.0))  # sheared, columns run to the right
STRAIGHT = ((0.0, 0.0, 2.5), (0.0, 0.9, 0.0), (-0.7, 0.0, 0.0))


def code(value: str, meaning: str) -> Code:
    return Code("SCT", value, meaning)


SCHEMA = Schema(
    (
        Label(
            5,
            "liver",
            synonyms=("hepar",),
            colour=(221, 130, 101),
            category=code("123037004", "Anatomical Structure"),
            type=code("10200004", "Liver"),
        ),
        Label(
            9,
            "tumour",
            colour=(144, 238, 144),
            parent="liver",
            category=code("49755003", "Morphologically Altered Structure"),
            type=code("4147007", "Mass"),
            modifier=code("7771000", "Left"),
            region=code("10200004", "Liver"),
        ),
    )
)


def everything(holds: frozenset[str]) -> Mask:
    """A mask that says something of every trait, but for slices and frames that cannot go."""
    slices = 3 if "stack" in holds else 1
    times = 2 if "times" in holds else 1
    grid = Grid((slices, 7, 8), (-120.25, 88.5, 1500.75), TILTED)
    under, over = np.zeros((2, times, *grid.shape), np.uint8)
    under[:, :, 1:6, 1:7] = 2
    under[:, :1, 2:4, 2:4] = 7
    over[:, :1, 3:5, 3:6] = 4
    if times == 2:
        over[1] = 0
    objects = (
        Object(2, "liver", tracking_uid="2.25.11", source="human", rater="A. Reader"),
        Object(7, "tumour", name="lesion 1", tracking_uid="2.25.12", source="model", slices=(0,)),
        Object(4, "tumour", name="lesion 2", tracking_uid="2.25.13", source="model", slices=(0,)),
        Object(11, "tumour", name="lesion 3, gone", tracking_uid="2.25.14"),
    )
    levels = np.arange(48, dtype=np.uint8).reshape(1, 6, 8) * 5
    soft = (Soft(7, (0, 0, 0), levels),)
    return Mask(grid, (under, over), objects, soft, SCHEMA)


def saying(name: str, holds: frozenset[str]) -> Mask:
    """What a format holds of a mask that says everything; for its grid also without a tilt."""
    mask = everything(holds)
    if name == "place":
        mask = replace(mask, grid=replace(mask.grid, steps_mm=STRAIGHT))
    return reduced(mask, holds)


def ordered(mask: Mask) -> list[Object]:
    return sorted(mask.objects, key=lambda each: each.id)


def of_objects(field: str):
    return lambda mask: [getattr(each, field) for each in ordered(mask)]


def of_classes(*fields: str):
    return lambda mask: [
        [getattr(mask.schema[each.label], field) for field in fields] for each in ordered(mask)
    ]


def corners(mask: Mask):
    """To a micron, and what the millimetres are."""
    return np.round(mask.grid.corners_mm(), 3).tolist(), mask.grid.placed, mask.grid.scale


WHAT = {
    "stack": lambda mask: [mask.where(each.id).sum(axis=(1, 2)).tolist() for each in ordered(mask)],
    "times": lambda mask: [
        mask.voxels(each.id, time=time) for each in ordered(mask) for time in range(mask.times)
    ],
    "shear": corners,
    "place": corners,
    "overlap": lambda mask: [mask.where(each.id).tolist() for each in ordered(mask)],
    "probability": lambda mask: [
        (each.object, each.time, each.within(mask.grid.shape).tolist()) for each in mask.soft
    ],
    "empty": len,
    "objects": len,
    "ids": of_objects("id"),
    "classes": of_objects("label"),
    "values": of_classes("value"),
    "colours": of_classes("colour"),
    "codes": of_classes("category", "type", "modifier", "region"),
    "kinship": of_classes("synonyms", "parent"),
    "names": of_objects("name"),
    "tracking": of_objects("tracking_uid"),
    "makers": of_objects("source"),
    "looked": of_objects("slices"),
}

DAMAGES = [b"", b"-1", b"99999999999", b"nan", b"1e400", b"null", b"[]", b"\xff", b"\0" * 8]
CLAIMS = [
    (name, trait) for name in FORMATS.names() for trait in sorted(held_by(format_named(name)))
]


def an_image(grid: Grid, times: int = 1) -> Image:
    samples = np.arange(times * np.prod(grid.shape), dtype=np.int16)
    return Image(ArrayPixels(samples.reshape(times, *grid.shape, 1)), grid)


def written(name: str, mask: Mask, folder: Path) -> Path:
    form = format_named(name)
    path = folder / f"mask{form.ENDINGS[0]}"
    form.write(mask, path, image=an_image(mask.grid, mask.times))
    return path


@pytest.mark.parametrize("name, trait", CLAIMS)
def test_what_is_claimed_comes_back(name, trait, tmp_path):
    form = format_named(name)
    mask = saying(trait, held_by(form))
    assert trait in needed(mask), f"'{name}' drops '{trait}' with something else that it lacks"
    path = written(name, mask, tmp_path)
    told = needs_scan(form, "read") or "place" not in held_by(form)
    back = form.read(path, grid=mask.grid if told else None)
    assert WHAT[trait](back) == WHAT[trait](mask)


@pytest.mark.parametrize("name", FORMATS.names())
class TestEveryFormat:
    def test_claims_are_of_traits_that_there_are(self, name):
        assert held_by(format_named(name)) <= set(TRAITS)

    def test_takes_what_is_left_of_any_mask(self, name, tmp_path):
        holds = held_by(format_named(name))
        written(name, reduced(everything(holds), holds), tmp_path)

    def test_a_damaged_file_is_read_or_refused_in_a_sentence(self, name, tmp_path):
        """Bytes changed, cut out and put in at random; never anything but our own errors."""
        form = format_named(name)
        mask = reduced(everything(held_by(form)), held_by(form))
        path = written(name, mask, tmp_path)
        whole, rng = path.read_bytes(), np.random.default_rng(0)
        for _ in range(40):
            held = bytearray(whole)
            place = int(rng.integers(len(held)))
            cut = int(rng.integers(0, 9))
            held[place : place + cut] = rng.choice(DAMAGES)
            path.write_bytes(held)
            with suppress(LimnerError):
                form.read(path, grid=mask.grid)


def test_every_trait_is_said_by_the_mask_that_says_everything():
    every = frozenset(TRAITS)
    assert set(needed(everything(every))) == every
    assert set(WHAT) == every


@pytest.mark.parametrize("trait", [each for each in TRAITS if each != "stack"])
def test_a_trait_that_was_dropped_is_said_no_more(trait):
    every = frozenset(TRAITS)
    less = reduced(everything(every), every - {trait})
    assert trait not in needed(less)
    assert set(needed(less)) >= every - {trait} - {"values", "looked", "overlap", *GO_ALONG[trait]}


GO_ALONG = {
    **{each: set() for each in TRAITS},
    "place": {"shear"},
    "shear": {"probability"},  # levels are of the old voxels
    "overlap": {"probability"},
    "objects": {"names", "empty", "makers", "ids"},
    "classes": {"objects", "codes", "kinship", "colours", "values"},
}


def test_a_sentence_for_each_and_none_for_what_is_held():
    every = frozenset(TRAITS)
    mask = everything(every)
    assert lost(mask, every, format="x") == ()
    said = lost(mask, frozenset(), format="png")
    assert len(said) == len(every)
    assert all(each.endswith(".") and " png " in each for each in said)


def test_nothing_is_lost_of_a_plain_picture():
    mask = Mask.from_labels(np.eye(3, dtype=np.uint8)[None] * 3, Grid.picture(3, 3))
    assert needed(mask) == ("ids",)


def test_several_slices_never_become_one():
    with pytest.raises(BadValue, match="has 3 slices"):
        reduced(everything(frozenset({"stack"})), frozenset())


def test_objects_of_one_class_become_one_that_covers_both():
    every = frozenset(TRAITS)
    mask = everything(every)
    less = reduced(mask, every - {"objects"})
    assert less.ids == (2, 7)
    both = mask.where(7) | mask.where(4)
    assert np.array_equal(less.where(7), both)
    assert less.voxels(7) == int(both.sum())


def test_the_straight_grid_keeps_the_volume_and_the_middle():
    every = frozenset(TRAITS)
    mask = everything(every)
    less = reduced(mask, every - {"shear"})
    assert less.grid.voxel_mm3 == pytest.approx(mask.grid.voxel_mm3)
    assert not less.grid.sheared
