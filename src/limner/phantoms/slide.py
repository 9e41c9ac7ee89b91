"""A stained slide as a pyramid that is drawn where it is looked at and nowhere else.

Tissue, tumour nests and glands are functions of the place; nuclei sit one to a cell of a
lattice, jittered by a hash of that cell's number. So any block of any level can be drawn by
itself, gives the same again, and a slide of a gigapixel costs no memory. A level shows the
mean of what a pixel covers, and its truth is that of the pixel's middle.

Source   own drawing; hash of lattice cells: Perlin, SIGGRAPH 1985, in the form of value noise;
         light through haematoxylin and eosin after Beer and Lambert.
Differs  toy histology: nests and glands are sums of soft balls.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue
from limner.grid import Grid, Shape
from limner.image import Axes, Image, Samples
from limner.mask import Mask
from limner.phantoms import PHANTOMS
from limner.phantoms._sample import dense
from limner.sample import Sample, Target
from limner.schema import Schema

__all__ = ["CLASSES", "LevelPixels", "SlidePixels", "slide"]

SIDE = 1024  # of level 0 of the sample; `SlidePixels` takes any
LEVELS = 4
PIXEL_UM = 0.5
CELL = 14  # pixels of the lattice that nuclei sit on
CLASSES = ("tissue", "tumour", "gland", "lumen")
TISSUE, TUMOUR, GLAND, LUMEN = 1, 2, 3, 4
RATER = "limner.phantoms.slide"

# Of nuclei outside, in tissue, tumour, gland and lumen: radius in pixels, how many cells have one.
RADII = np.array([0, 2.6, 4.6, 3.8, 0], np.float32)
SHARES = np.array([0, 0.35, 0.92, 0.95, 0], np.float32)
MEAN = 16  # pixels of level 0 from which a pixel shows only the mean of its nuclei

DYES = np.array([[0.65, 0.70, 0.29], [0.07, 0.85, 0.20]], np.float32)  # haematoxylin, eosin

Field = NDArray[np.float32]


@dataclass(frozen=True)
class Balls:
    """Soft balls whose sum is a shape: (n, 2) centres as shares of the side, (n,) radii."""

    places: NDArray[np.float64]
    radii: NDArray[np.float64]

    def sum(self, rows: Field, columns: Field) -> Field:
        """The sum at all pairs of (n,) rows and (m,) columns, shares of the side: (n, m)."""
        down = np.exp(-(((rows[:, None] - self.places[:, 0]) / self.radii) ** 2))
        across = np.exp(-(((columns[:, None] - self.places[:, 1]) / self.radii) ** 2))
        return down.astype(np.float32) @ across.astype(np.float32).T


@dataclass(frozen=True, eq=False)
class SlidePixels:
    """Pixels of a slide, drawn when read: see the module.

    seed     all of the chance there is
    side     rows and columns of level 0
    count    levels, each half as wide as the one below
    """

    seed: int
    side: int = SIDE
    count: int = LEVELS
    tissue: Balls = field(init=False, repr=False)
    nests: Balls = field(init=False, repr=False)
    glands: Balls = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Place everything that has a place."""
        rng = np.random.default_rng((self.seed, 0))
        body = Balls(rng.uniform(0.3, 0.7, (5, 2)), rng.uniform(0.25, 0.4, 5))
        middles = rng.uniform(0.2, 0.8, (int(rng.integers(1, 4)), 2))
        near = middles[rng.integers(len(middles), size=12)] + rng.normal(0, 0.06, (12, 2))
        nests = Balls(near, rng.uniform(0.03, 0.08, 12))
        count = int(rng.integers(10, 24))
        glands = Balls(rng.uniform(0.1, 0.9, (count, 2)), rng.uniform(0.02, 0.045, count))
        object.__setattr__(self, "tissue", body)
        object.__setattr__(self, "nests", nests)
        object.__setattr__(self, "glands", glands)

    @property
    def shape(self) -> Axes:
        """(times, slices, rows, columns, channels)."""
        return 1, 1, self.side, self.side, 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """Bytes."""
        return np.dtype(np.uint8)

    @property
    def levels(self) -> tuple[Shape, ...]:
        """(1, side, side) of each level."""
        return tuple((1, self.side >> level, self.side >> level) for level in range(self.count))

    def read(self, low: Shape, high: Shape, *, time: int = 0, level: int = 0) -> Samples:  # noqa: ARG002  # there is one time
        """uint8 (1, rows, columns, 3). Raises BadValue for a level there is not."""
        step = self._step(level)
        parts = step // 2 if 2 < step <= MEAN else 1  # nuclei are drawn while they can be seen
        spans = zip(low[1:], high[1:], strict=True)
        rows, columns = (_middles(a * parts, b * parts, step / parts) for a, b in spans)
        light = self._light(rows, columns, step=step // parts)
        light = light.reshape(len(rows) // parts, parts, len(columns) // parts, parts, 3)
        return np.asarray(np.rint(light.mean(axis=(1, 3)) * 255), np.uint8)[None]

    def truth(self, low: Shape, high: Shape, *, level: int = 0) -> NDArray[np.uint8]:
        """Classes (1, rows, columns) of the pixels' middles: 0, or a place in `CLASSES` from 1."""
        step = self._step(level)
        rows, columns = (_middles(a, b, step) for a, b in zip(low[1:], high[1:], strict=True))
        return self._classes(rows, columns)[None]

    def _step(self, level: int) -> int:
        """How many pixels of level 0 one of that level is wide."""
        if not 0 <= level < self.count:
            raise BadValue(
                f"Level {level} was asked for, but the slide has {self.count} (counted from 0)."
            )
        return 1 << level

    def _light(self, rows: Field, columns: Field, *, step: int) -> Field:
        """What comes through (rows, columns, 3), 0..1."""
        classes = self._classes(rows, columns)
        grain = self._noise(rows, columns, period=7, salt=1) if step < MEAN else np.float32(0)
        coarse = self._noise(rows, columns, period=120, salt=2)
        lies = (classes > 0) & (classes != LUMEN)
        nuclei = self._nuclei(rows, columns, step=step) * lies
        blue = nuclei * (0.75 + 0.2 * grain) + np.where(classes == TUMOUR, 0.2, 0.05) * lies
        pink = (0.5 + 0.2 * grain + 0.2 * coarse) * np.where(classes == TUMOUR, 0.6, 1)
        pink = pink * lies * (1 - 0.6 * nuclei)
        ink = blue[..., None] * DYES[0] * np.float32(1.5) + pink[..., None] * DYES[1]
        return np.asarray(np.float32(0.97) * np.exp(-ink), np.float32)

    def _classes(self, rows: Field, columns: Field) -> NDArray[np.uint8]:
        """What each place is; a nest overgrows glands."""
        side = np.float32(self.side)
        down, across = rows / side, columns / side
        rough = self._noise(rows, columns, period=self.side / 40, salt=3)
        body = self.tissue.sum(down, across) + np.float32(0.15) * rough
        gland = self.glands.sum(down, across) + np.float32(0.1) * rough
        nest = self.nests.sum(down, across) + np.float32(0.15) * rough
        found = np.where(body > 0.75, TISSUE, 0).astype(np.uint8)
        found[(gland > 0.4) & (found > 0)] = GLAND
        found[(gland > 0.75) & (found > 0)] = LUMEN
        found[(nest > 0.6) & (body > 0.75)] = TUMOUR
        return found

    def _noise(self, rows: Field, columns: Field, *, period: float, salt: int) -> Field:
        """Value noise, -1..1, that bends about every `period` pixels of level 0."""
        places = [each / np.float32(period) for each in (rows, columns)]
        below = [np.floor(each).astype(np.int64) for each in places]
        knots = [np.arange(each.min(), each.max() + 2) for each in below]
        values = 2 * _hashed(knots[0][:, None], knots[1][None, :], salt=self._salt(salt)) - 1
        rest = [each - least for each, least in zip(places, below, strict=True)]
        down, across = (t * t * (3 - 2 * t) for t in (each.astype(np.float32) for each in rest))
        top, left = (each - line[0] for each, line in zip(below, knots, strict=True))
        lines = values[top] * (1 - down[:, None]) + values[top + 1] * down[:, None]
        return np.asarray(lines[:, left] * (1 - across) + lines[:, left + 1] * across, np.float32)

    def _nuclei(self, rows: Field, columns: Field, *, step: int) -> Field:
        """How much of each pixel nuclei cover; only its mean where a pixel is wider than a few."""
        if step >= MEAN:
            classes = self._classes(rows, columns)
            return np.asarray((np.pi * RADII**2 * SHARES / CELL**2)[classes], np.float32)
        home = [np.floor(each / CELL).astype(np.int64) for each in (rows, columns)]
        line = [np.arange(each.min() - 1, each.max() + 2) for each in home]
        radius, at = self._lattice(line[0], line[1])
        cover = np.zeros((len(rows), len(columns)), np.float32)
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                pick = np.ix_(home[0] - line[0][0] + down, home[1] - line[1][0] + across)
                away = np.hypot(rows[:, None] - at[0][pick], columns - at[1][pick])
                own = np.clip((radius[pick] - away) / np.float32(step) + np.float32(0.5), 0, 1)
                np.maximum(cover, own * (radius[pick] > 0), out=cover)
        return cover

    def _lattice(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> tuple[Field, tuple[Field, Field]]:
        """The radius (n, m) of the nucleus in each lattice cell, 0 for none, and where it lies."""
        lots = [_hashed(rows[:, None], columns, salt=self._salt(salt)) for salt in (4, 5, 6, 7)]
        middles = [((each + 0.5) * CELL).astype(np.float32) for each in (rows, columns)]
        classes = self._classes(middles[0], middles[1])
        radius = RADII[classes] * (np.float32(0.8) + np.float32(0.4) * lots[3])
        down = middles[0][:, None] + (lots[0] - np.float32(0.5)) * np.float32(CELL / 2)
        across = middles[1] + (lots[1] - np.float32(0.5)) * np.float32(CELL / 2)
        return np.where(lots[2] < SHARES[classes], radius, 0).astype(np.float32), (down, across)

    def _salt(self, number: int) -> int:
        return 16 * self.seed + number


@dataclass(frozen=True, eq=False)
class LevelPixels:
    """One level of a slide as a picture of its own."""

    whole: SlidePixels
    level: int

    @property
    def shape(self) -> Axes:
        """(times, slices, rows, columns, channels)."""
        return (1, *self.whole.levels[self.level], 3)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Bytes."""
        return self.whole.dtype

    @property
    def levels(self) -> tuple[Shape, ...]:
        """One: it is no pyramid."""
        return (self.whole.levels[self.level],)

    def read(self, low: Shape, high: Shape, *, time: int = 0, level: int = 0) -> Samples:
        """The block. Raises BadValue for a level there is not."""
        if level != 0:
            raise BadValue(f"Level {level} was asked for, but this is one level of a slide.")
        return self.whole.read(low, high, time=time, level=self.level)


@PHANTOMS.add
def slide(seed: int) -> Sample:
    """A slide of 1024 x 1024 pixels in four levels; the mask of each, those above 0 by image.

    The images are "image" (all levels) and "level 1" to "level 3". `SlidePixels(seed, side)`
    makes one of any size, with `truth` for blocks of it.
    """
    pixels = SlidePixels(seed)
    schema = Schema.of(*CLASSES)
    images: dict[str, Image] = {}
    targets: list[Target] = []
    for level, shape in enumerate(pixels.levels):
        name = "image" if level == 0 else f"level {level}"
        grid = _grid(shape, level)
        images[name] = Image(pixels if level == 0 else LevelPixels(pixels, level), grid)
        truth = pixels.truth((0, 0, 0), shape, level=level)
        mask = Mask.from_labels(truth, grid, schema=schema, source="synthetic")
        targets.append(dense(mask, rater=RATER, image=name))
    return Sample(
        f"slide-{seed}", images, tuple(targets), groups={"slide": str(seed)}, licence="CC0-1.0"
    )


def _grid(shape: Shape, level: int) -> Grid:
    """The grid of a level: its pixels cover those of level 0, so its origin moves inwards."""
    step = PIXEL_UM / 1000 * 2**level
    first = (step - PIXEL_UM / 1000) / 2
    return Grid(
        shape,
        origin_mm=(first, first, 0.0),
        steps_mm=((0.0, 0.0, 1.0), (0.0, step, 0.0), (step, 0.0, 0.0)),
        placed=False,
    )


def _middles(first: int, last: int, step: float) -> Field:
    """The middles of pixels of a level, in pixels of level 0."""
    return ((np.arange(first, last) + 0.5) * step - 0.5).astype(np.float32)


def _hashed(rows: NDArray[np.int64], columns: NDArray[np.int64], *, salt: int) -> Field:
    """A number of 0..1 for each pair of whole numbers, the same for ever."""
    with np.errstate(over="ignore"):
        mixed = rows.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed = mixed + columns.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
        mixed = mixed + np.uint64(salt % 2**32) * np.uint64(0x165667B19E3779F9)
        for shift in (33, 29, 32):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(0xFF51AFD7ED558CCD)
    return np.asarray((mixed >> np.uint64(40)).astype(np.float32) / np.float32(2**24))
