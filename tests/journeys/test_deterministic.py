"""`--deterministic`: the same call gives the same bytes, in another process and later too."""

import os
import subprocess
import sys
import time

import pytest

from tests.cli.scans import limner, picture, volume
from tests.data import CHECKOUT


def outputs(folder, scan, out):
    folder.mkdir()
    words = ("-i", scan, "-o", folder / out, "--session", folder / "s.limner.json")
    box = ("--index", "--box", "2,5,8 2,11,15" if out != "m.png" else "20,30 39,59")
    told = limner("segment", *words, *box, "--model", "fake", "--deterministic", "--label", "cyst")
    assert told.code == 0, told.err
    more = ("--index", "--outside", "2,6,9" if out != "m.png" else "22,33")
    assert limner("segment", *words, *more, "--model", "fake", "--deterministic").code == 0
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("out", ["m.png", "m.nii.gz", "m.seg.dcm"])
def test_the_same_bytes_twice(tmp_path, out):
    scan = picture(tmp_path / "scan.png") if out == "m.png" else volume(tmp_path / "scan.nii.gz")
    first = outputs(tmp_path / "one", scan, out)
    time.sleep(1.1)  # gzip and PNG keep times to the second
    assert set(first) == {out, "s.limner.json"}
    assert outputs(tmp_path / "two", scan, out) == first


def test_a_session_with_fixed_ids_still_undoes_and_opens(tmp_path):
    scan = picture(tmp_path / "scan.png")
    outputs(tmp_path / "one", scan, "m.png")
    words = ("-i", scan, "-o", tmp_path / "m.png", "--session", tmp_path / "one" / "s.limner.json")
    assert limner("segment", *words, "--undo").code == 0
    from limner.cases.save import read_mask

    assert read_mask(tmp_path / "m.png").voxels(1) == 600


def test_the_network_answers_the_same_in_two_processes(tmp_path):
    scan = picture(tmp_path / "scan.png")
    found = []
    for number in range(2):
        out = tmp_path / f"m{number}.png"
        words = ["segment", "-i", str(scan), "-o", str(out), "--index", "--box", "20,30 39,59"]
        told = subprocess.run(
            [sys.executable, "-m", "limner", *words, "--deterministic"],
            env={**os.environ, "PYTHONPATH": str(CHECKOUT / "src")},
            capture_output=True,
            text=True,
        )
        assert told.returncode == 0, told.stderr
        found.append(out.read_bytes())
    assert found[0] == found[1]
