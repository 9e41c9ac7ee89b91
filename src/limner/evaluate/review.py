"""What a person found when looking at every mistake: verdicts, and scores that heed them.

A *mistake* is an object whose Dice against its label is under a threshold. Looking at it, a
person says that the answer is wrong, that it is acceptable too (the label is one of several
right ones), or that the label is wrong and the answer right. Only disagreements are looked at:
where the answer and the label make the same error, nobody notices.

Source   Vasudevan et al., When does dough become a bagel? Analyzing the remaining mistakes on
         ImageNet, NeurIPS 2022, arXiv:2205.04596: verdict, category and severity of each.
Differs  objects that are outlined instead of pictures that are named, so a mistake is a Dice
         under a threshold, and categories are those of outlines; one reviewer and no panel.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from limner.errors import BadValue, NotFound, UnreadableFile

FORMAT = "limner verdicts 1"
BELOW = 0.7

WRONG, ACCEPTABLE, LABEL_ERROR = "wrong", "acceptable", "label error"
VERDICTS = (WRONG, ACCEPTABLE, LABEL_ERROR)
CATEGORIES = (
    "leaked over an edge",
    "stopped too early",
    "another object",
    "part of it only",
    "neighbours together",
    "too coarse",
    "thin parts lost",
    "other",
)
SEVERITIES = ("minor", "major")


@dataclass(frozen=True)
class Judged:
    """One object, its Dice against the label, and what was found; "" where nothing was said."""

    key: str
    set: str
    dice: float
    verdict: str = ""
    category: str = ""
    severity: str = ""
    note: str = ""


@dataclass(frozen=True)
class Corrected:
    """Scores before and after the verdicts.

    right_before   share of objects whose Dice is not under the threshold
    right_after    the same, with acceptable answers and label errors counted as right
    sets_before    the mean over sets of each set's share; `sets_after` likewise
    dice_before    mean Dice; `dice_after` leaves label errors out: what is wrong judges nobody
    open           mistakes that nobody has judged; they count as wrong
    verdicts       how many of each; `reasons` how many of each (category, severity) are wrong
    major          keys of the wrong answers whose severity is major
    """

    objects: int
    mistakes: int
    open: int
    verdicts: Mapping[str, int]
    reasons: Mapping[tuple[str, str], int]
    right_before: float
    right_after: float
    sets_before: float
    sets_after: float
    dice_before: float
    dice_after: float
    major: tuple[str, ...]


def mistakes(objects: Sequence[Judged], *, below: float = BELOW) -> tuple[Judged, ...]:
    """The objects under the threshold, the worst first."""
    return tuple(sorted((each for each in objects if each.dice < below), key=lambda e: e.dice))


def corrected(objects: Sequence[Judged], *, below: float = BELOW) -> Corrected:
    """The scores of all objects, mistakes and others. Raises BadValue without one.

    A verdict on an object that is not under the threshold changes nothing.
    """
    if not objects:
        raise BadValue("There is no object to score. Give a record of a scoring.")
    wrong = mistakes(objects, below=below)
    forgiven = {each.key for each in wrong if each.verdict in (ACCEPTABLE, LABEL_ERROR)}
    relabelled = {each.key for each in wrong if each.verdict == LABEL_ERROR}
    before = {each.key: each.dice >= below for each in objects}
    after = {key: right or key in forgiven for key, right in before.items()}
    left = [each.dice for each in objects if each.key not in relabelled]
    errors = [each for each in wrong if each.verdict == WRONG]
    return Corrected(
        objects=len(objects),
        mistakes=len(wrong),
        open=sum(not each.verdict for each in wrong),
        verdicts={name: sum(each.verdict == name for each in wrong) for name in VERDICTS},
        reasons=Counter((each.category, each.severity) for each in errors),
        right_before=_mean(before.values()),
        right_after=_mean(after.values()),
        sets_before=_over_sets(objects, before),
        sets_after=_over_sets(objects, after),
        dice_before=_mean(each.dice for each in objects),
        dice_after=_mean(left),
        major=tuple(each.key for each in errors if each.severity == "major"),
    )


def read(path: Path) -> tuple[dict[str, Any], tuple[Judged, ...]]:
    """A verdicts file: what it is about, and its objects.

    Raises NotFound, UnreadableFile for another file, BadValue for a verdict there is not.
    """
    if not path.is_file():
        raise NotFound(f"There is no '{path}'. Export it from the page that limner review wrote.")
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["format"] != FORMAT:
            raise UnreadableFile(
                f"'{path}' has the format '{told['format']}', not '{FORMAT}'. Export it again."
            )
        objects = tuple(Judged(**each) for each in told.pop("objects"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, UnreadableFile):
            raise
        raise UnreadableFile(
            f"'{path}' is no export of a review page: {error}. Export it from the page again."
        ) from error
    for each in objects:
        for word, known in (
            (each.verdict, VERDICTS),
            (each.category, CATEGORIES),
            (each.severity, SEVERITIES),
        ):
            if word and word not in known:
                raise BadValue(
                    f"'{word}' of '{each.key}' is none of: {', '.join(known)}. Write one of them."
                )
    return told, objects


def document(about: Mapping[str, Any], objects: Sequence[Judged]) -> dict[str, Any]:
    """What the page exports, with whatever was judged so far."""
    return {"format": FORMAT, **about, "objects": [asdict(each) for each in objects]}


def summary(found: Corrected, *, below: float = BELOW) -> str:
    """The scores as lines of text."""
    counts = ", ".join(f"{count} {name}" for name, count in found.verdicts.items())
    seen = f"{counts}, {found.open} not judged (they count as wrong)"
    lines = [
        f"{found.objects} objects, {found.mistakes} under Dice {below:g}: {seen}",
        "",
        f"{'':22}before  after",
        f"{'right, of all objects':22}{found.right_before:6.3f} {found.right_after:6.3f}",
        f"{'right, mean over sets':22}{found.sets_before:6.3f} {found.sets_after:6.3f}",
        f"{'Dice':22}{found.dice_before:6.3f} {found.dice_after:6.3f}",
    ]
    if found.reasons:
        lines += ["", "Wrong answers by category and severity:"]
        for (category, severity), count in sorted(found.reasons.items(), key=lambda e: -e[1]):
            words = ", ".join(filter(None, (category or "no category", severity)))
            lines.append(f"  {count:3d}  {words}")
    if found.major:
        lines += ["", "Major errors:", *(f"  {key}" for key in found.major)]
    return "\n".join(lines)


def _mean(values: Any) -> float:
    held = [float(each) for each in values]
    return sum(held) / len(held) if held else float("nan")


def _over_sets(objects: Sequence[Judged], right: Mapping[str, bool]) -> float:
    sets = dict.fromkeys(each.set for each in objects)
    return _mean(_mean(right[each.key] for each in objects if each.set == name) for name in sets)
