"""A study: the written plan that shows whether a published method does what it claims.

It is one TOML file that is committed before its first run: two arms, a method and a baseline,
go through the same *trial* on the same seeds, and the 95 % interval of their paired
difference must lie beyond the margin. `docs/methods.md` shows what came of each.
"""

import inspect
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

from limner.errors import BadValue, NotFound, UnknownName, UnreadableFile
from limner.registry import Registry

__all__ = ["ARMS", "REPORT", "TRIALS", "TUNED_ON", "Change", "Check", "Study", "Trial"]

Trial = Callable[..., dict[str, float]]
Settings = Mapping[str, Any]

TRIALS: Registry[Trial] = Registry("trial", "limner.learn.trials")

ARMS = ("method", "baseline")
TUNED_ON = (0, 1, 2)  # the seeds on which an arm chooses among the values of [tuning]
REPORT = 100  # development stays below this seed; a report starts at it, or at a later hundred

Made = TypeVar("Made", "Check", "Change", "Study")


@dataclass(frozen=True)
class Check:
    """A further claim: against the baseline by `better`, or of the method alone by a bound.

    better     "less" or "more": the interval of the paired difference lies beyond `margin`
    margin     as of the study; negative for "no worse than by so much"
    at_most    the method's mean over the seeds is no more than this
    at_least   nor less than this
    """

    metric: str
    better: str = ""
    margin: float = 0.0
    at_most: float | None = None
    at_least: float | None = None


@dataclass(frozen=True)
class Change:
    """What was changed after a result was seen, and why."""

    date: date
    what: str
    why: str


@dataclass(frozen=True)
class Study:
    """The plan of one study, as its file says it; `name` is that of the file.

    trial      which measurement: a name in `TRIALS`
    metric     the key of the trial's answer that the claim is about
    better     "less" or "more"
    margin     how far beyond 0, to the better side, the interval must lie
    seeds      how many a run takes: 0, 1, ... in development, 100, 101, ... in a report
    also       other keys that are shown beside it
    method     settings of the trial for the method's arm; `baseline` for the other's
    tuning     setting to values, from which each arm takes its best; or {"method": such a
               table, "baseline": another} with as many combinations in both
    """

    name: str
    system: str
    title: str
    claim: str
    trial: str
    metric: str
    better: str
    seeds: int
    method: Settings
    baseline: Settings
    margin: float = 0.0
    also: tuple[str, ...] = ()
    tuning: Settings | None = None
    check: tuple[Check, ...] = ()
    change: tuple[Change, ...] = ()

    def __post_init__(self) -> None:
        if self.better not in ("less", "more"):
            raise BadValue(f"{self.name}: 'better' is '{self.better}'. Write \"less\" or \"more\".")
        if not 3 <= self.seeds < REPORT:
            raise BadValue(
                f"{self.name}: {self.seeds} seeds. An interval needs at least 3, and "
                f"development stays below seed {REPORT}."
            )
        for each in self.check:
            bounds = [b for b in (each.at_most, each.at_least) if b is not None]
            if each.better not in ("", "less", "more") or bool(each.better) == bool(bounds):
                raise BadValue(
                    f"{self.name}: the check of '{each.metric}' needs either 'better' (\"less\" "
                    "or \"more\" than the baseline), or a bound: 'at_most', 'at_least'."
                )
        counts = [len(self.grid(arm)) for arm in ARMS]
        if counts[0] != counts[1]:
            raise BadValue(
                f"{self.name}: the method is tuned over {counts[0]} settings and the baseline "
                f"over {counts[1]}. Give both as many."
            )

    @classmethod
    def read(cls, path: Path) -> "Study":
        """The study of a file. Raises NotFound, UnreadableFile, BadValue, UnknownName."""
        if not path.is_file():
            known = ", ".join(sorted(each.stem for each in path.parent.glob("*.toml"))) or "none"
            raise NotFound(f"There is no study '{path}'. There are: {known}.")
        try:
            told = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UnreadableFile(f"'{path}' is not TOML: {error}.") from error
        name = path.stem
        parts = {
            "check": _many(Check, told.get("check", []), where=f"{name}, [[check]]"),
            "change": _many(Change, told.get("change", []), where=f"{name}, [[change]]"),
        }
        return _made(cls, {**told, **parts, "name": name}, where=name)

    def grid(self, arm: str) -> tuple[Settings, ...]:
        """The settings an arm is tried with on `TUNED_ON`; one where nothing is tuned."""
        fixed = _tuples(getattr(self, arm))
        tuned = self.tuning or {}
        own = tuned.get(arm, {}) if set(tuned) & set(ARMS) else tuned
        twice = sorted(set(own) & set(fixed))
        if twice:
            raise BadValue(
                f"{self.name}: '{twice[0]}' is both fixed in [{arm}] and tuned. Keep one."
            )
        for name, values in own.items():
            if not isinstance(values, list) or not values:
                raise BadValue(
                    f"{self.name}, [tuning]: '{name}' is {values!r}. Give a list of values."
                )
        combinations = product(*own.values())
        return tuple(
            {**fixed, **_tuples(dict(zip(own, each, strict=True)))} for each in combinations
        )

    def seeds_of(self, *, report: int = 0) -> tuple[int, ...]:
        """Development's seeds for 0, the first report's for 1; a repeated one's are fresh."""
        return tuple(REPORT * report + number for number in range(self.seeds))

    def ready(self) -> Trial:
        """The trial. Raises UnknownName for it or a setting, BadValue for a value's type."""
        trial = TRIALS.get(self.trial)
        takes = dict(inspect.signature(trial).parameters)
        takes.pop("seed", None)
        for arm in ARMS:
            for settings in self.grid(arm):
                for name, value in settings.items():
                    if name not in takes:
                        raise UnknownName(f"setting of '{self.trial}'", name, tuple(takes))
                    _need_kind(value, takes[name].default, f"{self.name}, [{arm}]: '{name}'")
        return trial


def _tuples(told: Settings) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in told.items()}


# What a field's type asks of a TOML value, and how that is called.
KINDS: Mapping[Any, tuple[tuple[type, ...], str]] = {
    str: ((str,), "a text"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    float | None: ((int, float), "a number"),
    date: ((date,), "a date such as 2026-11-21"),
    Settings: ((dict,), "a table"),
    Settings | None: ((dict,), "a table"),
    tuple[str, ...]: ((list, tuple), "a list of texts"),
    tuple[Check, ...]: ((list, tuple), "tables [[check]]"),
    tuple[Change, ...]: ((list, tuple), "tables [[change]]"),
}


def _many(kind: type[Made], told: object, *, where: str) -> tuple[Made, ...]:
    if not isinstance(told, list) or not all(isinstance(each, dict) for each in told):
        raise BadValue(f"{where} is {told!r}. Write it as tables, each under such a heading.")
    return tuple(_made(kind, each, where=where) for each in told)


def _made(kind: type[Made], told: Settings, *, where: str) -> Made:
    """A dataclass from a table: no key that it has not, none missing, each of its kind."""
    known = {each.name: each for each in fields(kind)}
    for name, value in told.items():
        if name not in known:
            raise UnknownName(f"key of {where}", name, tuple(known))
        wanted, called = KINDS[known[name].type]
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise BadValue(f"{where}: '{name}' is {value!r}; it needs {called}.")
    for name, each in known.items():
        if each.default is MISSING and name not in told:
            raise BadValue(f"{where} has no '{name}'. Give {KINDS[each.type][1]}.")
    return kind(**_tuples(told))


def _need_kind(value: object, default: object, what: str) -> None:
    """Raise BadValue unless a setting is of its default's type; None and no default say none."""
    if default is None or default is inspect.Parameter.empty:
        return
    wanted = (int, float) if type(default) is float else (type(default),)
    if type(value) not in wanted:
        raise BadValue(f"{what} is {value!r}; it needs {type(default).__name__}, as {default!r}.")
