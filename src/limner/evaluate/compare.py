"""Tables of scores: every set weighs the same, and intervals come from drawing images again.

A *group* is a set of at least five images, or all smaller ones together as "small sets". A
group's score is the mean over its objects; the mean of a table is that over its groups.
Intervals are 95 % percentile bootstrap ones: within every group its images are drawn with
replacement, the same ones for every contestant, so that a difference is a paired one.

Source   Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 8 and 13.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue

SMALL = 5  # images below which a set is not a group of its own
POOLED = "small sets"
DRAWS = 2000
COLUMNS = ("box", "1 click", "3 clicks", "5 clicks", "10 clicks")

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One object: what it belongs to, and the column scores of each contestant.

    scores   contestant to (box, 1, 3, 5, 10 clicks), NaN for what it does not take
    """

    key: str
    set: str
    image: str
    modality: str
    thin: bool
    scores: Mapping[str, tuple[float, ...]]


def compared(rows: Sequence[Row], *, seed: int = 0) -> dict[str, Any]:
    """The tables of ordinary and of thin objects, as plain numbers; empty ones left out."""
    parts = {
        "ordinary": [each for each in rows if not each.thin],
        "thin": [each for each in rows if each.thin],
    }
    return {name: _table(part, seed=seed) for name, part in parts.items() if part}


def _table(rows: Sequence[Row], *, seed: int) -> dict[str, Any]:
    names = tuple(rows[0].scores)
    if any(tuple(each.scores) != names for each in rows):
        raise BadValue("The rows have different contestants. Score all of them on every object.")
    groups = _groups(rows)
    rng = np.random.default_rng(seed)
    whole, drawn = [], []  # (groups, contestants, columns) and (draws, ...) of them
    for members in groups.values():
        sums, counts = _by_image(members, names)
        whole.append(sums.sum(axis=0) / counts.sum())
        picked = rng.integers(len(counts), size=(DRAWS, len(counts)))
        drawn.append(sums[picked].sum(axis=1) / counts[picked].sum(axis=1)[:, None, None])
    means, again = np.mean(whole, axis=0), np.mean(drawn, axis=0)
    return {
        "objects": len(rows),
        "groups": {
            name: {"images": len(_images(members)), "objects": len(members)}
            for name, members in groups.items()
        },
        "modalities": _modalities(rows, names),
        "contestants": {
            name: {
                "mean": _columns(means[place], again[:, place]),
                "groups": {
                    group: _columns(score[place])
                    for group, score in zip(groups, whole, strict=True)
                },
                "minus": {
                    other: _columns(
                        means[place] - means[second], again[:, place] - again[:, second]
                    )
                    for second, other in enumerate(names)
                    if second != place
                },
            }
            for place, name in enumerate(names)
        },
    }


def _groups(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each group, the pooled one last."""
    sets: dict[str, list[Row]] = {}
    for each in rows:
        sets.setdefault(each.set, []).append(each)
    large = {name: own for name, own in sets.items() if len(_images(own)) >= SMALL}
    rest = [each for name, own in sets.items() if name not in large for each in own]
    return {**large, **({POOLED: rest} if rest else {})}


def _images(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(each.image for each in rows))


def _by_image(rows: Sequence[Row], names: Sequence[str]) -> tuple[Scores, Scores]:
    """Sums (images, contestants, columns) and numbers (images,) of the objects' scores."""
    images = {image: number for number, image in enumerate(_images(rows))}
    sums = np.zeros((len(images), len(names), len(COLUMNS)))
    counts = np.zeros(len(images))
    for each in rows:
        sums[images[each.image]] += [each.scores[name] for name in names]
        counts[images[each.image]] += 1
    return sums, counts


def _modalities(rows: Sequence[Row], names: Sequence[str]) -> dict[str, Any]:
    """For each modality, the mean over its sets of the mean over their objects."""
    told = {}
    for kind in sorted({each.modality for each in rows}):
        own = [each for each in rows if each.modality == kind]
        sets = sorted({each.set for each in own})
        means = [
            np.mean(
                [[each.scores[name] for name in names] for each in own if each.set == one], axis=0
            )
            for one in sets
        ]
        scores = np.mean(means, axis=0)
        told[kind] = {
            "sets": len(sets),
            "objects": len(own),
            "contestants": {name: _columns(scores[n]) for n, name in enumerate(names)},
        }
    return told


def _columns(values: Scores, again: Scores | None = None) -> dict[str, Any]:
    """By column: a number, or [number, low, high]; columns without a score are left out."""
    told: dict[str, Any] = {}
    for place, column in enumerate(COLUMNS):
        if np.isnan(values[place]):
            continue
        told[column] = round(float(values[place]), 4)
        if again is not None:
            low, high = np.percentile(again[:, place], [2.5, 97.5])
            told[column] = [told[column], round(float(low), 4), round(float(high), 4)]
    return told
