"""Diameters: the longest in the plane of the slices, and the longest at right angles to it.

Source   RECIST 1.1 (Eisenhauer et al., European Journal of Cancer 2009): the longest
         diameter in the plane of acquisition; the WHO's product takes the longest
         perpendicular one.
Differs  the outline is that of `outline.py`, a quarter of a pixel outside the outermost
         pixel centres, at the ends of the long axis by how slender the part is; its bias
         against true ellipses is in `results/diameters.json`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.grid import Vector, vector
from limner.measure import MEASURES
from limner.measure.measurement import LENGTHS, Measurement, Subject
from limner.measure.outline import ROUND, SLENDER, across, bridges, hull, longest, segments, tips

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Caliper:
    """A length on one slice and the two ends between which it was taken.

    length   in mm; in pixels where the picture has no size
    slice    from 0
    ends_mm  LPS, mm
    """

    length: float
    slice: int
    ends_mm: tuple[Vector, Vector]


@MEASURES.add
def diameter(subject: Subject) -> tuple[Measurement, ...]:
    """The long and the short axis, with their ends; nothing for an empty object."""
    found = calipers(subject)
    if found is None:
        return ()
    unit = LENGTHS[subject.grid.scale]
    ends = f"ends {ROUND} (round) to {SLENDER} (slender) of a pixel outside the outermost centres."
    outline = "outline a quarter of a pixel outside the outermost pixel centres."
    methods = (
        f"Longest diameter of a connected part in the plane of a slice; {ends}",
        f"Longest chord at right angles to the long axis, on its slice and part; {outline}",
    )
    return tuple(
        Measurement(name, one.length, unit, how, one.slice, one.ends_mm)
        for name, one, how in zip(("long_axis", "short_axis"), found, methods, strict=True)
    )


def diameters_mm(subject: Subject) -> tuple[Caliper, Caliper] | None:
    """The long and the short axis, mm. Raises Uncalibrated where there is no size."""
    subject.grid.need_size("diameter")
    return calipers(subject)


def calipers(subject: Subject) -> tuple[Caliper, Caliper] | None:
    """The long and the short axis of an object; None for an empty one.

    Long axis: of every slice, and of every part of it whose pixels touch by a side or a
    corner, the longest distance between two points of the outline; the longest of all wins,
    of equal ones the first slice's. Two parts are never measured across the gap between
    them. Its ends lie nearer or further out than the outline does, see `outline.tips`.

    Short axis: the longest chord at right angles to it in the same part. Its ends lie on
    the outline, where a straight line bridges the steps of the pixels but no hollow that
    holds a pixel's centre; between them it may cross a hollow. It is never longer than the long
    axis: where it would be, it is cut to that at both ends alike. A single pixel has two axes
    of half a pixel, a row of three or more a long axis of n - 1/10.
    """
    best: tuple[float, int, Flags, tuple[int, int], NDArray[np.float64]] | None = None
    for number, part, corner in _parts(subject):
        least = 0.0 if best is None else best[0]
        if _reach_mm(part, subject.plane) <= least:
            continue
        length, chord = longest(hull(part, tips(part, subject.plane)), subject.plane)
        if best is None or length > best[0] * (1 + 1e-9):
            best = length, number, part, corner, chord
    if best is None:
        return None
    length, number, part, corner, chord = best
    pieces = np.concatenate([segments(part), bridges(part, hull(part))])
    width, crossing = across(pieces, chord, subject.plane)
    if width > length:  # the sides of a round part of few pixels lie further out than its ends
        crossing = crossing.mean(axis=0) + (crossing - crossing.mean(axis=0)) * (length / width)
        width = length
    return (
        Caliper(length, number, _ends(subject, number, chord + corner)),
        Caliper(width, number, _ends(subject, number, crossing + corner)),
    )


def _parts(subject: Subject) -> Iterator[tuple[int, Flags, tuple[int, int]]]:
    """The connected parts of every slice: its number, the pixels, the first of them."""
    from scipy import ndimage

    if subject.box is None:
        return
    (first, top, left), (last, bottom, right) = subject.box
    for number in range(first, last):
        flat = subject.inside[number, top:bottom, left:right]
        labels, _ = ndimage.label(flat, np.ones((3, 3)))
        for value, spans in enumerate(ndimage.find_objects(labels), start=1):
            corner = (top + spans[0].start, left + spans[1].start)
            yield number, labels[spans] == value, corner


def _reach_mm(part: Flags, plane: NDArray[np.float64]) -> float:
    """No diameter of the part is longer than this: the diagonals of its box."""
    down, along = np.array(part.shape) - 1 + 2 * SLENDER
    corners = np.array([(0, 0), (down, along), (down, 0), (0, along)]) @ plane
    ways = (corners[1] - corners[0], corners[3] - corners[2])
    return float(max(np.linalg.norm(way) for way in ways))


def _ends(subject: Subject, number: int, places: NDArray[np.float64]) -> tuple[Vector, Vector]:
    one, other = (subject.grid.position_mm((number, *place)) for place in places.tolist())
    return vector(one), vector(other)
