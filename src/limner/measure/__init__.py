"""Masks to numbers with units: one file each, found by name."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan

from limner.errors import UnknownName
from limner.image import Image
from limner.mask import Mask, Object
from limner.measure.measurement import Measurement, Subject
from limner.measure.scale import own_scale, put_back, said
from limner.registry import Registry

__all__ = [
    "FURTHER",
    "MEASURES",
    "Measure",
    "Measured",
    "Measurement",
    "Subject",
    "measure",
    "refusals",
]

# A measure returns nothing where it does not apply: no volume of a slice, no intensity
# without an image, no caliper on nothing.
Measure = Callable[[Subject], tuple[Measurement, ...]]

MEASURES: Registry[Measure] = Registry(
    "measure", "limner.measure", beside=("measurement", "outline", "scale")
)
SIZELESS = {"intensity", "first_order"}  # measures that need no size of a pixel
PLACES = {"centroid"}  # measures that say where, on the grid of the whole picture
# Taken only where somebody names them.
FURTHER: Registry[Measure] = Registry("measure", "limner.measure.further")


@dataclass(frozen=True)
class Measured:
    """One object of a mask and all that was measured of it."""

    object: Object
    measurements: tuple[Measurement, ...]

    def __getitem__(self, name: str) -> Measurement:
        """The measurement of that name. Raises KeyError."""
        for each in self.measurements:
            if each.name == name:
                return each
        raise KeyError(name)

    def __contains__(self, name: str) -> bool:
        """Whether there is a measurement of that name."""
        return any(each.name == name for each in self.measurements)


def measure(
    mask: Mask,
    image: Image | None = None,
    *,
    names: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
    time: int = 0,
) -> tuple[Measured, ...]:
    """Everything that can be measured of every object, in the order of the mask.

    image   adds intensities; it must lie on the mask's grid
    names   of measures, as `MEASURES.names()` and `FURTHER.names()` list them; if empty, all
            of the first
    also    names to be taken beside those

    An object answered on one slice has an area and no volume. What has no physical size is
    counted in "{pixels}", never in mm. In an ultrasound picture the region it lies in gives the
    scale; an object across regions of different scale has an "area" of NaN, whose method says
    why, and no other size. Raises GeometryMismatch when the image lies elsewhere, UnknownName
    for a measure there is not.
    """
    wanted = {name: _named(name) for name in (*(names or MEASURES.names()), *also)}
    found = []
    for each in mask.objects:
        inside = mask.where(each.id, time=time)
        subject = Subject(inside, mask.grid, each.slices, image, time, mask, each.id)
        found.append(Measured(each, _taken(subject, wanted)))
    return tuple(found)


def _taken(subject: Subject, wanted: dict[str, Measure]) -> tuple[Measurement, ...]:
    """All measures of one object, each with the scale that is right where it lies."""
    sized = own_scale(subject)
    found: list[Measurement] = []
    if isinstance(sized, str):
        wanted = {name: take for name, take in wanted.items() if name in SIZELESS}
        found.append(Measurement("area", float("nan"), "mm2{ruler}", sized))
        sized = subject
    for name, take in wanted.items():
        where = subject if name in PLACES else sized
        found += [put_back(one, where.grid, subject.grid) for one in take(where)]
    if subject.image is None:
        return tuple(found)
    return tuple(said(one, subject.image.source) for one in found)


def refusals(found: tuple[Measured, ...]) -> tuple[str, ...]:
    """Why an object was not measured, a sentence for each that was not."""
    return tuple(
        f"Object {each.object.id}: {one.method}"
        for each in found
        for one in each.measurements
        if one.name == "area" and isnan(one.value)
    )


def _named(name: str) -> Measure:
    if name in FURTHER.names():
        return FURTHER.get(name)
    if name not in MEASURES.names():
        raise UnknownName("measure", name, (*MEASURES.names(), *FURTHER.names()))
    return MEASURES.get(name)
