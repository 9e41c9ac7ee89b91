"""Files and functions that have outgrown their size are usually two things.

The feel is 400 lines to a file and 40 to a function (house.md section 9); the fences here are
wider, so that nobody squeezes a good function to please a test. Data are not counted: tables at
the top of a file, and the list of parameters, which for a verb is its table of options.
"""

import ast

import pytest

from tests.data import CHECKOUT

FILE = 450
FUNCTION = 70
FILES = sorted((CHECKOUT / "src").rglob("*.py"))


def lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def size(text: str) -> int:
    """The lines of a file, without its tables of data (values given to names at the top)."""
    tables = [n for n in ast.parse(text).body if isinstance(n, ast.Assign | ast.AnnAssign)]
    return len(text.splitlines()) - sum(lines(table) for table in tables)


def long_functions(text: str) -> dict[str, int]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, functions)]
    sizes = {node.name: lines(node) - (node.body[0].lineno - node.lineno) for node in found}
    return {name: count for name, count in sizes.items() if count > FUNCTION}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CHECKOUT / "src")))
def test_sizes(path):
    text = path.read_text(encoding="utf-8")
    assert size(text) <= FILE
    assert long_functions(text) == {}


def test_a_table_of_data_is_not_counted():
    assert size("NAMES = [\n'a',\n'b',\n]\n\ndef one():\n    pass\n") == 3


def test_a_long_function_is_found():
    body = "    pass\n" * (FUNCTION + 1)
    assert long_functions(f"class A:\n  def one(\n    a,\n  ):\n{body}") == {"one": FUNCTION + 1}
    assert long_functions(f"def one():\n{body[9:]}") == {}
