"""A file in a folder is a method; nobody edits a list."""

import sys

import pytest

from limner.errors import UnknownName
from limner.registry import Registry


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A package of two methods, a helper and a private file."""
    package = tmp_path / "shelf"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from limner.registry import Registry\n"
        "SHELF = Registry('method', __name__, beside=('helper',))\n"
    )
    for name, text in {
        "one": "@SHELF.add\ndef one():\n    return 1\n",
        "two": "@SHELF.add\ndef two():\n    return 2\n@SHELF.add\ndef three():\n    return 3\n",
        "none": "",
        "helper": "",
        "_private": "",
    }.items():
        (package / f"{name}.py").write_text(f"from shelf import SHELF\n{text}")
    monkeypatch.syspath_prepend(tmp_path)
    yield package
    for name in [each for each in sys.modules if each.split(".")[0] == "shelf"]:
        del sys.modules[name]


def test_names_lists_files_and_imports_none(folder):
    from shelf import SHELF

    assert SHELF.names() == ("none", "one", "two")
    assert "shelf.one" not in sys.modules
    assert SHELF.get("one")() == 1
    assert list(SHELF) == ["none", "one", "two"]


def test_the_nearest_name_is_suggested(folder):
    from shelf import SHELF

    with pytest.raises(UnknownName, match="no method called 'onne'. Did you mean 'one'"):
        SHELF.get("onne")
    with pytest.raises(UnknownName, match="no method called 'helper'"):
        SHELF.get("helper")


def test_a_file_of_two_things_and_one_of_none_are_errors(folder):
    from shelf import SHELF

    with pytest.raises(RuntimeError, match="registers two things"):
        SHELF.get("two")
    with pytest.raises(RuntimeError, match="registers no method"):
        SHELF.get("none")


def test_a_registry_is_a_value():
    assert Registry("a", "b") == Registry("a", "b")
