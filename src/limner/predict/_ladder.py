"""Which zoom of a first prompt is kept: answers from far to close, compared with one another.

A click says nothing of a size, so the network looks at several zooms, and what each answer is
worth is read off how it fits the others: the network's own evidence of it, its extent, and how
it overlaps the answers one and two zooms away. A small network that `limner.learn.ladders`
trains weighs all that; without it the rule of `by_rule` does.

`results/network_parts.json` has what others would pick.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.predict._ask import Answer
from limner.predict._look import Floats, Scene, carried

# {"ladder": (n, facts)} to {"worth": (n,), "quality": (n,)}: the Dice that each answer reaches
Judge = Callable[[Mapping[str, NDArray[Any]]], Mapping[str, NDArray[Any]]]

AGREE = 0.6  # what the agreement of the zooms counts against the expected Dice of one
LIKELY = (0.0, 0.1, 0.08, 0.0, -0.1)  # how much likelier an object of that size is, likewise
TRUST = 0.02  # what the judge's word counts against the rule's
NEAR = (-2, -1, 1, 2)  # how many zooms further or closer the answers are that one is compared to
OWN, OF_EACH = 9, 5  # facts of an answer alone, and of it beside each of those
PLAIN = OWN + OF_EACH * len(NEAR)  # facts before the network's own evidence
EXPECTED, AGREED = 0, 1  # the columns of what the rule goes by


def best(
    answers: Sequence[Answer], scene: Scene, *, marks: int, judge: Judge | None = None
) -> Answer:
    """Of the zooms, from far to close, the one of the highest worth.

    Where there is a judge, it says what the answer is expected to reach.
    """
    told = facts(answers, scene)
    worth = by_rule(told, marks=marks)
    if judge is None or told.shape[1] == PLAIN:
        return answers[int(np.argmax(worth))]
    judged = judge({"ladder": told})
    chosen = int(np.argmax(worth + TRUST * judged["worth"]))
    quality = float(np.clip(judged["quality"][chosen], 0, 1))
    return replace(answers[chosen], quality=quality)


def facts(answers: Sequence[Answer], scene: Scene) -> Floats:
    """(n, facts) of answers to one prompt at several zooms, from far to close.

    Of each: its expected Dice, its mean agreement with the others, how many there are; the
    crop's extent over the slice's, and over its own pixels (both logarithms); the mask's extent
    over the slice's (a logarithm) and the crop's, how much of a side of the crop it touches,
    how sure it is within the mask. Then of the answers two and one zoom further, and one and
    two closer, where there are: 1, the difference in expected Dice, the overlap (IoU), the
    share of the wider mask that the closer one holds and the other way round: `PLAIN` of them.
    Then its evidence, where every answer has some.
    """
    count = len(answers)
    overlap, within = _overlaps(answers)
    quality = np.array([one.quality for one in answers])
    evidence = [one.evidence for one in answers if one.evidence is not None]
    rows = []
    for number, one in enumerate(answers):
        near = []
        for other in (number + step for step in NEAR):
            if not 0 <= other < count:
                near += [0.0] * OF_EACH
                continue
            apart = float(quality[other] - quality[number])
            shared = overlap[number, other], within[number, other], within[other, number]
            near += [1.0, apart, *shared]
        agreed = float(overlap[number].sum() - 1) / max(count - 1, 1)
        own = [one.quality, agreed, count / len(LIKELY), *_shape(one, scene)]
        more = evidence[number].reshape(-1) if len(evidence) == count else ()
        rows.append(np.concatenate([own, near, more]))
    return np.asarray(rows, np.float32)


def open_(found: Answer, scene: Scene) -> float:
    """The most of a crop's side that the mask touches, of sides beyond which the image goes on."""
    mask, look = found.mask, found.look
    sides = (
        (mask[0], look.low[0] > scene.low[0]),
        (mask[-1], look.high[0] < scene.high[0] - 1),
        (mask[:, 0], look.low[1] > scene.low[1]),
        (mask[:, -1], look.high[1] < scene.high[1] - 1),
    )
    return max(float(side.mean()) if goes_on else 0.0 for side, goes_on in sides)


def _shape(one: Answer, scene: Scene) -> list[float]:
    whole, extent = float(scene.most[0]), one.look.extent[0]
    share = float(one.mask.mean())
    size = np.sqrt(share * extent**2 + 1)
    sure = float(one.probability[one.mask].mean()) if share else 0.0
    scales = [extent / whole, extent / one.look.side, size / whole]
    return [*np.log(scales).tolist(), share**0.5, open_(one, scene), sure]


def _overlaps(answers: Sequence[Answer]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """IoU (n, n) of answers, and the share (n, n) of each that lies in each other one.

    Both on what the closer of the two shows.
    """
    count = len(answers)
    overlap, within = np.eye(count), np.eye(count)
    for far in range(count):
        for near in range(far + 1, count):
            wide, close = answers[far], answers[near]
            seen = carried(wide.probability, wide.look, close.look) > 0.5
            both = float((seen & close.mask).sum())
            sizes = float(seen.sum()), float(close.mask.sum())
            overlap[far, near] = overlap[near, far] = both / max(sum(sizes) - both, 1)
            within[far, near], within[near, far] = (both / max(size, 1) for size in sizes)
    return overlap, within


def by_rule(told: Floats, *, marks: int) -> NDArray[np.float64]:
    """Expected Dice, how far the other zooms agree, and how often an object is of that size.

    The last only for a single mark, which tells nothing of it. `told` is what `facts` gives.
    """
    usual = np.zeros(len(told))
    if marks == 1:
        usual += [LIKELY[min(number, len(LIKELY) - 1)] for number in range(len(told))]
    return np.asarray(told[:, EXPECTED] + AGREE * told[:, AGREED] + usual)
