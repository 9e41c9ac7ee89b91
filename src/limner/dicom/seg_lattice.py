"""Where the frames of a SEG lie: on the grid that is told, or on one of their own.

Frames without content are left out of most SEGs, and those that are there come in any order,
so the lattice follows from positions alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limner.dicom.seg_planes import OFF
from limner.errors import GeometryMismatch, UnreadableFile
from limner.grid import Grid, vector

BESIDE = 0.01  # pixels that a frame may lie beside the grid: positions written with few digits
SAME = 0.01  # mm within which two frames lie on one plane
BENT = 0.1  # pixels that planes may lie beside one straight line
MANY = 4  # even slices for each measured one, beyond which nothing is resampled
SLICES_MOST = 20_000  # of one mask: more is a damaged position, not a body


@dataclass(frozen=True, eq=False)
class Placed:
    """The frames as the file places them; vectors are LPS, mm.

    positions   (frames, 3)
    along       direction of growing columns, then `down` that of growing rows
    spacing     (between rows, between columns), mm
    depth       distance between slices, mm; 0 where it is not said
    """

    positions: NDArray[np.float64]
    along: NDArray[np.float64]
    down: NDArray[np.float64]
    spacing: tuple[float, float]
    size: tuple[int, int]
    depth: float = 0.0
    frame: str = ""

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit vector across the planes."""
        across = np.cross(self.along, self.down)
        return np.asarray(across / np.linalg.norm(across), float)


@dataclass(frozen=True, eq=False)
class Lattice:
    """A grid, and for each frame the slices of it that the frame fills."""

    grid: Grid
    slices: tuple[tuple[int, ...], ...]


def on_told(placed: Placed, grid: Grid, name: str) -> Lattice | None:
    """The frames on a grid that is told; None where they do not coincide with it.

    Frames of uneven planes, inside the grid, fill the slices that are nearest to them. Raises
    GeometryMismatch where the frames of reference are two.
    """
    if not grid.placed:
        return None
    if placed.frame and grid.frame and placed.frame != grid.frame:
        raise GeometryMismatch(
            f"'{name}' lies in another frame of reference (...{placed.frame[-12:]}) than the scan "
            f"(...{grid.frame[-12:]}), so their positions cannot be compared. Give the scan that "
            "it was made on."
        )
    index = grid.index_at(placed.positions)
    nearest = np.rint(index[:, 0]).astype(int)
    beside = np.abs(index[:, 1:]).max() > BESIDE
    outside = nearest.min() < 0 or nearest.max() >= grid.shape[0]
    if beside or outside or not _same_directions(placed, grid):
        return None
    if np.abs(index[:, 0] - nearest).max() <= OFF:
        return Lattice(grid, tuple((int(k),) for k in nearest))
    if _even(placed) is not None:
        return None
    return Lattice(grid, _nearest(index[:, 0], grid.shape[0]))


def own(placed: Placed, name: str) -> Lattice:
    """The least grid that holds all frames. Raises UnreadableFile where there is none."""
    heights = placed.positions @ placed.normal
    order = np.argsort(heights, kind="stable")
    first, last = placed.positions[order[0]], placed.positions[order[-1]]
    reach = float(heights[order[-1]] - heights[order[0]])
    found = _even(placed)
    if reach <= SAME:
        step = placed.normal * (placed.depth or max(placed.spacing))
        count = 1
        _check_straight(placed, np.zeros(3), name)
    else:
        _check_straight(placed, (last - first) / reach, name)
        typical = float(np.median(_gaps(heights)))
        count = (found or round(reach / typical)) + 1
        planes = len(_gaps(heights)) + 1
        if count > SLICES_MOST or (found is None and count > MANY * planes):
            raise UnreadableFile(
                f"The frames of '{name}' lie {_gaps(heights).min():.3f} to "
                f"{_gaps(heights).max():.3f} mm apart over {reach:.0f} mm, which is no regular "
                "stack. Give it together with the scan that it was made on."
            )
        step = (last - first) / (count - 1)
    grid = Grid(
        (count, *placed.size),
        vector(first),
        (
            vector(step),
            vector(placed.down * placed.spacing[0]),
            vector(placed.along * placed.spacing[1]),
        ),
        frame=placed.frame,
    )
    index = grid.index_at(placed.positions)[:, 0] if count > 1 else np.zeros(len(heights))
    if found is None and count > 1:
        return Lattice(grid, _nearest(index, count))
    return Lattice(grid, tuple((int(k),) for k in np.rint(index)))


def _same_directions(placed: Placed, grid: Grid) -> bool:
    """Whether rows and columns run alike: the far corner of a frame stays where it is."""
    if placed.size != grid.shape[1:]:
        return False
    rows, columns = placed.size
    down = placed.down * placed.spacing[0] - np.array(grid.steps_mm[1])
    along = placed.along * placed.spacing[1] - np.array(grid.steps_mm[2])
    moved = np.linalg.norm(down) * (rows - 1) + np.linalg.norm(along) * (columns - 1)
    return bool(moved <= BESIDE * min(placed.spacing))


def _gaps(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The distances between neighbouring planes, mm."""
    gaps = np.diff(np.sort(heights))
    return np.asarray(gaps[gaps > SAME], float)


def _even(placed: Placed) -> int | None:
    """How many even steps lead from the first plane to the last; None where none do.

    Planes may be missing between them. The distance that the file tells is tried first.
    """
    heights = np.sort(placed.positions @ placed.normal)
    gaps = _gaps(heights)
    if not len(gaps):
        return 0
    reach = heights[-1] - heights[0]
    for step in (placed.depth, float(gaps.min())):
        count = round(reach / step) if step > 0 else 0
        if not 0 < count < SLICES_MOST:
            continue
        index = (heights - heights[0]) / (reach / count)
        told = abs(reach / count / step - 1) <= OFF
        if told and np.abs(index - np.rint(index)).max() <= OFF:
            return count
    return None


def _check_straight(placed: Placed, slope: NDArray[np.float64], name: str) -> None:
    """Refuse planes that do not lie along one line, by how far their first pixels are off it."""
    heights = placed.positions @ placed.normal
    base = placed.positions[int(np.argmin(heights))]
    line = base + (heights - heights.min())[:, None] * slope
    off = np.linalg.norm(placed.positions - line, axis=1).max()
    if off > max(BENT * min(placed.spacing), SAME):
        raise UnreadableFile(
            f"The frames of '{name}' do not lie along one line: one is {off:.2f} mm beside it. "
            "Give it together with the scan that it was made on."
        )


def _nearest(index: NDArray[np.float64], count: int) -> tuple[tuple[int, ...], ...]:
    """For each frame the slices to which its plane is the nearest."""
    planes = np.unique(np.round(index, 6))
    owner = np.abs(np.arange(count)[:, None] - planes[None]).argmin(axis=1)
    # Beyond the outermost planes nothing was looked at, but for half a slice.
    near = np.abs(np.arange(count) - planes[owner]) <= _half(planes)
    by_plane = [tuple(np.flatnonzero((owner == k) & near).tolist()) for k in range(len(planes))]
    return tuple(by_plane[int(np.searchsorted(planes, round(float(at), 6)))] for at in index)


def _half(planes: NDArray[np.float64]) -> float:
    return max(0.5, float(np.diff(planes).max()) / 2) if len(planes) > 1 else 0.5
