"""What a person may say to a model. Places are LPS positions in mm, never pixels.

A position outlives cropping, resampling and reorienting, and means the same in every
viewer. Only a predictor turns it into the pixel order its network was trained with, by
`to_map` (channels) or `to_tokens` (points with a kind).

One file a kind; the file's name is the kind's name in JSON and on the command line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from enum import IntEnum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, UnknownName
from limner.grid import Grid, Vector, vector
from limner.registry import Registry

CHANNELS = ("region", "inside", "outside", "prior")


class Token(IntEnum):
    """The kinds of point that SAM's decoder knows (arXiv 2304.02643, appendix A)."""

    OUTSIDE = 0
    INSIDE = 1
    BOX_LOW = 2
    BOX_HIGH = 3


@dataclass(frozen=True, eq=False)
class Tokens:
    """Points for a decoder: `index` (n, 3) slices, rows, columns; `kind` (n,) of `Token`."""

    index: NDArray[np.float64]
    kind: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What every kind of prompt has.

    object    the id of the thing that is meant; prompts with one id are about one thing
    inside    True: this belongs to it; False: this does not
    at_time   the frame of a clip, from 0
    """

    kind: ClassVar[str] = ""

    object: int = 1
    inside: bool = True
    at_time: int = 0

    def __init_subclass__(cls) -> None:
        """The kind is the file's name."""
        cls.kind = cls.__module__.rpartition(".")[2]

    def __post_init__(self) -> None:
        """Refuse numbers that name nothing."""
        if self.object < 1:
            raise BadValue(f"A prompt is for object {self.object}. Objects count from 1.")
        if self.at_time < 0:
            raise BadValue(f"A prompt is for frame {self.at_time}. Frames count from 0.")

    @property
    def places_mm(self) -> tuple[Vector, ...]:
        """The positions that the prompt names; none for words and examples."""
        return ()

    def to_map(self, grid: Grid) -> NDArray[np.float32]:
        """float32 (4, rows, columns) in the order of `CHANNELS`, drawn on a one-slice grid.

        What lies off the slice is drawn where it projects along the slice's normal. Zeros
        for kinds that have no place. sigma is 1.5 pixels of this grid.
        """
        return np.zeros((len(CHANNELS), *grid.shape[1:]), np.float32)

    def to_tokens(self, grid: Grid) -> Tokens:
        """The points of the prompt in a grid's indices; none for kinds without points."""
        index = grid.index_at(self.places_mm) if self.places_mm else np.zeros((0, 3))
        kind = Token.INSIDE if self.inside else Token.OUTSIDE
        return Tokens(index, np.full(len(index), kind, np.int64))

    def to_json(self) -> dict[str, Any]:
        """Its kind and its fields; fields that have their default are left out."""
        told: dict[str, Any] = {"kind": self.kind}
        for f in fields(self):
            value = getattr(self, f.name)
            if f.default is MISSING or value != f.default:
                told[f.name] = _listed(value)
        return told

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> "Prompt":
        """The inverse of `to_json` for one kind; `from_json` finds the kind."""
        known = {f.name for f in fields(cls)}
        strange = sorted(set(told) - known - {"kind"})
        if strange:
            raise UnknownName(f"field of a {cls.kind}", strange[0], sorted(known))
        needed = {f.name for f in fields(cls) if f.default is MISSING}
        absent = sorted(needed - set(told))
        if absent:
            raise BadValue(f"A {cls.kind} needs '{absent[0]}', but has: {', '.join(sorted(told))}.")
        return cls(
            **{key: cls.of_plain(key, value) for key, value in told.items() if key != "kind"}
        )

    @classmethod
    def of_plain(cls, name: str, value: Any) -> Any:  # noqa: ARG003  # a kind may need it
        """A field's value from what JSON holds: tuples for lists. A kind may need more."""
        return _tupled(value)


PROMPTS: Registry[type[Prompt]] = Registry("prompt kind", __name__, beside=("draw",))


def from_json(told: Mapping[str, Any]) -> Prompt:
    """A prompt of any kind from what `to_json` gave.

    Raises UnknownName for an unknown kind or field, BadValue for a missing or wrong one.
    """
    if not (hasattr(told, "get") and isinstance(told.get("kind"), str)):
        raise BadValue(
            f'A prompt is an object with a \'kind\', as {{"kind": "click", "at_mm": [1, 2, 3]}}, '
            f"but this is: {str(told)[:80]}."
        )
    kind = PROMPTS.get(str(told["kind"]))
    try:
        return kind.of_json(told)
    except (TypeError, ValueError) as error:
        if isinstance(error, BadValue):
            raise
        raise BadValue(
            f"This {told['kind']} cannot be read: {error}. Look at its numbers."
        ) from error


def to_map(prompts: Sequence[Prompt], grid: Grid) -> NDArray[np.float32]:
    """All prompts drawn on one one-slice grid: float32 (4, rows, columns), the highest wins."""
    planes = np.zeros((len(CHANNELS), *grid.shape[1:]), np.float32)
    for prompt in prompts:
        np.maximum(planes, prompt.to_map(grid), out=planes)
    return planes


def place(value: Any, what: str) -> Vector:
    """Three finite numbers as a position. Raises BadValue, naming `what`."""
    try:
        numbers = vector(value)
    except (TypeError, ValueError) as error:
        raise BadValue(f"{what} is {value}. Give three numbers in mm: x, y, z (LPS).") from error
    if not np.isfinite(numbers).all():
        raise BadValue(f"{what} is {numbers}. Give three finite numbers in mm (LPS).")
    return numbers


def in_plane(grid: Grid, places_mm: Sequence[Vector]) -> NDArray[np.float64]:
    """(n, 2) rows and columns of positions on a one-slice grid."""
    return grid.index_at(places_mm)[:, 1:] if len(places_mm) else np.zeros((0, 2))


def _listed(value: Any) -> Any:
    return [_listed(each) for each in value] if isinstance(value, tuple) else value


def _tupled(value: Any) -> Any:
    return tuple(_tupled(each) for each in value) if isinstance(value, list) else value
