"""Where a grid lies, in the words of a reader of scans."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limner.grid import Grid, Vector

# Along each LPS axis: where it comes from and where it goes to.
WAYS = (("right", "left"), ("front", "back"), ("foot", "head"))
PLANES = ("sagittal", "coronal", "axial")
STRAIGHT_DEG = 0.5  # what is less oblique than this is not called so


def orientation(grid: "Grid") -> str:
    """The plane of the slices and where each axis runs.

    "axial, slices run from foot to head, rows from front to back, columns from right to
    left". Oblique planes say by how many degrees they are off the nearest one.
    """
    if not grid.placed:
        return "a picture: it says nothing of where it lies in a patient"
    axis, off = nearest(grid.normal)
    plane = PLANES[axis]
    if off >= STRAIGHT_DEG:
        plane = f"{plane}, {off:.0f}° oblique" if off >= 9.5 else f"{plane}, {off:.1f}° oblique"
    ways = zip(("slices", "rows", "columns"), grid.steps_mm, strict=True)
    told = [f"{name} from {_way(step)}" for name, step in ways]
    told = told if grid.shape[0] > 1 else told[1:]
    told[0] = told[0].replace(" ", " run ", 1)
    sheared = "; sheared (tilted gantry)" if grid.sheared else ""
    return f"{plane}; {', '.join(told)}{sheared}"


def nearest(direction: "Vector") -> tuple[int, float]:
    """The patient axis (0 to 2) that a direction is nearest to, and degrees off it."""
    import numpy as np

    unit = np.abs(np.array(direction)) / np.linalg.norm(direction)
    axis = int(unit.argmax())
    return axis, float(np.degrees(np.arccos(min(1.0, unit[axis]))))


def _way(step: "Vector") -> str:
    axis, _ = nearest(step)
    start, end = WAYS[axis] if step[axis] > 0 else WAYS[axis][::-1]
    return f"{start} to {end}"


def scale(grid: "Grid") -> str:
    """What a millimetre of the grid is, in words; "" for an ordinary scan."""
    return {
        "patient": "",
        "detector": "on the detector, larger than in the patient",
        "ruler": "by a ruler in the picture",
        "none": "pixels: the file gives no size",
    }[grid.scale]
