"""Every code block of the documents is a file in `docs/code`, and every such file runs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = sorted((ROOT / "docs" / "code").glob("*.*"))

# A block that is meant to run stands under a comment that names its file.
BLOCK = re.compile(
    r"(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)```", re.DOTALL
)
RUN = {"python", "bash", "console", "sh"}


def blocks(page):
    return list(BLOCK.finditer(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_block_that_could_be_run_names_its_file(page):
    for block in blocks(page):
        assert block["file"] or block["kind"] not in RUN, f"{page.name}: {block['text']}"


def test_code_and_figures_are_as_the_files_have_them():
    """`python docs/fill.py` writes them."""
    told = subprocess.run(
        [sys.executable, ROOT / "docs/fill.py", "--check"], capture_output=True, text=True
    )
    assert told.returncode == 0, f"Run docs/fill.py: {told.stdout}{told.stderr}"


def test_every_file_of_code_is_shown_on_a_page():
    shown = {block["file"] for page in PAGES for block in blocks(page)}
    assert [str(each.relative_to(ROOT)) for each in CODE if each.stem != "scans"] == sorted(
        name for name in shown if name and name.startswith("docs/code/")
    )


@pytest.mark.parametrize(
    "file", [each for each in CODE if each.stem != "scans"], ids=lambda f: f.name
)
def test_it_runs_in_an_empty_folder(file, tmp_path):
    """`docs/code/scans.py` first puts the scans there that the pages speak of."""
    here = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT / "src"),
        "LIMNER_MODELS": str(tmp_path / "models"),
    }
    subprocess.run(
        [sys.executable, ROOT / "docs/code/scans.py"], cwd=tmp_path, env=here, check=True
    )
    shutil.copy(file, tmp_path)
    how = [sys.executable] if file.suffix == ".py" else ["bash", "-eu"]
    told = subprocess.run([*how, file.name], cwd=tmp_path, env=here, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", text):
        assert (page.parent / target).exists(), (
            f"{page.name} links to '{target}', which is not there"
        )
