"""Diameters: the longest in the plane of the slices, and the longest at right angles to it.

Source   RECIST 1.1 (Eisenhauer et al., European Journal of Cancer 2009): the longest
         diameter in the plane of acquisition; the WHO's product takes the longest
         perpendicular one.
Differs  the outline is that of `outline.py`, a quarter of a pixel outside the outermost
         pixel centres, at the ends of the long axis by how slender the part is; its bias
         against true ellipses is in `results/diameters.json`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.grid import Vector, vector
from limner.measure import MEASURES
from limner.measure._reach import Part, likeliest
from limner.measure.measurement import LENGTHS, Measurement, Subject
from limner.measure.outline import ROUND, SLENDER, across, bridges, farthest, hull, segments, tips

SAME = 1e-9  # share of a length in which two are equal


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
    if subject.box is None:
        return None
    (first, top, left), (last, bottom, right) = subject.box
    block = subject.inside[first:last, top:bottom, left:right]
    best: tuple[float, Part, NDArray[np.float64]] | None = None
    step_mm = float(np.linalg.norm(subject.plane, axis=1).max())
    slender_mm = 2 * SLENDER * step_mm
    for most_mm, split in likeliest(block, subject.plane, beyond_mm=slender_mm):
        if best is not None and most_mm + slender_mm < best[0] * (1 - SAME):
            break
        for part in split():
            reach = tips(part.inside, subject.plane)
            most = part.most_mm + 2 * reach * step_mm
            if best is not None and most < best[0] * (1 - SAME):
                continue
            length, chord = farthest(part.ends, subject.plane, reach)
            if best is None or _wins(length, part, best):
                best = length, part, chord
    if best is None:
        return None
    length, part, chord = best
    number, corner = first + part.place[0], np.add(part.corner, (top, left))
    around = hull(part.inside)
    pieces = np.concatenate([segments(part.inside), bridges(part.inside, around)])
    width, crossing = across(pieces, chord, subject.plane, around=around)
    if width > length:  # the sides of a round part of few pixels lie further out than its ends
        crossing = crossing.mean(axis=0) + (crossing - crossing.mean(axis=0)) * (length / width)
        width = length
    return (
        Caliper(length, number, _ends(subject, number, chord + corner)),
        Caliper(width, number, _ends(subject, number, crossing + corner)),
    )


def _wins(length: float, part: Part, best: tuple[float, Part, NDArray[np.float64]]) -> bool:
    """Whether a part's axis is longer than the best, or as long and comes before it."""
    if abs(length - best[0]) <= SAME * best[0]:
        return part.place < best[1].place
    return length > best[0]


def _ends(subject: Subject, number: int, places: NDArray[np.float64]) -> tuple[Vector, Vector]:
    one, other = (subject.grid.position_mm((number, *place)) for place in places.tolist())
    return vector(one), vector(other)
