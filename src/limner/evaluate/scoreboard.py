"""Every contestant on every object, once: lines that are written as they come.

A line says how one contestant did on one object. Lines are appended to a file, so a run that
was killed goes on where it stopped, and a contestant that has not changed since (its card
and the code behind it) is not asked again.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

from limner.evaluate.contestant import Contestant
from limner.evaluate.protocols.objects import Entry, load, pictures
from limner.evaluate.protocols.prompted import PROTOCOLS, Outcome
from limner.predict import Predictor

Line = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One contestant and the objects of one slice.

    made   its card and its code's digest: what the lines are kept under
    """

    data: Path
    contestant: Contestant
    made: str
    together: tuple[Entry, ...]
    threads: int | None = None


def identity(contestant: Contestant, predictor: Predictor) -> str:
    """What answers came from: the card, and a digest of the code."""
    return f"{predictor.card} {contestant.digest()}"


def known(file: Path) -> dict[tuple[str, str], Line]:
    """The lines of a file by (made, key); the last of equal ones, without a torn last line."""
    found: dict[tuple[str, str], Line] = {}
    if not file.is_file():
        return found
    for text in file.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except json.JSONDecodeError:
            continue  # the process was killed while it wrote this one
        found[line["made"], line["key"]] = line
    return found


def run(
    tasks: Sequence[Task],
    file: Path,
    *,
    jobs: int = 1,
    told: Callable[[int], None] = lambda _: None,
) -> None:
    """Do the tasks and append their lines; `told` hears how many objects each task had."""
    _end_line(file)
    for lines in _lines(tasks, jobs=jobs):
        text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(text)
        told(len(lines))


def _end_line(file: Path) -> None:
    """End a line that a killed process left torn, or the next one would be lost with it."""
    if file.is_file() and file.read_bytes()[-1:] not in (b"\n", b""):
        with file.open("a", encoding="utf-8") as stream:
            stream.write("\n")


def tasks_for(
    data: Path,
    contestants: Iterable[tuple[Contestant, str]],
    entries: Sequence[Entry],
    *,
    done: Iterable[tuple[str, str]] = (),
    threads: int | None = None,
) -> tuple[Task, ...]:
    """What is still to be asked: (contestant, made) on every entry that is not `done`."""
    finished = set(done)
    tasks = []
    for contestant, made in contestants:
        for together in pictures(entries):
            left = tuple(each for each in together if (made, each.key) not in finished)
            if left:
                tasks.append(Task(data, contestant, made, left, threads))
    return tuple(tasks)


def _lines(tasks: Sequence[Task], *, jobs: int) -> Iterator[list[Line]]:
    if jobs < 2:
        for task in tasks:
            yield ask(task)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(ask, task) for task in tasks]):
            yield done.result()


def ask(task: Task) -> list[Line]:
    """The lines of one task: the slice is encoded once for all its objects."""
    predictor = _predictor(task.contestant, task.threads)
    return asked(predictor, task)


def asked(predictor: Predictor, task: Task) -> list[Line]:
    """`ask`, with a predictor that is made already."""
    lines: list[Line] = []
    encoded, encode_s, failure = None, 0.0, ""
    for subject in load(task.data, task.together):
        if encoded is None and not failure:
            started = perf_counter()
            try:
                encoded = predictor.encode(subject.image)
            except Exception as error:  # noqa: BLE001  # it counts as 0, with the reason
                failure = f"{type(error).__name__}: {error}"
            encode_s = perf_counter() - started
        line: Line = {
            "contestant": task.contestant.text,
            "made": task.made,
            "key": subject.entry.key,
            "encode_s": round(encode_s, 5),
        }
        for kind, protocol in PROTOCOLS.items():
            if kind not in predictor.abilities.prompts:
                continue
            if encoded is None:
                outcome = Outcome((0.0,) * (1 if kind == "box" else 10), (), failure)
            else:
                outcome = protocol(predictor, encoded, subject.target)
            line[kind] = _short(outcome)
        lines.append(line)
    return lines


def _short(outcome: Outcome) -> dict[str, Any]:
    told = asdict(outcome)
    told["dice"] = [round(each, 5) for each in outcome.dice]
    told["seconds"] = [round(each, 5) for each in outcome.seconds]
    return told


_made: dict[tuple[Contestant, int | None], Predictor] = {}


def _predictor(contestant: Contestant, threads: int | None) -> Predictor:
    """The same one for every task of this process: opening a network takes time."""
    key = (contestant, threads)
    if key not in _made:
        _made[key] = contestant.make(threads=threads)
    return _made[key]
