"""Who is asked what: the protocols by name, and which of them are for which object.

Everybody gets a box and ten clicks on every object. The others (`ALSO`) cost more: those of
`SAMPLED` are for three objects a set, spread over it; scribbles are for what people drew on,
two scribbles for thin objects.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from limner.errors import UnknownName
from limner.evaluate.protocols import box_then_clicks as challenge
from limner.evaluate.protocols import inexact, prompted, scribbled
from limner.evaluate.protocols.objects import Entry, Subject, spread
from limner.evaluate.protocols.prompted import Outcome
from limner.predict import Encoded, Predictor


@dataclass(frozen=True)
class Protocol:
    """How a predictor is asked about one subject.

    needs    the kinds of prompt that it must take
    answers  the Dice values of an outcome, at most
    """

    needs: tuple[str, ...]
    answers: int
    ask: Callable[[Predictor, Encoded, Subject], Outcome]


PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {
        "box": Protocol(("box",), 1, lambda who, on, of: prompted.box(who, on, of.target)),
        "noc": Protocol(
            ("click",), prompted.CAP, lambda who, on, of: prompted.many_clicks(who, on, of.target)
        ),
        "click": Protocol(
            ("click",), prompted.CLICKS, lambda who, on, of: prompted.clicks(who, on, of.target)
        ),
        "random": Protocol(
            ("click",),
            inexact.FEW,
            lambda who, on, of: inexact.random_clicks(who, on, of.target, name=of.entry.key),
        ),
        "jittered": Protocol(
            ("click",),
            inexact.FEW,
            lambda who, on, of: inexact.jittered_clicks(who, on, of.target, name=of.entry.key),
        ),
        "worst": Protocol(
            ("click",),
            inexact.WORST_OF,
            lambda who, on, of: inexact.worst_clicks(who, on, of.target, name=of.entry.key),
        ),
        "challenge": Protocol(
            ("box", "click"),
            1 + challenge.CLICKS,
            lambda who, on, of: challenge.box_then_clicks(who, on, of.target),
        ),
        "scribbles": Protocol(("stroke",), scribbled.PEOPLE, scribbled.human_scribbles),
        "two_scribbles": Protocol(
            ("stroke",), 2, lambda who, on, of: scribbled.two_scribbles(who, on, of.target)
        ),
    }
)

ALWAYS = ("box", "click")
MEMORY = "memory"  # is no question, but takes a process
ALSO = (*(name for name in PROTOCOLS if name not in ALWAYS), MEMORY)
SAMPLED = ("noc", "random", "jittered", "worst", "challenge")
SAMPLE = 3  # objects a set
USUAL = ("scribbles", "two_scribbles", MEMORY)  # for a baseline


@dataclass(frozen=True)
class Ask:
    """One object and the protocols that are for it."""

    entry: Entry
    protocols: tuple[str, ...]


def also_of(told: str | None, kind: str) -> tuple[str, ...]:
    """What a contestant of that kind is asked also, from a text such as "noc,scribbles".

    Untold, that is everything for a model and `USUAL` for a baseline. Raises UnknownName.
    """
    if told is None:
        return ALSO if kind == "model" else USUAL
    names = tuple(each.strip() for each in told.split(",") if each.strip())
    for name in names:
        if name not in (*ALSO, "all", "none"):
            raise UnknownName("protocol", name, (*ALSO, "all", "none"))
    return ALSO if "all" in names else tuple(each for each in ALSO if each in names)


def asks(data: Path, entries: Sequence[Entry], also: Collection[str]) -> tuple[Ask, ...]:
    """What is asked about which objects: the entries, in their order, then whole labels."""
    sample = {each.key for each in spread(entries, SAMPLE)}
    every: dict[str, tuple[Entry, set[str]]] = {}
    for each in entries:
        names = set(ALWAYS)
        if each.key in sample:
            names |= set(SAMPLED) & set(also)
        if each.thin and "two_scribbles" in also:
            names.add("two_scribbles")
        every[each.key] = (each, names)
    if "scribbles" in also:
        for whole in scribbled.wholes(data, entries):
            every.setdefault(whole.key, (whole, set()))[1].add("scribbles")
    return tuple(
        Ask(entry, tuple(name for name in PROTOCOLS if name in names))
        for entry, names in every.values()
    )
