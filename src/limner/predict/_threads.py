"""Trees of vessels and nets of membranes: ridges all over the slice, and tiles round the marks.

Threads a few pixels wide are lost on a crop that shows all of them, and a crop that shows
them says nothing of the rest. So where the marks lie on ridges, every ridge of the slice that
is as dark, or as bright, is taken; round the marks the network looks at tiles of a zoom at
which a thread is as wide as in training, and is told the colours of the other marks.

Source   ridges by the second derivatives over scales: Frangi et al., MICCAI 1998; responses
         along lines of several directions: Soares et al., IEEE TMI 2006 (Gabor wavelets);
         Nguyen et al., Pattern Recognition 2013 (line detectors).
Differs  at a mark the larger curvature less half of the other, instead of a vesselness; over the
         slice the curvature across a direction, averaged along it; contrast is first evened out
         and a black surround filled from its rim; the marks say which way it goes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.predict._ask import Answer, Asking, Lines, Question, Task, Tile
from limner.predict._hints import Colours
from limner.predict._look import FLAT, SIDE, Bools, Floats, Look, Scene
from limner.prompt import CHANNELS, to_map
from limner.resample import between

SIDE_WHOLE = 576  # pixels along a side of the slice, on which ridges are looked for
SCALES = (1.0, 1.8, 3.0)  # standard deviations of the derivatives at a mark, in those pixels
WIDTHS = (1.5, 2.5)  # the same all over the slice,
LONG, DIRECTIONS = 3.0, 8  # where lines are so many of them long, to either side
NEAR, FAR = 10.0, 24.0  # the same of the ground, and of the contrast that is evened out
BLACK, THICK, BESIDE = 0.14, 6, 4  # of a surround: its share of white, its pixels, those beside it
HALF, COARSE = 2, 4  # sides of the blocks that a surround, and a wide Gaussian, are found on
RIDGE = 0.88  # quantile of the response above which a pixel may be a ridge
STEEP = 4.0  # logits of a pixel twice as ridged as that
TILE = 2.0  # what a tile's logits are raised by: the network is shy of threads
SUREST = 5.0  # most that a tile's logits count
MARGIN = 8  # pixels at a tile's border that are left to the ridges
MARKS = 8  # marks that are looked at, to tell whether they lie on ridges
ASKED = 4  # new tiles at the most, the last ones
WINDOW = 64  # pixels round a mark
CLEAR = 1.2  # times the usual ridge: so strong it is where a thread is meant
ON = 0.5  # share of the inside marks that lie on such a ridge where threads are meant
TREE = 0.1  # of all lines: so many hang together with those marked where threads are meant,
STILL = 0.003  # and go on being meant
COMPACT = 0.25  # of its box that an answer fills which looks like no threads
MARKED = 0.5  # of a mark's channel
COLOURS = 12  # marks whose colours are told, on either side
UNKNOWN = 0.5  # expected Dice where the network was not asked
SPREAD = 0.45  # of the slice: threads run through at least so much of it
WELL = 0.78  # expected Dice of an answer that needs no other kind
FEWEST = 3  # marks before that is asked, two of them inside

REGION, INSIDE, OUTSIDE, PRIOR = range(len(CHANNELS))


@dataclass(frozen=True, eq=False)
class Traced:
    """The lines of the whole slice that are of the kind marked.

    places   (n, 2) rows and columns of the marks on the look, as they were said
    planes   (4, side, side), what was said, with the lines as the prior
    lines    of the slice, of either kind
    logits   (side, side) of every pixel by its line
    """

    look: Look
    places: NDArray[np.int64]
    planes: Floats
    lines: Lines
    logits: Floats


def traced(task: Task, scene: Scene, *, before: Answer | None) -> Traced | None:
    """The lines of the slice, where threads are what the marks mean; else None.

    Two things tell trees of vessels from other wide objects on `choose`: most inside marks lie
    on ridges, and the lines that they lie on hang together. Where outside marks lie tells
    nothing. An answer that is compact is only given up where most inside marks lie on the lines
    that would replace it: bones of a radiograph have bright rims, which hang together too.
    """
    places, inside = _marks(task, scene)
    if len(places) < FEWEST or inside.sum() < 2:
        return None
    entered = before is not None and before.look.side != SIDE
    if not entered and not (
        _wide(places, scene, before=before) and _on_ridges(places[inside], task, scene)
    ):
        return None
    whole = _whole(task, scene)
    planes = to_map(task.prompts, whole.on(scene.image.grid))
    drawn = None if before is None else before.lines
    if drawn is None or not drawn.scene.same(scene):
        drawn = _drawn(whole, scene, time=task.time)
    logits = _ridged(drawn, planes)
    if _hanging(logits > 0, planes[INSIDE] > MARKED) < (STILL if entered else TREE):
        return None
    step = np.asarray(whole.extent) / whole.side
    at = np.clip(np.floor((places - whole.low) / step).astype(int), 0, whole.side - 1)
    if not entered and before is not None and _compact(before):
        row, column = at[inside].T
        if (logits[row, column] > 0).mean() < ON:
            return None
    planes[PRIOR] = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return Traced(whole, at, planes, drawn, logits)


def _compact(answer: Answer) -> bool:
    """Whether its mask fills too much of its box to be threads."""
    span = answer.span
    return span is not None and float(answer.mask.sum()) > COMPACT * float(
        np.prod(span[1] - span[0])
    )


def _on_ridges(places: NDArray[np.float64], task: Task, scene: Scene) -> bool:
    """Whether most marks lie on clear ridges of one kind; of many, some are looked at."""
    chosen = np.linspace(0, len(places) - 1, min(MARKS, len(places))).astype(int)
    found = np.array([_at_mark(places[number], task, scene) for number in chosen])
    side = int(found.mean(axis=0).argmax())
    return float((found[:, side] > CLEAR).mean()) >= ON


def _hanging(on: Bools, marks: Bools) -> float:
    """The share of all lines that hangs together with those at a mark, mean over the marks."""
    from scipy.ndimage import label

    parts, _ = label(on, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    spots, count = label(marks, np.ones((3, 3)))
    if not sizes.any() or not count:
        return 0.0
    marked = spots > 0
    reached = np.zeros(count + 1)
    np.maximum.at(reached, spots[marked], sizes[parts[marked]])
    return float(reached[1:].mean() / sizes.sum())


def threads(found: Traced, task: Task) -> Asking:
    """Every line of the slice, and what the network says of tiles round the marks.

    A tile on which nothing new was said is not asked again: it was told the colours of the marks
    before, which is near enough.
    """
    whole, planes, logits = found.look, found.planes, found.logits.copy()
    sight = found.lines.sight
    before = task.before.tiles if task.before and task.before.lines is found.lines else {}
    said = {corner: _asked(planes, corner) for corner in _corners(found.places)}
    tiles = {
        corner: before[corner]
        for corner, part in said.items()
        if corner in before and np.array_equal(before[corner].planes, part)
    }
    fresh = [corner for corner in said if corner not in tiles][-ASKED:]
    told = _colours(planes, sight)
    answers = yield [
        Question(
            _tile(whole, corner), said[corner], task.time, _as_seen(told, _part(sight, corner))
        )
        for corner in fresh
    ]
    for corner, answer in zip(fresh, answers, strict=True):
        tiles[corner] = Tile(said[corner], answer.logits, answer.quality)
    inner = slice(MARGIN, SIDE - MARGIN)
    for (row, column), one in tiles.items():
        place = (
            slice(row + MARGIN, row + SIDE - MARGIN),
            slice(column + MARGIN, column + SIDE - MARGIN),
        )
        logits[place] += np.clip(one.logits[inner, inner], -SUREST, SUREST) + TILE
    quality = float(np.mean([one.quality for one in tiles.values()])) if tiles else UNKNOWN
    return Answer(
        whole, np.asarray(logits, np.float32), quality, sight, lines=found.lines, tiles=tiles
    )


def ridges(plane: Floats) -> tuple[Floats, Floats]:
    """How much of a dark, and of a bright, ridge each pixel lies on: 0 or more."""
    from scipy.ndimage import gaussian_filter

    dark, bright = np.zeros_like(plane), np.zeros_like(plane)
    for sigma in SCALES:
        down, along, both = (
            gaussian_filter(plane, sigma, order=order) * sigma**2
            for order in ((2, 0), (0, 2), (1, 1))
        )
        middle, apart = (down + along) / 2, np.hypot((down - along) / 2, both)
        high, low = middle + apart, middle - apart
        np.maximum(dark, high - np.maximum(-low, 0) / 2, out=dark)
        np.maximum(bright, -low - np.maximum(high, 0) / 2, out=bright)
    return dark, bright


def lines(plane: Floats) -> tuple[Floats, Floats]:
    """How much of a dark, and of a bright, line each pixel lies on, at the best of directions.

    The second derivative across a direction, averaged along it: a vessel goes on, grain does
    not.
    """
    from scipy.ndimage import gaussian_filter

    dark, bright = np.zeros_like(plane), np.zeros_like(plane)
    for sigma in WIDTHS:
        down, along, both = (
            gaussian_filter(plane, sigma, order=order) * np.float32(sigma**2)
            for order in ((2, 0), (0, 2), (1, 1))
        )
        reach = round(LONG * sigma)
        for turn in np.pi * np.arange(DIRECTIONS) / DIRECTIONS:
            sine, cosine = np.sin(turn), np.cos(turn)
            bent = np.float32(cosine**2) * down + np.float32(sine**2) * along
            bent -= np.float32(2 * sine * cosine) * both
            mean = _along(bent, (sine, cosine), reach=reach)
            np.maximum(dark, mean, out=dark)
            np.maximum(bright, -mean, out=bright)
    return dark, bright


def _along(plane: Floats, heading: tuple[float, float], *, reach: int) -> Floats:
    """The mean over `reach` pixels to either side along a direction (rows, columns)."""
    padded = np.pad(plane, reach, mode="reflect")
    total = np.zeros_like(plane)
    rows, columns = plane.shape
    for step in range(-reach, reach + 1):
        row, column = (reach + round(step * each) for each in heading)
        total += padded[row : row + rows, column : column + columns]
    return total / np.float32(2 * reach + 1)


def _drawn(whole: Look, scene: Scene, *, time: int) -> Lines:
    """The lines of a whole slice, of either kind."""
    from scipy.ndimage import distance_transform_edt

    sight = scene.sight(whole, time=time)
    seen = _in_view(sight)
    if not seen.any():
        nothing = np.zeros(seen.shape, np.float32)
        return Lines(scene, sight, (nothing, nothing), (1.0, 1.0))
    plane = sight[1]  # green, which shows vessels best; grey is the same in all three
    if not seen.all():  # the rim of a fundus would be the strongest line of all
        nearest = distance_transform_edt(~seen, return_distances=False, return_indices=True)
        plane = plane[tuple(nearest)]
    ground = plane - _smoothed(plane, NEAR)
    even = ground / (np.sqrt(_smoothed(ground**2, FAR)) + 0.02)
    dark, bright = lines(np.asarray(even, np.float32))
    first, second = (max(float(np.quantile(e[seen], RIDGE)), 1e-6) for e in (dark, bright))
    return Lines(scene, sight, (dark * seen, bright * seen), (first, second))


def _smoothed(plane: Floats, sigma: float) -> Floats:
    """A Gaussian so wide that blocks of pixels do for it, and take a tenth of the time."""
    from scipy.ndimage import gaussian_filter

    small = gaussian_filter(_blocks(plane, COARSE), sigma / COARSE)
    at = (np.arange(len(plane)) + 0.5) / COARSE - 0.5
    return between(between(small, at, axis=0), at, axis=1)


def _blocks(plane: Floats, side: int) -> Floats:
    """The mean of every block of side by side pixels."""
    rows, columns = (count // side for count in plane.shape)
    return np.asarray(plane.reshape(rows, side, columns, side).mean(axis=(1, 3)), np.float32)


def _ridged(drawn: Lines, planes: Floats) -> Floats:
    """Logits of every pixel by its line, of the kind that the inside marks lie on."""
    marks = planes[INSIDE] > MARKED
    at_marks = [float(each[marks].mean()) for each in drawn.either]
    kind = int(np.argmax(at_marks))
    response = np.clip(drawn.either[kind] / np.float32(drawn.usual[kind]), 0, 3)
    return np.asarray(STEEP * (response - 1), np.float32)


def _in_view(sight: Floats) -> Bools:
    """(side, side): where the picture is neither outside of the image nor its black surround.

    The surround is dark, thick, and reaches the border, as round a fundus or an endoscope's
    view; threads that run out of the picture are thin. It is looked for at half the side.
    """
    from scipy.ndimage import binary_dilation, binary_opening, label

    given = _blocks(np.abs(sight).sum(axis=0), HALF) > 0
    grey = _blocks(sight.mean(axis=0), HALF)
    low, high = np.quantile(grey[given], (0.0, 0.99)) if given.any() else (0.0, 0.0)
    dark = binary_opening(~given | (grey < low + BLACK * (high - low)), iterations=THICK // HALF)
    parts, _ = label(dark)
    border = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
    surround = np.isin(parts, border[border > 0])
    beside = binary_dilation(surround | ~given, iterations=BESIDE // HALF)
    return np.asarray(~beside.repeat(HALF, axis=0).repeat(HALF, axis=1))


def _wide(places: NDArray[np.float64], scene: Scene, *, before: Answer | None) -> bool:
    """Whether what was said is as wide as a tree of threads, and not outlined well already."""
    shape = float((np.asarray(scene.high) - scene.low).max())
    if before is None:
        return float(np.ptp(places, axis=0).max()) >= SPREAD * shape
    return before.look.extent[0] >= SPREAD * shape and before.quality < WELL


def _at_mark(place: NDArray[np.float64], task: Task, scene: Scene) -> tuple[float, float]:
    """The strongest dark and bright ridge at a mark, over what is usual round it."""
    extent = scene.most / SIDE_WHOLE * WINDOW
    look = Look(task.slice, (place[0], place[1]), (float(extent[0]), float(extent[1])), WINDOW)
    found = ridges(scene.sight(look, time=task.time)[1])
    near = slice(WINDOW // 2 - 2, WINDOW // 2 + 3)
    dark, bright = (
        float(each[near, near].max() / max(np.quantile(each, RIDGE), 1e-6)) for each in found
    )
    return dark, bright


def _marks(task: Task, scene: Scene) -> tuple[NDArray[np.float64], Bools]:
    """The places (n, 2) of clicks and strokes on the slice, and which of them are inside."""
    marks = [each for each in task.prompts if each.kind in {"click", "stroke"}]
    if not marks:
        return np.zeros((0, 2)), np.zeros(0, bool)
    grid = scene.image.grid
    places = np.concatenate([grid.index_at(each.places_mm)[:, 1:] for each in marks])
    return places, np.repeat([each.inside for each in marks], [len(e.places_mm) for e in marks])


def _whole(task: Task, scene: Scene) -> Look:
    """The square that shows the whole slice."""
    extent = scene.most
    middle = (np.asarray(scene.low) + np.asarray(scene.high) - 1) / 2
    return Look(
        task.slice,
        (float(middle[0]), float(middle[1])),
        (float(extent[0]), float(extent[1])),
        SIDE_WHOLE,
    )


def _corners(places: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Where the tiles begin that hold the marks (n, 2), one in the middle of each.

    In the order in which they were said, so that a further mark leaves earlier tiles in place.
    """
    found: list[tuple[int, int]] = []
    for row, column in places.tolist():
        if any(0 <= row - top < SIDE and 0 <= column - left < SIDE for top, left in found):
            continue
        first = np.clip(np.array([row, column]) - SIDE // 2, 0, SIDE_WHOLE - SIDE)
        found.append((int(first[0]), int(first[1])))
    return found


def _tile(whole: Look, corner: tuple[int, int]) -> Look:
    step = np.asarray(whole.extent) / whole.side
    row, column = (whole.low + (np.asarray(corner) + SIDE / 2) * step).tolist()
    extent = SIDE * step
    return Look(whole.slice, (row, column), (float(extent[0]), float(extent[1])))


def _asked(planes: Floats, corner: tuple[int, int]) -> Floats:
    """A tile's own part of the channels; its region is all of it."""
    part = _part(planes, corner).copy()
    part[REGION] = 1
    return part


def _part(planes: Floats, corner: tuple[int, int]) -> Floats:
    """What of channels lies on the tile of that corner."""
    row, column = corner
    return planes[:, row : row + SIDE, column : column + SIDE]


def _as_seen(told: Colours, sight: Floats) -> Colours:
    """Colours of the whole slice as a tile has them, which is standardised by itself."""
    inside = sight[:, np.abs(sight).sum(axis=0) > 0]
    if not inside.size:
        return told
    mean, spread = float(inside.mean()), max(float(inside.std()), FLAT)
    return Colours((told.inside - mean) / spread, (told.outside - mean) / spread)


def _colours(planes: Floats, sight: Floats) -> Colours:
    """The colours under the marks."""
    inside, outside = (sight[:, planes[side] > MARKED].T for side in (INSIDE, OUTSIDE))
    return Colours(_spread(inside), _spread(outside))


def _spread(colours: Floats) -> Floats:
    """At most `COLOURS` of them, evenly taken."""
    if len(colours) <= COLOURS:
        return colours
    chosen = np.linspace(0, len(colours) - 1, COLOURS).astype(int)
    return np.asarray(colours[chosen])
