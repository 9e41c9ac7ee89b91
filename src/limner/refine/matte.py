"""How much of each pixel an object fills, where its edge is soft or it is as thin as a hair.

A mask says yes or no; a fuzzy lesion, a hair or a vessel thinner than a pixel fills a part. In
a band along the mask's border the picture is taken for a mixture of the object and of
what is round it, both as they look nearby, and each pixel is unmixed. Where most of a mask looks
like what is round it, the mask is loose, as one round a hair is, and all of it is the band.

Source   the claim: Kim et al. (ZIM), CVPR 2025, arXiv:2411.00626, which learns to turn a prompt
         into a matte. The means: a pixel as a mixture of two nearby colours, Levin, Lischinski
         and Weiss, IEEE TPAMI 2008, section 2; smoothed by the picture itself: He, Sun and
         Tang (guided filter), IEEE TPAMI 2013.
Differs  nothing is learnt: it is a step after any mask, in closed form and linear in the pixels;
         where object and surroundings look alike, the mask's own border is kept.
Expected results/matte.json: the error of the mixture against the mask's, on fuzzy lesions and on
         hair-like vessels.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, GeometryMismatch
from limner.image import Image
from limner.mask import Mask, Soft
from limner.window import window_of

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

REACH = 6.0  # pixels to either side of a mask's border that may be a mixture
NOISE = 0.02  # of the window: a difference of colours below it says nothing
STEPS = 2  # times that the looks of both sides are estimated, each from the last mixture
GRAIN = 0.5  # standard deviation, pixels, of the blur that takes the grain of single pixels away
FAINT = 1e-5  # squared difference of colours that every pixel of the object counts with at least
HALF = 0.5  # a mask whose middle pixel by its mixture is below this is loose
SMOOTH = 2  # pixels to each side of the guided filter's square
EDGE = 1e-3  # variance of the picture, in its window, above which the filter keeps an edge


def matte(mask: Mask, image: Image, *, reach: float = REACH) -> Mask:
    """The same mask, whose soft values say how much of each pixel an object fills.

    reach   pixels to either side of the border that may be filled in part

    Which voxels belong to which object does not change. Objects are looked at slice by slice
    and each by itself. Raises GeometryMismatch for an image on another grid, BadValue for a
    reach that is not above zero.
    """
    if not 0 < reach < float("inf"):
        raise BadValue(f"The reach of a matte is {reach} pixels. Give more than zero.")
    if not mask.grid.matches(image.grid):
        raise GeometryMismatch(
            f"The mask has the grid {mask.grid.shape} but the image has {image.grid.shape}. "
            "Give the image that the mask was drawn on."
        )
    blocks = [
        _matted(mask, image, number=number, time=time, reach=reach)
        for number in mask.ids
        for time in range(mask.times)
    ]
    return replace(mask, soft=tuple(each for each in blocks if each is not None))


def alpha(picture: Floats, inside: Flags, *, reach: float = REACH) -> Floats:
    """The share (rows, columns) of each pixel that the object fills, 0 to 1.

    picture   (rows, columns, channels) in 0..1
    inside    bool (rows, columns), the object as a mask
    """
    from scipy.ndimage import distance_transform_edt, gaussian_filter

    share = inside.astype(np.float32)
    if inside.all() or not inside.any():
        return share
    within, beyond = distance_transform_edt(inside), distance_transform_edt(~inside)
    seen = np.stack([gaussian_filter(picture[..., k], GRAIN) for k in range(picture.shape[2])], -1)
    deep, away = np.minimum(within, reach), np.minimum(beyond, reach)
    other = _nearby(picture, away, reach)
    for _ in range(STEPS):
        # what is least like the surroundings shows the object best: a hair in a loose mask
        unlike = np.square(seen - other).sum(axis=-1) + FAINT
        one = _nearby(picture, deep * share * unlike, reach)
        mixed, told = _unmixed(seen, one, other)
        loose = np.median(mixed[inside]) < HALF
        band = (beyond <= reach) & (loose | (within <= reach))
        share = np.where(band, told * mixed + (1 - told) * inside, inside)
        share = share.astype(np.float32)
        other = _nearby(picture, (away + loose) * (1 - share) ** 4, reach)
    smooth = np.clip(_guided(np.where(band, mixed, inside), picture.mean(axis=-1)), 0, 1)
    return np.asarray(np.where(band, told * smooth + (1 - told) * inside, inside), np.float32)


def _unmixed(seen: Floats, one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """How much of `one` is in each pixel, the rest being `other`, and how far that is to trust."""
    apart = np.square(one - other).sum(axis=-1)
    mixed = ((seen - other) * (one - other)).sum(axis=-1) / np.maximum(apart, 1e-8)
    return np.clip(mixed, 0, 1), np.asarray(apart / (apart + NOISE**2), np.float32)


def _matted(mask: Mask, image: Image, *, number: int, time: int, reach: float) -> Soft | None:
    """The shares of one object at one time, in the block that they may fill."""
    found = np.argwhere(mask.where(number, time=time))
    if not len(found):
        return None
    spare = (0, int(np.ceil(3 * reach)), int(np.ceil(3 * reach)))
    low = np.maximum(found.min(axis=0) - spare, 0)
    high = np.minimum(found.max(axis=0) + 1 + spare, mask.grid.shape)
    (a, b, c), (d, e, f) = low.tolist(), high.tolist()
    shown = window_of(image).apply(image.block((a, b, c), (d, e, f), time=time))
    inside = mask.where(number, time=time)[a:d, b:e, c:f]
    shares = [alpha(*each, reach=reach) for each in zip(shown, inside, strict=True)]
    levels = np.rint(np.stack(shares) * 255).astype(np.uint8)
    return Soft(number, (a, b, c), levels, time)


def _nearby(picture: Floats, weight: Floats, reach: float) -> Floats:
    """The weighted mean colour round every pixel; further away counts where nothing is near."""
    from scipy.ndimage import gaussian_filter

    total = np.zeros(picture.shape, np.float32)
    count = np.full(picture.shape[:2], 1e-9, np.float32)
    for sigma, trust in ((reach, 1.0), (4 * reach, 1e-2)):
        count += trust * gaussian_filter(weight, sigma)
        for channel in range(picture.shape[2]):
            total[..., channel] += trust * gaussian_filter(weight * picture[..., channel], sigma)
    return np.asarray(total / count[..., None], np.float32)


def _guided(share: Floats, guide: Floats) -> Floats:
    """The share as a line of the guide in every small square, averaged over the squares."""
    from scipy.ndimage import uniform_filter

    size = 2 * SMOOTH + 1
    mean, level = uniform_filter(share, size), uniform_filter(guide, size)
    both = uniform_filter(share * guide, size) - mean * level
    spread = uniform_filter(guide * guide, size) - level * level
    slope = both / (np.maximum(spread, 0) + EDGE)
    start = mean - slope * level
    return np.asarray(uniform_filter(slope, size) * guide + uniform_filter(start, size))
