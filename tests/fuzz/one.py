"""Feed one reader with files that atheris makes up: `python -m tests.fuzz.one NAME ...`.

A find is what neither opens nor is refused in a LimnerError: another exception, more than
MOST_S seconds of the processor, or more memory than the process is given. Each is kept once, by
its kind and the line of this package that it came from, and the search goes on. A crash of the
process itself is kept by libFuzzer, which leaves the file in the folder of finds too.
"""

import argparse
import hashlib
import json
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

MOST_S = 10
MEMORY = 6 << 30  # address space; the sound files are of a few kilobytes
EVERY = 200  # runs between two notes of how far it is


class TooSlow(Exception):
    """A file of a few kilobytes kept its reader busy."""


@dataclass
class Search:
    """What has been seen so far."""

    name: str
    ending: str
    folder: Path
    runs: int = 0
    refused: int = 0
    finds: dict[str, str] = field(default_factory=dict)
    begun: float = field(default_factory=time.process_time)

    def keep(self, data: bytes, error: BaseException) -> None:
        """Write the file down where its kind of failure is new."""
        where = [f for f in traceback.extract_tb(error.__traceback__) if "limner" in f.filename]
        line = f"{Path(where[-1].filename).name}:{where[-1].name}" if where else "outside"
        kind = f"{type(error).__name__} in {line}"
        if kind in self.finds:
            return
        name = f"{self.name}-{hashlib.sha256(data).hexdigest()[:8]}{self.ending}"
        (self.folder / name).write_bytes(data)
        self.finds[kind] = name
        sys.stderr.write(f"\nFIND {kind}: {error} -> {name}\n")
        traceback.print_exception(error)
        self.note()

    def note(self) -> None:
        """How far it is, for whoever started this."""
        spent = time.process_time() - self.begun
        told = {"runs": self.runs, "refused": self.refused, "seconds": spent, "finds": self.finds}
        (self.folder / f"{self.name}.json").write_text(json.dumps(told), encoding="utf-8")


def main() -> None:
    """Search for some seconds."""
    told = argparse.ArgumentParser(prog="python -m tests.fuzz.one", description=__doc__)
    told.add_argument("name")
    told.add_argument("--seconds", type=int, default=60)
    told.add_argument("--seed", type=int, default=1)
    told.add_argument("--finds", type=Path, required=True)
    said = told.parse_args()
    import atheris

    with atheris.instrument_imports(include=["limner"], enable_loader_override=False):
        from limner.errors import LimnerError
        from tests.fuzz.targets import targets

    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    home = Path(tempfile.mkdtemp(prefix="limner-fuzz-", dir="/dev/shm"))  # memory, not a disk
    (home / "sound").mkdir()
    (home / "corpus").mkdir()
    target = targets(home / "sound")[said.name]
    for number, seed in enumerate(target.seeds):
        (home / "corpus" / str(number)).write_bytes(seed)
    path = home / f"a file{target.ending}"
    search = Search(said.name, target.ending, said.finds)

    def feed(data: bytes) -> None:
        path.write_bytes(data)
        signal.setitimer(signal.ITIMER_PROF, MOST_S)
        try:
            target.take(path)
        except LimnerError:
            search.refused += 1
        except Exception as error:  # noqa: BLE001  # whatever it is, it is a find
            search.keep(data, error)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        search.runs += 1
        if search.runs % EVERY == 0:
            search.note()

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        """Damage inside what is packed or sealed, so that more than the seal is tried."""
        opened = _opened(data) if seed % 4 else None
        if opened is None:
            return bytes(atheris.Mutate(data, most))
        return _sealed(data, bytes(atheris.Mutate(opened, max(most, len(opened)))))[:most]

    options = [
        f"-max_total_time={said.seconds}",
        f"-seed={said.seed}",
        "-max_len=32768",
        "-timeout=60",
        "-rss_limit_mb=0",
        "-close_fd_mask=1",
        f"-artifact_prefix={said.finds}/{said.name}-crash-",
    ]
    signal.signal(signal.SIGPROF, _too_slow)
    atheris.Setup([sys.argv[0], *options, str(home / "corpus")], feed, custom_mutator=mutate)
    signal.signal(signal.SIGPROF, _too_slow)
    atheris.Fuzz()


def _too_slow(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise TooSlow(f"more than {MOST_S} s")


def _opened(data: bytes) -> bytes | None:
    """What is in a gzip file; a PNG as it is, for its sums; None for anything else."""
    if data[:2] == b"\x1f\x8b":
        try:
            return zlib.decompressobj(31).decompress(data, 1 << 16)
        except zlib.error:
            return None
    return data if data[:4] == b"\x89PNG" else None


def _sealed(before: bytes, data: bytes) -> bytes:
    """Packed again, or with the sums of every chunk put right."""
    if before[:2] == b"\x1f\x8b":
        packer = zlib.compressobj(wbits=31)
        return packer.compress(data) + packer.flush()
    at, made = 8, bytearray(data)
    while at + 12 <= len(made):
        size = int.from_bytes(made[at : at + 4], "big")
        if at + 12 + size > len(made):
            break
        check = zlib.crc32(made[at + 4 : at + 8 + size])
        made[at + 8 + size : at + 12 + size] = check.to_bytes(4, "big")
        at += 12 + size
    return bytes(made)


if __name__ == "__main__":
    main()
