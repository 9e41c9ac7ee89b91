"""People of known faults: one truth, and what biased, noisy and careless raters make of it.

What a method of consensus should find out is known here: by how many pixels a rater draws too
wide or too narrow, how unsteady the hand is and over what length, which share of objects is
overlooked, and which classes are mistaken for which.

Source   own models; raters with a confusion matrix: Dawid and Skene, Applied Statistics 1979,
         and Warfield et al. (STAPLE), TMI 2004; raters who over- or under-segment: Zhang et
         al., NeurIPS 2020, arXiv:2007.15963.
Differs  faults are drawn in the plane, by moving the border along its distance, not voxel by voxel;
         the confusion is of whole objects.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.mask import Mask, Object
from limner.phantoms import PHANTOMS
from limner.phantoms._sample import dense
from limner.sample import Sample, Target

__all__ = ["CROWD", "Rater", "rated", "raters"]

RATER = "limner.phantoms.raters"

FARTHEST = 3.0  # sd of the hand's wander that are ever reached

Away = NDArray[np.float64]
Plane = tuple[int, int, int]  # layer, time, slice


@dataclass(frozen=True)
class Rater:
    """How somebody draws.

    name       who
    bias       pixels by which the border lies too far out; negative: too far in
    unsteady   sd of the border's wander, pixels
    length     over how many pixels the wander changes
    misses     share of objects that are overlooked, the smaller ones first
    confuses   class to (class, share): how often the one is called the other
    """

    name: str
    bias: float = 0.0
    unsteady: float = 0.0
    length: float = 12.0
    misses: float = 0.0
    confuses: Mapping[str, tuple[str, float]] = field(default_factory=lambda: MappingProxyType({}))


CROWD = (
    Rater("steady", unsteady=0.5),
    Rater("generous", bias=2.0, unsteady=0.7),
    Rater("stingy", bias=-2.0, unsteady=0.7),
    Rater("shaky", unsteady=2.5, length=6.0),
    Rater("hasty", bias=0.5, unsteady=1.5, length=25.0, misses=0.3),
)


@dataclass(frozen=True, eq=False)
class Border:
    """One object of one plane: its id, a window with room, and pixels outside of its border."""

    id: int
    place: tuple[slice, slice]
    away: Away


@PHANTOMS.add
def raters(seed: int) -> Sample:
    """Stained cells of `cells_stained`, exactly and by five raters; each a dense target."""
    of = PHANTOMS.get("cells_stained")(seed)
    crowd = (*CROWD, Rater("mistaken", unsteady=0.5, confuses={"nucleus": ("cell", 0.2)}))
    rng = np.random.default_rng((seed, 1))
    targets = (dense(of.mask, rater=RATER), *rated(of.mask, rng, raters=crowd))
    return Sample(f"raters-{seed}", of.images, targets, licence=of.licence)


def rated(
    mask: Mask, rng: np.random.Generator, *, raters: Sequence[Rater] = CROWD
) -> tuple[Target, ...]:
    """One dense target a rater, on the mask's grid and with its ids, in the order of the raters.

    Each slice is drawn by itself. An object keeps its layer; where borders grow into each other
    the object that was there first keeps the ground. Objects that nothing is left of are
    not in the target.
    """
    reach = max((int(np.ceil(max(r.bias, 0) + FARTHEST * r.unsteady)) for r in raters), default=0)
    borders = {
        (number, time, row): _borders(plane, reach=reach + 2)
        for number, layer in enumerate(mask.layers)
        for time, slices in enumerate(layer)
        for row, plane in enumerate(slices)
    }
    return tuple(
        Target(
            "dense",
            _drawn(mask, rng, rater=rater, borders=borders),
            source="synthetic",
            rater=rater.name,
        )
        for rater in raters
    )


def _drawn(
    mask: Mask, rng: np.random.Generator, *, rater: Rater, borders: Mapping[Plane, list[Border]]
) -> Mask:
    noticed = _noticed(mask, rng, share=rater.misses)
    layers = [np.zeros_like(layer) for layer in mask.layers]
    for (number, time, row), found in borders.items():
        if not found:
            continue
        plane = layers[number][time, row]
        out = rater.bias + _wander(rng, plane.shape, rater)
        for border in found:
            window = plane[border.place]
            grown = (border.away < out[border.place]) & (window == 0)
            if border.id in noticed:
                window[grown] = border.id
    left = {int(number) for layer in layers for number in np.unique(layer)} - {0}
    objects = tuple(_called(each, rng, rater) for each in mask if each.id in left)
    return Mask(mask.grid, tuple(layers), objects, schema=mask.schema)


def _noticed(mask: Mask, rng: np.random.Generator, *, share: float) -> set[int]:
    """The ids that are not overlooked; a chance that falls with the rank of the size."""
    sizes = np.zeros(max(mask.ids, default=0) + 1)
    for layer in mask.layers:
        counts = np.bincount(layer.ravel(), minlength=len(sizes))
        sizes += counts
    ids = np.array(mask.ids, int)
    rank = sizes[ids].argsort().argsort() / max(len(ids) - 1, 1)  # 0 smallest .. 1 largest
    chance = np.clip(share * 2 * (1 - rank), 0, 1) if share < 0.5 else np.full(len(ids), share)
    return {int(number) for number in ids[rng.random(len(ids)) >= chance]}


def _wander(rng: np.random.Generator, shape: tuple[int, ...], rater: Rater) -> Away:
    """How far beyond the truth the hand is at each pixel, of mean about 0."""
    wander = ndimage.gaussian_filter(rng.standard_normal(shape), rater.length / 2)
    wander *= rater.unsteady / max(float(wander.std()), 1e-9)
    return np.asarray(np.clip(wander, -FARTHEST * rater.unsteady, FARTHEST * rater.unsteady))


def _borders(plane: NDArray[np.integer], *, reach: int) -> list[Border]:
    """Every object of a plane, with the room that a rater may need round it."""
    found = []
    for number, place in enumerate(ndimage.find_objects(plane), start=1):
        if place is None:
            continue
        rows, columns = (
            slice(max(0, part.start - reach), min(size, part.stop + reach))
            for part, size in zip(place, plane.shape, strict=True)
        )
        inside = np.pad(plane[rows, columns] == number, 1, mode="edge")  # the picture goes on
        away = ndimage.distance_transform_edt(~inside) - ndimage.distance_transform_edt(inside)
        away = (away + np.where(inside, 0.5, -0.5))[1:-1, 1:-1]
        found.append(Border(number, (rows, columns), away))
    return found


def _called(about: Object, rng: np.random.Generator, rater: Rater) -> Object:
    """The object under the class that this rater gives it."""
    label, share = rater.confuses.get(about.label, (about.label, 0.0))
    name = label if rng.random() < share else about.label
    return Object(about.id, name, about.name, source="synthetic", rater=rater.name)
