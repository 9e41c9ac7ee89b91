"""What lines say, column by column: each sheet is one table of the scoreboard.

A column function takes a line and gives a score for every column, NaN where there is none: where
the contestant does not take such prompts, was not asked, or the object has no such thing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from limner.evaluate.compare import COLUMNS
from limner.evaluate.protocols import box_then_clicks as challenge
from limner.evaluate.protocols.inexact import FEW
from limner.evaluate.protocols.prompted import BARS, CAP, CLICKS, dice_of
from limner.evaluate.protocols.scribbled import PEOPLE
from limner.evaluate.scoreboard import Line

NAN = float("nan")
AT = (1, 3, 5, 10)
FALL = 0.005  # Dice: a smaller fall is not one
NEARLY = 5e-6  # lines are rounded to five places

Columns = tuple[float, ...]


@dataclass(frozen=True)
class Sheet:
    """The columns of one table.

    of       "ordinary" or "thin" objects, or "drawn": the labels that people drew on
    needs    the protocol without which an object is not in the table
    read     a line's scores
    brief    whether contestants are not compared with one another
    """

    of: str
    needs: str
    columns: tuple[str, ...]
    read: Callable[[Line], Columns]
    brief: bool = True


def boxed_and_clicked(line: Line) -> Columns:
    """Dice after the box and after 1, 3, 5 and 10 clicks."""
    return (*_at(line, "box", (1,)), *_at(line, "click", AT))


def thin(line: Line) -> Columns:
    """Dice after clicks, and after one and two scribbles."""
    return (*_at(line, "click", AT), *_at(line, "two_scribbles", (1, 2)))


def drawn(line: Line) -> Columns:
    """The mean Dice over people, then that of each."""
    people = _at(line, "scribbles", range(1, PEOPLE + 1))
    there = [each for each in people if each == each]  # noqa: PLR0124  # NaN is not itself
    return (sum(there) / len(there) if there else NAN, *people)


def curve(line: Line) -> Columns:
    """Dice after each click."""
    return _at(line, "click", range(1, CLICKS + 1))


def apart(line: Line) -> Columns:
    """Dice away from the clicks, after 1, 3, 5 and 10 of them."""
    return _at(line, "click", AT, what="apart")


def clicks_to(line: Line) -> Columns:
    """The clicks to each bar, `CAP` where it was not reached, and 1 for each that was not."""
    dice = _values(line, "noc", "dice")
    if not dice:
        return (NAN,) * (2 * len(BARS))
    counts, failed = [], []
    for bar in BARS:
        reached = [n for n, each in enumerate(dice, 1) if each >= dice_of(bar) - NEARLY]
        counts.append(float(reached[0] if reached else CAP))
        failed.append(float(not reached))
    return (*counts, *failed)


def obeyed(line: Line) -> Columns:
    """1 where it holds after every one of ten clicks, else 0."""
    dice = _values(line, "click", "dice")
    if not dice:
        return (NAN,) * 5
    told = {name: _values(line, "click", name) for name in ("inside", "joined", "outside")}
    failed = bool(line["click"]["failure"])
    rises = all(later >= before - FALL for before, later in pairwise(dice))
    joined = told["joined"]
    return (
        float(rises and not failed),
        float(all(told["inside"])),
        NAN if None in joined else float(all(joined)),
        float(all(told["outside"])),
        float(not failed and not any(_values(line, "click", "specks"))),
    )


def inexact(line: Line) -> Columns:
    """Dice after 1, 3 and 5 random clicks, after as many jittered ones, and of the worst first."""
    worst = _values(line, "worst", "dice")
    few = tuple(n for n in AT if n <= FEW)
    least = (min(worst), sum(worst) / len(worst)) if worst else (NAN, NAN)
    centred = _at(line, "click", few) if worst else (NAN,) * len(few)
    return (*centred, *_at(line, "jittered", few), *_at(line, "random", few), *least)


def challenged(line: Line) -> Columns:
    """The area under the curve, and Dice after the box, the first and the last click."""
    dice = _values(line, "challenge", "dice")
    return (challenge.area(dice), dice[0], dice[1], dice[-1]) if dice else (NAN,) * 4


_NOC = tuple(f"NoC@{bar:.0%}".rstrip("%") for bar in BARS)
_FEW = tuple(n for n in AT if n <= FEW)
_OBEYED = ("never falls", "inside", "one piece", "outside", "no specks")
_CURVE = tuple(map(str, range(1, CLICKS + 1)))

SHEETS: Mapping[str, Sheet] = MappingProxyType(
    {
        "ordinary": Sheet("ordinary", "click", COLUMNS, boxed_and_clicked, brief=False),
        "thin": Sheet(
            "thin", "click", (*COLUMNS[1:], "1 scribble", "2 scribbles"), thin, brief=False
        ),
        "scribbles": Sheet(
            "drawn",
            "scribbles",
            ("mean", *(f"person {n + 1}" for n in range(PEOPLE))),
            drawn,
            brief=False,
        ),
        "curve": Sheet("ordinary", "click", _CURVE, curve),
        "thin curve": Sheet("thin", "click", _CURVE, curve),
        "away from clicks": Sheet("ordinary", "click", COLUMNS[1:], apart),
        "obeyed": Sheet("ordinary", "click", _OBEYED, obeyed),
        "thin obeyed": Sheet("thin", "click", _OBEYED, obeyed),
        "clicks to a bar": Sheet(
            "ordinary", "noc", (*_NOC, *(f"{each} not reached" for each in _NOC)), clicks_to
        ),
        "other clicks": Sheet(
            "ordinary",
            "worst",
            (
                *(f"centre {n}" for n in _FEW),
                *(f"jittered {n}" for n in _FEW),
                *(f"random {n}" for n in _FEW),
                "worst of 5",
                "mean of 5",
            ),
            inexact,
        ),
        "box then clicks": Sheet(
            "ordinary", "challenge", ("area", "box", "1 click", "5 clicks"), challenged
        ),
    }
)


def _values(line: Line, protocol: str, what: str) -> list[Any]:
    """One list of one protocol; nothing where it was not asked or not taken."""
    return list((line.get(protocol) or {}).get(what, ()))


def _at(line: Line, protocol: str, numbers: Sequence[int], *, what: str = "dice") -> Columns:
    """The values after so many prompts."""
    values = _values(line, protocol, what)
    known = [values[n - 1] if n <= len(values) else None for n in numbers]
    return tuple(NAN if each is None else float(each) for each in known)
