"""Trees of vessels and nets of membranes: the whole slice in tiles, each seen from close.

Threads a few pixels wide are lost on a crop that shows all of them, and a crop that shows
them says nothing of the rest. So the slice is looked at in tiles, of a zoom at which a
thread is as wide as in training, and every tile is told the colours that were marked
elsewhere (`learn.cases` practises it).
"""

import numpy as np
from numpy.typing import NDArray

from limner.predict._ask import Answer, Asking, Question, Task
from limner.predict._hints import Colours
from limner.predict._look import SIDE, Bools, Floats, Look, Scene
from limner.prompt import CHANNELS, to_map

WIDE = 3.5  # pixels of a tile that a thread should be wide
MARGIN = 8  # pixels at a tile's border that a neighbour answers, where there is one
MOST = 5  # tiles along a side: more would take longer than a person waits
LEAST = 2
SLENDER = 0.11  # a thread is narrower than this share of its extent,
FILLED = 0.30  # and fills less than this of its box
RUNS = 0.3  # it is at least so long, as a share of the crop
MARKED = 0.5  # of a mark's channel
COLOURS = 12  # marks whose colours are told, on either side

REGION, INSIDE, OUTSIDE, PRIOR = range(len(CHANNELS))


def thready(found: Answer) -> bool:
    """Whether an answer looks like a thread, a tree or a net of threads."""
    return width(found.mask) > 0


def width(mask: Bools) -> float:
    """The mean width of a mask of threads in its pixels; 0 where it is none."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return 0.0
    part = np.pad(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 1, mode="edge")
    core = part[1:-1, 1:-1]
    area, extent = int(core.sum()), max(core.shape)
    if area > FILLED * core.size or extent < RUNS * max(mask.shape):
        return 0.0
    inner = core & part[2:, 1:-1] & part[:-2, 1:-1] & part[1:-1, 2:] & part[1:-1, :-2]
    mean = 2 * area / max(area - int(inner.sum()), 1)
    return mean if mean < SLENDER * extent else 0.0


def threads(task: Task, scene: Scene, *, before: Answer) -> Asking:
    """Every tile of the slice, put together; before is a whole of tiles, or one thread of it."""
    whole = before.look if before.look.side != SIDE else _whole(task, scene, before)
    planes = to_map(task.prompts, whole.on(scene.image.grid))
    if before.look == whole:
        planes[PRIOR] = before.probability
    corners = [(row, column) for row in _starts(whole) for column in _starts(whole)]
    tiles = {corner: _tile(whole, corner) for corner in corners}
    kept = {corner: look for corner, look in tiles.items() if _shows(look, scene)}
    told = _colours(kept, planes, scene, time=task.time)
    questions = [
        Question(look, _asked(planes, corner), task.time, told) for corner, look in kept.items()
    ]
    answers = yield questions
    logits = np.full((whole.side, whole.side), -10.0, np.float32)
    sight = np.zeros((3, whole.side, whole.side), np.float32)
    for corner, one in zip(kept, answers, strict=True):
        place, part = _centre(corner, whole.side)
        logits[place], sight[:, *place] = one.logits[part], one.sight[:, *part]
    return Answer(whole, logits, _judged(answers), sight)


def _whole(task: Task, scene: Scene, found: Answer) -> Look:
    """The square that shows the whole slice, of as many tiles as the thread's width asks for."""
    wide = width(found.mask) * found.look.extent[0] / found.look.side
    shape = np.asarray(scene.high, float) - scene.low
    extent = (shape * scene.spacing).max() / scene.spacing
    pitch = SIDE - 2 * MARGIN
    wanted = float(extent[0]) / max(wide, 1.0) * WIDE
    count = int(np.clip(np.ceil((wanted - 2 * MARGIN) / pitch), LEAST, MOST))
    middle = (np.asarray(scene.low) + np.asarray(scene.high) - 1) / 2
    return Look(
        task.slice,
        (float(middle[0]), float(middle[1])),
        (float(extent[0]), float(extent[1])),
        count * pitch + 2 * MARGIN,
    )


def _starts(whole: Look) -> range:
    """Where tiles begin along a side."""
    return range(0, whole.side - SIDE + 1, SIDE - 2 * MARGIN)


def _tile(whole: Look, corner: tuple[int, int]) -> Look:
    step = np.asarray(whole.extent) / whole.side
    low = whole.low + np.asarray(corner) * step
    row, column = (low + SIDE / 2 * step).tolist()
    extent = SIDE * step
    return Look(whole.slice, (row, column), (float(extent[0]), float(extent[1])))


def _shows(look: Look, scene: Scene) -> bool:
    """Whether any of the slice lies in the tile's inner part."""
    spare = np.asarray(look.extent) * MARGIN / SIDE
    low, high = look.low + spare, look.high - spare
    return bool((high > np.asarray(scene.low) - 0.5).all() and (low < np.asarray(scene.high)).all())


def _asked(planes: Floats, corner: tuple[int, int]) -> Floats:
    """A tile's own part of the channels; its region is all of it."""
    row, column = corner
    part = planes[:, row : row + SIDE, column : column + SIDE].copy()
    part[REGION] = 1
    return part


def _colours(
    tiles: dict[tuple[int, int], Look], planes: Floats, scene: Scene, *, time: int
) -> Colours:
    """The colours under the marks, each as the tile that it is in the middle of shows it."""
    found: list[list[NDArray[np.float32]]] = [[], []]
    for corner, look in tiles.items():
        place, part = _centre(corner, planes.shape[1])
        marks = planes[[INSIDE, OUTSIDE], *place] > MARKED
        if not marks.any():
            continue
        sight = scene.sight(look, time=time)[:, *part]
        for side in range(2):
            found[side].append(sight[:, marks[side]].T)
    inside, outside = (
        np.concatenate(each or [np.zeros((0, 3), np.float32)]).astype(np.float32) for each in found
    )
    return Colours(_spread(inside), _spread(outside))


def _spread(colours: Floats) -> Floats:
    """At most `COLOURS` of them, evenly taken."""
    if len(colours) <= COLOURS:
        return colours
    chosen = np.linspace(0, len(colours) - 1, COLOURS).astype(int)
    return np.asarray(colours[chosen])


def _centre(corner: tuple[int, int], side: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """What a tile answers for: where in the whole, and where in the tile."""
    whole, part = [], []
    for start in corner:
        low = MARGIN if start else 0
        high = SIDE - MARGIN if start + SIDE < side else SIDE
        whole.append(slice(start + low, start + high))
        part.append(slice(low, high))
    return (whole[0], whole[1]), (part[0], part[1])


def _judged(answers: list[Answer]) -> float:
    """The tiles' expected Dice, each as heavy as its mask."""
    weights = np.array([one.mask.sum() + 1 for one in answers], float)
    return float((weights * [one.quality for one in answers]).sum() / weights.sum())
