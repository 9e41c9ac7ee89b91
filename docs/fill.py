"""Fill the pages: code blocks from `docs/code`, figures from `results`, help from the verbs.

    python docs/fill.py           write what has changed
    python docs/fill.py --check   exit with 1 if a page is not as it would be filled

A code block stands under a comment `<!-- file: docs/code/NAME -->`. A figure stands between
`<!-- figure: results/NAME.json a/b/c FORMAT -->` and `<!-- end -->`, FORMAT as Python's
format() takes it. A path's parts are keys (`_` for a space), or
places in lists. A verb's help stands under
`<!-- help: VERB -->`.
"""

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = re.compile(r"(<!-- file: (\S+) -->\n```\w*\n).*?(```)", re.DOTALL)
FIGURE = re.compile(r"(<!-- figure: (\S+) (\S+) (\S+) -->).*?(<!-- end -->)", re.DOTALL)

HELP = re.compile(r"(<!-- help: ([\w ]*) -->\n```\w*\n).*?(```)", re.DOTALL)


def pages() -> list[Path]:
    """Every page that is filled."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def filled(text: str) -> str:
    """A page with its blocks and its figures as the files have them now."""
    text = CODE.sub(lambda m: m[1] + (ROOT / m[2]).read_text(encoding="utf-8") + m[3], text)
    text = HELP.sub(lambda m: m[1] + asked(m[2]) + m[3], text)
    return FIGURE.sub(lambda m: m[1] + figure(m[2], m[3], m[4]) + m[5], text)


def figure(file: str, path: str, style: str) -> str:
    """One number of a result, as text."""
    value = result(file)
    for part in path.split("/"):
        if isinstance(value, list):
            value = value[int(part)]
        else:
            value = value[part if part in value else part.replace("_", " ")]
    return format(value, style)


def asked(verb: str) -> str:
    """What `limner VERB --help` prints."""
    start = "import sys; from limner.cli import main; main(sys.argv[1:])"
    here = {**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100"}
    told = subprocess.run(
        [sys.executable, "-c", start, *verb.split(), "--help"],
        env=here,
        check=True,
        capture_output=True,
        text=True,
    )
    return told.stdout.rstrip() + "\n"


@cache
def result(file: str):
    """A result file, read once; a log is the list of its lines."""
    text = (ROOT / file).read_text(encoding="utf-8")
    if file.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines()]
    return json.loads(text)


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
