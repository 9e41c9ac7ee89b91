"""Positions as they are typed, and prompts files."""

import json

import pytest

from limner.cli._prompts import Typed, positions
from limner.cli._prompts_file import asked, load
from limner.errors import BadValue, LimnerError
from limner.grid import Grid
from limner.prompt.box import Box
from limner.prompt.click import Click

VOLUME = Grid((5, 10, 12), origin_mm=(10, 20, 30), steps_mm=((0, 0, 3), (0, 2, 0), (1, 0, 0)))
PICTURE = Grid.picture(10, 12)


def test_a_position_in_mm_is_taken_as_it_is():
    assert positions("12.5,-30,41", VOLUME, kind="click") == ((12.5, -30.0, 41.0),)


def test_an_index_becomes_the_middle_of_its_voxel():
    (said,) = Typed(clicks=["2,3,4"], index=True).prompts(VOLUME)
    assert said == Click((14, 26, 36))  # 10 + 4*1, 20 + 3*2, 30 + 2*3, by hand


def test_a_flat_picture_does_with_row_and_column():
    (said,) = Typed(outside=["3,4"], index=True).prompts(PICTURE, object=2)
    assert said == Click((4, 3, 0), inside=False, object=2)


def test_both_corners_of_a_box_of_voxels_are_in_it():
    (said,) = Typed(boxes=["1,2,3 1,4,6"], index=True).prompts(VOLUME)
    low, high = said.faces(VOLUME)
    assert low.tolist() == [0.5, 1.5, 2.5]
    assert high.tolist() == [1.5, 4.5, 6.5]


def test_the_corners_of_a_box_in_mm_are_where_they_were_put():
    (said,) = Typed(boxes=["11,21,33 14.5,28,33"]).prompts(VOLUME)
    low, high = said.faces(VOLUME)
    assert low.tolist() == pytest.approx([0.5, 0.5, 1.0])
    assert high.tolist() == pytest.approx([1.5, 4.0, 4.5])


def test_a_lasso_and_a_stroke_have_as_many_points_as_were_given():
    said = Typed(strokes=["1,1 2,2"], lassos=["1,1 1,5 5,5 5,1"], index=True).prompts(PICTURE)
    assert [len(each.places_mm) for each in said] == [2, 4]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("12,a,3", "'12,a,3' is not made of numbers"),
        ("12,3", "has 2 numbers"),
        ("1,2,3 4,5,6", "has 2 positions. Give one position"),
        ("", "has 0 positions"),
    ],
)
def test_what_is_no_position_is_answered_with_how_one_is_written(text, words):
    with pytest.raises(BadValue, match="Write|as --click") as told:
        Typed(clicks=[text]).prompts(VOLUME)
    assert words in str(told.value)


def test_a_file_says_what_the_options_say():
    told = {
        "objects": [
            {"id": 1, "label": "liver", "prompts": [{"kind": "click", "at_index": [2, 3, 4]}]},
            {
                "id": 5,
                "name": "second",
                "prompts": [
                    {"kind": "box", "corners_index": [[1, 2, 3], [1, 4, 6]]},
                    {"kind": "click", "at_mm": [14, 26, 36], "inside": False},
                ],
            },
        ]
    }
    found = asked(told, VOLUME)
    assert found.names == {1: ("liver", ""), 5: ("", "second")}
    assert list(found.prompts) == [
        Click((14, 26, 36)),
        Box.between(VOLUME, (1, 2, 3), (1, 4, 6), object=5),
        Click((14, 26, 36), inside=False, object=5),
    ]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"objects": []}, "name no object"),
        ({"objects": [{"prompts": [{"kind": "clik"}]}]}, "Did you mean 'click'?"),  # misspelt
        ({"objects": [{"promts": []}]}, "Did you mean 'prompts'?"),  # misspelt
        ({"objects": [{"id": 1}, {"id": 1}]}, "its own whole number"),
        ({"objects": [{"prompts": [{"kind": "click", "at_index": [1]}]}]}, "[slice, row, column]"),
        ({"objects": [{"prompts": [{"kind": "stroke", "path_mm": []}]}]}, "has no points"),
        ({"objects": [{"prompts": [{"kind": "box", "corners_mm": [1]}]}]}, "two opposite corners"),
        ({"objects": [{"prompts": ["click"]}]}, "has a prompt 'click'"),
    ],
)
def test_a_file_that_cannot_be_read_is_answered_with_what_is_wrong(told, words):
    with pytest.raises(LimnerError) as said:
        asked(told, VOLUME)
    assert words in str(said.value)


def test_a_file_that_is_not_json_names_the_line(tmp_path):
    file = tmp_path / "prompts.json"
    file.write_text('{"objects": [\n  {"id": 1,]}')
    with pytest.raises(LimnerError, match="line 2"):
        load(file)


def test_a_prior_is_found_beside_the_prompts_file(tmp_path):
    import numpy as np

    from limner.cases.save import write
    from limner.mask import Mask

    inside = np.zeros(PICTURE.shape, bool)
    inside[0, 2:5, 3:7] = True
    write(Mask.of(inside, PICTURE), tmp_path / "before.png")
    told = json.loads(
        '{"objects": [{"id": 3, "prompts": [{"kind": "prior", "file": "before.png"}]}]}'
    )
    (said,) = asked(told, PICTURE, folder=tmp_path).prompts
    assert said.object == 3
    assert said.on(PICTURE).sum() == 12
