"""The course of one patient: lesions, visits, and what was found of each lesion at each visit.

A person says which lesions are targets and what became of what cannot be measured; sizes come
from masks or are typed. The same value is read by every criterion.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal, get_args

from limner.errors import BadValue, UnknownName

Role = Literal["target", "non-target", "new"]
State = Literal[
    "measured",  # it has a size, or several where it has split
    "gone",
    "too small",  # seen, but too small to measure
    "missing",  # not imaged, or not to be judged
    "present",  # seen and not measured
    "progressed",  # a non-target or new lesion that has grown beyond doubt
    "merged",  # one with another lesion, whose size holds both
    "equivocal",  # perhaps a new lesion, perhaps not
]
NODES = "lymph nodes"  # one organ, wherever they lie (EORTC, RECIST 1.1 questions)


@dataclass(frozen=True)
class Size:
    """The axes and the volume of one connected lesion; None for what was not measured.

    Diameters are kept to a tenth of a millimetre: what is judged is what is printed.
    """

    long_mm: float | None = None
    short_mm: float | None = None
    volume_ml: float | None = None

    def __post_init__(self) -> None:
        """Round, and refuse what is no length."""
        for name in ("long_mm", "short_mm", "volume_ml"):
            value = getattr(self, name)
            if value is None:
                continue
            if not 0 <= value < float("inf"):
                raise BadValue(f"A lesion's {name} is {value}. Give a number from 0 up.")
            kept = float(value) if name == "volume_ml" else round(float(value), 1)
            object.__setattr__(self, name, kept)


@dataclass(frozen=True)
class Finding:
    """What was found of one lesion at one visit.

    sizes   where it is measured: one, or one for each part of a lesion that has split
    into    where it has merged: the lesion whose size holds both
    grew    whether it is larger than at the visit before, where no size says so
    """

    state: State = "measured"
    sizes: tuple[Size, ...] = ()
    into: str = ""
    grew: bool = False

    def __post_init__(self) -> None:
        """Refuse a state that is not there, and sizes that do not belong to it."""
        if self.state not in get_args(State):
            raise UnknownName("state of a lesion", self.state, get_args(State))
        if (self.state == "measured") != bool(self.sizes):
            raise BadValue(
                f"A lesion that is '{self.state}' has {len(self.sizes)} sizes. Give sizes to what "
                "is measured, and to nothing else."
            )
        if (self.state == "merged") != bool(self.into):
            raise BadValue(
                f"A lesion that is '{self.state}' names '{self.into}' as what it merged into. "
                "Name a lesion there where it is 'merged', and only then."
            )

    @property
    def seen(self) -> bool:
        """Whether there is disease: in doubt, or not looked at, there is not."""
        return self.state not in {"gone", "missing", "equivocal"}


@dataclass(frozen=True)
class Lesion:
    """One lesion that is followed.

    organ   what it lies in; left and right are one organ, and so are all lymph nodes
    node    whether it is a lymph node, which is measured by its short axis
    """

    name: str
    organ: str
    role: Role = "target"
    node: bool = False

    def __post_init__(self) -> None:
        """Refuse a role that is not there, and a lesion without a name or an organ."""
        if self.role not in get_args(Role):
            raise UnknownName("role of a lesion", self.role, get_args(Role))
        if not self.name.strip() or not self.organ.strip():
            raise BadValue(
                f"A lesion has the name '{self.name}' and the organ '{self.organ}'. Give both."
            )

    @property
    def counted_as(self) -> str:
        """The organ that it counts to: paired ones are one, and so are lymph nodes."""
        if self.node:
            return NODES
        words = [w for w in self.organ.lower().replace(",", " ").split() if w not in SIDES]
        return " ".join(words) or self.organ.lower()

    @property
    def axis(self) -> str:
        """Which axis RECIST takes of it: "short" for a node, else "long"."""
        return "short" if self.node else "long"

    def diameter_mm(self, finding: Finding) -> float | None:
        """The axis that counts, over all parts of a split lesion; None where one lacks it."""
        found = [s.short_mm if self.node else s.long_mm for s in finding.sizes]
        known = [each for each in found if each is not None]
        return round(sum(known), 1) if known and len(known) == len(found) else None


SIDES = {"left", "right"}


@dataclass(frozen=True)
class Visit:
    """One visit and what was found at it.

    findings   (name of a lesion, what was found of it)
    slice_mm   the thickness of the slices, for what is measurable; None where unknown
    """

    name: str
    on: date
    findings: tuple[tuple[str, Finding], ...] = ()
    slice_mm: float | None = None

    def of(self, lesion: str) -> Finding | None:
        """What was found of a lesion; None where nothing is said."""
        return dict(self.findings).get(lesion)


@dataclass(frozen=True)
class Course:
    """The lesions of one patient over visits; the first visit is the baseline.

    Raises BadValue where visits are not in the order of their dates, where two things have
    one name, where a lesion is spoken of that is not listed, and where a lesion that is
    followed from the baseline on was not looked at there.
    """

    lesions: tuple[Lesion, ...]
    visits: tuple[Visit, ...]
    patient: str = ""

    def __post_init__(self) -> None:
        """Check names, dates and the baseline."""
        if not self.visits:
            raise BadValue("A course has no visit. Give a baseline and what came after it.")
        _once("lesions", [each.name for each in self.lesions])
        _once("visits", [each.name for each in self.visits])
        for before, after in pairwise(self.visits):
            if after.on <= before.on:
                raise BadValue(
                    f"The visit '{after.name}' of {after.on} stands after '{before.name}' of "
                    f"{before.on}. Give visits in the order of their dates, one a day."
                )
        known = [each.name for each in self.lesions]
        for visit in self.visits:
            _once(f"findings at '{visit.name}'", [name for name, _ in visit.findings])
            for name, finding in visit.findings:
                for said in (name, *([finding.into] if finding.into else [])):
                    if said not in known:
                        raise UnknownName("lesion", said, known)
        self._need_baseline()
        self._need_whole_merges()

    def _need_baseline(self) -> None:
        first = self.baseline
        for lesion in self.lesions:
            found = first.of(lesion.name)
            if lesion.role == "new" and found is not None:
                raise BadValue(
                    f"The lesion '{lesion.name}' is called new, but was found at the baseline "
                    f"'{first.name}'. Make it a target or a non-target."
                )
            if lesion.role != "new" and (found is None or not found.seen):
                said = "is not spoken of" if found is None else f"is '{found.state}'"
                raise BadValue(
                    f"The {lesion.role} lesion '{lesion.name}' {said} at the baseline "
                    f"'{first.name}'. Say what it was there, or call it new."
                )

    def _need_whole_merges(self) -> None:
        """What merged is measured under another name, at the same visit and in the same role."""
        roles = {each.name: each.role for each in self.lesions}
        for visit in self.visits:
            for name, finding in visit.findings:
                if not finding.into:
                    continue
                other = visit.of(finding.into)
                if other is None or other.into or roles[name] != roles[finding.into]:
                    raise BadValue(
                        f"At '{visit.name}' the {roles[name]} lesion '{name}' merged into "
                        f"'{finding.into}', which has no size of its own there or another role. "
                        "Give the size of both under the name of a lesion of the same role."
                    )

    @property
    def baseline(self) -> Visit:
        """The first visit."""
        return self.visits[0]

    def of_role(self, role: Role) -> tuple[Lesion, ...]:
        """The lesions of one role, in their order."""
        return tuple(each for each in self.lesions if each.role == role)

    def found(self, visit: Visit, role: Role) -> Iterator[tuple[Lesion, Finding]]:
        """Every lesion of a role and what was found of it; what is not spoken of is missing.

        New lesions that are not spoken of are left out: nobody has seen them yet.
        """
        for lesion in self.of_role(role):
            finding = visit.of(lesion.name)
            if finding is not None:
                yield lesion, finding
            elif role != "new":
                yield lesion, Finding("missing")

    def days(self, visit: Visit) -> int:
        """How long after the baseline a visit was."""
        return (visit.on - self.baseline.on).days


def _once(what: str, names: list[str]) -> None:
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice:
        raise BadValue(f"Two {what} are called '{twice[0]}'. Give each a name of its own.")


def listed(names: Iterable[str]) -> str:
    """Names in a sentence.

    >>> listed(["T1", "T2"])
    "'T1', 'T2'"
    """
    return ", ".join(f"'{name}'" for name in names)


def percent(share: float) -> str:
    """A change in a sentence.

    >>> percent(-0.304)
    '-30 %'
    """
    return f"{share * 100:+.0f} %"
