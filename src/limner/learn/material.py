"""What a network is shown: pictures with the objects in them, one kind of source per class."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.learn.permitted import Pair, Source, opened
from limner.phantoms.shapes import scene

Ids = NDArray[np.int32]

SMALLEST = 30  # pixels; smaller objects are noise of the annotation
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
    """The same pictures with objects that nobody drew: patches of even brightness.

    They widen what counts as an object, as superpixels do in ScribblePrompt.
    """

    sources: Sequence[Source]

    def draw(self, rng: np.random.Generator) -> Scene:
        while True:
            source = self.sources[int(rng.integers(len(self.sources)))]
            picture = labelled(source.pairs[int(rng.integers(len(source.pairs)))]).picture
            objects = even_patch(rng, picture)
            if objects is not None:
                return Scene(picture, objects)


@dataclass(frozen=True)
class Generated:
    """Synthetic scenes of limner.phantoms."""

    def draw(self, rng: np.random.Generator) -> Scene:
        while True:
            picture, labels = scene(rng)
            objects = separated(labels, most=0.6)
            if objects.any():
                return Scene(picture, objects)


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
    objects = np.zeros(labels.shape, np.int32)
    count = 0
    for label, place in enumerate(ndimage.find_objects(labels), start=1):
        if place is None:
            continue
        mask = labels[place] == label
        parts, _ = ndimage.label(mask)
        sizes = np.bincount(parts.ravel())[1:]
        whole = sizes.max() > WHOLE * sizes.sum()
        groups = [mask] if whole else [parts == n + 1 for n in np.flatnonzero(sizes >= SMALLEST)]
        for group in groups:
            if SMALLEST <= group.sum() <= most * labels.size:
                count += 1
                objects[place][group] = count
    return objects


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
