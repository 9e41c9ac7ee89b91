"""Frames that belong together become a lattice: order, steps, times, and what is odd.

Slices are ordered by where they lie along the normal of the image plane (the cross product
of the directions of growing columns and growing rows), so that the three steps of a grid
read from DICOM are right-handed in (columns, rows, slices). Names and numbers of files never
matter.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from limner.dicom.frames import Frame
from limner.dicom.problems import Problem
from limner.errors import UnreadableFile
from limner.grid import Vector, vector

SAME_MM = 0.01  # two slices closer than this, or a tenth of a pixel, lie at one place
EVEN = 1e-3  # share of a step within which positions are even and nothing is said
ROUNDED = 0.05  # share within which they are rounded numbers: taken as even, and said
MANY = 4  # even slices for each measured one, beyond which resampling is refused
FILLED_MOST = 3  # slices missing in one place that are filled in; more splits the stack

# What makes frames at one place times, in the order in which it is believed.
TIMES = (
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "TriggerTime",
    "NominalCardiacTriggerDelayTime",
    "FrameReferenceTime",
    "DiffusionBValue",
    "AcquisitionNumber",
    "AcquisitionDateTime",
    "AcquisitionTime",
    "FrameAcquisitionDateTime",
    "ContentTime",
    "InstanceNumber",
)
MILLISECONDS = {"TriggerTime", "NominalCardiacTriggerDelayTime", "FrameReferenceTime"}


@dataclass(frozen=True)
class Cell:
    """What fills one slice: a frame, or two of them and the share of the second."""

    first: Frame
    second: Frame | None = None
    share: float = 0.0


@dataclass(frozen=True)
class Layout:
    """How the frames of one stack fill a lattice.

    cells       [time][slice]
    steps_mm    of slices, rows, columns; None where nothing places the frames in a patient
    """

    cells: tuple[tuple[Cell, ...], ...]
    origin_mm: Vector = (0.0, 0.0, 0.0)
    steps_mm: tuple[Vector, Vector, Vector] | None = None
    times_s: tuple[float, ...] = ()
    problems: tuple[Problem, ...] = ()


def arrange(stack: list[Frame]) -> Layout:
    """The lattice of one stack. Raises UnreadableFile where there is none."""
    first = stack[0]
    placed = [f for f in stack if f.position is not None and f.orientation is not None]
    if not placed:
        if len({f.file for f in stack}) > 1:
            raise UnreadableFile(
                f"{len(stack)} images say no position, so they cannot be stacked. "
                "Open one of the files by itself."
            )
        return Layout(tuple((Cell(each),) for each in stack))
    if first.spacing is None:
        raise UnreadableFile(
            "The images lie in the patient but give no pixel spacing. Repair the files."
        )
    rows = along_normal(stack)
    times, times_s, said = _times(rows)
    return _even(times, times_s, said)


def normal(frame: Frame) -> NDArray[np.float64]:
    """The unit vector across the image plane. The frame has an orientation."""
    directions = np.array(frame.orientation)
    across = np.cross(directions[:3], directions[3:])
    return np.asarray(across / np.linalg.norm(across), float)


def along_normal(stack: list[Frame]) -> list[list[Frame]]:
    """The frames by place, in order along the normal: one list for each place."""
    across = normal(stack[0])
    heights = np.array([f.position for f in stack], float) @ across
    tolerance = min(SAME_MM, 0.1 * min(stack[0].spacing or (1.0, 1.0)))
    rows: list[list[Frame]] = []
    last = -np.inf
    for k in np.argsort(heights, kind="stable"):
        if heights[k] - last > tolerance:
            rows.append([])
            last = heights[k]
        rows[-1].append(stack[int(k)])
    return rows


def _times(rows: list[list[Frame]]) -> tuple[list[list[Frame]], tuple[float, ...], list[Problem]]:
    """[time][slice] from [slice][any order]; the times, s; and what was done."""
    counts = {len(row) for row in rows}
    if counts == {1}:
        return [[row[0] for row in rows]], (), []
    most = max(counts)
    for key in TIMES:
        if counts == {most} and _tells_apart(rows, key):
            ordered = [sorted(row, key=lambda f: _order(f, key)) for row in rows]
            times = [list(column) for column in zip(*ordered, strict=True)]
            said = Problem("several times", _said_times(most, key))
            return times, _seconds(times, key), [said]
        complete = _complete(rows, key)
        if complete:
            told = (
                f"Some times lack slices: {len(complete)} of {_values(rows, key)} by {key} "
                "are complete and opened, the others are left out."
            )
            return complete, _seconds(complete, key), [Problem("incomplete times", told)]
    double = [row for row in rows if len(row) > 1]
    at = np.array(double[0][0].position) @ normal(double[0][0])
    raise UnreadableFile(
        f"At {len(double)} of {len(rows)} places lies more than one image (first at "
        f"{at:.2f} mm along the normal), and nothing in the headers tells them apart. "
        "Take the files that you do not want out of the folder."
    )


def _tells_apart(rows: list[list[Frame]], key: str) -> bool:
    return all(
        len({f.marks[key] for f in row if key in f.marks}) == len(row)
        and len({type(f.marks[key]) for f in row}) == 1
        for row in rows
    )


def _values(rows: list[list[Frame]], key: str) -> int:
    return len({f.marks[key] for row in rows for f in row if key in f.marks})


def _complete(rows: list[list[Frame]], key: str) -> list[list[Frame]]:
    """[time][slice] of the times that have every slice once; [] where the key is no time."""
    if key == "InstanceNumber" or any(key not in f.marks for row in rows for f in row):
        return []
    by_time: dict[str | float, list[Frame]] = {}
    for row in rows:
        if len({f.marks[key] for f in row}) < len(row):
            return []
        for f in row:
            by_time.setdefault(f.marks[key], []).append(f)
    whole = [time for time, found in by_time.items() if len(found) == len(rows)]
    if len({type(time) for time in by_time}) > 1:
        return []
    return [by_time[time] for time in sorted(whole)]


def _order(frame: Frame, key: str) -> tuple[float, str]:
    mark = frame.marks[key]
    return (0.0, mark) if isinstance(mark, str) else (mark, "")


def _said_times(count: int, key: str) -> str:
    if key == "DiffusionBValue":
        return f"Each place has {count} images with other b-values; they are opened as times."
    if key == "InstanceNumber":
        return (
            f"Each place has {count} images that only their instance number tells apart; "
            "they are opened as times in that order."
        )
    return f"Each place has {count} images; they are opened as times, in the order of {key}."


def _seconds(times: list[list[Frame]], key: str) -> tuple[float, ...]:
    """The mean of each time's marks, s from the first; () where the key is no clock."""
    marks = [[f.marks.get(key) for f in column] for column in times]
    if key in MILLISECONDS:
        seconds = [float(np.mean([m for m in each if isinstance(m, float)])) for each in marks]
        return tuple((s - seconds[0]) / 1000 for s in seconds)
    if key.endswith("Time") and len(times) > 1:
        from limner.dicom.clock import seconds_of

        read = [[seconds_of(str(_clock(m))) for m in each] for each in marks]
        if all(s is not None for each in read for s in each):
            means = [float(np.mean([s for s in each if s is not None])) for each in read]
            return tuple(mean - means[0] for mean in means)
    return ()


def _clock(mark: str | float | None) -> str:
    """A time that was read as a number has lost its leading zeros."""
    return f"{mark:013.6f}" if isinstance(mark, float) else str(mark)


def _even(times: list[list[Frame]], times_s: tuple[float, ...], said: list[Problem]) -> Layout:
    """The lattice of slices in order; resampled along the normal where steps are uneven."""
    slices = times[0]
    first, count = slices[0], len(slices)
    along, down = np.array((first.orientation or ())[:3]), np.array((first.orientation or ())[3:])
    between_rows, between_columns = first.spacing or (1.0, 1.0)
    places = np.array([f.position for f in slices], float)
    if count == 1:
        step, thick_said = _thickness(first)
        cells = tuple(tuple(Cell(f) for f in column) for column in times)
        across = normal(first) * step
        said = [*said, *thick_said]
    else:
        share, between = _fit(places, min(between_rows, between_columns))
        number, told = _steps(share, between)
        said += told
        across = (places[-1] - places[0]) / (number - 1)
        cells = tuple(_cells(column, share, number) for column in times)
    steps = (vector(across), vector(down * between_rows), vector(along * between_columns))
    return Layout(cells, vector(places[0]), steps, times_s, tuple(said))


def _thickness(frame: Frame) -> tuple[float, list[Problem]]:
    if frame.thickness > 0 and np.isfinite(frame.thickness):
        return frame.thickness, []
    side = max(frame.spacing or (1.0, 1.0))
    said = (
        f"The one slice gives no thickness; {side:g} mm, the side of a pixel, is taken. "
        "No volume should be reported from it."
    )
    return side, [Problem("no thickness", said)]


def _fit(places: NDArray[np.float64], pixel_mm: float) -> tuple[NDArray[np.float64], float]:
    """Where each slice lies from the first (0) to the last (1), and their distance, mm.

    Raises UnreadableFile where the slices do not lie along one straight line.
    """
    line = places[-1] - places[0]
    length = float(np.linalg.norm(line))
    share = (places - places[0]) @ line / length**2
    off = np.linalg.norm(places - places[0] - share[:, None] * line, axis=1)
    worst = int(off.argmax())
    if off[worst] > max(0.1 * pixel_mm, SAME_MM):
        raise UnreadableFile(
            f"The slices do not lie along one line: slice {worst + 1} of {len(places)} lies "
            f"{off[worst]:.2f} mm beside it. Such a stack has no regular grid and is not opened."
        )
    return share, length


def _steps(share: NDArray[np.float64], length: float) -> tuple[int, list[Problem]]:
    """How many even slices stand for the ones that there are, and what was done.

    Raises UnreadableFile where the distances differ so much that most would be made up.
    """
    count = len(share)
    uneven = float(np.abs(share * (count - 1) - np.arange(count)).max())
    step = length / (count - 1)
    if uneven <= EVEN:
        return count, []
    if uneven <= ROUNDED:
        said = (
            f"The slices lie up to {uneven * step:.3f} mm beside even steps of {step:.3f} mm, as "
            "rounded numbers do; they are taken as even."
        )
        return count, [Problem("rounded steps", said)]
    typical = float(np.median(np.diff(share)))
    number = round(1 / typical) + 1
    exact = share * (number - 1)
    missing = number - count
    if np.abs(exact - exact.round()).max() <= ROUNDED and missing > 0:
        lost = sorted(set(range(number)) - {int(k) for k in exact.round()})
        listed = ", ".join(str(k + 1) for k in lost[:5]) + (", ..." if len(lost) > 5 else "")
        said = (
            f"{_many(missing, 'slice is', 'slices are')} missing (number {listed} of {number}); "
            "each was filled in between its neighbours and shows nothing that was measured."
        )
        return number, [Problem("missing slices", said, missing)]
    gaps = np.diff(share) * length
    if number > MANY * count:
        raise UnreadableFile(
            f"The slices lie {gaps.min():.3f} to {gaps.max():.3f} mm apart, too unevenly to be "
            "resampled. Take the files that do not belong together out of the folder."
        )
    said = (
        f"The slices lie {gaps.min():.3f} to {gaps.max():.3f} mm apart; they were resampled "
        f"along their normal to even steps of {length / (number - 1):.3f} mm ({count} became "
        f"{number})."
    )
    return number, [Problem("uneven spacing", said)]


def _cells(column: list[Frame], share: NDArray[np.float64], number: int) -> tuple[Cell, ...]:
    if number == len(column) and np.abs(share * (number - 1) - np.arange(number)).max() <= ROUNDED:
        return tuple(Cell(f) for f in column)
    exact = share * (number - 1)
    cells = []
    for k in range(number):
        after = int(np.clip(np.searchsorted(exact, k), 1, len(column) - 1))
        low, high = exact[after - 1], exact[after]
        part = float(np.clip((k - low) / (high - low), 0, 1))
        if part <= ROUNDED:
            cells.append(Cell(column[after - 1]))
        elif part >= 1 - ROUNDED:
            cells.append(Cell(column[after]))
        else:
            cells.append(Cell(column[after - 1], column[after], part))
    return tuple(cells)


def _many(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def gaps_mm(rows: list[list[Frame]]) -> list[float]:
    """The distances between neighbouring places along the normal, mm."""
    across = normal(rows[0][0])
    heights = [float(np.array(row[0].position) @ across) for row in rows]
    return [b - a for a, b in pairwise(heights)]
