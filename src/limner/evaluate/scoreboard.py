"""Every contestant on every object, once: lines that are written as they come.

A line says how one contestant did on one object, under the names of the protocols it was asked
by. Lines are appended to a file, so a run that was killed goes on where it stopped, and a
contestant that has not changed since (its card and the code behind it) is not asked again.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, fields
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import Any

from limner.evaluate.contestant import Contestant
from limner.evaluate.protocols.mark import MISSING, Mark
from limner.evaluate.protocols.objects import Subject, load
from limner.evaluate.protocols.plan import PROTOCOLS, Ask
from limner.evaluate.protocols.prompted import CLICKS, Outcome
from limner.predict import Encoded, Predictor

Line = dict[str, Any]
Key = tuple[str, str]  # what made the answers, and the object's key

FORMAT = 2  # of a line; lines of another one are asked again


@dataclass(frozen=True)
class Task:
    """One contestant and what it is asked about one slice.

    made   its card and its code's digest: what the lines are kept under
    """

    data: Path
    contestant: Contestant
    made: str
    together: tuple[Ask, ...]
    threads: int | None = None


def identity(contestant: Contestant, predictor: Predictor) -> str:
    """What answers came from: the card, and a digest of the code."""
    return f"{predictor.card} {contestant.digest()}"


def known(file: Path) -> dict[Key, Line]:
    """The lines of a file by (made, key), without a torn last line.

    Lines with one key are taken together: of what both tell, the last one counts.
    """
    found: dict[Key, Line] = {}
    if not file.is_file():
        return found
    for text in file.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except json.JSONDecodeError:
            continue  # the process was killed while it wrote this one
        if line.get("format") == FORMAT:
            found.setdefault((line["made"], line["key"]), {}).update(line)
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
    contestants: Iterable[tuple[Contestant, str, Sequence[Ask]]],
    *,
    done: Mapping[Key, Collection[str]] = MappingProxyType({}),
    threads: int | None = None,
) -> tuple[Task, ...]:
    """What is still to be asked: (contestant, made, asks), without the protocols that are `done`.

    The longest tasks come first, so that the last ones end together.
    """
    tasks = []
    for contestant, made, asks in contestants:
        left = [_left(each, done.get((made, each.entry.key), ())) for each in asks]
        wanted = sorted((each for each in left if each.protocols), key=_slice)
        for _, together in groupby(wanted, key=_slice):
            tasks.append(Task(data, contestant, made, tuple(together), threads))
    return tuple(sorted(tasks, key=_answers, reverse=True))


def _slice(ask: Ask) -> str:
    return ask.entry.picture


def _left(ask: Ask, done: Collection[str]) -> Ask:
    return Ask(ask.entry, tuple(name for name in ask.protocols if name not in done))


def _answers(task: Task) -> int:
    return sum(PROTOCOLS[name].answers for each in task.together for name in each.protocols)


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
    subjects = load(task.data, [each.entry for each in task.together])
    for each, subject in zip(task.together, subjects, strict=True):
        if encoded is None and not failure:
            started = perf_counter()
            try:
                encoded = predictor.encode(subject.image)
            except Exception as error:  # noqa: BLE001  # it counts as 0, with the reason
                failure = f"{type(error).__name__}: {error}"
            encode_s = perf_counter() - started
        line: Line = {
            "format": FORMAT,
            "contestant": task.contestant.text,
            "made": task.made,
            "key": subject.entry.key,
            "encode_s": round(encode_s, 5),
        }
        told = _told(predictor, encoded or failure, subject, names=each.protocols)
        lines.append(line | told)
    return lines


def _told(
    predictor: Predictor, encoded: Encoded | str, subject: Subject, *, names: Sequence[str]
) -> Line:
    """By protocol, what came of it; None where the predictor does not take such prompts.

    encoded   or why there is none: then every answer is missing
    """
    outcomes: dict[str, Outcome] = {}
    told: Line = {}
    for name in names:
        protocol = PROTOCOLS[name]
        if not set(protocol.needs) <= set(predictor.abilities.prompts):
            told[name] = None
            continue
        if isinstance(encoded, str):
            count = protocol.answers
            outcome = Outcome((0.0,) * count, (), encoded, (MISSING,) * count)
        elif name == "click" and "noc" in outcomes:
            outcome = outcomes["noc"].first(CLICKS)  # the same clicks, and more of them
        else:
            outcome = protocol.ask(predictor, encoded, subject)
        outcomes[name] = outcome
        told[name] = _short(outcome)
    return told


def _short(outcome: Outcome) -> Line:
    marks = {
        field.name: [_rounded(getattr(mark, field.name)) for mark in outcome.marks]
        for field in fields(Mark)
    }
    return {
        "dice": [_rounded(each) for each in outcome.dice],
        "seconds": [_rounded(each) for each in outcome.seconds],
        "failure": outcome.failure,
        **marks,
    }


def _rounded(value: float | None) -> float | None:
    return round(value, 5) if isinstance(value, float) else value


_made: dict[tuple[Contestant, int | None], Predictor] = {}


def _predictor(contestant: Contestant, threads: int | None) -> Predictor:
    """The same one for every task of this process: opening a network takes time."""
    key = (contestant, threads)
    if key not in _made:
        _made[key] = contestant.make(threads=threads)
    return _made[key]
