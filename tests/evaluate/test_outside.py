"""A command is timed, weighed and ended from outside, with all that it started."""

import sys
import time
from pathlib import Path

import pytest

from limner.errors import BadValue, NotFound
from limner.evaluate.outside import watched

PYTHON = (sys.executable, "-S", "-E", "-c")
HELD = pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="there is no /proc")


def alive(number: int) -> bool:
    """Whether a process runs; one that is dead and that nobody has buried does not."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def gone(number: int) -> bool:
    """Whether a process ends within a second."""
    for _ in range(100):
        if not alive(number):
            return True
        time.sleep(0.01)
    return False


def test_time_is_that_of_the_whole_process():
    went = watched((*PYTHON, "import time; time.sleep(0.2)"), cap_s=10)
    assert 0.2 <= went.seconds < 0.6
    assert went.failure == ""


def test_it_gets_the_variables_and_the_folder_that_are_named(tmp_path):
    code = "import os; open('here', 'w').write(os.environ['SAID'])"
    assert (
        watched((*PYTHON, code), cap_s=10, folder=tmp_path, environment={"SAID": "x"}).failure == ""
    )
    assert (tmp_path / "here").read_text() == "x"


def test_an_exit_code_is_a_failure_and_says_why():
    went = watched((*PYTHON, "raise SystemExit('no such weights')"), cap_s=10)
    assert went.failure == "It ended with code 1. no such weights"


@HELD
def test_over_the_cap_on_time_it_is_killed_with_its_children(tmp_path):
    code = (
        "import os, time\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    time.sleep(30)\n"
        "loner = os.fork()\n"
        "if loner == 0:\n"
        "    os.setsid()\n"  # it leaves the process group, as a daemon does
        "    time.sleep(30)\n"
        f"open({str(tmp_path / 'all')!r}, 'w').write(f'{{os.getpid()}} {{child}} {{loner}}')\n"
        "time.sleep(30)"
    )
    went = watched((*PYTHON, code), cap_s=0.5)
    assert went.failure == "It ran over the cap of 0.5 s."
    assert 0.5 <= went.seconds < 1.5
    assert [gone(int(each)) for each in (tmp_path / "all").read_text().split()] == [True] * 3


@HELD
def test_what_it_leaves_running_is_ended_too(tmp_path):
    code = (
        "import os, time\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    time.sleep(30)\n"
        f"open({str(tmp_path / 'child')!r}, 'w').write(str(child))"
    )
    went = watched((*PYTHON, code), cap_s=10)
    assert went.failure == ""
    assert went.seconds < 5
    assert gone(int((tmp_path / "child").read_text()))


@HELD
def test_over_the_cap_on_memory_it_is_killed():
    code = "import time; held = bytearray(200 << 20); time.sleep(30)"
    went = watched((*PYTHON, code), cap_s=20, cap_mib=100)
    assert "over the cap of 100" in went.failure
    assert went.seconds < 5


@HELD
def test_the_peak_is_what_was_held_at_once_even_for_a_moment():
    code = "import time; held = bytearray(100 << 20); del held; time.sleep(0.15)"
    assert 100 < watched((*PYTHON, code), cap_s=20, cap_mib=500).peak_mib < 140


@HELD
def test_children_count():
    code = (
        "import os, time\n"
        "for _ in range(2):\n"
        "    if os.fork() == 0:\n"
        "        held = bytearray(60 << 20); time.sleep(0.8); os._exit(0)\n"
        "time.sleep(0.8)"
    )
    assert 120 < watched((*PYTHON, code), cap_s=20).peak_mib < 160


@HELD
def test_our_own_memory_is_not_counted():
    """A child's `ru_maxrss` starts at its parent's; what is read here does not."""
    held = bytearray(150 << 20)
    assert watched((*PYTHON, "import time; time.sleep(0.1)"), cap_s=20).peak_mib < 40
    assert held


@pytest.mark.parametrize(
    ("caps", "said"),
    [({"cap_s": 0}, "above zero"), ({"cap_s": 1, "cap_mib": -1}, "0 for none")],
)
def test_caps_are_above_zero(caps, said):
    with pytest.raises(BadValue, match=said):
        watched((*PYTHON, "pass"), **caps)


def test_a_program_that_is_not_there_is_named():
    with pytest.raises(NotFound, match="no-such-program"):
        watched(("no-such-program",), cap_s=1)
