"""The code behind an answer, as a digest: it changes with what the code says, and only then.

So a change that is not committed counts as one, and a change of something else does not.
"""

import ast
import hashlib
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def digest(module: str, *, folders: tuple[str, ...] = ("limner",)) -> str:
    """Eight characters that change with a module, or with what it imports from `folders`.

    >>> len(digest("limner.registry"))
    8
    """
    told = hashlib.sha256()
    for each in sorted(behind(module, folders=folders)):
        told.update(f"{each} {_meaning(each)}".encode())
    return told.hexdigest()[:8]


def behind(module: str, *, folders: tuple[str, ...] = ("limner",)) -> set[str]:
    """The module and all that it imports from `folders`, and they import, and so on."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = file_of(name)
        if name in found or path is None or not name.startswith(folders):
            continue
        found.add(name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                waiting += [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
    return found


def file_of(module: str) -> Path | None:
    """The file of one of our modules; None where there is none of that name."""
    path = PACKAGE.parent.joinpath(*module.split("."))
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((each for each in files if each.is_file()), None)


def _meaning(module: str) -> str:
    """What a module's code says, whatever its comments, docstrings and layout."""
    path = file_of(module)
    tree = ast.parse(path.read_text(encoding="utf-8") if path else "")
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [each for each in body if not _said(each)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _said(node: ast.stmt) -> bool:
    """Whether a statement is a bare text: a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
