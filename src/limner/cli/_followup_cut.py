"""Key slices: where a lesion was measured, with its outline and both callipers."""

from base64 import b64encode
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from limner.cli._followup_course import Looked, Seen

if TYPE_CHECKING:
    from limner.grid import Grid
    from limner.image import Image, Window

AROUND_MM = 18.0  # is shown on every side of a lesion,
LEAST_MM = 60.0  # and at least so much of the slice
AIRY = -400.0  # HU
LARGEST = 480  # pixels a side
Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Cut:
    """A part of one slice; places are mm from its upper left corner, across and down.

    jpeg      its pixels
    size_mm   width and height
    outlines  closed lines round the lesion
    long, short   the callipers
    slice     from 0
    """

    jpeg: bytes
    size_mm: tuple[float, float]
    outlines: tuple[Line, ...]
    long: Line
    short: Line
    slice: int

    def svg(self, title: str) -> str:
        """The picture for a page that has the class `scan`."""
        wide, tall = self.size_mm
        data = b64encode(self.jpeg).decode("ascii")
        rims = "".join(f'<path class="rim" d="{_path(line)}Z"/>' for line in self.outlines)
        edges = "".join(f'<path d="{_path(line)}Z"/>' for line in self.outlines)
        lines = "".join(
            f'<path class="rim" d="{_path(line)}"/><path class="{name}" d="{_path(line)}"/>'
            for name, line in (("short", self.short), ("long", self.long))
        )
        return (
            f'<svg class="scan" viewBox="0 0 {wide:.2f} {tall:.2f}" role="img" '
            f'aria-label="{escape(title, quote=True)}">'
            f'<image href="data:image/jpeg;base64,{data}" width="{wide:.2f}" height="{tall:.2f}" '
            f'preserveAspectRatio="none"/><g class="answer">{rims}{edges}</g>'
            f'<g class="caliper">{lines}</g></svg>'
        )


def _path(line: Line) -> str:
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in line)


def cut(visit: Looked, seen: Seen) -> Cut | None:
    """The slice on which the long axis was taken; None where the visit has no scan."""
    if visit.image is None or visit.mask is None:
        return None
    from limner.evaluate.pictures import jpeg

    grid = visit.mask.grid
    number = seen.calipers[0].slice
    inside = visit.mask.where(seen.object.id)[number]
    spans = _spans(inside, grid)
    samples = visit.image.slice(number)[spans]
    levels = np.rint(_window(visit.image, samples).apply(samples) * 255)
    step = grid.spacing_mm[1], grid.spacing_mm[2]
    corner = (spans[0].start - 0.5, spans[1].start - 0.5)
    rows, columns = (span.stop - span.start for span in spans)

    def placed(index: NDArray[np.float64]) -> Line:
        return tuple(
            ((column - corner[1]) * step[1], (row - corner[0]) * step[0])
            for row, column in index.tolist()
        )

    long, short = (placed(grid.index_at(each.ends_mm)[:, 1:]) for each in seen.calipers)
    return Cut(
        jpeg(levels.astype(np.uint8), largest=LARGEST),
        (columns * step[1], rows * step[0]),
        tuple(placed(each) for each in _outlines(inside)),
        long,
        short,
        number,
    )


def _window(image: "Image", samples: NDArray[Any]) -> "Window":
    """That of the image; on CT that of the lung where most of the picture is air."""
    from limner.image import Window
    from limner.window import NAMED, window_of

    if image.unit == "HU" and np.median(samples) < AIRY:
        return Window(*NAMED["lung"])
    return window_of(image)


def _spans(inside: NDArray[np.bool_], grid: "Grid") -> tuple[slice, slice]:
    """Rows and columns round a lesion, as many mm each way."""
    index = np.argwhere(inside)
    step = np.array(grid.spacing_mm[1:])
    low, high = index.min(axis=0) * step, (index.max(axis=0) + 1) * step
    side = max(float((high - low).max()) + 2 * AROUND_MM, LEAST_MM)
    spans = []
    for middle, mm, limit in zip((low + high) / 2, step, inside.shape, strict=True):
        wanted = min(limit, int(np.ceil(side / mm)))
        start = min(max(0, int(np.rint(middle / mm - wanted / 2))), limit - wanted)
        spans.append(slice(start, start + wanted))
    return spans[0], spans[1]


def _outlines(inside: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """(n, 2) rows and columns of each line between inside and outside."""
    from skimage.measure import find_contours

    padded = np.pad(inside, 1).astype(np.float32)
    return [each - 1 for each in find_contours(padded, 0.5)]  # type: ignore[no-untyped-call]
