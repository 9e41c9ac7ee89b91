"""Series chosen by rules: what is asked of them, and which of those that are left.

A rule is a condition or a ranking. Rules are taken in order, each on what the one before left:

    modality=CT          equal; several values with a bar between: modality=CT|MR
    modality!=SR         not equal, to none of them
    description~portal   holds the text; description!~scout does not. Case never matters
    slices>=40           at least; also <=, < and >
    thinnest             the least distance from slice to slice; thickest
    finest               the least size of a pixel; coarsest
    most                 the most slices; fewest
    newest               by date and time of the series; oldest
    first                by its place in the list; last

Texts: modality, description, study, patient, uid, protocol, body, date, kind. Numbers: number (the
series number), slices, rows, columns, times, instances, spacing, pixel, thickness (mm).

What is equal in a ranking stays. What is left out before any rule: what does not open as an
image, and localisers; a rule on `kind` or `uid` looks at all. A series that lacks a number is
left out by a condition or a ranking on it.
"""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from limner.dicom.series import Found, look, opened
from limner.dicom.study import ASKED, Entry, Study, entries
from limner.errors import BadValue, SeveralSeries, UnknownName


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _step(each: Entry) -> float | None:
    """From slice to slice, mm; of a single slice its thickness; None where there is no size."""
    if not each.spacing_mm or each.scale != "patient":
        return None
    return each.spacing_mm[0] if each.report.size[1] > 1 else each.thickness_mm or None


NUMBERS: dict[str, Callable[[Entry], float | None]] = {
    "number": lambda each: _number(each.report.series_number),
    "times": lambda each: each.report.size[0] or None,
    "slices": lambda each: each.report.size[1] or None,
    "rows": lambda each: each.report.size[2] or None,
    "columns": lambda each: each.report.size[3] or None,
    "instances": lambda each: each.report.files,
    "spacing": _step,
    "pixel": lambda each: max(each.spacing_mm[1:]) if each.spacing_mm else None,
    "thickness": lambda each: each.thickness_mm or None,
}
TEXTS = (*ASKED, "kind")
RANKINGS: dict[str, tuple[Callable[[Entry], float | str | None], bool]] = {
    "thinnest": (NUMBERS["spacing"], False),
    "thickest": (NUMBERS["spacing"], True),
    "finest": (NUMBERS["pixel"], False),
    "coarsest": (NUMBERS["pixel"], True),
    "fewest": (NUMBERS["slices"], False),
    "most": (NUMBERS["slices"], True),
    "oldest": (lambda each: each.taken or None, False),
    "newest": (lambda each: each.taken or None, True),
    "first": (lambda each: each.report.number, False),
    "last": (lambda each: each.report.number, True),
}
WHOLE = {"kind", "uid"}  # what such a rule is about, it may find anywhere
SAME = 1e-4  # share by which two numbers may differ and be equal: decimals were rounded
RULE = re.compile(r"\s*([A-Za-z]+)\s*(!=|!~|<=|>=|=|~|<|>)\s*(.*?)\s*")
COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass(frozen=True)
class Rule:
    """A condition, or a ranking: then `sign` and `value` are empty."""

    name: str
    sign: str = ""
    value: str = ""

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.name}{self.sign}{self.value}"

    def kept(self, every: Sequence[Entry]) -> list[Entry]:
        """What it leaves."""
        if not self.sign:
            return _ranked(every, self.name)
        if self.name in NUMBERS:
            return [each for each in every if self._meets(NUMBERS[self.name](each))]
        return [each for each in every if self._holds(_text(each, self.name))]

    def _meets(self, found: float | None) -> bool:
        if found is None:
            return False
        values = [float(each) for each in self.value.split("|")]
        equal = any(abs(found - each) <= SAME * max(1.0, abs(each)) for each in values)
        if self.sign in {"=", "!="}:
            return equal is (self.sign == "=")
        inclusive = "=" in self.sign
        return inclusive if equal else bool(COMPARED[self.sign](found, values[0]))

    def _holds(self, found: str) -> bool:
        values = [each.strip().casefold() for each in self.value.split("|")]
        there = found.casefold()
        met = any(each in there if "~" in self.sign else each == there for each in values)
        return met is not self.sign.startswith("!")


def pick(path: Path, text: str) -> Found:
    """The one series at a path that rules leave, to be opened.

    Raises SeveralSeries where they leave more, with the list; else as `picked`.
    """
    there = look(path)
    left = picked(Study(tuple(entries(path, there))), [text]).entries
    if len(left) > 1:
        listed = "\n".join(f"  {each.report.line()}" for each in left)
        raise SeveralSeries(
            f"'{text}' leaves {len(left)} series in '{path.name}':\n{listed}\n"
            f"Add a rule, or choose by number, for example: --series {left[0].report.number}"
        )
    return opened(there.found[left[0].report.number - 1])


def rules(texts: Sequence[str]) -> list[Rule]:
    """The rules in texts, several in one with commas between.

    Raises UnknownName for a name that no rule has, BadValue for one that is not written so.
    """
    parts = [part.strip() for text in texts for part in text.split(",")]
    return [_rule(part) for part in parts if part]


def _rule(text: str) -> Rule:
    if text.lower() in RANKINGS:
        return Rule(text.lower())
    known = (*TEXTS, *NUMBERS)
    found = RULE.fullmatch(text)
    if found is None:
        if text.isalpha():
            raise UnknownName("rule", text.lower(), (*RANKINGS, *known))
        raise BadValue(
            f"The rule '{text}' is not understood. Write a condition, as modality=CT or "
            f"slices>=40, or one of: {', '.join(RANKINGS)}."
        )
    name, sign, value = found[1].lower(), found[2], found[3]
    if name not in known:
        raise UnknownName("rule", name, (*RANKINGS, *known))
    _check(text, Rule(name, sign, value))
    return Rule(name, sign, value)


def _check(text: str, rule: Rule) -> None:
    if not rule.value:
        raise BadValue(f"The rule '{text}' has no value. Write one, as in modality=CT.")
    if rule.name not in NUMBERS:
        if rule.sign in COMPARED:
            raise BadValue(
                f"The rule '{text}' compares a text. Texts take =, !=, ~ and !~; numbers are: "
                f"{', '.join(NUMBERS)}."
            )
        return
    values = rule.value.split("|")
    plain = all(_number(each) is not None for each in values)
    if not plain or "~" in rule.sign or (rule.sign in COMPARED and len(values) > 1):
        raise BadValue(
            f"The rule '{text}' needs a number, and one of =, !=, <, <=, >, >=. Write it as "
            f"{rule.name}>=2."
        )


def picked(study: Study, texts: Sequence[str]) -> Study:
    """The series that the rules leave.

    Raises BadValue, with what was there, where a rule leaves none; UnknownName as `rules`.
    """
    wanted = rules(texts)
    left = list(study.entries)
    if not any(each.name in WHOLE for each in wanted):
        left = [each for each in left if each.opens and not each.report.localiser]
    if not left:
        raise BadValue("Nothing here opens as an image. Look at all of it without a rule.")
    for rule in wanted:
        kept = rule.kept(left)
        if not kept:
            raise BadValue(_said_none(rule, left))
        left = kept
    return Study(tuple(left), study.said)


def _said_none(rule: Rule, left: Sequence[Entry]) -> str:
    if rule.name in NUMBERS:
        found = sorted({v for each in left if (v := NUMBERS[rule.name](each)) is not None})
        there = [f"{each:.6g}" for each in found]
    elif rule.sign:
        there = sorted({_text(each, rule.name) for each in left} - {""})
    else:
        return f"None of {len(left)} series says what '{rule}' needs. Leave that rule out."
    some = ", ".join(f"'{each}'" for each in there[:8]) + (", ..." if len(there) > 8 else "")
    return (
        f"The rule '{rule}' leaves no series. Of the {len(left)} that it was asked of, "
        f"{rule.name} is: {some or 'never said'}."
    )


def _ranked(every: Sequence[Entry], name: str) -> list[Entry]:
    worth, greatest = RANKINGS[name]
    found = [(value, each) for each in every if (value := worth(each)) is not None]
    if not found:
        return []
    values = [value for value, _ in found]
    best = max(values) if greatest else min(values)
    return [each for value, each in found if _alike(value, best)]


def _alike(one: float | str, other: float | str) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return abs(one - other) <= SAME * abs(other)


def _text(each: Entry, name: str) -> str:
    return each.kind if name == "kind" else each.texts[name]
