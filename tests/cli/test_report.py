"""`limner report` from a record to a page."""

import subprocess

import pytest

from limner.cli import main
from tests.evaluate.small import made


def limner(*words):
    """The exit code of a command line."""
    with pytest.raises(SystemExit) as end:
        main([*map(str, words)])
    return end.value.code or 0


@pytest.fixture
def scored(tmp_path):
    """The folder of the data, and the record of the ellipse on them."""
    (tmp_path / "data").mkdir()
    data = made(tmp_path / "data")
    out = tmp_path / "objects_choose.json"
    assert (
        limner("evaluate", "--data", data, "--baseline", "ellipse", "--also", "none", "--out", out)
        == 0
    )
    return data, out


def test_a_record_becomes_a_page(scored, tmp_path, capsys):
    data, record = scored
    words = ("report", record.with_suffix(".jsonl"), "--data", data, "-o", tmp_path / "out")
    assert limner(*words) == 0
    assert "with 3 cases" in capsys.readouterr().out
    text = (tmp_path / "out" / "index.html").read_text()
    assert text.count('<svg class="scan"') == 3
    assert "<b>best 0.94</b>" in text
    assert "<b>worst 0.89</b>" in text


def test_restricted_sets_are_not_drawn_in_a_work_tree(scored, tmp_path, capsys):
    data, record = scored
    subprocess.run(["git", "init", "-q", tmp_path / "tree"], check=True)
    words = ("report", record, "--data", data, "-o", tmp_path / "tree" / "docs")
    assert limner(*words) == 2
    assert "squares may not lie in a repository" in capsys.readouterr().err
    assert not (tmp_path / "tree" / "docs").exists()
    page = tmp_path / "tree" / "docs" / "index.html"
    assert limner(*words, "--permissive") == 0
    assert "1 sets are not shown" in page.read_text()
    assert limner(*words, "--no-pictures") == 0
    assert "not shown" not in page.read_text()


def test_pictures_of_report_need_a_candidate_and_are_logged(scored, tmp_path, capsys):
    data, _ = scored
    out = tmp_path / "objects_report.json"
    words = (
        "--data",
        data,
        "--baseline",
        "ellipse",
        "--half",
        "report",
        "--candidate",
        "one",
        "--also",
        "none",
    )
    assert limner("evaluate", *words, "--out", out) == 0
    look = ("report", out, "--data", data, "-o", tmp_path / "out")
    assert limner(*look) == 2
    assert limner(*look, "--candidate", "one") == 0
    assert len((tmp_path / "report_log.jsonl").read_text().splitlines()) == 2


def test_there_must_be_a_record(tmp_path, capsys):
    assert limner("report", tmp_path / "none.jsonl") == 2
    assert "none.json" in capsys.readouterr().err
