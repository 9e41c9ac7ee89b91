"""The best overall response: the best of all visits up to progression, confirmed where asked.

Source   Eisenhauer et al., European Journal of Cancer 2009, 45, 228-247: section 4.4.4 and
         table 3 (confirmation); section 4.5 (how long a disease must be stable).
Differs  one visit that could not be judged may lie between a response and its confirmation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

CONFIRM_DAYS = 28  # section 4.6: a response is confirmed no less than four weeks later
STABLE_DAYS = 42  # section 4.5 leaves it to the protocol and speaks of six to eight weeks
BETWEEN = 1  # visits that could not be judged
UNMEASURED = "non-CR/non-PD"  # where there is no target: neither gone nor progressed


class Assessed(Protocol):
    """A visit with a response; `recist.Point` is one."""

    @property
    def on(self) -> date: ...

    @property
    def overall(self) -> str: ...


@dataclass(frozen=True)
class Best:
    """The best overall response, when it was first seen, and when progression was.

    why   a sentence that a report can print
    """

    response: str
    on: date | None
    progressed: date | None
    why: str


def best(
    points: Sequence[Assessed],
    *,
    confirm: bool = False,
    confirm_days: int = CONFIRM_DAYS,
    stable_days: int = STABLE_DAYS,
    stable: str = "SD",
) -> Best:
    """The best of all visits up to the first progression; the first point is the baseline.

    confirm       complete and partial responses count where a later visit bears them out
    stable_days   after the baseline, before which a stable disease does not count
    stable        what a criterion calls it: "SD", or the WHO's "NC"

    "NE" where no visit could be judged.
    """
    start, later = points[0].on, list(points[1:])
    end = next((n for n, p in enumerate(later) if p.overall == "PD"), None)
    progressed = None if end is None else _since(later[end])
    until = later if end is None else later[: end + 1]
    if later and all(getattr(point, "target", None) == "" for point in later):
        stable = UNMEASURED  # patients without a target are never said to be stable
    for wanted in ("CR", "PR", stable, UNMEASURED, "PD", "NE"):
        enough = _enough(wanted, stable, confirm=confirm)
        for number, point in enumerate(until):
            if point.overall not in enough:
                continue
            days = (point.on - start).days
            why = f"{wanted} is the best that was seen."
            if wanted in {"CR", "PR"} and confirm:
                if not _confirmed(enough, until, number, days=confirm_days):
                    continue
                why = f"{wanted} was borne out at least {confirm_days} days later."
            elif wanted in {stable, UNMEASURED}:
                if days < stable_days:
                    continue
                why = f"{wanted} {days} days after the baseline, of at least {stable_days}."
            return Best(wanted, point.on, progressed, why)
    return Best("NE", None, progressed, "No visit counts: too early, or not to be judged.")


def _enough(wanted: str, stable: str, *, confirm: bool) -> set[str]:
    """The responses that are at least the one wanted; what was not borne out was stable."""
    if not confirm:
        return {wanted}
    return {"PR": {"CR", "PR"}, stable: {"CR", "PR", stable}}.get(wanted, {wanted})


def _confirmed(enough: set[str], points: Sequence[Assessed], number: int, *, days: int) -> bool:
    """Whether a later visit bears out the one of that number, with nothing less in between."""
    unknown = 0
    for later in points[number + 1 :]:
        if later.overall in enough:
            if (later.on - points[number].on).days >= days:
                return True
        elif later.overall == "NE" and unknown < BETWEEN:
            unknown += 1
        else:
            return False
    return False


def _since(point: Assessed) -> date:
    """The date of a progression: that of the scan on which its new lesion was first seen."""
    first: date | None = getattr(point, "new_since", None)
    return point.on if first is None else min(first, point.on)
