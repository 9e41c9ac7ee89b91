"""The contours of one structure as the items of a Contour Sequence (PS3.3 C.8.8.6).

The items are put together from bytes: a structure may have thousands of contours, and
pydicom's decimals and checks of each would take ten times as long.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from limner.dicom.contours import Points, edge_loops, keyholed, smooth_loops
from limner.dicom.derived import Origin, ds, reference
from limner.dicom.seg_planes import Plane, planes
from limner.grid import Grid, Vector, vector
from limner.mask import Flags

if TYPE_CHECKING:
    from pydicom import DataElement, Dataset
    from pydicom.dataelem import RawDataElement

Outline = Literal["edges", "smooth"]
Holes = Literal["keyhole", "xor"]
KINDS: dict[Holes, str] = {"keyhole": "CLOSED_PLANAR", "xor": "CLOSEDPLANAR_XOR"}
PLAIN = "iso8859"  # what pydicom takes a new item to be written in; all is ASCII
DIGITS = 8  # decimals of a mm; with 16 characters that holds up to 99 m


def contours(inside: Flags, scan: Origin, *, outline: Outline, holes: Holes) -> "list[Dataset]":
    """One item a contour of the voxels (slices, rows, columns) of `scan.grid`."""
    filled = set(np.flatnonzero(inside.any(axis=(1, 2))).tolist())
    places = [each for each in planes(scan).planes if each.number in filled]
    # What lies only between measured slices keeps its own place rather than go.
    places = places or [Plane(k, _corner(scan.grid, k)) for k in sorted(filled)]
    found: list[Dataset] = []
    for plane in places:
        shown = _shown(plane, scan)
        for points in polygons(inside[plane.number], outline=outline, holes=holes):
            points_mm = _placed(points, plane, scan.grid)
            found.append(_item(points_mm, shown, KINDS[holes], number=len(found) + 1))
    return found


def polygons(inside: Flags, *, outline: Outline, holes: Holes) -> list[Points]:
    """The contours of one slice, (row, column)."""
    loops = edge_loops(inside) if outline == "edges" else smooth_loops(inside)
    return keyholed(loops) if holes == "keyhole" else loops


def _placed(points: Points, plane: Plane, grid: Grid) -> NDArray[np.float64]:
    index = np.column_stack([np.full(len(points), plane.number), points])
    shift_mm = np.subtract(plane.position_mm, _corner(grid, plane.number))
    return np.asarray(grid.position_mm(index) + shift_mm, float)


def _corner(grid: Grid, number: int) -> Vector:
    """The centre of the first pixel of a slice."""
    return vector(grid.position_mm((number, 0, 0)))


def _shown(plane: Plane, scan: Origin) -> "DataElement | None":
    """The Contour Image Sequence of all contours in a plane."""
    from pydicom import DataElement
    from pydicom.sequence import Sequence

    if plane.shown is None or not scan.listed:
        return None
    return DataElement("ContourImageSequence", "SQ", Sequence([reference(scan, plane.shown)]))


def _item(
    points_mm: NDArray[np.float64], shown: "DataElement | None", kind: str, *, number: int
) -> "Dataset":
    from pydicom import Dataset

    raw = (
        _raw("ContourGeometricType", "CS", kind),
        _raw("NumberOfContourPoints", "IS", str(len(points_mm))),
        _raw("ContourNumber", "IS", str(number)),
        _raw("ContourData", "DS", "\\".join(_decimals(points_mm))),
    )
    named = () if shown is None else (shown,)
    item = Dataset({each.tag: each for each in (*named, *raw)})
    item.set_original_encoding(
        is_implicit_vr=True, is_little_endian=True, character_encoding=PLAIN
    )  # as `save` writes: pydicom leaves it alone
    return item


def _raw(keyword: str, kind: str, text: str) -> "RawDataElement":
    from pydicom.dataelem import RawDataElement
    from pydicom.tag import Tag

    written = text.encode("ascii")
    written += b" " * (len(written) % 2)
    return RawDataElement(
        Tag(keyword), kind, len(written), written, 0, is_implicit_VR=True, is_little_endian=True
    )


def _decimals(points_mm: NDArray[np.float64]) -> Iterator[str]:
    """At most 16 characters each (PS3.5 section 6.2)."""
    for value in (np.round(points_mm, DIGITS) + 0.0).ravel().tolist():
        short = repr(value).removesuffix(".0")
        yield short if len(short) <= 16 and "e" not in short else ds(value)[0]
