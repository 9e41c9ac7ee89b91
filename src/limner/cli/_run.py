"""What a run was: inputs and their hashes, model, options, versions, times. `--report` keeps it."""

import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from limner import __version__
from limner.errors import LimnerError
from limner.safely import write_text

LIBRARIES = ("numpy", "scipy", "onnxruntime", "openvino", "nibabel", "pydicom", "pillow")


@dataclass
class Run:
    """One call of a verb while it goes on; what it gathers becomes the manifest.

    verb      its name
    options   as they were given, by name
    inputs    file name to SHA-256
    outputs   file name to SHA-256
    seconds   stage to the time that it took, added up where it came several times
    facts     whatever else the verb has to say (model, cases, ...)
    """

    verb: str
    options: Mapping[str, Any]
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    _start: float = field(default_factory=time.perf_counter, repr=False)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of the block under a name."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - begun
            self.seconds[name] = self.seconds.get(name, 0.0) + spent

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run began."""
        return time.perf_counter() - self._start

    def manifest(self, *, error: str = "") -> dict[str, Any]:
        """Plain values; `error` is the sentence of a run that ended badly."""
        return {
            "format": "limner run 1",
            "verb": self.verb,
            "command": sys.argv[1:],
            "options": {name: _plain(value) for name, value in self.options.items()},
            "started_utc": self.started,
            "seconds": {name: round(spent, 4) for name, spent in self.seconds.items()},
            "seconds_in_all": round(self.elapsed_s, 4),
            "inputs": self.inputs,
            "outputs": self.outputs,
            **self.facts,
            "ended": f"error: {error}" if error else "well",
            "versions": versions(),
            "machine": machine(),
        }


@contextmanager
def running(verb: str, options: Mapping[str, Any], report: Path | None) -> Iterator[Run]:
    """A run whose manifest is written at its end, also when it ends badly.

    A report that cannot be written after an error does not hide that error.
    """
    run = Run(verb, options)
    try:
        yield run
    except BaseException as error:
        if report is not None:
            said = str(error) if isinstance(error, LimnerError) else repr(error)
            try:
                _save(run.manifest(error=said), report)
            except LimnerError as second:
                error.add_note(str(second))
        raise
    if report is not None:
        _save(run.manifest(), report)


def _save(manifest: Mapping[str, Any], report: Path) -> None:
    write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", report)


def sha256(path: Path) -> str:
    """Of a file's bytes; "" for what is no file."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Limner, Python and the libraries that compute or read; "" where one is not installed."""
    return {
        "limner": __version__,
        "python": platform.python_version(),
        **{name: installed(name) for name in LIBRARIES},
    }


def installed(name: str) -> str:
    """The version of a distribution; "" where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def machine() -> dict[str, Any]:
    """System, processor, cores that this process may use, memory in GiB."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": processor(),
        "cores": cores(),
        "memory_gib": memory_gib(),
    }


def cores() -> int:
    """How many cores this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def processor() -> str:
    """Its name, where the system tells it."""
    told = Path("/proc/cpuinfo")
    if told.is_file():
        for line in told.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def memory_gib() -> float | None:
    """Of the machine; None where the system does not tell."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
