"""Verdicts change the scores as they should; what is no export is refused."""

import json
import math

import pytest

from limner.errors import BadValue, NotFound, UnreadableFile
from limner.evaluate.pages import filled
from limner.evaluate.review import (
    ACCEPTABLE,
    LABEL_ERROR,
    WRONG,
    Judged,
    corrected,
    document,
    mistakes,
    read,
    summary,
)

OBJECTS = (
    Judged("a1", "a", 0.9),
    Judged("a2", "a", 0.5, WRONG, "too coarse", "major"),
    Judged("a3", "a", 0.6, LABEL_ERROR),
    Judged("a4", "a", 0.7),
    Judged("b1", "b", 0.2, ACCEPTABLE),
    Judged("b2", "b", 0.1),
)


def test_mistakes_are_those_under_the_bar_and_the_worst_comes_first():
    assert [each.key for each in mistakes(OBJECTS, below=0.7)] == ["b2", "b1", "a2", "a3"]
    assert mistakes(OBJECTS, below=0.1) == ()


def test_scores_by_hand():
    found = corrected(OBJECTS, below=0.7)
    assert (found.objects, found.mistakes, found.open) == (6, 4, 1)
    assert found.verdicts == {WRONG: 1, ACCEPTABLE: 1, LABEL_ERROR: 1}
    assert found.right_before == pytest.approx(2 / 6)
    assert found.right_after == pytest.approx(4 / 6)  # a3 and b1 are forgiven
    assert found.sets_before == pytest.approx((2 / 4 + 0) / 2)
    assert found.sets_after == pytest.approx((3 / 4 + 1 / 2) / 2)
    assert found.dice_before == pytest.approx(3.0 / 6)
    assert found.dice_after == pytest.approx(2.4 / 5)  # a3 is out: its label judges nobody
    assert found.major == ("a2",)
    assert found.reasons == {("too coarse", "major"): 1}


def test_a_verdict_on_what_is_no_mistake_changes_nothing():
    told = [Judged("a", "a", 0.9, LABEL_ERROR), Judged("b", "a", 0.8, WRONG)]
    found = corrected(told, below=0.7)
    assert found.right_after == found.right_before == 1
    assert found.dice_after == found.dice_before


def test_where_every_label_is_wrong_there_is_no_dice():
    found = corrected([Judged("a", "a", 0.1, LABEL_ERROR)])
    assert math.isnan(found.dice_after)
    assert found.right_after == 1
    with pytest.raises(BadValue, match="no object"):
        corrected([])


def test_the_summary_says_it():
    text = summary(corrected(OBJECTS, below=0.7), below=0.7)
    assert "6 objects, 4 under Dice 0.7: 1 wrong, 1 acceptable, 1 label error, 1 not" in text
    assert "right, of all objects  0.333  0.667" in text
    assert "  1  too coarse, major" in text
    assert text.endswith("Major errors:\n  a2")


def test_an_export_is_read_back(tmp_path):
    file = tmp_path / "verdicts.json"
    file.write_text(json.dumps(document({"below": 0.7, "made": "x"}, OBJECTS)))
    told, objects = read(file)
    assert objects == OBJECTS
    assert told == {"format": "limner verdicts 1", "below": 0.7, "made": "x"}


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("no json", UnreadableFile, "no export"),
        ("[]", UnreadableFile, "no export"),
        ('{"format": "other 2", "objects": []}', UnreadableFile, "'other 2'"),
        ('{"format": "limner verdicts 1"}', UnreadableFile, "objects"),
        (
            (
                '{"format": "limner verdicts 1", "objects": [{"key": "a", "set": "a", "dice": 0.1, '
                '"verdict": "fine"}]}'
            ),
            BadValue,
            "'fine' of 'a' is none of: wrong, acceptable, label error",
        ),
    ],
)
def test_what_is_no_export_is_refused(tmp_path, text, error, said):
    file = tmp_path / "verdicts.json"
    file.write_text(text)
    with pytest.raises(error, match=said):
        read(file)
    with pytest.raises(NotFound, match="limner review"):
        read(tmp_path / "none.json")


def test_what_was_put_into_a_template_is_not_looked_at_again():
    assert filled("{{a}} {{b}} $x", a="{{b}}", b="\\1") == "{{b}} \\1 $x"
    with pytest.raises(KeyError):
        filled("{{a}}")
