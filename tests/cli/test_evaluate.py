"""`limner evaluate` from its options to its files."""

import json

import pytest

from limner.cli import main
from tests.evaluate.small import made


def limner(*words):
    """The exit code of a command line."""
    with pytest.raises(SystemExit) as end:
        main(["evaluate", *map(str, words)])
    return end.value.code or 0


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir()
    return made(tmp_path / "data")


def test_scores_are_printed_kept_and_rendered(data, tmp_path, capsys):
    out = tmp_path / "objects_choose.json"
    words = ("--data", data, "--baseline", "ellipse", "--baseline", "filled_box", "--out", out)
    words += ("--also", "none")
    assert limner(*words) == 0
    printed = capsys.readouterr().out
    assert "ellipse     box 0.915" in printed
    assert "filled_box  box 1.000" in printed
    assert json.loads(out.read_text())["half"] == "choose"
    assert limner(*words) == 0
    assert "0 to score" in capsys.readouterr().out  # nothing has changed since
    assert limner(*words, "--fresh") == 0
    assert "20 to score" in capsys.readouterr().out
    page = tmp_path / "scoreboard.md"
    assert limner("--render", page, "--out", out) == 0
    assert "| ellipse | 0.915 [" in page.read_text()


def test_report_needs_a_candidate_and_leaves_a_trace(data, tmp_path, capsys):
    out = tmp_path / "objects_report.json"
    words = ("--data", data, "--baseline", "ellipse", "--half", "report", "--out", out)
    words += ("--also", "none")
    assert limner(*words) == 2
    assert "--candidate" in capsys.readouterr().err
    assert not out.exists()
    assert not (tmp_path / "report_log.jsonl").exists()
    assert limner(*words, "--candidate", "first") == 0
    logged = json.loads((tmp_path / "report_log.jsonl").read_text())
    assert logged["candidate"] == "first"
    assert limner("--render", tmp_path / "page.md", "--out", out) == 0
    assert "## Report" in (tmp_path / "page.md").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--half", "chose"], "choose"),
        ([], "Nobody is scored"),
        (["--baseline", "elipse"], "Did you mean 'ellipse'"),  # misspelt
        (["--model", "limmner"], "Did you mean 'limner'"),  # misspelt
        (["--baseline", "ellipse", "--also", "nok"], "Did you mean 'noc'"),  # misspelt
        (["--baseline", "ellipse", "--out", "/no/such/folder/x.json"], "/no/such/folder"),
    ],
)
def test_what_can_be_put_right_is_said_in_a_sentence(data, words, said, capsys):
    assert limner("--data", data, *words) == 2
    assert said in capsys.readouterr().err


def test_the_data_must_be_there(tmp_path, capsys):
    words = ("--data", tmp_path, "--baseline", "ellipse", "--out", tmp_path / "x.json")
    assert limner(*words) == 2
    assert "objects.json" in capsys.readouterr().err
