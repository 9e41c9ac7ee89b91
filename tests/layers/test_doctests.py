"""Every example in a docstring runs and prints what it says."""

import doctest
from importlib import import_module

import pytest

from tests.data import CHECKOUT

SOURCE = CHECKOUT / "src"
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def modules_with_examples() -> list[str]:
    paths = (p for p in SOURCE.rglob("*.py") if ">>> " in p.read_text(encoding="utf-8"))
    dotted = (".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in paths)
    return sorted(name.removesuffix(".__init__") for name in dotted)


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = doctest.testmod(import_module(name), optionflags=OPTIONS)
    assert told.attempted > 0
    assert told.failed == 0
