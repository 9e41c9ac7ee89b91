"""Series chosen by rules: each rule by a study whose answer is known."""

import pytest
from pydicom.uid import generate_uid

from limner.dicom.pick import picked, rules
from limner.dicom.study import examined
from limner.errors import BadValue, SeveralSeries, UnknownName
from limner.read import open_image
from tests.dicom.make import image, placed, plane, save, stack

SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """1: portal, 4 slices 3 mm apart; 2: lung, 6 at 1.25; 3: MR, 4 at 3; 4: scout; 5: PNG-like."""
    here = tmp_path_factory.mktemp("study")
    uid = {"SeriesInstanceUID": None}

    def other(number, **told):
        return uid | {"SeriesInstanceUID": generate_uid(), "SeriesNumber": number} | told

    stack(here / "a", **other(1, SeriesDescription="Abdomen Portal", SeriesDate="20240102"))
    stack(
        here / "b",
        tuple(1.25 * k for k in range(6)),
        **other(2, SeriesDescription="Lung 1.25", SeriesDate="20240103", spacing=(0.5, 0.5)),
    )
    stack(here / "c", **other(3, modality="MR", SeriesDescription="T1 portal venous"))
    scout = placed(plane(9), (0, 0, 0), orientation=SAGITTAL, **other(4, SeriesDescription="Scout"))
    scout.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    save(scout, here / "d" / "1.dcm")
    save(image(plane(0), modality="OT", **other(5)), here / "e" / "1.dcm")
    return here


@pytest.fixture(scope="module")
def study(folder):
    return examined([folder])


@pytest.mark.parametrize(
    ("texts", "left"),
    [
        (["modality=CT"], [1, 2]),
        (["modality=ct|mr"], [1, 2, 3]),
        (["Modality=CT", "Thinnest"], [2]),
        (["modality!=CT"], [3, 5]),
        (["description~PORTAL"], [1, 3]),
        (["description~portal", "modality=CT"], [1]),
        (["description~portal,modality=CT"], [1]),
        (["description!~portal"], [2, 5]),
        (["thinnest"], [2]),
        (["thickest"], [1, 3]),  # equal ones stay
        (["most"], [2]),
        (["fewest"], [5]),
        (["modality=CT|MR", "fewest"], [1, 3]),
        (["finest"], [2]),
        (["coarsest"], [1, 3]),
        (["newest"], [2]),
        (["first"], [1]),
        (["last"], [5]),
        (["slices>=4"], [1, 2, 3]),
        (["slices>4"], [2]),
        (["slices<4"], [5]),
        (["spacing<=1.25"], [2]),
        (["spacing=3"], [1, 3]),
        (["spacing!=3"], [2]),  # the picture has no spacing, so a rule on it leaves it out
        (["number=2|3"], [2, 3]),
        (["pixel<1"], [2]),
        (["kind=slice"], [4]),  # a localiser, because the rule asks what it is
        (["kind=picture"], [5]),
        (["date=20240102", "first"], [1]),
    ],
)
def test_what_a_rule_leaves(study, texts, left):
    found = picked(study, texts)
    assert [int(each.report.series_number) for each in found.entries] == left


def test_rules_are_taken_in_order(study):
    one = picked(study, ["most", "modality=CT"])
    assert [each.report.series_number for each in one.entries] == ["2"]
    with pytest.raises(BadValue, match="modality is: 'CT'"):
        picked(study, ["most", "modality=MR"])


def test_what_left_none_says_what_was_there(study):
    with pytest.raises(
        BadValue, match=r"'modality=PT' leaves no series. Of the 4 .*'CT', 'MR', 'OT'"
    ):
        picked(study, ["modality=PT"])
    with pytest.raises(BadValue, match="slices is: '1', '4', '6'"):
        picked(study, ["slices>9"])
    with pytest.raises(BadValue, match="Leave that rule out"):
        picked(study, ["modality=OT", "thinnest"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("thinest", "Did you mean 'thinnest'?"),  # misspelt
        ("modalty=CT", "Did you mean 'modality'?"),  # misspelt
    ],
)
def test_a_name_that_is_none(text, words):
    with pytest.raises(UnknownName, match=words):
        rules([text])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("modality=", "has no value"),
        ("modality>CT", "compares a text"),
        ("slices>=many", "needs a number"),
        ("slices~4", "needs a number"),
        ("slices>4|5", "needs a number"),
        ("slices=>4", "needs a number"),
        ("=CT", "is not understood"),
    ],
)
def test_a_rule_that_is_none(text, words):
    with pytest.raises(BadValue, match=words):
        rules([text])


def test_a_series_is_opened_by_rules(folder):
    assert open_image(folder, series="modality=CT,thinnest").grid.shape == (6, 4, 5)
    assert open_image(folder, series="modality=MR").source.modality == "MR"
    with pytest.raises(SeveralSeries, match="leaves 2 series in 'study0':\n  1: CT, 4 slices"):
        open_image(folder, series="modality=CT")
    with pytest.raises(UnknownName):
        open_image(folder, series="liver")
