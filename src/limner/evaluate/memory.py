"""The memory of one contestant, read from outside: a process of its own that answers twice.

    python -m limner.evaluate.memory KIND NAME DATA HALF KEY THREADS

opens one slice, encodes it, and answers a box and ten clicks on one object, with the interpreter
and every library that this takes. It is the least that a user needs.
"""

import sys
from collections.abc import Sequence
from math import isnan
from pathlib import Path

from limner.errors import NotFound
from limner.evaluate.contestant import Contestant
from limner.evaluate.outside import watched
from limner.evaluate.protocols.objects import Entry, Half, entries, half_of, load
from limner.evaluate.protocols.plan import ALWAYS, PROTOCOLS

CAP_S = 120.0


def peak_mib(
    contestant: Contestant, data: Path, entry: Entry, *, threads: int | None = None
) -> float | None:
    """The most memory that the process held, MiB; None where it ended badly, or cannot be read."""
    words = [contestant.kind, contestant.text, data, entry.part, entry.key, threads or 0]
    command = [sys.executable, "-m", __name__, *map(str, words)]
    went = watched(command, cap_s=CAP_S)
    return None if went.failure or isnan(went.peak_mib) else round(went.peak_mib, 1)


def usual(chosen: Sequence[Entry]) -> Entry:
    """The object that memory is read on: of the pictures' ordinary ones, the first."""
    return next((each for each in chosen if each.slice is None and not each.thin), chosen[0])


def answer(contestant: Contestant, data: Path, *, half: Half, key: str, threads: int) -> None:
    """What the process does. Raises NotFound for an object that is not listed."""
    entry = next((each for each in entries(data, half) if each.key == key), None)
    if entry is None:
        raise NotFound(f"There is no object '{key}' in the half '{half}' of '{data}'.")
    predictor = contestant.make(threads=threads or None)
    for subject in load(data, [entry]):
        encoded = predictor.encode(subject.image)
        for name in ALWAYS:
            protocol = PROTOCOLS[name]
            if set(protocol.needs) <= set(predictor.abilities.prompts):
                protocol.ask(predictor, encoded, subject)


if __name__ == "__main__":
    kind, text, folder, half, key, threads = sys.argv[1:]
    answer(
        Contestant.of("model" if kind == "model" else "baseline", text),
        Path(folder),
        half=half_of(half),
        key=key,
        threads=int(threads),
    )
