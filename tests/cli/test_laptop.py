"""`limner laptop` and `limner answer`: from cases and commands to ranks."""

import json
import sys

import numpy as np
import pytest

from limner.cli import main
from limner.evaluate.protocols import boxed

COPY = f"{sys.executable} -S -E -c 'import shutil, sys; shutil.copy(sys.argv[1], sys.argv[2])' "


def limner(*words):
    """The exit code of a command line."""
    with pytest.raises(SystemExit) as end:
        main([*map(str, words)])
    return end.value.code or 0


@pytest.fixture
def cases(tmp_path):
    labels = np.zeros((40, 40), np.uint8)
    labels[8:20, 8:20] = 1
    labels[24:36, 22:36] = 2
    folder = tmp_path / "cases with spaces"
    folder.mkdir()
    boxed.write({"imgs": labels * 90, "gts": labels}, folder / "2D_CT_1.npz")
    boxed.write({"segs": labels}, tmp_path / "truth.npz")
    return folder


def test_ranks_are_printed_and_kept(cases, tmp_path, capsys):
    out = tmp_path / "laptop.json"
    right = f"right={COPY}{tmp_path / 'truth.npz'} {{answer}}"
    words = ("laptop", "-d", cases, "-m", right, "-m", "wrong=false", "--out", out)
    assert limner(*words, "--cap-memory", 0) == 0
    printed = capsys.readouterr()
    assert "wrong on 2D_CT_1: It ended with code 1." in printed.err
    lines = printed.out.splitlines()
    assert lines[1].split()[:4] == ["right", "1.00", "1.000", "1.000"]
    assert lines[2].split()[:4] == ["wrong", "2.00", "0.000", "0.000"]
    told = json.loads(out.read_text())
    assert told["caps"] == {"seconds": 60.0, "memory_mib": 0.0}
    assert told["nsd"] == {"tolerance_mm": 2.0, "zero_at_dsc": 0.2}
    assert len(told["cases"]) == 2


def test_a_case_is_answered_box_by_box(cases, tmp_path):
    case, answer = cases / "2D_CT_1.npz", tmp_path / "answer.npz"
    given = boxed.question(boxed.cases(cases)[0])
    boxed.write(given, case)
    assert limner("answer", case, answer, "--model", "classic") == 0
    with np.load(answer) as held:
        segs = held["segs"]
    assert segs.shape == (40, 40)
    assert np.unique(segs[8:20, 8:20]).tolist() == [1]
    assert np.unique(segs[24:36, 22:36]).tolist() == [2]


def test_a_volume_is_answered_slice_by_slice(tmp_path):
    labels = np.zeros((3, 30, 30), np.uint8)
    labels[1:3, 8:20, 9:22] = 1
    held = {"imgs": labels * 200, "spacing": np.ones(3), "boxes": np.array([[9, 8, 1, 21, 19, 2]])}
    boxed.write(held, tmp_path / "3D_CT_1.npz")
    assert limner("answer", tmp_path / "3D_CT_1.npz", tmp_path / "a.npz", "-m", "limner") == 0
    with np.load(tmp_path / "a.npz") as told:
        segs = told["segs"]
    assert segs.shape == labels.shape
    assert not segs[0].any()
    assert (segs[1:] > 0).sum() == pytest.approx((labels > 0).sum(), rel=0.1)


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (["a=true", "a=false"], "named twice"),
        (["a= "], "has no command"),
        (["a='open"], "Close every quote"),
        (["a=no-such-program"], "'no-such-program' does not start"),
    ],
)
def test_commands_that_cannot_run_are_refused(cases, models, said, capsys):
    words = [word for each in models for word in ("-m", each)]
    assert limner("laptop", "-d", cases, *words) == 2
    assert said in capsys.readouterr().err


def test_boxes_that_are_none_are_refused(cases, tmp_path, capsys):
    case = tmp_path / "2D_CT_2.npz"
    for boxes in (None, np.zeros((2, 3))):
        held = {"imgs": np.zeros((9, 9), np.uint8)} | ({} if boxes is None else {"boxes": boxes})
        boxed.write(held, case)
        assert limner("answer", case, tmp_path / "a.npz", "-m", "classic") == 2
        assert "'boxes'" in capsys.readouterr().err
