"""`import limner` shows what `limner.__all__` names, all of it, nothing else, and lazily."""

import subprocess
import sys

import pytest

import limner
from tests.data import CHECKOUT


def fresh(code: str) -> list[str]:
    """The words that some lines of Python print in a fresh interpreter."""
    start = f"import sys; sys.path.insert(0, {str(CHECKOUT / 'src')!r}); import limner\n"
    told = subprocess.run([sys.executable, "-c", start + code], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    return told.stdout.split()


def public(names: list[str]) -> set[str]:
    return {name for name in names if not name.startswith("_")}


def test_what_is_visible_is_what_is_promised():
    assert public(fresh("print(*dir(limner))")) == public(limner.__all__)


def test_nothing_of_ours_is_kept_from_sight():
    """`dir` can be told what to say; the module's own dictionary cannot."""
    code = (
        "ours = lambda v: str(getattr(v, '__module__', '')).startswith('limner')\n"
        "print(*(name for name, value in vars(limner).items() if ours(value)))"
    )
    assert public(fresh(code)) <= public(limner.__all__)


@pytest.mark.parametrize("name", limner.__all__)
def test_every_promise_is_kept(name):
    assert getattr(limner, name) is not None


def test_star_import_brings_every_name():
    assert set(fresh("from limner import *\nprint(*globals())")) >= set(limner.__all__)


def test_names_are_listed_once():
    assert len(limner.__all__) == len(set(limner.__all__))


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        limner.no_such_name  # noqa: B018
