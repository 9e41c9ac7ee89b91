"""What holds for every schema."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from limner.errors import BadValue, UnknownName
from limner.schema import Code, Label, Schema

TEXT = some.text(min_size=1, max_size=20).filter(lambda text: text.strip() and text.isprintable())

WORD = some.text("abcDEF ", min_size=1, max_size=20).filter(str.strip).map(str.strip)


@given(some.lists(TEXT, unique_by=str.casefold, max_size=6), TEXT)
def test_a_schema_survives_toml(names, meaning):
    labels = tuple(
        Label(
            3 * number,
            name,
            synonyms=(f"{name} too",),
            colour=(number, 0, 255),
            parent=names[0] if number > 1 else "",
            category=Code("SCT", "123037004", meaning),
        )
        for number, name in enumerate(names, start=1)
    )
    schema = Schema(labels)
    assert Schema.from_toml(schema.to_toml()) == schema


@given(some.lists(WORD, unique_by=str.casefold, min_size=1, max_size=6))
def test_names_are_found_whatever_their_case(names):
    schema = Schema.of(*names)
    for number, name in enumerate(names, start=1):
        assert schema[f" {name.swapcase()} "].value == number


def test_synonyms_are_found_and_the_nearest_is_suggested():
    schema = Schema((Label(1, "kidney", synonyms=("ren", "Niere")),))
    assert schema["NIERE"].value == 1
    with pytest.raises(UnknownName, match="Did you mean 'kidney'"):
        schema["kidny"]
    with pytest.raises(UnknownName, match="no class called '2'"):
        schema.of_value(2)


def test_adding_a_label_takes_the_next_value_and_adding_it_twice_changes_nothing():
    schema = Schema((Label(7, "a"),)).with_label("b")
    assert schema["b"].value == 8
    assert schema.with_label("b") == schema


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[label", "not TOML"),
        ('[[label]]\nvalue = 1\nname = "a"\ncolor = [1, 2, 3]', "Did you mean 'colour'"),
        ("[[label]]\nvalue = 1", "needs a value and a name"),
        ('[[label]]\nvalue = 0\nname = "a"', "from 1 to 65535"),
        ('[[label]]\nvalue = 1\nname = " "', "has no name"),
        ('[[label]]\nvalue = 1\nname = "a"\n[[label]]\nvalue = 1\nname = "b"', "two classes"),
        ('[[label]]\nvalue = 1\nname = "a"\n[[label]]\nvalue = 2\nname = "a"', "two classes"),
        ('[[label]]\nvalue = 1\nname = "a"\nparent = "b"', "no class called 'b'"),
    ],
)
def test_what_is_no_schema_is_refused_in_a_sentence(text, sentence):
    with pytest.raises((BadValue, UnknownName), match=sentence):
        Schema.from_toml(text)
