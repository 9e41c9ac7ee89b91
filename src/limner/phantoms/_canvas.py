"""A flat canvas for anatomy: bent body coordinates, and what was put where."""

import numpy as np
from numpy.typing import NDArray

from limner.phantoms._layouts import Field, Labels, smooth

Flags = NDArray[np.bool_]


class Canvas:
    """Organs are put on one after another; the later ones cover the earlier ones.

    down, across  body coordinates of every pixel: 0 in the middle, the body within about
                  -1..1; bent, turned and mirrored at random, so that no two bodies are alike
    looks         what to paint: numbers into `tissues`; 0 is air
    labels        what is there to be outlined; 0 is nothing. A look may have no label of its
                  own, as the vessels of a liver belong to the liver
    """

    def __init__(self, rng: np.random.Generator, side: int, *, bend: float, turn: float) -> None:
        self.rng, self.side = rng, side
        self.looks: Labels = np.zeros((side, side), np.int32)
        self.labels: Labels = np.zeros((side, side), np.int32)
        self.tissues = ["air"]
        self.names = [""]
        self._rough = [smooth(rng, side, knots=knots) for knots in (6, 11)]
        self.zoom = float(np.exp(rng.uniform(np.log(0.85), np.log(1.6))))
        self._place(bend, rng.normal(0, turn))

    def _place(self, bend: float, angle: float) -> None:
        rng, side = self.rng, self.side
        ticks = np.linspace(-1, 1, side, dtype=np.float32)
        rows, columns = ticks[:, None], ticks[None, :]
        shift = rng.normal(0, 0.08, 2).astype(np.float32) * np.float32(self.zoom)
        cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        mirror = np.float32(rng.choice([-1, 1]))
        knots = int(rng.integers(1, 5))
        reach = np.float32(bend / (knots + 1))
        scale = np.float32(1.1 / self.zoom)
        self.down: Field = (rows * cosine + columns * sine) * scale - shift[0]
        self.across: Field = ((columns * cosine - rows * sine) * scale - shift[1]) * mirror
        self.down += reach * smooth(rng, side, knots=knots)
        self.across += reach * smooth(rng, side, knots=knots)

    def ellipse(
        self,
        at: tuple[float, float],
        half: tuple[float, float],
        *,
        turn: float = 0.0,
        rough: float = 0.06,
        loose: float = 0.05,
    ) -> Field:
        """A distance (side, side): 0 at the centre `at` (down, across), 1 on the border.

        rough  how far the border wanders; loose  how far centre and half axes may vary
        """
        rng = self.rng
        vary = rng.normal(0, loose, 4)
        centre = np.asarray(at) + vary[:2] * 0.5
        half_axes = np.asarray(half) * np.exp(vary[2:])
        down, across = self.down - np.float32(centre[0]), self.across - np.float32(centre[1])
        if turn:
            cosine, sine = np.float32(np.cos(turn)), np.float32(np.sin(turn))
            down, across = down * cosine + across * sine, across * cosine - down * sine
        down *= np.float32(1 / half_axes[0])
        across *= np.float32(1 / half_axes[1])
        away = np.sqrt(down * down + across * across)
        return np.asarray(away + self.wander(rough), np.float32) if rough else away

    def wander(self, size: float) -> Field:
        """Smooth noise of sd `size`, another at each call, made of the canvas's own two."""
        rng, side = self.rng, self.side
        field = self._rough[int(rng.integers(2))]
        return np.roll(field, rng.integers(side, size=2), axis=(0, 1)) * np.float32(size)

    @property
    def count(self) -> int:
        """How many labels were given out; some may be covered by now."""
        return len(self.names) - 1

    def put(self, where: Flags, tissue: str, *, named: bool = True, name: str = "") -> None:
        """Cover the pixels of `where` with a tissue; an unnamed one keeps the labels below.

        name  of the class, where it is not that of the tissue
        """
        self.looks[where] = len(self.tissues)
        self.tissues.append(tissue)
        if named:
            self.names.append(name or tissue)
            self.labels[where] = self.count

    def dots(self, within: Flags, tissue: str, *, most: int, size: float) -> None:
        """Up to `most` small unnamed discs inside `within`: vessels cut across, cysts, lobules."""
        rng, side = self.rng, self.side
        places = np.flatnonzero(within)
        if not places.size:
            return
        seen = np.zeros((side, side), bool)
        for place in rng.choice(places, int(rng.integers(0, most + 1))):
            radius = max(0.8, size * side * 0.5 * self.zoom * float(np.exp(rng.normal(0, 0.35))))
            reach = int(radius * 1.6) + 1
            row, column = divmod(int(place), side)
            top, left = max(row - reach, 0), max(column - reach, 0)
            rows = np.arange(top, min(row + reach + 1, side))[:, None] - row
            columns = np.arange(left, min(column + reach + 1, side))[None, :] - column
            slim = np.exp(rng.normal(0, 0.25))
            disc = (rows * slim) ** 2 + (columns / slim) ** 2 < radius**2
            seen[top : top + disc.shape[0], left : left + disc.shape[1]] |= disc
        self.put(seen & within, tissue, named=False)
