"""How much surface lies in the cell between neighbouring voxels: marching cubes, derived.

A cell has its corners at the centres of 2 x 2 (x 2) voxels. Which corners are inside the
mask is its code: corner (i, j, k) adds 1 << (4i + 2j + k), in the plane (j, k) adds
1 << (2j + k). Where a code is neither empty nor full the surface crosses the cell through
the middles of the edges between an inside and an outside corner.

The surface is derived here and not copied as a table of 256 rows, by three rules:

1. On every face of the cell the crossed edges are joined in pairs. Where all four edges
   are crossed, the corners of the smaller side (at most four of eight) are cut off singly.
2. The joins form closed polygons.
3. A polygon that is not flat is cut into those triangles whose area is the largest in a
   cubic cell. With rules 1 and 2 this gives the areas of the published table for every
   code and every spacing; `tests/evaluate/test_surfels.py` compares all 256.

Source   Lorensen and Cline, Marching cubes, SIGGRAPH 1987; the weighting of a boundary by
         such elements: Nikolov et al., arXiv:1809.04430, and the package surface-distance.
"""

from collections.abc import Iterator
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

Corner = tuple[int, int, int]
Edge = frozenset[Corner]
Triangle = tuple[int, int, int]

CORNERS: tuple[Corner, ...] = tuple((i, j, k) for i, j, k in product((0, 1), repeat=3))


@cache
def areas_mm2(spacing_mm: tuple[float, float, float]) -> NDArray[np.float64]:
    """(256,): the area in one cell for every code, mm2; 0 for the empty and the full one."""
    a, b, c = spacing_mm
    stretch = np.array([b * c, a * c, a * b])
    return np.array([np.linalg.norm(normals * stretch, axis=1).sum() for normals in _normals()])


@cache
def lengths_mm(spacing_mm: tuple[float, float]) -> NDArray[np.float64]:
    """(16,): the length of contour in one flat cell for every code, mm."""
    rows, columns = spacing_mm
    diagonal = float(np.hypot(rows, columns)) / 2
    lengths = np.zeros(16)
    for code in range(1, 15):
        inside = [number for number in range(4) if code >> number & 1]
        if len(inside) != 2:
            lengths[code] = diagonal  # one corner is cut off
        elif inside in ([0, 3], [1, 2]):
            lengths[code] = 2 * diagonal  # two opposite corners are
        else:
            lengths[code] = columns if inside in ([0, 1], [2, 3]) else rows
    return lengths


@cache
def _normals() -> tuple[NDArray[np.float64], ...]:
    """For every code (n, 3): the normal of each triangle, as long as its area."""
    return tuple(_surface(code) for code in range(256))


def _surface(code: int) -> NDArray[np.float64]:
    inside = frozenset(corner for bit, corner in enumerate(CORNERS) if code >> bit & 1)
    if len(inside) > 4:
        inside = frozenset(CORNERS) - inside
    normals = [np.zeros((0, 3))]
    normals += [_largest(np.array([_middle(edge) for edge in p])) for p in _polygons(inside)]
    return np.concatenate(normals)


def _polygons(inside: frozenset[Corner]) -> Iterator[list[Edge]]:
    """The closed chains of crossed edges round the corners inside."""
    joined: dict[Edge, list[Edge]] = {}
    for face in _faces():
        for one, other in _joins(face, inside):
            joined.setdefault(one, []).append(other)
            joined.setdefault(other, []).append(one)
    left = sorted(joined, key=sorted)
    while left:
        chain = [left.pop(0)]
        while following := [edge for edge in joined[chain[-1]] if edge in left]:
            chain.append(following[0])
            left.remove(following[0])
        yield chain


@cache
def _faces() -> tuple[tuple[Corner, ...], ...]:
    """The six faces, each as its four corners in order round it."""
    faces = []
    for axis, side in product(range(3), (0, 1)):
        ring = []
        for first, second in ((0, 0), (0, 1), (1, 1), (1, 0)):
            corner = [first, second]
            corner.insert(axis, side)
            ring.append((corner[0], corner[1], corner[2]))
        faces.append(tuple(ring))
    return tuple(faces)


def _joins(face: tuple[Corner, ...], inside: frozenset[Corner]) -> list[tuple[Edge, Edge]]:
    """The pairs of crossed edges of a face that the surface connects."""
    edges = [frozenset((face[turn], face[(turn + 1) % 4])) for turn in range(4)]
    crossed = [edge for edge in edges if len(edge & inside) == 1]
    if len(crossed) == 2:
        return [(crossed[0], crossed[1])]
    if len(crossed) == 4:
        return [(edges[turn - 1], edges[turn]) for turn in range(4) if face[turn] in inside]
    return []


def _middle(edge: Edge) -> NDArray[np.float64]:
    one, other = edge
    return np.array([(a + b) / 2 for a, b in zip(one, other, strict=True)])


def _largest(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n - 2, 3): the normals of the triangulation of a polygon that has the most area."""
    cuts = [
        np.array([np.cross(points[b] - points[a], points[c] - points[a]) / 2 for a, b, c in cut])
        for cut in _triangulations(0, len(points) - 1)
    ]
    return max(cuts, key=lambda normals: float(np.linalg.norm(normals, axis=1).sum()))


def _triangulations(first: int, last: int) -> list[list[Triangle]]:
    """Every way to cut the polygon first, first + 1, ..., last into triangles."""
    if last - first < 2:
        return [[]]
    return [
        [*one, *other, (first, apex, last)]
        for apex in range(first + 1, last)
        for one, other in product(_triangulations(first, apex), _triangulations(apex, last))
    ]
