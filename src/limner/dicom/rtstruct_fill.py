"""The contours of structures as the voxels of a grid, and what was odd about them.

A contour belongs to the slice whose plane it lies in, or to the nearest within half a step,
which is said. Contours of one plane combine by XOR; where two planes fall to one slice, the
nearer has it, for to combine those would turn what both show into a hole.
"""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from limner.dicom.contours import Flags
from limner.dicom.contours_fill import Patch, combined, overlapping, patch
from limner.dicom.rtstruct_read import CLOSED, Contour, Structure, StructureSet
from limner.errors import GeometryMismatch
from limner.grid import Grid

# In steps between slices:
APART = 0.01  # contours that are further apart than this lie in two planes
EXACT = 0.02  # a plane that is no further than this from a slice lies in it
REACH = 0.5  # the furthest that a contour is brought to a slice, and that it may be tilted


@dataclass(frozen=True, eq=False)
class Filled:
    """The voxels of one structure by slice, {number: bool (rows, columns)}."""

    structure: Structure
    slices: dict[int, Flags]


@dataclass
class _Odd:
    """What is counted over the contours of one structure, to be said once."""

    open: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    twice: int = 0
    outside: int = 0
    cut: int = 0
    crossed: int = 0
    overlapping: int = 0
    yielding: int = 0
    thin: int = 0
    off: float = 0.0
    tilted: float = 0.0


def filled(told: StructureSet, grid: Grid, *, own: bool = False) -> tuple[list[Filled], list[str]]:
    """The structures on a grid, in the order of the file, and a sentence for each oddity.

    own   whether the contours come from this grid: slices without any are no gaps then

    Structures of another frame of reference are left out. Raises GeometryMismatch where none
    is left, where no contour lies on the grid, and for contours across its slices.
    """
    drawn = [each for each in told.structures if each.contours]
    strangers = [s for s in drawn if s.frame and grid.frame and s.frame != grid.frame]
    if drawn and len(strangers) == len(drawn):
        raise GeometryMismatch(
            f"The contours in '{told.file}' are in another frame of reference "
            f"({strangers[0].frame}) than the scan ({grid.frame}), so nothing says where they "
            "lie in it. Give the series that they were drawn on."
        )
    problems = [
        f"'{each.name}' is in another frame of reference than the scan and is left out."
        for each in strangers
    ]
    found = []
    for each in told.structures:
        if each in strangers:
            continue
        slices, odd = _slices(each, grid)
        found.append(Filled(each, slices))
        problems += _said(each, odd, step_mm=grid.spacing_mm[0])
        problems += [] if own else _gaps(each, sorted(slices))
    if drawn and not any(each.slices for each in found):
        raise GeometryMismatch(
            f"None of the contours in '{told.file}' lies on the scan's {grid.shape[0]} slices. "
            "Give the series that they were drawn on."
        )
    return found, problems


def _slices(structure: Structure, grid: Grid) -> tuple[dict[int, Flags], _Odd]:
    odd = _Odd()
    planes: dict[int, list[tuple[float, list[NDArray[np.float64]]]]] = defaultdict(list)
    for height, polygons in _planes(structure, grid, odd):
        nearest = round(height)
        if not 0 <= nearest < grid.shape[0]:
            odd.outside += len(polygons)
            continue
        planes[nearest].append((abs(height - nearest), polygons))
    found = {}
    for number, candidates in sorted(planes.items()):
        candidates.sort(key=lambda each: each[0])
        off, polygons = candidates[0]
        odd.yielding += len(candidates) - 1
        odd.off = max(odd.off, off)
        inside = _inside(polygons, grid.shape[1:], odd)
        if inside.any():
            found[number] = inside
    return found, odd


def _planes(
    structure: Structure, grid: Grid, odd: _Odd
) -> list[tuple[float, list[NDArray[np.float64]]]]:
    """The contours by the planes that they lie in: its slice index, and (row, column)s."""
    placed: list[tuple[float, NDArray[np.float64]]] = []
    for each in structure.contours:
        if each.kind not in CLOSED:
            odd.open[each.kind] += 1
            continue
        index = grid.index_at(each.points_mm)
        low, high = float(index[:, 0].min()), float(index[:, 0].max())
        if high - low > REACH:
            raise GeometryMismatch(_across(structure, each, high - low))
        odd.tilted = max(odd.tilted, high - low)
        placed.append(((low + high) / 2, index[:, 1:]))
    planes: list[tuple[float, list[NDArray[np.float64]]]] = []
    for height, polygon in sorted(placed, key=lambda each: each[0]):
        if planes and height - planes[-1][0] <= APART:
            planes[-1][1].append(polygon)
        else:
            planes.append((height, [polygon]))
    return planes


def _across(structure: Structure, contour: Contour, steps: float) -> str:
    low, high = contour.points_mm.min(axis=0), contour.points_mm.max(axis=0)
    span = " x ".join(f"{each:.4g}" for each in high - low)
    return (
        f"A contour of '{structure.name}' ({span} mm along the patient's axes) crosses "
        f"{steps:.2g} slices of the scan instead of lying in one. It was drawn on a series of "
        "another orientation; give that one."
    )


def _inside(polygons: list[NDArray[np.float64]], shape: tuple[int, int], odd: _Odd) -> Flags:
    patches: list[Patch] = []
    seen: set[bytes] = set()
    for polygon in polygons:
        key = _same(polygon)
        if key in seen:
            odd.twice += 1
            continue
        seen.add(key)
        each = patch(polygon, shape)
        odd.crossed += each.crossed
        odd.cut += each.cut
        odd.thin += not each.covered.any() and not each.cut
        patches.append(each)
    odd.overlapping += overlapping(patches, shape)
    return combined(patches, shape)


def _same(polygon: NDArray[np.float64]) -> bytes:
    """Equal for polygons of the same points, wherever they begin and whichever way they go."""
    rounded = np.round(polygon, 4) + 0.0
    order = np.lexsort((rounded[:, 1], rounded[:, 0]))
    return rounded[order].tobytes()


def _said(structure: Structure, odd: _Odd, *, step_mm: float) -> list[str]:
    name = structure.name
    said = []
    for kind, count in sorted(odd.open.items()):
        word = "points" if kind == "POINT" else "open lines"
        said.append(
            f"'{name}' has {_contours(count)} that {_are(count)} {word} ({kind}) and "
            f"{'enclose' if count > 1 else 'encloses'} nothing; left out."
        )
    if odd.off > EXACT:
        said.append(
            f"Contours of '{name}' lie up to {odd.off * step_mm:.3g} mm beside the slices; each "
            "was taken to the nearest."
        )
    if odd.tilted > EXACT:
        said.append(
            f"Contours of '{name}' are tilted against the slices by up to "
            f"{odd.tilted * step_mm:.3g} mm from end to end; each was taken to one slice."
        )
    counted = (
        (odd.outside, "beyond the first or last slice; left out"),
        (odd.cut, "partly outside the pictures; cut there"),
        (odd.crossed, "crossing over themselves; what they enclose twice counts as outside"),
        (odd.twice, "there twice; one of each is used"),
        (odd.thin, "too thin to hold the centre of a pixel; lost on this grid"),
    )
    said += [
        f"'{name}' has {_contours(count)} that {_are(count)} {what}."
        for count, what in counted
        if count
    ]
    if odd.yielding:
        said.append(
            f"The contours of '{name}' lie closer together than the slices; those of "
            f"{odd.yielding} planes were left out for nearer ones."
        )
    if odd.overlapping:
        said.append(
            f"Contours of '{name}' overlap on {odd.overlapping} slices; what two of them share "
            "counts as outside (XOR)."
        )
    return said


def _gaps(structure: Structure, slices: list[int]) -> list[str]:
    gaps = np.diff(slices)
    if len(gaps) < 2 or np.median(gaps) <= 1:
        return []
    every = f"about every {np.median(gaps):.0f} slices only"
    return [f"'{structure.name}' has contours on {every}; the slices between are empty."]


def _contours(count: int) -> str:
    return f"{count} contour{'s' if count > 1 else ''}"


def _are(count: int) -> str:
    return "are" if count > 1 else "is"
