"""What a network is shown: pictures with the objects in them, one kind of source per class."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.errors import BadValue, UnknownName
from limner.learn.granules import Granules, granules
from limner.learn.permitted import Pair, Source, opened
from limner.phantoms._anatomy import anatomy
from limner.phantoms._micro import micro
from limner.phantoms.shapes import SCENE_PARTS, scene

Ids = NDArray[np.int32]

SMALLEST = 30  # pixels; smaller objects are noise of the annotation
CLEAR = 0.35  # standard deviations; a person hardly sees less, and a network learns to guess
WHOLE = 0.8  # a label whose largest part holds more than this is one object


@dataclass(frozen=True)
class Scene:
    """A picture with its objects.

    picture    (rows, columns, 1 or 3), uint8 or float in 0..1
    objects    (rows, columns) ids from 1; 0 is none
    uncertain  whether unlabelled things in it may be objects too
    """

    picture: NDArray[np.generic]
    objects: Ids
    uncertain: bool = False

    @property
    def count(self) -> int:
        """How many objects there are."""
        return int(self.objects.max())


class Material(Protocol):
    """Somewhere that scenes come from."""

    def draw(self, rng: np.random.Generator) -> Scene:
        """A scene with at least one object."""
        ...


@dataclass(frozen=True)
class Labelled:
    """Annotated pictures; every set is drawn equally often, whatever its size."""

    sources: Sequence[Source]

    def draw(self, rng: np.random.Generator) -> Scene:
        while True:
            source = self.sources[int(rng.integers(len(self.sources)))]
            found = labelled(
                source.pairs[int(rng.integers(len(source.pairs)))],
                uncertain=source.name in UNLABELLED_TOO,
            )
            if found.count:
                return found


UNLABELLED_TOO = ("rings_prostate_glands",)  # leaves some glands unlabelled


@dataclass(frozen=True)
class Found:
    """The same pictures with objects that nobody drew: merged superpixels, even patches.

    They widen what counts as an object, as superpixels do in ScribblePrompt.

    patches  share of patches of even brightness; the rest are superpixels merged to any size
    """

    sources: Sequence[Source]
    patches: float = 0.25

    def draw(self, rng: np.random.Generator) -> Scene:
        while True:
            source = self.sources[int(rng.integers(len(self.sources)))]
            pair = source.pairs[int(rng.integers(len(source.pairs)))]
            picture = labelled(pair).picture
            if rng.random() < self.patches:
                objects = even_patch(rng, picture)
            else:
                objects = _within(picture, _granules(pair).drawn(rng))
            if objects is not None:
                return Scene(picture, objects)


Draws = Callable[..., tuple[NDArray[np.float32], Ids]]


@dataclass(frozen=True)
class Generated:
    """Synthetic scenes of limner.phantoms: shapes, pictures of bodies, pictures of the small.

    shapes, anatomy, micro  how often each is drawn; the shares need not add up to 1
    without                 names out of `PARTS` that are left out, to see what each is good for
    side                    pixels; wider than the network's input, so that a crop has room
    """

    shapes: float = 0.5
    anatomy: float = 0.25
    micro: float = 0.25
    without: tuple[str, ...] = ()
    side: int = 160

    def __post_init__(self) -> None:
        for name in self.without:
            if name not in PARTS:
                raise UnknownName("part of the generator", name, PARTS)
        if not self._kinds():
            raise BadValue(
                "Nothing is left to generate: shapes, anatomy and micro are all left out or "
                "have no share. Keep one of them."
            )

    def draw(self, rng: np.random.Generator) -> Scene:
        kinds = self._kinds()
        shares = np.array([share for _, share in kinds])
        while True:
            drawn = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))][0]
            picture, labels = drawn(rng, self.side)
            objects = discernible(picture, separated(labels, most=0.6))
            if objects.any():
                return Scene(picture, objects)

    def _kinds(self) -> list[tuple[Draws, float]]:
        every = (
            ("shapes", partial(scene, without=self.without), self.shapes),
            ("anatomy", anatomy, self.anatomy),
            ("micro", micro, self.micro),
        )
        return [(d, share) for name, d, share in every if share > 0 and name not in self.without]


PARTS = ("shapes", "anatomy", "micro", *SCENE_PARTS)


@lru_cache(maxsize=1024)
def labelled(pair: Pair, *, uncertain: bool = False) -> Scene:
    """An annotated picture with its objects told apart."""
    from PIL import Image as Picture

    with Picture.open(pair.mask) as mask:
        labels = np.asarray(mask).astype(np.int32)
    return Scene(opened(pair.image), separated(labels), uncertain)


def separated(labels: Ids, *, most: float = 1.0) -> Ids:
    """Object ids from 1: a label's whole mask where its largest 4-connected part holds over
    80 % of it, else each part by itself; parts under 30 pixels are left out.

    most: objects that cover a larger share of the picture are left out too.
    """
    from skimage.measure import label

    parts = label(labels, background=0, connectivity=1).ravel()  # type: ignore[no-untyped-call]
    sizes = np.bincount(parts)
    owner = np.zeros(len(sizes), np.int64)
    owner[parts] = labels.ravel()
    sizes[0] = owner[0] = 0
    total, largest = (np.zeros(int(labels.max()) + 1, np.int64) for _ in range(2))
    np.add.at(total, owner, sizes)
    np.maximum.at(largest, owner, sizes)
    whole = (largest > WHOLE * total)[owner]
    area = np.where(whole, total[owner], sizes)
    fits = (area >= SMALLEST) & (area <= most * labels.size) & (owner > 0)
    first = np.unique(owner, return_index=True)[1]  # of each label's parts
    counted = fits & (~whole | np.isin(np.arange(len(sizes)), first))
    order = np.argsort(owner, kind="stable")
    numbers = np.zeros(len(sizes), np.int32)
    numbers[order] = np.cumsum(counted[order])  # a whole label's further parts keep its number
    objects = np.where(fits, numbers, 0).astype(np.int32)[parts]
    return np.asarray(objects.reshape(labels.shape))


def discernible(picture: NDArray[np.float32], objects: Ids) -> Ids:
    """Only the objects that tone or grain sets apart from what is around them, numbered anew.

    Between an object and a band of 3 pixels round it, in the channel that tells them apart
    best, the means differ by `CLEAR` standard deviations, or the deviations by a factor. Every
    fourth pixel is looked at.
    """
    reach = ndimage.grey_dilation(objects, size=(7, 7))
    inside, beyond = objects[::2, ::2].ravel(), reach[::2, ::2].ravel()
    around = np.where(inside == beyond, 0, beyond)
    count = int(objects.max()) + 1
    best = np.zeros(count)
    for channel in np.moveaxis(picture[::2, ::2], -1, 0):
        seen = channel.ravel()
        (tone, spread), (other, wide) = (_moments(seen, k, count) for k in (inside, around))
        apart = np.abs(tone - other) / np.sqrt((spread**2 + wide**2) / 2 + 1e-6)
        grain = np.abs(np.log((spread + 0.01) / (wide + 0.01)))
        best = np.maximum(best, np.maximum(apart, grain))
    kept = best >= CLEAR
    kept[0] = False
    return np.where(kept, np.cumsum(kept), 0).astype(np.int32)[objects]


def _moments(
    samples: NDArray[np.float32], labels: Ids, count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of samples (n,) over each of `count` labels."""
    size = np.maximum(np.bincount(labels, minlength=count), 1)
    mean = np.bincount(labels, samples, count) / size
    square = np.bincount(labels, np.square(samples), count) / size
    return mean, np.sqrt(np.maximum(square - mean**2, 0))


@lru_cache(maxsize=1024)
def _granules(pair: Pair) -> Granules:
    return granules(labelled(pair).picture)


def _within(picture: NDArray[np.generic], patch: NDArray[np.bool_]) -> Ids | None:
    """The patch as the one object of the picture; None where it is too small to be one."""
    objects = np.zeros(picture.shape[:2], np.int32)
    objects[: patch.shape[0], : patch.shape[1]] = patch
    return objects if patch.sum() >= SMALLEST else None


def even_patch(rng: np.random.Generator, picture: NDArray[np.generic]) -> Ids | None:
    """One object grown from a random pixel over a like brightness; None where none came of it."""
    factor = max(1, min(picture.shape[:2]) // 170)
    rows, columns = (n // factor for n in picture.shape[:2])
    small = picture[: rows * factor, : columns * factor].astype(np.float32)
    grey = small.reshape(rows, factor, columns, factor, -1).mean(axis=(1, 3, 4))
    grey = ndimage.gaussian_filter(grey, rng.uniform(1.0, 3.0))
    spread = np.ptp(np.quantile(grey, (0.02, 0.98)))
    for _ in range(6):
        row, column = rng.integers(rows), rng.integers(columns)
        like = np.abs(grey - grey[row, column]) < spread * rng.uniform(0.04, 0.2)
        parts, _ = ndimage.label(like)
        patch = parts == parts[row, column]
        patch = ndimage.gaussian_filter(patch.astype(np.float32), 1.6) > 0.5
        share = patch.mean()
        if 0.003 < share < 0.3 and ndimage.binary_erosion(patch).sum() > 0.7 * patch.sum():
            filled = ndimage.binary_fill_holes(patch) if rng.random() < 0.7 else patch
            objects = np.zeros(picture.shape[:2], np.int32)
            large = filled.repeat(factor, axis=0).repeat(factor, axis=1)
            objects[: rows * factor, : columns * factor] = large
            return objects
    return None
