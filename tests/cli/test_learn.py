"""`limner learn`: what it refuses, in one sentence and with exit code 2."""

import pytest
from typer.testing import CliRunner

from tests.learn.small import written

pytest.importorskip("torch")

from limner.cli import app, load  # torch first


def said(*arguments):
    load("learn")
    return CliRunner().invoke(app, ["learn", *map(str, arguments)])


def test_only_networks_that_there_are(tmp_path):
    answer = said("defualt", "--data", tmp_path, "--out", tmp_path / "run")  # misspelt
    assert answer.exit_code == 2
    assert "Did you mean 'default'?" in answer.output


def test_data_that_may_not_train(tmp_path):
    written(tmp_path, may=False)
    answer = said("default", "--data", tmp_path, "--out", tmp_path / "run", "--steps", 1)
    assert answer.exit_code == 2
    assert "may not train weights that ship" in answer.output
    assert not (tmp_path / "run/state.pt").exists()


def test_nothing_to_resume(tmp_path):
    answer = said("default", "--data", written(tmp_path), "--out", tmp_path / "run", "--resume")
    assert answer.exit_code == 2
    assert "no run to go on with" in answer.output
