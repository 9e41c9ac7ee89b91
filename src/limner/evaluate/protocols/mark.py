"""What else one answer is judged by: Dice away from the clicks, obedience, specks.

Pieces are 8-connected. Distances are in pixels of the slice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.grid import Grid
from limner.prompt import Prompt
from limner.prompt.click import Click

Bools = NDArray[np.bool_]
Places = NDArray[np.int64]

NEAR = 5  # pixels: nearer to a click, an answer may only repeat what it was told
SPECK = 20  # pixels: a smaller piece that nobody clicked is litter
TOUCHING = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Mark:
    """How one answer stands to what was said.

    apart      Dice of the pixels further than `NEAR` from every click; None where the target
               has none of them
    inside     every click inside lies in the mask
    joined     they all lie in one piece of it; None where the target itself has several
    outside    no click outside lies in it
    specks     pieces of under `SPECK` pixels that no click inside holds
    expected   the Dice that the predictor expected; None where it expects nothing
    """

    apart: float | None
    inside: bool
    joined: bool | None
    outside: bool
    specks: int
    expected: float | None


MISSING = Mark(apart=0.0, inside=False, joined=False, outside=False, specks=0, expected=None)


@dataclass(frozen=True, eq=False)
class Judge:
    """Marks answers about one target, which is looked at once."""

    target: Bools
    area: int
    single: bool

    @classmethod
    def of(cls, target: Bools) -> "Judge":
        """The judge of a target, bool (rows, columns)."""
        return cls(target, int(target.sum()), len(_sizes(_pieces(target)[0])) == 1)

    def mark(
        self, answer: Bools, told: Sequence[Prompt], grid: Grid, *, expected: float | None
    ) -> Mark:
        """The mark of an answer, bool (rows, columns), to everything that was told."""
        positive, negative = (_clicked(told, grid, inside=each) for each in (True, False))
        pieces, low = _pieces(answer)
        held = [_piece(pieces, place - low) for place in positive]
        small = np.flatnonzero(_sizes(pieces) < SPECK) + 1
        return Mark(
            apart=self._apart(answer, np.concatenate([positive, negative])),
            inside=all(held),
            joined=(all(held) and len(set(held)) <= 1) if self.single else None,
            outside=not answer[tuple(negative.T)].any(),
            specks=len(set(small.tolist()) - set(held)),
            expected=expected,
        )

    def _apart(self, answer: Bools, places: Places) -> float | None:
        near = _near(places, answer.shape)
        target, ours = self.target[near], answer[near]
        left = self.area - int(target.sum())
        if not left:
            return None
        both = int((self.target & answer).sum()) - int((target & ours).sum())
        return 2 * both / (left + int(answer.sum()) - int(ours.sum()))


def _clicked(told: Sequence[Prompt], grid: Grid, *, inside: bool) -> Places:
    """(n, 2) the pixels that were clicked so."""
    said = [each.at_mm for each in told if isinstance(each, Click) and each.inside == inside]
    if not said:
        return np.zeros((0, 2), np.int64)
    return np.floor(grid.index_at(said)[:, 1:] + 0.5).astype(np.int64)


def _pieces(region: Bools) -> tuple[NDArray[np.int32], Places]:
    """The numbered pieces, cut to where there are any, and the low corner of the cut."""
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    if not len(rows):
        return np.zeros((0, 0), np.int32), np.zeros(2, np.int64)
    window = region[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    numbered, _ = ndimage.label(window, TOUCHING)
    return numbered, np.array([rows[0], columns[0]])


def _sizes(pieces: NDArray[np.int32]) -> NDArray[np.int64]:
    """Pixels of each piece, in the order of their numbers from 1."""
    return np.bincount(pieces.ravel())[1:]


def _piece(pieces: NDArray[np.int32], place: Places) -> int:
    """The number of the piece at a place, 0 for none."""
    within = (place >= 0).all() and (place < pieces.shape).all()
    return int(pieces[tuple(place)]) if within else 0


def _near(places: Places, shape: tuple[int, ...]) -> tuple[Places, Places]:
    """Rows and columns of every pixel that is at most `NEAR` from a place, each once."""
    span = np.arange(-NEAR, NEAR + 1)
    offsets = np.stack(np.meshgrid(span, span, indexing="ij"), axis=-1).reshape(-1, 2)
    offsets = offsets[(offsets**2).sum(axis=1) <= NEAR**2]
    around = (places[:, None, :] + offsets).reshape(-1, 2)
    around = around[((around >= 0) & (around < shape)).all(axis=1)]
    flat = np.unique(around[:, 0] * shape[1] + around[:, 1])
    return flat // shape[1], flat % shape[1]
