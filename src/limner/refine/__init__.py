"""Masks to better masks. Every function is pure: it returns another mask or array."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from limner.mask import Mask

__all__ = ["each_object"]

Flags = NDArray[np.bool_]


def each_object(
    mask: Mask, change: Callable[[Flags], Flags], *, objects: Sequence[int] = ()
) -> Mask:
    """The mask with every object changed by itself, at every time.

    change    takes and returns bool (slices, rows, columns)
    objects   the ids to change; all if empty

    A voxel that is added is never taken from another object: where one is, it stays.
    Raises UnknownName for an id there is not.
    """
    chosen = [mask.find(number) for number in objects] if objects else list(mask.objects)
    for about in chosen:
        for time in range(mask.times):
            inside = mask.where(about.id, time=time)
            changed = change(inside)
            added = changed & ~inside
            if added.any():
                changed = changed & ~(added & mask.anywhere(time=time))
            if not np.array_equal(changed, inside):
                mask = mask.with_object(changed, about, time=time)
    return mask
