"""What holds for samples and targets: what was said is said once, by somebody, about something."""

import numpy as np
import pytest

from limner.errors import BadValue, UnknownName
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask
from limner.prompt.click import Click
from limner.sample import VALUES, Coverage, Sample, Target

IMAGE = Image.of(np.zeros((4, 4), np.uint8))
MASK = Mask.of(np.ones((1, 4, 4), bool), IMAGE.grid, label="cell")

# A value of each kind; a new kind adds its own.
ONE_OF_EACH = {
    "dense": MASK,
    "scribble": (Click((0, 0, 0)),),
    "box": Click((0, 0, 0)),
    "boxes": (),
    "points": (Click((0, 0, 0)),),
    "extreme points": (),
    "image label": "benign",
    "multi-label": ("nodule", "effusion"),
    "ordinal": 3,
    "text": "No acute finding.",
    "phase interval": ("incision", 1.5, 20.0),
    "transform": np.eye(4),
    "curve": np.zeros((5, 2)),
}


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_every_kind_takes_its_value_and_no_other(kind):
    assert Target(kind, ONE_OF_EACH[kind]).value is ONE_OF_EACH[kind]
    with pytest.raises(BadValue, match=f"A target of kind '{kind}' holds a"):
        Target(kind, object())


def test_an_unknown_kind_is_named():
    with pytest.raises(UnknownName, match="Did you mean 'dense'"):
        Target("dence", MASK)


def test_coverage_says_what_silence_means():
    assert Coverage().covers("liver")
    assert Coverage(("liver",)).covers("liver")
    assert not Coverage(("liver",)).covers("spleen")


def test_a_sample_finds_its_image_and_its_mask():
    model = Target("dense", Mask(IMAGE.grid), source="model", rater="limner-1")
    sample = Sample(
        "1", {"image": IMAGE}, (Target("image label", "benign"), Target("dense", MASK), model)
    )
    assert sample.image is IMAGE
    assert sample.mask is MASK
    assert Sample("2", {"ct": IMAGE}).image is IMAGE


def test_what_is_unclear_is_refused():
    with pytest.raises(BadValue, match="several images: ct, pet"):
        _ = Sample("1", {"ct": IMAGE, "pet": IMAGE}).image
    with pytest.raises(BadValue, match="has no mask"):
        _ = Sample("1", {"ct": IMAGE}).mask
    with pytest.raises(BadValue, match="needs an id and at least one image"):
        Sample("1", {})
    with pytest.raises(UnknownName, match="no image of this sample called 'mr'"):
        Sample("1", {"ct": IMAGE}, (Target("dense", MASK, image="mr"),))


def test_a_sample_cannot_be_changed():
    sample = Sample("1", {"ct": IMAGE}, groups={"patient": "7"})
    with pytest.raises(TypeError):
        sample.groups["patient"] = "8"
    with pytest.raises(TypeError):
        sample.images["pet"] = IMAGE


def test_two_grids_may_live_in_one_sample():
    far = Image.of(np.zeros((2, 5, 5)), Grid((2, 5, 5), origin_mm=(9, 9, 9)))
    assert Sample("1", {"fixed": IMAGE, "moving": far}).images["moving"] is far
