"""Files appear whole or not at all."""

import os
import signal
import subprocess
import sys
import time

import pytest

from limner.errors import UnwritableFile
from limner.safely import replacing, write_text


def test_a_file_appears_with_its_text(tmp_path):
    target = tmp_path / "Ünï cödé with spaces.txt"
    write_text("one", target)
    write_text("två", target)
    assert target.read_text(encoding="utf-8") == "två"
    assert os.listdir(tmp_path) == [target.name]


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
def test_when_the_block_raises_the_earlier_file_survives(tmp_path, stop):
    target = tmp_path / "mask.nii.gz"
    write_text("earlier", target)
    with pytest.raises(stop), replacing(target) as temporary:
        temporary.write_text("half")
        raise stop
    assert target.read_text() == "earlier"
    assert os.listdir(tmp_path) == [target.name]


def test_the_temporary_name_keeps_the_endings(tmp_path):
    with replacing(tmp_path / "a.nii.gz") as temporary:
        temporary.write_text("x")
        assert temporary.name.endswith(".nii.gz")
        assert temporary.parent == tmp_path


def test_sigkill_in_the_middle_leaves_the_earlier_file(tmp_path):
    target = tmp_path / "mask.txt"
    write_text("earlier", target)
    code = (
        "import sys, time; from pathlib import Path; from limner.safely import replacing\n"
        "with replacing(Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half'); print('writing', flush=True); time.sleep(60)"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(target)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout.readline() == "writing\n"
    writer.send_signal(signal.SIGKILL)
    writer.wait(timeout=10)
    writer.stdout.close()
    assert target.read_text() == "earlier"


def test_two_writers_leave_one_whole_file(tmp_path):
    target = tmp_path / "mask.txt"
    code = (
        "import sys; from pathlib import Path; from limner.safely import write_text\n"
        "for _ in range(50): write_text(sys.argv[2] * 100_000, Path(sys.argv[1]))"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(target), letter]) for letter in "ab"
    ]
    deadline = time.monotonic() + 60
    while any(each.poll() is None for each in writers) and time.monotonic() < deadline:
        if target.exists():
            assert target.read_text() in {"a" * 100_000, "b" * 100_000}
    assert [each.wait(timeout=10) for each in writers] == [0, 0]
    assert os.listdir(tmp_path) == [target.name]


def test_a_missing_folder_and_a_folder_for_a_file_are_said(tmp_path):
    with pytest.raises(UnwritableFile, match="does not exist. Create it first"):
        write_text("x", tmp_path / "missing" / "a.txt")
    with pytest.raises(UnwritableFile, match="is a folder"):
        write_text("x", tmp_path)


def test_the_rights_of_a_new_file_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_text("x", tmp_path / "a.txt")
    finally:
        os.umask(before)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o640
