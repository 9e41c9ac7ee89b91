"""Fill the pages: code blocks from `docs/code`, figures from `results`.

    python docs/fill.py           write what has changed
    python docs/fill.py --check   exit with 1 if a page is not as it would be filled

A code block stands under a comment `<!-- file: docs/code/NAME -->`. A figure stands between
`<!-- figure: results/NAME.json a/b/c FORMAT -->` and `<!-- end -->`, FORMAT as Python's
format() takes it. A path's parts are keys, or places in lists.
"""

import json
import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = re.compile(r"(<!-- file: (\S+) -->\n```\w*\n).*?(```)", re.DOTALL)
FIGURE = re.compile(r"(<!-- figure: (\S+) (\S+) (\S+) -->).*?(<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """Every page that is filled."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def filled(text: str) -> str:
    """A page with its blocks and its figures as the files have them now."""
    text = CODE.sub(lambda m: m[1] + (ROOT / m[2]).read_text(encoding="utf-8") + m[3], text)
    return FIGURE.sub(lambda m: m[1] + figure(m[2], m[3], m[4]) + m[5], text)


def figure(file: str, path: str, style: str) -> str:
    """One number of a result, as text."""
    value = result(file)
    for part in path.split("/"):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return format(value, style)


@cache
def result(file: str):
    """A result file, read once."""
    return json.loads((ROOT / file).read_text(encoding="utf-8"))


def main() -> int:
    """The number of pages that differ, or were written."""
    changed = 0
    for page in pages():
        now = page.read_text(encoding="utf-8")
        wanted = filled(now)
        if wanted != now:
            changed += 1
            print(page.relative_to(ROOT))
            if "--check" not in sys.argv:
                page.write_text(wanted, encoding="utf-8")
    return changed if "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(min(main(), 1))
