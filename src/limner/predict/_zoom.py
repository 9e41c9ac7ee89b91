"""How a small network is used on a large slice: where it looks, and which answer is kept.

A box says where. An earlier answer says it too. A first click does not: the network looks
at several zooms, and the answer that stands out most from what is round it is kept.
Each strategy is a generator that yields questions and is sent the answers, so that the
questions of many objects go through the network together.
"""

from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from limner.predict._ask import Answer, Asking, Question, Task
from limner.predict._hints import hints
from limner.predict._honour import obeying
from limner.predict._islands import anchored, without_specks
from limner.predict._ladder import Judge, best, open_
from limner.predict._look import SIDE, Floats, Look, Scene, carried
from limner.predict._threads import threads, traced
from limner.predict._walker import between
from limner.prompt import CHANNELS, Prompt, to_map
from limner.prompt.prior import Prior

Corners = tuple[NDArray[np.float64], NDArray[np.float64]]  # low and high, rows and columns

BOX = 1.25  # side of the crop over the longer side of a box
MASK = 1.6  # the same for an earlier answer and the clicks on it
LEAST = 12.0  # pixels of the slice: smaller crops show nothing more
CLOSEST = 24.0  # pixels of the slice that the closest zoom of a first click shows
ZOOMS = 5  # at most so many of them
ROOM = 1.25  # a crop is so much larger than the clicks in it
MARGIN = 0.04  # a click nearer to the crop's border than this asks for a larger crop
WALK, EDGES = 2.0, 2.0  # weight of either walk's logits against the network's, after a drawing,
LEAST_SHARE = 0.01  # and the least of their shares
DRAWN, LINES = 1.1, 160  # of the square that shows all that was drawn: its room, its pixels
MIRRORED = ((-2, -1), (-2,), (-1,))  # how a crop is shown when an answer is thought over
LEAST_CUT = 0.05  # share of certainty at which a first answer is cut at the least
FEW = 3  # marks up to which a refined answer is thought over: after more it does not help
GROWN = 4  # times that a crop round a drawing may grow
LARGER = 1.6  # growth of a crop out of which the mask runs
WIDENED = 0.03  # share of a side that the mask may touch before the crop grows

REGION, INSIDE, OUTSIDE, PRIOR = range(len(CHANNELS))


def answer(task: Task, scene: Scene, judge: Judge | None = None) -> Asking:
    """The strategy that what was said asks for; the answer obeys every mark.

    Of islands only those that a prompt names are kept. `judge` picks among the zooms of a
    first click.
    """
    marks = all(each.kind in {"click", "stroke"} for each in task.prompts)
    lines = traced(task, scene, before=task.before) if marks else None
    if lines is not None:
        found = yield from threads(lines, task)
    elif task.before is not None and task.before.look.side == SIDE:
        found = yield from _refined(task, scene, before=task.before)
    elif any(each.kind in {"box", "lasso", "prior"} for each in task.prompts):
        found = yield from _placed(task, scene)
    elif {each.inside for each in task.prompts if each.kind == "stroke"} == {True, False}:
        found = yield from _drawn(task, scene)
    else:
        answers = yield from searched(task, scene)
        found = cut(best(answers, scene, marks=len(task.prompts), judge=judge))
    grid = found.look.on(scene.image.grid)
    planes = to_map(task.prompts, grid) if lines is None else lines.planes
    # threads keep islands that nobody named: that is what they are looked for in tiles for
    logits = found.logits if found.look.side != SIDE else anchored(found.logits, planes)
    logits = without_specks(logits, planes, look=found.look)
    logits = obeying(logits, found.sight, prompts=task.prompts, grid=grid)
    return replace(found, logits=logits, prompts=task.prompts)


def _placed(task: Task, scene: Scene) -> Asking:
    """A box, a lasso or a prior: one crop round it, and a larger one if the mask runs out."""
    only_prior = not any(each.kind in {"box", "lasso"} for each in task.prompts)
    low, high = _corners(task.prompts, scene, number=task.slice)
    look = _round(low, high, scene, number=task.slice, ratio=MASK if only_prior else BOX)
    first = (yield [_question(task, scene, look=look)])[0]
    found = yield from _widened(task, scene, found=first)
    if only_prior:  # an answer that somebody gave: it was begun from already
        return found
    return (yield from _thought_over(task, scene, found=found))


def _drawn(task: Task, scene: Scene) -> Asking:
    """Scribbles on the object and beside it: a crop round those on it, and mostly walks.

    Where that crop shows nothing of what was drawn beside it, it shows all that was drawn.

    People's scribbles say so much that a random walk between them is hard to beat, so two walks
    have a say: that of the hints, which knows colours, and one between the pens' lines over all
    that was drawn, which knows edges.
    """
    inside = [each for each in task.prompts if each.inside]
    low, high = _corners(inside, scene, number=task.slice)
    look = _round(low, high, scene, number=task.slice, ratio=MASK)
    low, high = _corners(task.prompts, scene, number=task.slice)
    if not to_map(task.prompts, look.on(scene.image.grid))[OUTSIDE].any():
        look = _round(low, high, scene, number=task.slice, ratio=ROOM)
    every = replace(_round(low, high, scene, number=task.slice, ratio=DRAWN), side=LINES)
    share = between(task.prompts, every, scene, time=task.time)

    def walked(found: Answer) -> Answer:
        planes = to_map(task.prompts, found.look.on(scene.image.grid))
        colours = WALK * _surely(hints(found.sight, planes)[0])
        edges = EDGES * _surely(carried(share, every, found.look))
        return replace(found, logits=np.asarray(found.logits + colours + edges, np.float32))

    found = walked((yield [_question(task, scene, look=look)])[0])
    for _ in range(GROWN):
        wider = yield from _widened(task, scene, found=found)
        if wider is found:
            break
        found = walked(wider)
    return found


def _surely(share: Floats) -> Floats:
    """Logits of a walk's share."""
    kept = np.clip(share, LEAST_SHARE, 1 - LEAST_SHARE)
    return np.asarray(np.log(kept / (1 - kept)), np.float32)


def _refined(task: Task, scene: Scene, *, before: Answer) -> Asking:
    """One more prompt on an earlier answer, from the same crop if that shows all of it."""
    low, high = _corners(task.prompts, scene, number=task.slice)
    around = _mask_corners(before)
    if around is not None:
        low, high = np.minimum(low, around[0]), np.maximum(high, around[1])
    look = _round(low, high, scene, number=task.slice, ratio=MASK)
    ratio = before.look.extent[0] / look.extent[0]
    if 0.75 < ratio < LARGER and before.look.holds(low, high, margin=MARGIN):
        look = before.look
    first = (yield [_question(task, scene, look=look, before=before)])[0]
    found = yield from _widened(task, scene, found=first)
    if sum(each.kind in {"click", "stroke"} for each in task.prompts) > FEW:
        return found
    return (yield from _thought_over(task, scene, found=found))


def searched(task: Task, scene: Scene) -> Generator[list[Question], list[Answer], list[Answer]]:
    """Clicks or strokes alone: the answers at several zooms, from far to close.

    A second look from close at what was found made first clicks worse (choose half, Dice
    after one click: 0.52 for 0.57): the first mask, often wrong in size, is then believed.
    """
    looks = _zooms(task, scene)
    return (yield [_question(task, scene, look=look) for look in looks])


def cut(found: Answer) -> Answer:
    """A first answer to marks, cut where it is worth most: at half the Dice that it expects.

    Where the truth is unsure, a pixel that is less likely than not still adds to the expected
    Dice. From there on the answer's logits are counted. A box says more, and gains nothing.

    Source   of all thresholds on true probabilities the one at half the F1 that it reaches gives
             the highest F1, which is Dice: Lipton et al., ECML PKDD 2014, arXiv:1402.1892.
    """
    share = min(max(found.quality / 2, LEAST_CUT), 0.5)
    return replace(found, logits=np.asarray(found.logits - np.log(share / (1 - share)), np.float32))


def _widened(task: Task, scene: Scene, *, found: Answer) -> Asking:
    """The answer, or a second one from a larger crop where the mask runs out of the first."""
    if open_(found, scene) <= WIDENED:
        return found
    extent = np.minimum(np.asarray(found.look.extent) * LARGER, scene.most)
    if (extent <= np.asarray(found.look.extent) * 1.05).all():
        return found
    low, high = found.look.low, found.look.high
    centre = _inside((low + high) / 2, extent, scene)
    look = Look(task.slice, centre, (float(extent[0]), float(extent[1])))
    again = (yield [_question(task, scene, look=look, before=found)])[0]
    return again if again.mask.any() else found


def _thought_over(task: Task, scene: Scene, *, found: Answer) -> Asking:
    """The mean of three further answers that begin from the first, of the crop mirrored."""
    question = _question(task, scene, look=found.look, before=found)
    again = (yield [replace(question, views=MIRRORED)])[0]
    return replace(found, logits=again.logits, quality=again.quality - task.calibration.over)


def _question(task: Task, scene: Scene, *, look: Look, before: Answer | None = None) -> Question:
    planes = to_map(task.prompts, look.on(scene.image.grid))
    if before is not None:
        planes[PRIOR] = carried(before.probability, before.look, look)
    return Question(look, planes, task.time)


def _zooms(task: Task, scene: Scene) -> list[Look]:
    """Squares round the clicks, from the whole slice down, each half as wide as the last."""
    low, high = _corners(task.prompts, scene, number=task.slice)
    pixel = float(scene.spacing.min())
    whole = float(scene.most[0] * scene.spacing[0])
    needed = float(((high - low) * scene.spacing).max()) * ROOM
    looks = []
    for number in range(ZOOMS):
        side = max(whole / 2**number, needed, min(whole, CLOSEST * pixel))
        extent = side / scene.spacing
        centre = _inside((low + high) / 2, extent, scene)
        look = Look(task.slice, centre, (float(extent[0]), float(extent[1])))
        if look not in looks:
            looks.append(look)
    return looks


def _round(
    low: NDArray[np.float64], high: NDArray[np.float64], scene: Scene, *, number: int, ratio: float
) -> Look:
    """The square in mm round two corners."""
    sides = (high - low) * scene.spacing
    side = max(float(sides.max()) * ratio, LEAST * float(scene.spacing.min()))
    extent = side / scene.spacing
    middle = (low + high) / 2
    return Look(number, (float(middle[0]), float(middle[1])), (float(extent[0]), float(extent[1])))


def _inside(
    centre: NDArray[np.float64], extent: NDArray[np.float64], scene: Scene
) -> tuple[float, float]:
    """The centre, moved so that the crop lies inside the image where it can."""
    low, high = np.asarray(scene.low) - 0.5, np.asarray(scene.high) - 0.5
    middle = (low + high) / 2
    row, column = np.clip(
        centre, np.minimum(low + extent / 2, middle), np.maximum(high - extent / 2, middle)
    ).tolist()
    return row, column


def _mask_corners(found: Answer) -> Corners | None:
    """Low and high corner of the mask, on faces of the crop's pixels; None for an empty one."""
    span = found.span
    if span is None:
        return None
    step = np.asarray(found.look.extent) / found.look.side
    low, high = (found.look.low + each * step for each in span)
    return low, high


def _corners(prompts: Sequence[Prompt], scene: Scene, *, number: int) -> Corners:
    """Low and high corner of all that was said on a slice."""
    grid = scene.image.grid
    points = []
    for each in prompts:
        if isinstance(each, Prior):
            points.append(_prior_corners(each, scene, number=number))
        elif each.kind == "box":
            points.append(each.to_tokens(grid).index[:, 1:])
        elif each.places_mm:
            points.append(grid.index_at(each.places_mm)[:, 1:])
    if not points:
        return np.asarray(scene.low, float), np.asarray(scene.high, float)
    together = np.concatenate(points)
    return together.min(axis=0), together.max(axis=0)


def _prior_corners(prior: Prior, scene: Scene, *, number: int) -> NDArray[np.float64]:
    """(2, 2) corners of a prior on a slice; those of its whole block where it is empty there."""
    grid = scene.image.grid
    index = grid.index_at(prior.grid.corners_mm())[:, 1:]
    low = np.clip(np.floor(index.min(axis=0)) - 1, scene.low, np.asarray(scene.high) - 1)
    high = np.clip(np.ceil(index.max(axis=0)) + 2, low + 1, scene.high)
    (top, left), (bottom, right) = low.astype(int).tolist(), high.astype(int).tolist()
    flags = prior.on(grid.crop((number, top, left), (number + 1, bottom, right)))[0] > 0.5
    found = np.argwhere(flags)
    if not len(found):
        return np.stack([low - 0.5, high - 0.5])
    corner = np.array([top, left])
    return np.stack([found.min(axis=0) + corner - 0.5, found.max(axis=0) + corner + 0.5])
