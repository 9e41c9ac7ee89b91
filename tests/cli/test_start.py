"""The command line starts quickly, and says what there is and what was meant."""

import subprocess
import sys
import time

import pytest

from limner import __version__
from tests.cli.scans import limner

LIMIT_S = 0.3  # `limner --help`, as the project promises


def seconds(*words) -> float:
    """Processor time of a fresh interpreter; the best of three."""
    code = (
        "import time, sys; from limner.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print('seconds', time.process_time(), file=sys.stderr)"
    )
    found = []
    for _ in range(3):
        begun = time.perf_counter()
        told = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
        assert told.returncode == 0, told.stderr
        found.append(min(time.perf_counter() - begun, float(told.stderr.split()[-1])))
    return min(found)


@pytest.mark.timed
def test_help_comes_at_once():
    assert seconds("--help") < LIMIT_S


def test_help_names_every_verb():
    told = limner("--help")
    assert told.code == 0
    verbs = ("segment", "info", "measure", "score", "edit", "models", "doctor", "demo")
    assert [verb for verb in verbs if f"\n  {verb} " not in told.out] == []


def test_version():
    assert limner("--version").out.split() == ["limner", __version__]


def test_a_misspelt_verb_is_answered_with_the_nearest():
    told = limner("segmnt")  # misspelt
    assert told.code == 2
    assert "segment" in told.err


def test_a_misspelt_option_is_answered_with_the_nearest():
    told = limner("segment", "--clck", "1,2,3")  # misspelt
    assert told.code == 2
    assert "--click" in told.err


def test_an_error_that_is_ours_to_mend_keeps_its_traceback(monkeypatch):
    import limner.cases.open

    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(limner.cases.open, "read", broken)
    with pytest.raises(ZeroDivisionError):
        globals()["limner"]("info", "scan.png")
