"""Which voxels belong to which object."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, GeometryMismatch, UnknownName
from limner.grid import Grid, Shape
from limner.schema import PALETTE, Label, Schema

Made = Literal["human", "model", "weak", "synthetic", ""]
Flags = NDArray[np.bool_]

CHUNK = 2**20  # bytes counted at a time: indexing makes eight of each


@dataclass(frozen=True)
class Object:
    """One thing in a mask.

    id             the integer in the layers; from 1
    label          the name of its class in the mask's schema; "" for none
    name           what a person calls this one ("lesion 3"); "" for none
    tracking_uid   the same thing at other visits has the same one (DICOM (0062,0021))
    source         who made it
    rater          which person or which model card; "" unknown
    slices         the slices that were looked at, from 0; empty means all of them. An
                   object answered on one slice of a volume has an area and no volume.
    """

    id: int
    label: str = ""
    name: str = ""
    tracking_uid: str = ""
    source: Made = ""
    rater: str = ""
    slices: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Soft:
    """How likely each voxel of one object is, in a block cropped to where it is not 0.

    object   its id
    low      (slices, rows, columns) index of the block's first voxel
    levels   uint8 (slices, rows, columns): 255 is certain
    time     which frame
    """

    object: int
    low: Shape
    levels: NDArray[np.uint8]
    time: int = 0

    def __post_init__(self) -> None:
        """Make a read-only view."""
        still = np.asarray(self.levels, np.uint8).view()
        still.flags.writeable = False
        object.__setattr__(self, "levels", still)

    def within(self, shape: Shape) -> NDArray[np.uint8]:
        """The levels in a full grid of that shape, 0 elsewhere."""
        full = np.zeros(shape, np.uint8)
        spans = zip(self.low, self.levels.shape, strict=True)
        full[tuple(slice(a, a + n) for a, n in spans)] = self.levels
        return full


@dataclass(frozen=True, eq=False)
class Mask:
    """Objects on a grid, in as few layers as their overlaps allow. It never changes.

    grid      of one time
    layers    integer arrays (times, slices, rows, columns) of object ids, 0 where none;
              objects that do not overlap share a layer
    objects   one for every id that occurs; an object may also be empty
    soft      probabilities, where a model gave them
    schema    the classes that `label` names

    `==` compares the content; two masks whose layers are ordered otherwise are equal when
    every object covers the same voxels. Raises GeometryMismatch when a layer does not fill
    the grid, BadValue when an id occurs that no object has.
    """

    grid: Grid
    layers: tuple[NDArray[Any], ...] = ()
    objects: tuple[Object, ...] = ()
    soft: tuple[Soft, ...] = ()
    schema: Schema = field(default_factory=Schema)

    def __post_init__(self) -> None:
        """Check every layer and make it read-only."""
        ids = [each.id for each in self.objects]
        if len(set(ids)) != len(ids) or any(each < 1 for each in ids):
            raise BadValue(f"Objects need ids of their own from 1 up, but these have {ids}.")
        object.__setattr__(self, "layers", tuple(self._still(layer) for layer in self.layers))
        times = {layer.shape[0] for layer in self.layers}
        if len(times) > 1:
            raise GeometryMismatch(f"Layers have {sorted(times)} frames. Give all the same number.")
        for label in {each.label for each in self.objects} - {""}:
            if label not in self.schema.names:
                raise UnknownName("class", label, self.schema.names)

    def _still(self, layer: NDArray[Any]) -> NDArray[Any]:
        full = layer[None] if layer.ndim == 3 else layer
        if full.ndim != 4 or full.shape[1:] != self.grid.shape or full.dtype.kind not in "ui":
            raise GeometryMismatch(
                f"A layer of {layer.dtype} has shape {layer.shape} but the grid has "
                f"{self.grid.shape}. Give integers of (slices, rows, columns)."
            )
        strange = set(_values(full)) - {0} - {each.id for each in self.objects}
        if strange:
            raise BadValue(
                f"The id {min(strange)} occurs in a layer but no object has it. Add the object."
            )
        still = full.view()
        still.flags.writeable = False
        return still

    @classmethod
    def of(cls, inside: NDArray[Any], grid: Grid, *, label: str = "", **about: Any) -> "Mask":
        """A mask of one object from an array (slices, rows, columns) that is not 0 inside it.

        Further keywords are fields of `Object`. The schema holds the class, if one is named.

        >>> Mask.of(np.ones((1, 2, 2), bool), Grid((1, 2, 2)), label="cyst").voxels(1)
        4
        """
        schema = Schema.of(label) if label else Schema()
        layer = np.asarray(inside, bool).astype(np.uint8)
        return cls(grid, (layer,), (Object(1, label, **about),), schema=schema)

    @classmethod
    def from_labels(
        cls, labels: NDArray[Any], grid: Grid, *, schema: Schema | None = None, source: Made = ""
    ) -> "Mask":
        """One object a value of a label map (slices, rows, columns), its id that value.

        Classes are those of the schema with that value; values it lacks are called
        "label 7". Raises BadValue for values below 0 or not whole.
        """
        whole = np.asarray(labels)
        if whole.dtype.kind not in "ui":
            rounded = np.rint(whole)
            if not np.array_equal(rounded, whole):
                raise BadValue("A label map holds fractions. Give whole numbers, 0 for background.")
            whole = rounded.astype(np.int64)
        values = [value for value in _values(whole) if value]
        if values and (min(values) < 0 or max(values) > 65535):
            raise BadValue(
                f"A label map holds the value {min(values) if min(values) < 0 else max(values)}. "
                "Give values from 0 to 65535."
            )
        known = schema or Schema()
        have = {label.value: label.name for label in known.labels}
        plain = [_plain(value) for value in values if value not in have]
        known = Schema((*known.labels, *plain)) if plain else known
        have = {label.value: label.name for label in known.labels}
        objects = tuple(Object(value, have[value], source=source) for value in values)
        return cls(grid, (whole.astype(_least(values)),), objects, schema=known)

    @property
    def times(self) -> int:
        """How many frames the layers have; 1 where there is no layer."""
        return self.layers[0].shape[0] if self.layers else 1

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids of the objects, in order."""
        return tuple(each.id for each in self.objects)

    def __iter__(self) -> Iterator[Object]:
        return iter(self.objects)

    def __len__(self) -> int:
        return len(self.objects)

    def find(self, number: int) -> Object:
        """The object of that id. Raises UnknownName."""
        for each in self.objects:
            if each.id == number:
                return each
        raise UnknownName("object", str(number), tuple(str(each) for each in self.ids))

    def where(self, number: int, *, time: int = 0) -> Flags:
        """bool (slices, rows, columns): the voxels of one object. Raises UnknownName."""
        self.find(number)
        inside = np.zeros(self.grid.shape, bool)
        for layer in self.layers:
            inside |= layer[time] == number
        return inside

    def anywhere(self, *, time: int = 0) -> Flags:
        """bool (slices, rows, columns): the voxels of any object."""
        inside = np.zeros(self.grid.shape, bool)
        for layer in self.layers:
            inside |= layer[time] > 0
        return inside

    def voxels(self, number: int, *, time: int = 0) -> int:
        """How many voxels an object has."""
        return int(np.count_nonzero(self.where(number, time=time)))

    def probability(self, number: int, *, time: int = 0) -> NDArray[np.uint8] | None:
        """uint8 (slices, rows, columns), 255 is certain; None where no model gave any."""
        for each in self.soft:
            if (each.object, each.time) == (number, time):
                return each.within(self.grid.shape)
        return None

    def label_map(self, *, time: int = 0, values: str = "object") -> NDArray[Any]:
        """Integers (slices, rows, columns), for formats with one layer; later objects on top.

        values   "object": ids; "class": the values of the classes, 1 for those without
        """
        numbers = {each.id: each.id for each in self.objects}
        if values == "class":
            numbers = {
                each.id: self.schema[each.label].value if each.label else 1 for each in self.objects
            }
        dense = np.zeros(self.grid.shape, _least(list(numbers.values())))
        for each in self.objects:
            dense[self.where(each.id, time=time)] = numbers[each.id]
        return dense

    @property
    def overlap(self) -> bool:
        """Whether two objects share a voxel."""
        if len(self.layers) < 2:
            return False
        covered = np.zeros(self.layers[0].shape, np.uint8)
        for layer in self.layers:
            covered += layer > 0
        return bool((covered > 1).any())

    def with_object(self, inside: NDArray[Any], about: Object, *, time: int = 0) -> "Mask":
        """This mask with one object added, or replaced where its id is there already.

        inside   (slices, rows, columns), not 0 in the object
        Its class joins the schema. Other objects stay as they are: where the new one
        overlaps them it goes into a layer of its own.
        """
        flags = np.asarray(inside, bool)
        if flags.shape != self.grid.shape:
            raise GeometryMismatch(
                f"The object has shape {flags.shape} but the mask has {self.grid.shape}."
            )
        rest = self.without(about.id) if self.times == 1 else self
        schema = rest.schema.with_label(about.label) if about.label else rest.schema
        kind = _least([*rest.ids, about.id])
        layers = [layer.astype(kind) for layer in rest.layers]
        for layer in layers:
            layer[time][layer[time] == about.id] = 0
        home = next((each for each in layers if not (each[time][flags] > 0).any()), None)
        if home is None:
            home = np.zeros((self.times, *self.grid.shape), kind)
            layers.append(home)
        home[time][flags] = about.id
        before = tuple(each for each in rest.objects if each.id != about.id)
        return replace(rest, layers=tuple(layers), objects=(*before, about), schema=schema)

    def without(self, number: int) -> "Mask":
        """This mask without one object; unchanged where it is not there."""
        if number not in self.ids:
            return self
        layers = [np.where(layer == number, 0, layer).astype(layer.dtype) for layer in self.layers]
        kept = tuple(layer for layer in layers if layer.any())
        objects = tuple(each for each in self.objects if each.id != number)
        soft = tuple(each for each in self.soft if each.object != number)
        return replace(self, layers=kept, objects=objects, soft=soft)

    def digest(self) -> str:
        """SHA-256 of the content: grid, objects, and the voxels of each."""
        told = hashlib.sha256(repr((self.grid, self.times)).encode())
        for each in sorted(self.objects, key=lambda one: one.id):
            told.update(repr(each).encode())
            for time in range(self.times):
                told.update(np.packbits(self.where(each.id, time=time)).tobytes())
        return told.hexdigest()

    def __eq__(self, other: object) -> bool:
        """Whether the content is the same; see the class."""
        if not isinstance(other, Mask):
            return NotImplemented
        return self.schema == other.schema and self.digest() == other.digest()

    def __hash__(self) -> int:
        return hash(self.digest())


def soft(number: int, probability: NDArray[np.floating[Any]], *, time: int = 0) -> Soft:
    """A probability 0 to 1 (slices, rows, columns) as uint8, cropped to where it is not 0."""
    levels = np.rint(np.clip(probability, 0, 1) * 255).astype(np.uint8)
    found = np.argwhere(levels)
    if not len(found):
        return Soft(number, (0, 0, 0), np.zeros((1, 1, 1), np.uint8), time)
    (a, b, c), (d, e, f) = found.min(axis=0).tolist(), (found.max(axis=0) + 1).tolist()
    return Soft(number, (a, b, c), levels[a:d, b:e, c:f].copy(), time)


def new_uid() -> str:
    """A fresh DICOM UID (PS3.5 B.2: "2.25." and a random 128-bit number)."""
    return f"2.25.{secrets.randbits(128)}"


def _values(array: NDArray[Any]) -> list[int]:
    """The values that occur, sorted; quick and frugal for bytes, which most masks are."""
    if array.dtype != np.uint8:
        return [int(value) for value in np.unique(array)]
    flat = array.reshape(-1)
    even = len(flat) // 8 * 8
    words = flat[:even].view(np.uint64)  # most of a mask is 0, and eight of them are one word
    busy = words[words != 0].view(np.uint8)
    occurs = np.zeros(256, bool)
    occurs[flat[even:]] = True
    occurs[0] |= len(busy) < even
    for first in range(0, len(busy), CHUNK):
        occurs[busy[first : first + CHUNK]] = True
    return np.flatnonzero(occurs).tolist()


def _least(values: Sequence[int] | Iterable[int]) -> np.dtype[Any]:
    return np.min_scalar_type(max([*values, 1]))


def _plain(value: int) -> Label:
    """The class of a value that has no name."""
    return Label(value, f"label {value}", colour=PALETTE[(value - 1) % len(PALETTE)])
