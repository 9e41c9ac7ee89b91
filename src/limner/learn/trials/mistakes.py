"""Whether looking at disagreements alone recovers how often answers are right.

Outlines of ellipses, some answers planted wrong and some labels planted wrong, now and then the
same way, so that nobody sees it. The reviewer knows the truth and slips at times. The same number
of objects drawn by chance and looked at, whether or not they disagree, is what to compare with.

Source   the check of `evaluate/review.py`: Vasudevan et al., arXiv:2205.04596, section 3.
Differs  planted errors of known truth: the paper has no truth but its reviewers.
Expected results/mistakes.json
"""

import numpy as np
from numpy.typing import NDArray

from limner.learn.study import TRIALS

Bools = NDArray[np.bool_]

SIDE = 40
BELOW = 0.7
OBJECTS = 1000
SETS = 8


@TRIALS.add
def mistakes(
    seed: int,
    *,
    looked: str = "disagreements",
    answers_wrong: float = 0.12,
    labels_wrong: float = 0.06,
    alike: float = 0.05,
    slips: float = 0.02,
) -> dict[str, float]:
    """How far the share of right answers is off after a review, against the truth.

    looked          at "disagreements", or at as many objects by "chance"
    answers_wrong   share of answers that are planted wrong; `labels_wrong` of labels
    alike           share of the wrong labels whose answer is wrong in the same way
    slips           share of the reviewer's verdicts that are the opposite of the truth

    off         of the reviewed share, absolute
    unreviewed  of the share against the labels as they are
    looks       share of objects that were looked at
    """
    from limner.evaluate.metrics.dice import dice
    from limner.evaluate.pair import Pair
    from limner.evaluate.review import ACCEPTABLE, LABEL_ERROR, WRONG, Judged, corrected
    from limner.evaluate.review import mistakes as disagreements

    rng = np.random.default_rng(seed)
    told: list[Judged] = []
    right: list[bool] = []
    for number in range(OBJECTS):
        truth, label, answer = _planted(
            rng, answers_wrong=answers_wrong, labels_wrong=labels_wrong, alike=alike
        )
        is_right = dice(Pair(answer, truth)) >= BELOW
        relabelled = dice(Pair(label, truth)) < BELOW
        seen = is_right != (rng.random() < slips)
        verdict = (LABEL_ERROR if relabelled else ACCEPTABLE) if seen else WRONG
        right.append(is_right)
        told.append(Judged(f"{number}", f"set {number % SETS}", dice(Pair(answer, label)), verdict))
    found = corrected(told, below=BELOW)
    looks = len(disagreements(told, below=BELOW))
    if looked == "chance":
        drawn = rng.choice(OBJECTS, looks, replace=False)
        share = float(np.mean([told[number].verdict != WRONG for number in drawn]))
    else:
        share = found.right_after
    truly = float(np.mean(right))
    return {
        "off": abs(share - truly),
        "unreviewed": abs(found.right_before - truly),
        "looks": looks / OBJECTS,
    }


def _planted(
    rng: np.random.Generator, *, answers_wrong: float, labels_wrong: float, alike: float
) -> tuple[Bools, Bools, Bools]:
    """The true outline, the label, and the answer."""
    truth = _ellipse(rng)
    answer = _spoilt(rng, truth) if rng.random() < answers_wrong else _jittered(rng, truth)
    label = truth
    if rng.random() < labels_wrong:
        label = _spoilt(rng, truth)
        if rng.random() < alike:
            answer = _jittered(rng, label)
    return truth, label, answer


def _ellipse(rng: np.random.Generator) -> Bools:
    rows, columns = np.mgrid[:SIDE, :SIDE] - SIDE / 2.0
    first, second = rng.uniform(6, 12, 2)
    return np.asarray((rows / first) ** 2 + (columns / second) ** 2 < 1)


def _jittered(rng: np.random.Generator, inside: Bools) -> Bools:
    """Off by a pixel at most, as a good answer is."""
    return np.asarray(np.roll(inside, rng.integers(-1, 2, 2).tolist(), axis=(0, 1)))


def _spoilt(rng: np.random.Generator, inside: Bools) -> Bools:
    """Half of it is lost, or it lies beside its place."""
    if rng.random() < 0.5:
        kept = inside.copy()
        half = SIDE // 2
        first, last = kept[:half], kept[half:]
        left, right = kept[:, :half], kept[:, half:]
        (first, last, left, right)[int(rng.integers(4))][:] = False
        return kept
    step = rng.permutation([int(rng.integers(9, 13)), 0]) * int(rng.choice([-1, 1]))
    return np.asarray(np.roll(inside, step.tolist(), axis=(0, 1)))
