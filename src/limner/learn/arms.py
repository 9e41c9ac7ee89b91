"""The two arms of a study on their seeds: measurements are kept as they come.

A line says what the trial measured for one seed under one arm's settings, and is kept under a
digest of them and of the code. So a run that was killed goes on where it stopped, and
what has not changed since is not measured again.
"""

import ast
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from math import isfinite
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean
from time import perf_counter
from typing import Any

from limner.errors import BadValue, UnknownName
from limner.evaluate.behind import digest, file_of
from limner.learn.study import ARMS, TRIALS, TUNED_ON, Settings, Study

__all__ = ["Arm", "Line", "code_of", "measured", "tuned"]

Line = dict[str, Any]

# Where a method may lie that a trial asks for by its name.
METHODS = (
    "limner.learn.networks",
    "limner.learn.losses",
    "limner.learn.recipes",
    "limner.predict",
    "limner.phantoms",
    "limner.phantoms.artefacts",
    "limner.evaluate.baselines",
    "limner.evaluate.metrics",
)


@dataclass(frozen=True)
class Arm:
    """One side of a comparison, with the settings that its tuning chose.

    tried   each combination of the tuning with its mean on `TUNED_ON`; empty for none
    """

    settings: Settings
    tried: tuple[tuple[Settings, float], ...] = ()


@dataclass(frozen=True)
class Task:
    """One call of a trial, and what its line is kept under."""

    trial: str
    settings: Settings
    seed: int
    code: str

    @property
    def key(self) -> str:
        """Sixteen characters that tell one measurement from every other."""
        told = json.dumps([self.trial, self.code, self.settings, self.seed], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Bench:
    """Where and how tasks are done: the file of lines, the processes, who hears of each."""

    store: Path
    jobs: int = 1
    told: Callable[[str], None] = lambda _: None


def tuned(study: Study, bench: Bench) -> dict[str, Arm]:
    """Each arm with the best of its settings by the mean on `TUNED_ON`; the first of equals."""
    grids = {arm: study.grid(arm) for arm in ARMS}
    if all(len(grid) == 1 for grid in grids.values()):
        return {arm: Arm(grid[0]) for arm, grid in grids.items()}
    asked = [each for grid in grids.values() for each in grid]
    lines = iter(measured(study, asked, seeds=TUNED_ON, bench=bench))
    sign = 1 if study.better == "more" else -1
    arms = {}
    for arm, grid in grids.items():
        means = [fmean(line["values"][study.metric] for line in next(lines)) for _ in grid]
        best = max(range(len(grid)), key=lambda n: sign * means[n])
        arms[arm] = Arm(grid[best], tuple(zip(grid, means, strict=True)))
    return arms


def measured(
    study: Study, asked: Sequence[Settings], *, seeds: Sequence[int], bench: Bench
) -> list[list[Line]]:
    """The lines of each settings on every seed; only those that are not kept are measured."""
    code = code_of(study)
    tasks = [[Task(study.trial, each, seed, code) for seed in seeds] for each in asked]
    kept = _kept(bench.store)
    left = {t.key: t for each in tasks for t in each if t.key not in kept}
    bench.store.parent.mkdir(parents=True, exist_ok=True)
    _end_line(bench.store)
    for number, line in enumerate(_lines(list(left.values()), jobs=bench.jobs), start=1):
        with bench.store.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
        kept[line["key"]] = line
        bench.told(f"{number} of {len(left)}: seed {line['seed']}, {line['seconds']:.1f} s")
    done = [[kept[task.key] for task in each] for each in tasks]
    for line in (line for lines in done for line in lines):
        _need_keys(study, line)
    return done


def code_of(study: Study) -> str:
    """A digest of the trial and of every method that it, or a setting, asks for by name."""
    module = f"limner.learn.trials.{study.trial}"
    path = file_of(module)
    if path is None:
        raise UnknownName("trial", study.trial, TRIALS.names())
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    said = [node.value for node in nodes if isinstance(node, ast.Constant)]
    said += [v for arm in ARMS for each in study.grid(arm) for v in each.values()]
    names = sorted({each for each in said if isinstance(each, str) and each.isidentifier()})
    asked = [f"{package}.{name}" for name in names for package in METHODS]
    found = [module, *(each for each in asked if file_of(each))]
    return hashlib.sha256("".join(digest(each) for each in found).encode()).hexdigest()[:8]


def ask(task: Task) -> Line:
    """The line of one task. Raises BadValue for an answer that is not finite numbers."""
    trial = TRIALS.get(task.trial)
    with _one_thread():
        started = perf_counter()
        values = trial(task.seed, **task.settings)
        seconds = perf_counter() - started
    for name, value in values.items():
        if not isfinite(value):
            raise BadValue(
                f"The trial '{task.trial}' measured {value} for '{name}' with seed {task.seed}. "
                "Every number of a trial must be finite."
            )
    return {
        "key": task.key,
        "seed": task.seed,
        "settings": dict(task.settings),
        "seconds": round(seconds, 3),
        "values": {name: float(value) for name, value in values.items()},
    }


def _lines(tasks: Sequence[Task], *, jobs: int) -> Iterator[Line]:
    if jobs < 2:
        yield from map(ask, tasks)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(ask, task) for task in tasks]):
            yield done.result()


@contextmanager
def _one_thread() -> Iterator[None]:
    """torch keeps to one thread inside: its sums, and so a study, depend on how many."""
    if find_spec("torch") is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _kept(store: Path) -> dict[str, Line]:
    """The lines of a file by key, without one that a killed process left torn."""
    found: dict[str, Line] = {}
    if store.is_file():
        for text in store.read_text(encoding="utf-8").splitlines():
            try:
                line = json.loads(text)
            except json.JSONDecodeError:
                continue
            found[line["key"]] = line
    return found


def _end_line(store: Path) -> None:
    """End a line that a killed process left torn, or the next one would be lost with it."""
    if store.is_file() and store.read_bytes()[-1:] not in (b"\n", b""):
        with store.open("a", encoding="utf-8") as stream:
            stream.write("\n")


def _need_keys(study: Study, line: Mapping[str, Any]) -> None:
    for name in (study.metric, *study.also, *(each.metric for each in study.check)):
        if name not in line["values"]:
            raise UnknownName(f"number of the trial '{study.trial}'", name, tuple(line["values"]))
