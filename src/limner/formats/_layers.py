"""The layers of a mask as one label map, for formats that hold one number a voxel."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue
from limner.mask import Mask

Overlap = Literal["refuse", "later"]


def flattened(mask: Mask, *, overlap: Overlap = "refuse") -> NDArray[Any]:
    """(times, slices, rows, columns) of object ids in the smallest type that holds them.

    overlap   where objects share a voxel: "refuse", or "later" gives it to the one that
              comes later in `mask.objects`

    One label map is all that is allocated, however many objects there are. Raises BadValue
    for objects that overlap, unless told which wins.
    """
    kind = np.min_scalar_type(max([*mask.ids, 1]))
    if len(mask.layers) == 1:
        return mask.layers[0].astype(kind, copy=False)
    dense = np.zeros((mask.times, *mask.grid.shape), kind)
    order = np.zeros(max([*mask.ids, 0]) + 1, np.int64)  # an id's place in `mask.objects`
    for place, each in enumerate(mask.objects, start=1):
        order[each.id] = place
    for (time, number), planes in _planes(mask):
        top = np.zeros(planes[0].shape, np.int64)
        for plane in planes:
            shared = (plane > 0) & (top > 0) & (plane != dense[time, number])
            if overlap == "refuse" and shared.any():
                pair = int(dense[time, number][shared][0]), int(plane[shared][0])
                raise BadValue(_overlapping(mask, pair, voxels=int(shared.sum()), number=number))
            rank = order[plane]
            np.copyto(dense[time, number], plane, where=rank > top, casting="unsafe")
            np.maximum(top, rank, out=top)
    return dense


def later_on_top(mask: Mask) -> Mask:
    """The mask with one layer: where objects overlap, the later one keeps the voxel."""
    return replace(mask, layers=(flattened(mask, overlap="later"),), soft=())


def _planes(mask: Mask) -> Iterator[tuple[tuple[int, int], list[NDArray[Any]]]]:
    if not mask.layers:
        return
    for time in range(mask.times):
        for number in range(mask.grid.shape[0]):
            planes = [layer[time, number] for layer in mask.layers]
            filled = [plane for plane in planes if plane.any()]
            if filled:
                yield (time, number), filled


def _overlapping(mask: Mask, pair: tuple[int, int], *, voxels: int, number: int) -> str:
    def called(each: int) -> str:
        about = mask.find(each)
        name = about.name or about.label
        return f"object {each} ('{name}')" if name else f"object {each}"

    one, two = sorted(pair)
    return (
        f"In slice {number + 1}, {called(one)} and {called(two)} share {voxels} voxels, and this "
        "format holds one object a voxel. Write them to files of their own, or let the later "
        "one win (overlap 'later')."
    )
