"""Tables of planted scores, worked by hand."""

import numpy as np
import pytest

from limner.errors import BadValue
from limner.evaluate.compare import COLUMNS, POOLED, Row, compared, table

NAN = float("nan")


def row(set_, image, *scores, thin=False, modality="CT"):
    """One object; each score is a contestant's Dice in every column."""
    names = ("one", "two", "three")
    told = {name: (score,) * 5 for name, score in zip(names, scores, strict=False)}
    return Row(f"{set_}/{image}/{len(told)}", set_, f"{set_}/{image}", modality, thin, told)


def large(name, *scores):
    """A set of five images with one object each."""
    return [row(name, str(n), *scores) for n in range(5)]


def mean(rows, name="one", part="ordinary"):
    return compared(rows)[part]["contestants"][name]["mean"]["box"]


def test_sets_weigh_the_same_whatever_their_size():
    many = [row("many", str(n), 1.0) for n in range(45)]
    assert mean([*large("few", 0.5), *many])[0] == 0.75


def test_objects_of_a_set_weigh_the_same():
    crowded = [row("a", "0", 0.0) for _ in range(5)]
    assert mean([*large("a", 1.0), *crowded])[0] == 0.5


def test_small_sets_are_one_group():
    small = [row("b", "0", 0.0), row("c", "0", 0.2), row("c", "1", 0.4)]
    table = compared([*large("a", 1.0), *small])["ordinary"]
    assert table["groups"] == {
        "a": {"images": 5, "objects": 5},
        POOLED: {"images": 3, "objects": 3},
    }
    assert table["contestants"]["one"]["groups"][POOLED]["box"] == pytest.approx(0.2)
    assert table["contestants"]["one"]["mean"]["box"][0] == pytest.approx(0.6)


def test_a_set_of_four_images_and_many_objects_is_small():
    rows = [row("b", str(n % 4), 0.5) for n in range(40)]
    assert list(compared(rows)["ordinary"]["groups"]) == [POOLED]


def test_thin_objects_are_apart():
    rows = [*large("a", 1.0), row("a", "9", 0.1, thin=True)]
    assert mean(rows)[0] == 1.0
    assert mean(rows, part="thin")[0] == 0.1


def test_modalities_weigh_their_sets_alike():
    rows = [*large("a", 1.0), row("b", "0", 0.5), row("c", "0", 0.2, modality="MR")]
    kinds = compared(rows)["ordinary"]["modalities"]
    assert kinds["CT"]["contestants"]["one"]["box"] == 0.75
    assert (kinds["CT"]["sets"], kinds["CT"]["objects"]) == (2, 6)
    assert kinds["MR"]["contestants"]["one"]["box"] == 0.2


def test_equal_scores_have_no_width():
    assert mean(large("a", 0.5)) == [0.5, 0.5, 0.5]


def test_the_interval_is_that_of_drawing_images():
    """Two values, half of 40 images each: the mean's sd is 0.5 / sqrt(40)."""
    rows = [row("a", str(n), float(n % 2)) for n in range(40)]
    middle, low, high = mean(rows)
    assert middle == 0.5
    assert low == pytest.approx(0.5 - 1.96 * 0.5 / np.sqrt(40), abs=0.02)
    assert high == pytest.approx(0.5 + 1.96 * 0.5 / np.sqrt(40), abs=0.02)


def test_images_are_drawn_and_not_objects():
    """Ten objects of one image say no more than one does."""
    rows = [row("a", str(n), float(n % 2)) for n in range(10)]
    tenfold = [each for each in rows for _ in range(10)]
    np.testing.assert_allclose(mean(rows), mean(tenfold), atol=1e-9)


def test_differences_are_paired():
    """Two whose scores differ by 0.1 on every image differ by exactly that."""
    rows = [row("a", str(n), 0.1 + 0.08 * n, 0.08 * n) for n in range(10)]
    minus = compared(rows)["ordinary"]["contestants"]["one"]["minus"]["two"]
    assert minus["box"] == [0.1, 0.1, 0.1]
    assert mean(rows)[1] < mean(rows)[0] < mean(rows)[2]


def test_what_was_not_asked_is_left_out():
    rows = [
        Row(f"a/{n}", "a", f"a/{n}", "CT", False, {"box only": (0.5, NAN, NAN, NAN, NAN)})
        for n in range(5)
    ]
    told = compared(rows)["ordinary"]["contestants"]["box only"]
    assert told["mean"] == {"box": [0.5, 0.5, 0.5]}


def test_the_same_seed_gives_the_same_intervals():
    rows = [row("a", str(n), n / 10) for n in range(10)]
    assert compared(rows, seed=3) == compared(rows, seed=3)
    assert compared(rows, seed=3) != compared(rows, seed=4)


def test_rows_with_other_contestants_are_refused():
    with pytest.raises(BadValue, match="every object"):
        compared([row("a", "0", 1.0), row("a", "1", 1.0, 1.0)])


def test_every_column_is_told():
    told = compared(large("a", 0.5))["ordinary"]["contestants"]["one"]["mean"]
    assert tuple(told) == COLUMNS


def test_objects_without_a_score_are_left_out_and_not_counted_as_nothing():
    """Five images score 1; a sixth has no score in the column; another set has 0.5."""
    rows = [*large("a", 1.0), row("a", "9", NAN), *large("b", 0.5)]
    told = compared(rows)["ordinary"]
    assert told["contestants"]["one"]["mean"]["box"] == [0.75, 0.75, 0.75]
    assert told["modalities"]["CT"]["contestants"]["one"]["box"] == 0.75


def test_a_set_without_a_score_does_not_weigh():
    rows = [*large("a", 1.0), *large("b", NAN), *large("c", 0.5)]
    assert mean(rows) == [0.75, 0.75, 0.75]


def test_sets_that_are_won_are_counted_and_ties_are_not_won():
    rows = [
        *large("a", 0.9, 0.8),
        *large("b", 0.9, 0.91),
        *large("c", 0.9, 0.9),
        *large("d", 0.9, NAN),
        row("e", "0", 0.5, 0.4),  # the pooled group is one more
    ]
    told = compared(rows)["ordinary"]["contestants"]
    assert told["one"]["wins"]["two"]["box"] == [2, 4]
    assert told["two"]["wins"]["one"]["box"] == [1, 4]


def test_a_table_has_the_columns_that_it_is_given():
    rows = [
        Row(f"a/{n}", "a", f"a/{n}", "CT", False, {"one": (1.0, n / 4), "two": (0.0, NAN)})
        for n in range(5)
    ]
    told = table(rows, columns=("first", "second"), brief=True)
    assert told["contestants"]["one"]["mean"]["first"] == [1, 1, 1]
    assert told["contestants"]["one"]["mean"]["second"][0] == 0.5
    assert list(told["contestants"]["two"]["mean"]) == ["first"]
    assert "minus" not in told["contestants"]["one"]
