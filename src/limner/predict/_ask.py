"""What is asked of a small network about one crop, and what it answers."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from limner.errors import UnknownName
from limner.predict._hints import NONE, Colours
from limner.predict._look import Floats, Look, Scene
from limner.prompt import Prompt


@dataclass(frozen=True, eq=False)
class Question:
    """One crop for the network: what is looked at, the prompts' channels, and when.

    elsewhere   colours that were marked outside of the crop, for a tile of threads
    views       of each, the axes (-2 rows, -1 columns) along which the network is shown the crop
                mirrored; the answer is the mean over them, mirrored back
    """

    look: Look
    planes: Floats
    time: int
    elsewhere: Colours = NONE
    views: tuple[tuple[int, ...], ...] = ((),)


@dataclass(frozen=True, eq=False)
class Lines:
    """How much of a dark, and of a bright, line each pixel of a look lies on.

    scene    what was looked at: elsewhere they are others
    sight    (3, side, side): the picture
    either   (side, side) of dark and of bright lines; 0 out of view
    usual    what is usual of each, in view
    """

    scene: Scene
    sight: Floats
    either: tuple[Floats, Floats]
    usual: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Tile:
    """What was said on a tile of threads, (4, side, side), and what the network answered."""

    planes: Floats
    logits: Floats
    quality: float


@dataclass(frozen=True, eq=False)
class Answer:
    """What the network said of one crop.

    sight      (3, side, side): the picture as the network saw it
    evidence   (facts,): what the network judged its answer by; None where it does not tell
    lines      of the whole slice, where threads were followed: the next prompt needs them again
    tiles      that were looked at there, by their first (row, column)
    """

    look: Look
    logits: Floats
    quality: float
    sight: Floats
    prompts: tuple[Prompt, ...] = ()
    evidence: Floats | None = None
    lines: Lines | None = None
    tiles: Mapping[tuple[int, int], Tile] = field(default_factory=dict)

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(side, side): where the object is."""
        return np.asarray(self.logits > 0)

    @property
    def span(self) -> tuple[NDArray[np.int_], NDArray[np.int_]] | None:
        """First pixel (row, column) of the mask's box, and the one past its last; None if empty."""
        along = [np.flatnonzero(self.mask.any(axis=axis)) for axis in (1, 0)]
        if not len(along[0]):
            return None
        return np.array([each[0] for each in along]), np.array([each[-1] + 1 for each in along])

    @property
    def probability(self) -> Floats:
        """(side, side), 0 to 1."""
        return np.asarray(1 / (1 + np.exp(-np.clip(self.logits, -30, 30))), np.float32)


@dataclass(frozen=True)
class Calibration:
    """How much more Dice a network expects than it reaches; it stands on the network's card.

    over      of an answer that was thought over
    shy, one  after n clicks or strokes shy * (one / n - 1): as a rule too much after one, and too
              little after many

    Fitted to the mean of the differences on the `choose` half (`python -m benchmarks.calibration`).
    """

    over: float = 0.0
    shy: float = 0.0
    one: float = 1.0

    @classmethod
    def of(cls, told: Mapping[str, float]) -> "Calibration":
        """From a card's numbers by name. Raises UnknownName for one that is not known."""
        known = tuple(each.name for each in fields(cls))
        for name in told:
            if name not in known:
                raise UnknownName("number of a calibration", name, known)
        return cls(**told)

    def after(self, marks: int) -> float:
        """What is taken off after so many clicks and strokes; nothing after none."""
        return self.shy * (self.one / marks - 1) if marks else 0.0

    def told(self, answer: Answer) -> float:
        """The Dice that a person is told to expect of an answer."""
        marks = sum(each.kind in {"click", "stroke"} for each in answer.prompts)
        return float(np.clip(answer.quality - self.after(marks), 0, 1))


AS_IT_SAYS = Calibration()


@dataclass(frozen=True, eq=False)
class Task:
    """One object on one slice at one time, and what was said of it there.

    before       the answer that is refined; None for the first
    calibration  of the network that is asked
    """

    object: int
    slice: int
    time: int
    prompts: tuple[Prompt, ...]
    before: Answer | None = None
    calibration: Calibration = AS_IT_SAYS


Asking = Generator[list[Question], list[Answer], Answer]
