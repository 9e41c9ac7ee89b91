"""Fresh processes, timed: wall seconds, processor seconds and peak memory of each."""

import json
import os
import subprocess
import sys
import time
from statistics import median

from benchmarks.machine import ROOT


def timed(words):
    """{"seconds", "cpu_seconds", "peak_mb"} of one process that is run to its end.

    The peak is never below that of this process, which Linux hands on: keep it small.
    Raises RuntimeError, with what it said, where it ends with another code than 0.
    """
    started = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)  # the only way to one process's own peak
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        raise RuntimeError(f"{words} ended with {process.returncode}: {said.decode()[-2000:]}")
    return {
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
    }


def told(words):
    """The JSON that one process prints last."""
    process = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT)
    return json.loads(process.stdout.splitlines()[-1])


def in_turn(commands, *, runs):
    """By name: medians over `runs`, one run of each before the next run of any.

    So a machine that grows busier meanwhile is unfair to nobody. The first run of each only
    fills the disk's cache and is not counted.
    """
    seen = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, words in commands.items():
            found = timed(words)
            if number:
                seen[name].append(found)
    return {name: summary(each) for name, each in seen.items()}


def summary(runs):
    """Medians, the quickest, and how many runs there were."""
    return {
        "seconds": round(median(each["seconds"] for each in runs), 4),
        "cpu_seconds": round(median(each["cpu_seconds"] for each in runs), 4),
        "quickest_seconds": round(min(each["seconds"] for each in runs), 4),
        "peak_mb": round(max(each["peak_mb"] for each in runs), 1),
        "runs": len(runs),
    }


def ours(*words):
    """The words that start this Python."""
    return [sys.executable, *words]


def bar(value, most, unit):
    """What was measured beside what it must not pass."""
    return {"value": value, "at_most": most, "unit": unit, "met": bool(value <= most)}
