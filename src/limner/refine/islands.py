"""Keep the parts of a mask that a person pointed at."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from limner.mask import Mask
from limner.prompt import Prompt
from limner.prompt.click import Click
from limner.prompt.stroke import Stroke
from limner.refine import each_object

Flags = NDArray[np.bool_]


def touched(inside: Flags, index: ArrayLike) -> Flags:
    """The connected parts of a mask that at least one place lies on.

    inside   bool (slices, rows, columns)
    index    (n, 3) places as fractional voxels; those outside the array count for nothing

    Parts are connected by sides, edges and corners, so that thin diagonal structures stay
    whole. Where no place lies on the mask it is returned as it is: a click beside an object
    does not make it vanish.
    """
    from scipy import ndimage

    places = np.rint(np.asarray(index, float).reshape(-1, 3)).astype(int)
    places = places[((places >= 0) & (places < inside.shape)).all(axis=1)]
    labels, _ = ndimage.label(inside, np.ones((3, 3, 3)))
    kept = np.unique(labels[tuple(places.T)])
    kept = kept[kept > 0]
    return np.isin(labels, kept) if len(kept) else inside.copy()


def islands(mask: Mask, prompts: Sequence[Prompt]) -> Mask:
    """Every object without the parts that no click or stroke inside it lies on.

    Boxes, lassos and what lies outside choose no part. An object without a click or a
    stroke inside stays as it is, and so does one that none of them hits.
    """
    for number in mask.ids:
        places = [
            place
            for prompt in prompts
            if isinstance(prompt, Click | Stroke) and prompt.inside and prompt.object == number
            for place in prompt.places_mm
        ]
        if places:
            keep = partial(touched, index=mask.grid.index_at(places))
            mask = each_object(mask, keep, objects=(number,))
    return mask
