"""What a mask says, piece by piece, and which pieces a format can hold.

A **trait** is one kind of thing that a mask may say. A format states those that come back
when its file is read here (`HOLDS`); `lost` compares a mask with that, and `reduced` takes
away what a format does not hold, so that what remains can be written.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue
from limner.formats._layers import later_on_top
from limner.grid import Grid, vector
from limner.mask import Mask, Object
from limner.schema import PALETTE, Colour, Label, Schema


@dataclass(frozen=True)
class Trait:
    """One kind of thing that a mask may say.

    said    whether a mask says anything of it
    drop    a mask that does, without it
    lost    the sentence where a format does not hold it; `{format}` is the format's name
    """

    said: Callable[[Mask], bool]
    drop: Callable[[Mask], Mask]
    lost: str


def needed(mask: Mask) -> tuple[str, ...]:
    """The traits that the mask says something of, in the order of `TRAITS`."""
    return tuple(name for name, each in TRAITS.items() if each.said(mask))


def lost(mask: Mask, holds: frozenset[str], *, format: str) -> tuple[str, ...]:
    """A sentence for every trait of the mask that is not held."""
    missing = (TRAITS[name] for name in needed(mask) if name not in holds)
    return tuple(each.lost.format(format=format) for each in missing)


def reduced(mask: Mask, holds: frozenset[str]) -> Mask:
    """The mask without what is not held.

    Overlap goes to the later object, a sheared grid becomes a straight one (nearest voxel),
    of several frames the first stays. Raises BadValue for several slices in a format that
    holds one: nobody knows which is meant.
    """
    for name, each in TRAITS.items():
        if name not in holds and each.said(mask):
            mask = each.drop(mask)
    return mask


def default_colour(value: int) -> Colour:
    """The colour of a class that nobody gave one."""
    return PALETTE[(value - 1) % len(PALETTE)]


def _classes(mask: Mask) -> tuple[Label, ...]:
    """The classes that objects have, in the order of the schema."""
    used = {each.label for each in mask.objects}
    return tuple(label for label in mask.schema.labels if label.name in used)


def _any_object(told: Callable[[Object], Any]) -> Callable[[Mask], bool]:
    return lambda mask: any(told(each) for each in mask.objects)


def _any_class(told: Callable[[Label], Any]) -> Callable[[Mask], bool]:
    return lambda mask: any(told(label) for label in _classes(mask))


def _objects(**fields: Any) -> Callable[[Mask], Mask]:
    """A drop that gives every object these fields."""
    return lambda mask: replace(
        mask, objects=tuple(replace(each, **fields) for each in mask.objects)
    )


def _schema(change: Callable[[Label], Label]) -> Callable[[Mask], Mask]:
    """A drop that changes every class that an object has; the others go."""
    return lambda mask: replace(mask, schema=Schema(tuple(map(change, _classes(mask)))))


def _numbered(mask: Mask, numbers: Mapping[int, int]) -> Iterator[NDArray[Any]]:
    """The layers with other ids; no id is in two layers at one voxel."""
    table = np.zeros(max([*mask.ids, 0]) + 1, np.uint32)
    for old, fresh in numbers.items():
        table[old] = fresh
    before: list[NDArray[Any]] = []
    for layer in mask.layers:
        changed = table[layer]
        for earlier in before:
            changed[changed == earlier] = 0
        before.append(changed)
        yield changed


def _one_a_class(mask: Mask) -> Mask:
    """Objects of one class as one object: the first of them."""
    first = _first(mask)
    numbers = {each.id: first[each.label] for each in mask.objects}
    kept = set(first.values())
    return replace(
        mask,
        layers=tuple(_numbered(mask, numbers)),
        objects=tuple(each for each in mask.objects if each.id in kept),
        soft=tuple(each for each in mask.soft if each.object in kept),
    )


def _first(mask: Mask) -> dict[str, int]:
    """The id of the first object of each class."""
    found: dict[str, int] = {}
    for each in mask.objects:
        found.setdefault(each.label, each.id)
    return found


def _counted(mask: Mask) -> Mask:
    """Ids 1, 2, 3 in the order of the ids there were."""
    numbers = {old: fresh for fresh, old in enumerate(sorted(mask.ids), start=1)}
    return replace(
        mask,
        layers=tuple(_numbered(mask, numbers)),
        objects=tuple(replace(each, id=numbers[each.id]) for each in mask.objects),
        soft=tuple(replace(each, object=numbers[each.object]) for each in mask.soft),
    )


def _nameless(mask: Mask) -> Mask:
    """Classes called "label 7", one for each object, as a plain label map is read."""
    labels = tuple(
        Label(each.id, f"label {each.id}", colour=default_colour(each.id)) for each in mask.objects
    )
    objects = tuple(replace(each, label=f"label {each.id}") for each in mask.objects)
    return replace(mask, objects=objects, schema=Schema(labels))


def _odd_values(mask: Mask) -> bool:
    """Whether the values are neither 1, 2, 3 in order nor the ids of the first objects."""
    values = [label.value for label in _classes(mask)]
    first = _first(mask)
    numbers = [first[label.name] for label in _classes(mask)]
    return values not in (list(range(1, len(values) + 1)), numbers)


def _valued(mask: Mask) -> Mask:
    first = _first(mask)
    return _schema(lambda label: replace(label, value=first[label.name]))(mask)


def filled(mask: Mask) -> frozenset[int]:
    """The ids that have a voxel."""
    seen = np.zeros(max([*mask.ids, 0]) + 1, bool)
    for layer in mask.layers:
        for frame in layer:
            for plane in frame:
                seen[plane] = True
    return frozenset(np.flatnonzero(seen).tolist()) - {0}


def _no_empty(mask: Mask) -> Mask:
    kept = filled(mask)
    objects = tuple(each for each in mask.objects if each.id in kept)
    return replace(
        mask, objects=objects, soft=tuple(each for each in mask.soft if each.object in kept)
    )


def _first_frame(mask: Mask) -> Mask:
    soft = tuple(each for each in mask.soft if each.time == 0)
    return replace(mask, layers=tuple(layer[:1] for layer in mask.layers), soft=soft)


def _one_slice(mask: Mask) -> Mask:
    raise BadValue(
        f"The mask has {mask.grid.shape[0]} slices and the format holds one. "
        "Give a format of volumes, such as .nii.gz."
    )


def _straight(mask: Mask) -> Mask:
    """On a grid whose axes are at right angles: rows along their line, slices along the normal."""
    from limner.resample import mask_onto

    first, second, third = (np.array(step) for step in mask.grid.steps_mm)
    across = np.array(mask.grid.normal)
    upright = second - third * (second @ third) / (third @ third)
    steps = (vector(across * (first @ across)), vector(upright), vector(third))
    return mask_onto(mask, replace(mask.grid, steps_mm=steps))


def _unplaced(mask: Mask) -> Mask:
    slices, rows, columns = mask.grid.shape
    return replace(mask, grid=Grid.picture(rows, columns, slices=slices))


_NO_CODES: dict[str, Any] = dict.fromkeys(("category", "type", "modifier", "region"))

TRAITS: Mapping[str, Trait] = MappingProxyType(
    {
        "stack": Trait(
            lambda mask: mask.grid.shape[0] > 1,
            _one_slice,
            "Slices are lost: {format} holds one.",
        ),
        "times": Trait(
            lambda mask: mask.times > 1,
            _first_frame,
            "Frames in time are lost: {format} holds one, so the first stays.",
        ),
        "shear": Trait(
            lambda mask: mask.grid.sheared,
            _straight,
            "The tilt between the axes is lost: {format} has axes at right angles, so the "
            "mask is put on such a grid, nearest voxel.",
        ),
        "place": Trait(
            lambda mask: mask.grid.placed or mask.grid.scale != "none",
            _unplaced,
            "Sizes and the place in the patient are lost: {format} counts pixels.",
        ),
        "overlap": Trait(
            lambda mask: mask.overlap,
            later_on_top,
            "Overlap is lost: {format} holds one object a voxel, so the later has it.",
        ),
        "probability": Trait(
            lambda mask: bool(mask.soft),
            lambda mask: replace(mask, soft=()),
            "Probabilities are lost: {format} holds none.",
        ),
        "empty": Trait(
            lambda mask: len(filled(mask)) < len(mask.objects),
            _no_empty,
            "Objects without a voxel are lost: {format} has no place for them.",
        ),
        "classes": Trait(
            _any_object(lambda each: each.label not in {"", f"label {each.id}"}),
            _nameless,
            "The names of classes are lost: {format} holds numbers.",
        ),
        "objects": Trait(
            lambda mask: len(_first(mask)) < len(mask.objects),
            _one_a_class,
            "Objects of one class become one: {format} holds classes only.",
        ),
        "ids": Trait(
            lambda mask: sorted(mask.ids) != list(range(1, len(mask.ids) + 1)),
            _counted,
            "The numbers of objects change: {format} counts them from 1.",
        ),
        "values": Trait(
            _odd_values,
            _valued,
            "The values of classes change: {format} has none beside the object's number.",
        ),
        "colours": Trait(
            _any_class(lambda label: label.colour != default_colour(label.value)),
            _schema(lambda label: replace(label, colour=default_colour(label.value))),
            "Colours are lost: {format} holds none.",
        ),
        "codes": Trait(
            _any_class(
                lambda label: label.category or label.type or label.modifier or label.region
            ),
            _schema(lambda label: replace(label, **_NO_CODES)),
            "Codes of classes are lost: {format} holds none.",
        ),
        "kinship": Trait(
            _any_class(lambda label: label.synonyms or label.parent),
            _schema(lambda label: replace(label, synonyms=(), parent="")),
            "Synonyms and parents of classes are lost: {format} holds none.",
        ),
        "names": Trait(
            _any_object(lambda each: each.name),
            _objects(name=""),
            "The names of single objects are lost: {format} holds none.",
        ),
        "tracking": Trait(
            _any_object(lambda each: each.tracking_uid),
            _objects(tracking_uid=""),
            "Tracking ids are lost: {format} holds none.",
        ),
        "makers": Trait(
            _any_object(lambda each: each.source or each.rater),
            _objects(source="", rater=""),
            "Who or what made the objects is lost: {format} does not say it.",
        ),
        "looked": Trait(
            _any_object(lambda each: each.slices),
            _objects(slices=()),
            "Which slices were looked at is lost: {format} does not say it.",
        ),
    }
)
