"""Tables of scores: every set weighs the same, and intervals come from drawing images again.

A *group* is a set of at least five images, or all smaller ones together as "small sets". A
group's score is the mean over its objects; the mean of a table is that over its groups.
Objects without a score in a column are left out of it. Intervals are 95 % percentile bootstrap
ones: within every group its images are drawn with replacement, the same ones for every
contestant, so that a difference is a paired one.

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
Counts = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One object: what it belongs to, and the column scores of each contestant.

    scores   contestant to a score a column, NaN for what it does not take
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
    return {name: table(part, seed=seed) for name, part in parts.items() if part}


def table(
    rows: Sequence[Row], *, columns: Sequence[str] = COLUMNS, seed: int = 0, brief: bool = False
) -> dict[str, Any]:
    """One table of at least one row; a brief one has no modalities and compares nobody.

    `minus` has the mean difference from each other contestant, `wins` in how many of the groups
    that both have the score is larger: [won, groups].
    """
    names = tuple(rows[0].scores)
    if any(tuple(each.scores) != names for each in rows):
        raise BadValue("The rows have different contestants. Score all of them on every object.")
    groups = groups_of(rows)
    rng = np.random.default_rng(seed)
    whole, drawn = [], []  # (groups, contestants, columns) and (draws, ...) of them
    for members in groups.values():
        sums, counts = _by_image(members, names)
        whole.append(_share(sums.sum(axis=0), counts.sum(axis=0)))
        picked = rng.integers(len(counts), size=(DRAWS, len(counts)))
        drawn.append(_share(sums[picked].sum(axis=1), counts[picked].sum(axis=1)))
    scores = _Scores(columns, np.array(whole), _mean(np.array(drawn)))
    told: dict[str, Any] = {
        "objects": len(rows),
        "groups": {
            name: {"images": len(_images(members)), "objects": len(members)}
            for name, members in groups.items()
        },
    }
    if not brief:
        told["modalities"] = _modalities(rows, names, columns)
    told["contestants"] = {
        name: {
            "mean": scores.mean(place),
            "groups": {
                group: _plain(columns, own[place]) for group, own in zip(groups, whole, strict=True)
            },
            **({} if brief else scores.against(place, names)),
        }
        for place, name in enumerate(names)
    }
    return told


@dataclass(frozen=True, eq=False)
class _Scores:
    """The scores of every group, and what their mean was when images were drawn again.

    whole   (groups, contestants, columns)
    again   (draws, contestants, columns)
    """

    columns: Sequence[str]
    whole: Scores
    again: Scores

    def mean(self, place: int) -> dict[str, Any]:
        """By column, the mean of one contestant and its interval."""
        return _ranged(self.columns, _mean(self.whole)[place], self.again[:, place])

    def against(self, place: int, names: Sequence[str]) -> dict[str, Any]:
        """How one contestant stands to each other one."""
        means = _mean(self.whole)
        others = [(second, name) for second, name in enumerate(names) if second != place]
        return {
            "minus": {
                name: _ranged(
                    self.columns,
                    means[place] - means[second],
                    self.again[:, place] - self.again[:, second],
                )
                for second, name in others
            },
            "wins": {name: self._wins(place, second) for second, name in others},
        }

    def _wins(self, place: int, second: int) -> dict[str, list[int]]:
        more = self.whole[:, place] - self.whole[:, second]
        return {
            column: [int((more[:, number] > 0).sum()), int(both)]
            for number, column in enumerate(self.columns)
            if (both := (~np.isnan(more[:, number])).sum())
        }


def groups_of(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each group, the pooled one last."""
    sets: dict[str, list[Row]] = {}
    for each in rows:
        sets.setdefault(each.set, []).append(each)
    large = {name: own for name, own in sets.items() if len(_images(own)) >= SMALL}
    rest = [each for name, own in sets.items() if name not in large for each in own]
    return {**large, **({POOLED: rest} if rest else {})}


def _images(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(each.image for each in rows))


def _by_image(rows: Sequence[Row], names: Sequence[str]) -> tuple[Scores, Counts]:
    """Sums and numbers (images, contestants, columns) of the objects' scores."""
    images = {image: number for number, image in enumerate(_images(rows))}
    scores = np.array([[each.scores[name] for name in names] for each in rows], float)
    sums = np.zeros((len(images), *scores.shape[1:]))
    counts = np.zeros_like(sums)
    places = [images[each.image] for each in rows]
    np.add.at(sums, places, np.nan_to_num(scores))
    np.add.at(counts, places, ~np.isnan(scores))
    return sums, counts


def _share(sums: Scores, counts: Counts) -> Scores:
    """The mean of what was counted; NaN where nothing was."""
    return np.asarray(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))


def _mean(scores: Scores) -> Scores:
    """The mean along the first axis of what is not NaN; NaN where all is."""
    return _share(np.nan_to_num(scores).sum(axis=0), (~np.isnan(scores)).sum(axis=0).astype(float))


def _modalities(
    rows: Sequence[Row], names: Sequence[str], columns: Sequence[str]
) -> dict[str, Any]:
    """For each modality, the mean over its sets of the mean over their objects."""
    told = {}
    for kind in sorted({each.modality for each in rows}):
        own = [each for each in rows if each.modality == kind]
        sets = sorted({each.set for each in own})
        means = []
        for one in sets:
            sums, counts = _by_image([each for each in own if each.set == one], names)
            means.append(_share(sums.sum(axis=0), counts.sum(axis=0)))
        scores = _mean(np.array(means))
        told[kind] = {
            "sets": len(sets),
            "objects": len(own),
            "contestants": {name: _plain(columns, scores[n]) for n, name in enumerate(names)},
        }
    return told


def _plain(columns: Sequence[str], values: Scores) -> dict[str, float]:
    """By column, a number; columns without one are left out."""
    return {
        column: round(float(value), 4)
        for column, value in zip(columns, values, strict=True)
        if not np.isnan(value)
    }


def _ranged(columns: Sequence[str], values: Scores, again: Scores) -> dict[str, list[float]]:
    """By column, [number, low, high]; columns without a score are left out."""
    told = {}
    for column, number in _plain(columns, values).items():
        draws = again[:, list(columns).index(column)]
        low, high = np.percentile(draws[~np.isnan(draws)], [2.5, 97.5])
        told[column] = [number, round(float(low), 4), round(float(high), 4)]
    return told
