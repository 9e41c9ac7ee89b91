"""Masks to numbers with units: one file each, found by name."""

from collections.abc import Callable
from dataclasses import dataclass

from limner.errors import UnknownName
from limner.image import Image
from limner.mask import Mask, Object
from limner.measure.measurement import Measurement, Subject
from limner.registry import Registry

__all__ = ["FURTHER", "MEASURES", "Measure", "Measured", "Measurement", "Subject", "measure"]

# A measure returns nothing where it does not apply: no volume of a slice, no intensity
# without an image, no caliper on nothing.
Measure = Callable[[Subject], tuple[Measurement, ...]]

MEASURES: Registry[Measure] = Registry(
    "measure", "limner.measure", beside=("measurement", "outline")
)
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
    counted in "{pixels}", never in mm. Raises GeometryMismatch when the image lies
    elsewhere, UnknownName for a measure there is not.
    """
    wanted = [_named(name) for name in dict.fromkeys((*(names or MEASURES.names()), *also))]
    found = []
    for each in mask.objects:
        inside = mask.where(each.id, time=time)
        subject = Subject(inside, mask.grid, each.slices, image, time, mask, each.id)
        found.append(Measured(each, tuple(one for take in wanted for one in take(subject))))
    return tuple(found)


def _named(name: str) -> Measure:
    if name in FURTHER.names():
        return FURTHER.get(name)
    if name not in MEASURES.names():
        raise UnknownName("measure", name, (*MEASURES.names(), *FURTHER.names()))
    return MEASURES.get(name)
