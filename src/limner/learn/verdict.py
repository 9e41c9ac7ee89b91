"""What a study's measurements say: paired differences, their interval, the checks.

The interval is Student's for paired differences: the mean of method minus baseline over the
seeds, and t(0.975, n - 1) standard errors to either side. The effect appeared where the whole
interval lies beyond the margin, to the better side.

Source   Student (W. S. Gosset), Biometrika 6, 1908, "The probable error of a mean".
"""

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import fmean, stdev
from typing import Any

from limner.learn.arms import Arm, Line
from limner.learn.study import ARMS, Check, Study

__all__ = ["interval", "judged"]


def interval(differences: Sequence[float]) -> tuple[float, float, float]:
    """The mean of at least two numbers, and the ends of its 95 % interval.

    >>> [round(each, 2) for each in interval([1.0, 2.0, 3.0])]
    [2.0, -0.48, 4.48]
    """
    from scipy.special import stdtrit

    count = len(differences)
    mean = fmean(differences)
    half = float(stdtrit(count - 1, 0.975)) * stdev(differences) / sqrt(count)
    return mean, mean - half, mean + half


def judged(
    study: Study, arms: Mapping[str, Arm], lines: Mapping[str, Sequence[Line]]
) -> dict[str, Any]:
    """What a record says of the arms' lines, which lie in the same order of seeds."""
    shown = dict.fromkeys((study.metric, *study.also, *(each.metric for each in study.check)))
    claim = Check(study.metric, better=study.better, margin=study.margin)
    verdict = _checked(claim, lines)
    return {
        "seeds": [line["seed"] for line in lines["method"]],
        "effect": verdict["difference"],
        "appeared": verdict["holds"],
        "interval": "paired t, 95 %",
        "checks": [_checked(each, lines) for each in study.check],
        "numbers": {name: _number(name, lines) for name in shown},
        "arms": {
            arm: {
                "settings": dict(arms[arm].settings),
                "tried": [[dict(settings), _plain(mean)] for settings, mean in arms[arm].tried],
                "seconds": round(sum(line["seconds"] for line in lines[arm]), 1),
            }
            for arm in ARMS
        },
    }


def _checked(check: Check, lines: Mapping[str, Sequence[Line]]) -> dict[str, Any]:
    told: dict[str, Any] = {"metric": check.metric}
    if check.better:
        difference = _difference(check.metric, lines)
        low, high = difference[1:]
        beyond = low > check.margin if check.better == "more" else high < -check.margin
        told |= {"better": check.better, "margin": check.margin, "difference": difference}
        return {**told, "holds": beyond}
    mean = fmean(_values("method", check.metric, lines))
    bounds = {"at_most": check.at_most, "at_least": check.at_least}
    too_much = check.at_most is not None and mean > check.at_most
    too_little = check.at_least is not None and mean < check.at_least
    told |= {name: bound for name, bound in bounds.items() if bound is not None}
    return {**told, "mean": _plain(mean), "holds": not (too_much or too_little)}


def _number(name: str, lines: Mapping[str, Sequence[Line]]) -> dict[str, Any]:
    values = {arm: _values(arm, name, lines) for arm in ARMS}
    return {
        **{arm: [_plain(value) for value in own] for arm, own in values.items()},
        "means": {arm: _plain(fmean(own)) for arm, own in values.items()},
        "difference": _difference(name, lines),
    }


def _difference(name: str, lines: Mapping[str, Sequence[Line]]) -> list[float]:
    """The mean of method minus baseline, and the ends of its interval."""
    pairs = zip(*(_values(arm, name, lines) for arm in ARMS), strict=True)
    return [_plain(each) for each in interval([one - other for one, other in pairs])]


def _values(arm: str, name: str, lines: Mapping[str, Sequence[Line]]) -> list[float]:
    return [line["values"][name] for line in lines[arm]]


def _plain(value: float) -> float:
    return float(f"{value:.6g}")
