"""Where an object lies among the others of its mask: in what, how near, how far round it.

Source   the structured fields of RadGPT (S184): a tumour's sub-segment and its contact with
         vessels. Contact in degrees of a vessel's circumference, where 180 parts abutment from
         encasement: Al-Hawary et al., Radiology 2014, 270, 248.
Differs  the angle is the share of the other object's outline, on one slice, that touches; it
         needs no centre line. A vessel that runs in the slice is then wide, and its angle small.
"""

from math import nan

import numpy as np
from numpy.typing import NDArray

from limner.measure import FURTHER
from limner.measure.measurement import LENGTHS, Measurement, Subject

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@FURTHER.add
def neighbours(subject: Subject) -> tuple[Measurement, ...]:
    """For each other object: the share that lies in it, the distance to it, the contact with it.

    Objects are called by name, else class, else number. Distances are between the centres of
    the nearest voxels, 0 where the two overlap. Nothing for an empty object or one alone.
    """
    if subject.mask is None or subject.box is None:
        return ()
    found: list[Measurement] = []
    for each in subject.mask.objects:
        if each.id == subject.number:
            continue
        other = subject.mask.where(each.id, time=subject.time)
        if other.any():
            found += _of(
                subject, other, _word(each.name or each.label or f"object {each.id}", found)
            )
    return tuple(found)


def _word(name: str, found: list[Measurement]) -> str:
    """The name as a part of a measurement's name, with a number where it is taken."""
    word = free = "_".join(name.split())
    count = 2
    while f"distance_to_{free}" in {each.name for each in found}:
        free, count = f"{word}_{count}", count + 1
    return free


def _of(subject: Subject, other: Flags, word: str) -> list[Measurement]:
    unit = LENGTHS[subject.grid.scale]
    share = float(np.count_nonzero(subject.inside & other)) / np.count_nonzero(subject.inside)
    degrees, number = contact(subject.inside, other, subject.plane)
    return [
        Measurement(f"share_in_{word}", share, "1", "Voxels that lie in both, over its own."),
        Measurement(
            f"distance_to_{word}",
            0.0 if share else distance(subject.inside, other, subject.steps),
            unit,
            "Between the centres of the nearest voxels; 0 where the two overlap.",
        ),
        Measurement(
            f"contact_with_{word}",
            degrees,
            "deg",
            "Share of the other's outline that it touches, times 360, on the slice where that is "
            "most.",
            number,
        ),
    ]


def distance(one: Flags, other: Flags, steps: Floats) -> float:
    """The least distance between voxels of two objects (slices, rows, columns), neither empty.

    steps   (3, 3): mm of one step along each axis
    """
    from scipy.spatial import cKDTree

    here, there = (np.argwhere(_surface(each)) @ steps for each in (one, other))
    return float(cKDTree(there).query(here)[0].min())


def _surface(inside: Flags) -> Flags:
    """The voxels of which a face is the object's surface."""
    padded = np.pad(inside, 1)
    core = inside.copy()
    for axis in range(3):
        for step in (-1, 1):
            core &= np.roll(padded, step, axis)[1:-1, 1:-1, 1:-1]
    return inside & ~core


def contact(one: Flags, other: Flags, plane: Floats) -> tuple[float, int | None]:
    """How far `one` reaches round `other`, in degrees, and the slice where that is most.

    plane   (2, 2): in-plane mm of a step down the rows and one along the columns
    A side of a pixel of the other's outer border counts where a pixel of `one` is on either
    side of it. Holes of the other have no border here. (0, None) where the two never touch.
    """
    from scipy import ndimage

    best, at = 0.0, None
    sides = np.linalg.norm(plane[::-1], axis=1)  # a step down crosses a side along the row
    for number in np.flatnonzero(one.any(axis=(1, 2)) & other.any(axis=(1, 2))).tolist():
        whole = np.pad(ndimage.binary_fill_holes(other[number]), 1)
        mine = np.pad(one[number], 1)
        border = touched = 0.0
        for axis, length in enumerate(sides.tolist()):
            for step in (-1, 1):
                edge = whole & ~np.roll(whole, step, axis)
                border += length * np.count_nonzero(edge)
                touched += length * np.count_nonzero(edge & (mine | np.roll(mine, step, axis)))
        degrees = 360 * touched / border if border else nan
        if degrees > best:
            best, at = degrees, number
    return best, at
