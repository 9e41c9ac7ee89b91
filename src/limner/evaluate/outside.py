"""A command as a user would run it: timed and weighed from outside, killed at its caps.

What a program says of its own speed leaves out its start, its imports and its last write. Here
the clock runs from the start of the process to its end, and memory is what the system holds
for it and for every process that it started.

Memory is read some twenty times a second or more: what a process takes and gives back within
one such step is seen through the system's own high-water mark, but what it takes in the last
step before it ends may be missed.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter

from limner.errors import BadValue, NotFound

PROC = Path("/proc")
QUICK_S, SLOW_S = 0.005, 0.05  # between two looks: at first, and once it has run for a while
TAIL = 400  # characters of what it printed that are kept


@dataclass(frozen=True)
class Watched:
    """How one command went.

    seconds    from its start to its end, or to the moment it was killed
    peak_mib   the most that was held for it at once, MiB; NaN where the system does not tell
    failure    why it does not count, in a sentence; "" where it ended well
    """

    seconds: float
    peak_mib: float
    failure: str = ""


def watched(
    command: Sequence[str],
    *,
    cap_s: float,
    cap_mib: float = 0.0,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Watched:
    """Run a command to its end or to a cap, then end whatever it left running.

    cap_mib       0 for none
    folder        that it runs in; ours where it is None
    environment   all of its variables; ours where it is None

    Raises NotFound where there is no such program, BadValue for a cap that cannot be kept.
    """
    _need_caps(cap_s, cap_mib)
    with TemporaryFile() as told:
        started = perf_counter()
        try:
            process = subprocess.Popen(  # noqa: S603  # the person's own command, without a shell
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=None if environment is None else dict(environment),
                start_new_session=True,  # a group of its own, so that all of it can be ended
            )
        except OSError as error:
            raise NotFound(
                f"The program '{command[0]}' does not start: {error.strerror or error}. "
                "Name it as you would in a terminal, or by its whole path."
            ) from error
        watch = _Watch(process, started)
        try:
            failure = watch.until(cap_s, cap_mib)
        finally:
            watch.end()
        if not failure and process.returncode != 0:
            failure = f"It ended with code {process.returncode}. {_tail(told.fileno())}".strip()
    return Watched(watch.seconds, watch.peak_mib, failure)


def _need_caps(cap_s: float, cap_mib: float) -> None:
    if not cap_s > 0:
        raise BadValue(f"The cap on time is {cap_s} s. Give seconds above zero.")
    if cap_mib < 0:
        raise BadValue(f"The cap on memory is {cap_mib} MiB. Give MiB above zero, or 0 for none.")
    if cap_mib and not _told_here():
        raise BadValue(
            f"The cap on memory is {cap_mib} MiB, but this system does not tell what a process "
            "holds (there is no /proc). Give 0 for no cap, or run this on Linux."
        )


class _Watch:
    """One running process, those that it started, and what was seen of them so far."""

    def __init__(self, process: subprocess.Popen[bytes], started: float) -> None:
        self.process = process
        self.started = started
        self.seconds = 0.0
        self.peak_mib = 0.0 if _told_here() else float("nan")
        self.family: dict[int, str] = {process.pid: _born(process.pid)}
        self.done = threading.Event()
        self.waiter = threading.Thread(target=self._wait, daemon=True)
        self.waiter.start()

    def until(self, cap_s: float, cap_mib: float) -> str:
        """Wait for its end. What it broke, in a sentence; "" where it ended by itself."""
        while True:
            spent = perf_counter() - self.started
            step = QUICK_S if spent < 1 else SLOW_S
            if self.done.wait(min(step, max(0.0, cap_s - spent))):
                break
            self._look()
            if cap_mib and self.peak_mib > cap_mib:
                return f"It held {self.peak_mib:.0f} MiB, over the cap of {cap_mib:g}."
            if perf_counter() - self.started >= cap_s:
                return f"It ran over the cap of {cap_s:g} s."
        if self.seconds > cap_s:
            return f"It ran over the cap of {cap_s:g} s."
        return ""

    def end(self) -> None:
        """Kill what still runs: the process, its group, and what left the group."""
        self._look()
        with suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        for number, born in self.family.items():
            if number != self.process.pid and born and _born(number) == born:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(number, signal.SIGKILL)
        self.waiter.join()
        self.process.wait()

    def _wait(self) -> None:
        """Note the moment of its end, and leave it a zombie: so its group's number stays ours."""
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)
        else:
            self.process.wait()
        self.seconds = perf_counter() - self.started
        self.done.set()

    def _look(self) -> None:
        for number in list(self.family):
            for child in _children(number):
                self.family.setdefault(child, _born(child))
        alive = [number for number, born in self.family.items() if born and _born(number) == born]
        highest = max((_status_mib(number, "VmHWM") for number in alive), default=0.0)
        together = sum(_share_mib(number) for number in alive) if len(alive) > 1 else 0.0
        self.peak_mib = max(self.peak_mib, highest, together)


def _told_here() -> bool:
    return (PROC / "self" / "status").is_file()


def _children(number: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError, ValueError):
        for thread in (PROC / str(number) / "task").iterdir():
            found += [int(each) for each in (thread / "children").read_text().split()]
    return found


def _born(number: int) -> str:
    """When a process began, in ticks: with its number, what tells it from all others."""
    with suppress(OSError, IndexError):
        return (PROC / str(number) / "stat").read_text().rpartition(")")[2].split()[19]
    return ""


def _status_mib(number: int, entry: str) -> float:
    with suppress(OSError):
        for line in (PROC / str(number) / "status").read_text().splitlines():
            if line.startswith(entry):
                return int(line.split()[1]) / 1024
    return 0.0


def _share_mib(number: int) -> float:
    """What is held for one of several processes; pages that they share are divided up."""
    with suppress(OSError):
        for line in (PROC / str(number) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return _status_mib(number, "VmRSS")


def _tail(file: int) -> str:
    """The end of what it printed, on one line."""
    size = os.lseek(file, 0, os.SEEK_END)
    os.lseek(file, max(0, size - TAIL), os.SEEK_SET)
    return " ".join(os.read(file, TAIL).decode("utf-8", "replace").split())
