"""Boxes in, masks out, on a laptop: DSC, NSD and time of commands that run as users run them.

Every model is a command. For every case it is started anew, reads an .npz with `imgs` and
`boxes`, and writes an .npz with `segs`; the labels stay with us. Its time and memory are taken
from outside, start and imports included, and its whole process group is killed at the caps.

    DSC     mean over the labels of the case
    NSD     the same, within 2 mm (a picture: 2 pixels); 0 where the DSC is at most 0.2
    failed  over a cap, another exit code than 0, no answer, or one that is not of the case's
            shape: DSC 0, NSD 0, and the cap as its time

A model's score is the mean of its ranks: one for each modality and each of DSC, NSD and time,
every modality weighing the same, ties sharing the mean of their ranks. The least is best.

Source   Ma et al., Efficient MedSAMs: Segment Anything in Medical Images on Laptop,
         arXiv:2412.16085 (the CVPR 2024 challenge); the two metrics are those of its
         `evaluation/compute_metrics.py`, where a picture is a slab one pixel thick with a
         surface above and below, so its NSD is another number than that of a contour.
Differs  ranks are given over the means of a modality and not case by case; memory is capped and
         shown and has no rank; a process instead of a container; models take turns on every
         case, so that a busy minute of the machine is shared.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, LimnerError
from limner.evaluate.metrics.dice import dice
from limner.evaluate.metrics.nsd import nsd
from limner.evaluate.outside import watched
from limner.evaluate.pair import Pair
from limner.evaluate.protocols import boxed
from limner.evaluate.protocols.boxed import Case, Labels
from limner.evaluate.stamp import command, stamp
from limner.npz import DAMAGED

TOLERANCE_MM = 2.0
LEAST_DSC = 0.2  # NSD is 0 for a case whose DSC is not above it
CAP_S, CAP_MIB = 60.0, 8192.0
RANKED = (("dsc", "more"), ("nsd", "more"), ("seconds", "less"))

Numbers = NDArray[np.float64]
Caps = tuple[float, float]  # seconds, MiB


@dataclass(frozen=True)
class Line:
    """How one model did on one case.

    seconds, peak_mib   as they were measured, also where it failed
    failure             why it counts as nothing, in a sentence; "" where it counts
    """

    model: str
    case: str
    modality: str
    dsc: float
    nsd: float
    seconds: float
    peak_mib: float
    failure: str = ""


@dataclass(frozen=True)
class Standing:
    """One model among the others.

    rank       the mean of its ranks; the least is best
    ranks      the mean over modalities of its ranks in each metric
    means      over modalities, of its mean DSC, NSD and seconds; a failed case has the cap
    by         modality to those means
    peak_mib   the most that any case needed
    failed     how many cases count as nothing
    """

    model: str
    rank: float
    ranks: Mapping[str, float]
    means: Mapping[str, float]
    by: Mapping[str, Mapping[str, float]]
    peak_mib: float
    failed: int


def run(
    models: Mapping[str, Sequence[str]],
    cases: Sequence[Case],
    *,
    cap_s: float = CAP_S,
    cap_mib: float = CAP_MIB,
    told: Callable[[Line], None] = lambda _: None,
) -> tuple[Line, ...]:
    """Every model on every case, one process after another; `told` hears each line.

    models   name to command; "{case}" and "{answer}" in it become the two files, which are
             added at its end where neither is there

    Raises NotFound for a program that does not start, UnreadableFile for a damaged case.
    """
    if not models:
        raise BadValue("There is no model to score. Give one with --model NAME=COMMAND.")
    lines = []
    with TemporaryDirectory(prefix="limner-laptop-") as held:
        for turn, case in enumerate(cases):
            names = list(models)
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                line = _one(name, models[name], case=case, folder=Path(held), caps=(cap_s, cap_mib))
                told(line)
                lines.append(line)
    return tuple(lines)


def standings(lines: Sequence[Line], *, cap_s: float = CAP_S) -> tuple[Standing, ...]:
    """The models in the order of their mean rank; equal ones in the order of the lines."""
    models = list(dict.fromkeys(each.model for each in lines))
    kinds = sorted({each.modality for each in lines})
    table = np.array(
        [[_means(lines, model, kind, cap_s=cap_s) for kind in kinds] for model in models]
    )  # (models, modalities, metrics)
    ranks = np.stack(
        [
            np.stack([_ranks(table[:, kind, n], better) for kind in range(len(kinds))], axis=1)
            for n, (_, better) in enumerate(RANKED)
        ],
        axis=2,
    )
    names = [name for name, _ in RANKED]
    found = [
        Standing(
            model,
            float(ranks[place].mean()),
            dict(zip(names, ranks[place].mean(axis=0).tolist(), strict=True)),
            dict(zip(names, table[place].mean(axis=0).tolist(), strict=True)),
            {
                kind: dict(zip(names, table[place, k].tolist(), strict=True))
                for k, kind in enumerate(kinds)
            },
            max(each.peak_mib for each in lines if each.model == model),
            sum(bool(each.failure) for each in lines if each.model == model),
        )
        for place, model in enumerate(models)
    ]
    return tuple(sorted(found, key=lambda each: each.rank))


def scores(segs: Labels, truth: Labels, spacing_mm: tuple[float, ...]) -> tuple[float, float]:
    """DSC and NSD of one case: means over the labels of the truth.

    Labels that only the answer has cost nothing of their own. Raises BadValue without a label.
    """
    numbers = boxed.numbers_in(truth)
    if not numbers:
        raise BadValue("The case has no label but 0. Leave it out.")
    if truth.ndim == 2:  # a slab: an empty slice above keeps its top and bottom a surface
        segs, truth = (np.stack([each, np.zeros_like(each)]) for each in (segs, truth))
        spacing_mm = (1.0, *spacing_mm)
    pairs = [Pair(segs == number, truth == number, spacing_mm) for number in numbers]
    overlap = float(np.mean([dice(each) for each in pairs]))
    if overlap <= LEAST_DSC:
        return overlap, 0.0
    return overlap, float(np.mean([nsd(each, tolerance_mm=TOLERANCE_MM) for each in pairs]))


def filled(told: Sequence[str], case: Path, answer: Path) -> list[str]:
    """The command with the two files put where it wants them, or at its end.

    >>> filled(["segment", "{case}", "-o", "{answer}"], Path("a.npz"), Path("b.npz"))
    ['segment', 'a.npz', '-o', 'b.npz']
    """
    marks = {"{case}": str(case), "{answer}": str(answer)}
    words = list(told)
    if not any(mark in word for word in words for mark in marks):
        words += list(marks)
    for mark, file in marks.items():
        words = [word.replace(mark, file) for word in words]
    return words


def _one(name: str, words: Sequence[str], *, case: Case, folder: Path, caps: Caps) -> Line:
    given, gave = folder / f"{case.name}.npz", folder / f"answer-{case.name}.npz"
    boxed.write(boxed.question(case), given)
    went = watched(filled(words, given, gave), cap_s=caps[0], cap_mib=caps[1])
    failure, overlap, surface = went.failure, 0.0, 0.0
    if not failure:
        truth, spacing_mm = boxed.labels_of(case)
        try:
            overlap, surface = scores(boxed.answer(gave, truth.shape), truth, spacing_mm)
        except (LimnerError, *DAMAGED) as error:
            failure = str(error)
    for file in (given, gave):  # nobody finds the answer of the one before
        file.unlink(missing_ok=True)
    return Line(
        name, case.name, case.modality, overlap, surface, went.seconds, went.peak_mib, failure
    )


def _means(lines: Sequence[Line], model: str, kind: str, *, cap_s: float) -> tuple[float, ...]:
    own = [each for each in lines if (each.model, each.modality) == (model, kind)]
    seconds = [cap_s if each.failure else each.seconds for each in own]
    told = ([each.dsc for each in own], [each.nsd for each in own], seconds)
    return tuple(float(np.mean(each)) for each in told)


def _ranks(values: Numbers, better: str) -> Numbers:
    """From 1, the best; equal values share the mean of their ranks."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(values if better == "less" else -values), float)


def table(found: Sequence[Standing]) -> Iterator[tuple[str, ...]]:
    """Rows of text: the head, then a model each."""
    yield ("model", "rank", "DSC", "NSD", "seconds", "peak MiB", "failed")
    for each in found:
        yield (
            each.model,
            f"{each.rank:.2f}",
            f"{each.means['dsc']:.3f}",
            f"{each.means['nsd']:.3f}",
            f"{each.means['seconds']:.2f}",
            f"{each.peak_mib:.0f}",
            str(each.failed),
        )


def document(lines: Sequence[Line], *, cap_s: float, cap_mib: float) -> dict[str, Any]:
    """Everything about one run, ready for JSON."""
    return {
        "command": command(),
        **stamp(),
        "caps": {"seconds": cap_s, "memory_mib": cap_mib},
        "nsd": {"tolerance_mm": TOLERANCE_MM, "zero_at_dsc": LEAST_DSC},
        "standings": [asdict(each) for each in standings(lines, cap_s=cap_s)],
        "cases": [asdict(each) for each in lines],
    }
