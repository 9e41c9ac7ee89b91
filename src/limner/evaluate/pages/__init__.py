"""Pages that need nothing but themselves: templates, their style and their script."""

import re
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent


@cache
def part(name: str) -> str:
    """The text of one file beside this one."""
    return (HERE / name).read_text(encoding="utf-8").rstrip("\n")


def filled(template: str, **parts: str) -> str:
    """A template with every {{name}} replaced, once: what was put in is not looked at again.

    Raises KeyError for a name that is not given.

    >>> filled("<p>{{text}}</p>", text="{{text}}")
    '<p>{{text}}</p>'
    """
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)
