"""Changes to the objects of a mask, as `limner edit` spells them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from limner.errors import BadValue, UnknownName

if TYPE_CHECKING:
    from limner.grid import Shape
    from limner.mask import Mask


def meant(mask: "Mask", told: str) -> list[int]:
    """The ids that a list of ids and classes means, in its order.

    Raises UnknownName for one that is neither, with the nearest there is.
    """
    found: list[int] = []
    for word in (part.strip() for part in told.split(",")):
        by_class = [each.id for each in mask if each.label and each.label == word]
        if word.isdigit() and int(word) in mask.ids:
            found.append(int(word))
        elif by_class:
            found += by_class
        else:
            known = [str(each) for each in mask.ids]
            known += sorted({each.label for each in mask if each.label})
            raise UnknownName("object or class in this mask", word, known)
    return list(dict.fromkeys(found))


def kept(mask: "Mask", told: str) -> "Mask":
    """Only these objects."""
    wanted = meant(mask, told)
    for each in mask.ids:
        if each not in wanted:
            mask = mask.without(each)
    return mask


def without(mask: "Mask", told: str) -> "Mask":
    """All but these objects."""
    for each in meant(mask, told):
        mask = mask.without(each)
    return mask


def merged(mask: "Mask", told: str) -> "Mask":
    """These objects as one, which is the first of them.

    Where one of them was answered on some slices only, so is the whole: it has no volume.
    """
    first, *others = meant(mask, told)
    if not others:
        raise BadValue(f"--merge '{told}' names one object. Give two or more, as --merge 1,2.")
    inside = mask.where(first)
    about = mask.find(first)
    for each in others:
        inside |= mask.where(each)
        seen = tuple(sorted({*about.slices, *mask.find(each).slices}))
        about = replace(about, slices=seen)
        mask = mask.without(each)
    return mask.with_object(inside, about)


def remapped(mask: "Mask", told: Sequence[str]) -> "Mask":
    """Objects under other ids, all at once, so that 1=2 and 2=1 exchange them."""
    new: dict[int, int] = {}
    for each in told:
        old, _, number = each.partition("=")
        if not number.strip().isdigit() or int(number) < 1:
            raise BadValue(f"--remap '{each}' is not OLD=NEW. Write --remap 3=1.")
        for one in meant(mask, old):
            new[one] = int(number)
    ids = [new.get(each, each) for each in mask.ids]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise BadValue(
            f"Two objects would have the id {twice[0]}. Merge them first (--merge), or give "
            "the other one another id too."
        )
    if not new:
        return mask
    from limner.mask import Mask

    fresh = Mask(mask.grid, schema=mask.schema)
    for about in mask:
        moved = replace(about, id=new.get(about.id, about.id))
        fresh = fresh.with_object(mask.where(about.id), moved)
    return fresh


def renamed(mask: "Mask", told: str) -> "Mask":
    """An object with another class; classes that no object has any more leave the schema."""
    which, _, label = told.partition("=")
    if not label.strip():
        raise BadValue(f"--rename '{told}' is not OBJECT=CLASS. Write --rename 1=liver.")
    chosen = meant(mask, which)
    schema = mask.schema.with_label(label.strip())
    objects = tuple(
        replace(each, label=label.strip()) if each.id in chosen else each for each in mask
    )
    return replace(mask, objects=objects, schema=schema)


def cropped(mask: "Mask", told: str) -> "Mask":
    """The block between two corner voxels, both in; every voxel keeps its position."""
    from limner.cli._prompts import positions

    first, last = positions(told, mask.grid, kind="crop", count=2, index=True)
    low: Shape = (int(first[0]), int(first[1]), int(first[2]))
    high: Shape = (int(last[0]) + 1, int(last[1]) + 1, int(last[2]) + 1)
    spans = zip(low, high, mask.grid.shape, strict=True)
    if not all(0 <= a < b <= n for a, b, n in spans):
        raise BadValue(
            f"The block '{told}' is not inside the mask's {mask.grid.shape} voxels. "
            "Give two corners (slice,row,column), the lower one first."
        )
    (a, b, c), (d, e, f) = low, high
    for each in mask:  # no slice of it is left, and no slices would mean all of them
        if each.slices and not any(a <= number < d for number in each.slices):
            mask = mask.without(each.id)
    layers = tuple(layer[:, a:d, b:e, c:f].copy() for layer in mask.layers)
    objects = tuple(
        replace(each, slices=tuple(n - a for n in each.slices if a <= n < d)) for each in mask
    )
    return replace(mask, grid=mask.grid.crop(low, high), layers=layers, objects=objects, soft=())
