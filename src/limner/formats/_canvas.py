"""One picture being drawn: outlines, dots, dashes, letters and legends with soft edges.

Lines are drawn three times as large and shrunk, which is what makes their edges soft.
Widths follow the size of the picture, so that an overlay looks alike at 500 and 1500 pixels.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.schema import Colour

FINE = 3  # how much larger lines are drawn
FILL = 0.20  # opacity of the inside of an object
HALO = 0.55  # opacity of the dark rim that keeps an outline visible on bright tissue
INSIDE: Colour = (56, 214, 110)
OUTSIDE: Colour = (235, 72, 66)
PAPER: Colour = (22, 24, 28)
INK: Colour = (226, 229, 234)
FAINT: Colour = (168, 174, 184)


@dataclass(frozen=True)
class Legend:
    """One line of the legend."""

    name: str
    colour: Colour


Drawing = Callable[[Any, "Fine"], None]


class Canvas:
    """A slice at screen size, float32 (rows, columns, 3) from 0 to 1, that is drawn on.

    scale   screen pixels a voxel, along rows and columns
    """

    def __init__(self, colours: NDArray[Any], scale: tuple[float, float]) -> None:
        """Enlarge or shrink the slice."""
        rows = max(1, round(colours.shape[0] * scale[0]))
        columns = max(1, round(colours.shape[1] * scale[1]))
        self.size = (columns, rows)
        self.scale = (rows / colours.shape[0], columns / colours.shape[1])
        self.unit = max(1.0, max(rows, columns) / 460)  # the width of a thin line
        self.pixels = np.stack(
            [_resized(colours[..., channel], self.size) for channel in range(3)],
            axis=2,
        )

    def outline(self, inside: NDArray[np.bool_], colour: Colour) -> None:
        """Tint an object (rows, columns of voxels) lightly and draw its edge crisply."""
        from scipy.ndimage import distance_transform_edt

        if not inside.any():
            return
        margin = int(4 * self.unit) + 2
        (top, bottom), (left, right) = (
            _span(np.asarray(inside.any(axis=1)), self.scale[0], limit=self.size[1], margin=margin),
            _span(np.asarray(inside.any(axis=0)), self.scale[1], limit=self.size[0], margin=margin),
        )
        part = self.pixels[top:bottom, left:right]
        down, across = self.scale
        most = inside.shape
        box = (
            left / across,
            top / down,
            min(right / across, most[1]),
            min(bottom / down, most[0]),
        )
        level = _resized(inside.astype(np.float32), part.shape[1::-1], box=box)
        within = level >= 0.5
        if not within.any():  # shrunk away: keep at least a speck
            within = level >= level.max()
        held = np.pad(within, 1)  # so that an edge at the rim is one
        depth = distance_transform_edt(held) - distance_transform_edt(~held)
        depth = depth[1:-1, 1:-1] - np.where(held[1:-1, 1:-1], 0.5, -0.5)  # 0 at the edge, + inside
        paint = np.array(colour, np.float32) / np.float32(255)
        half = 0.9 * self.unit
        _blend(part, paint, FILL * np.clip(depth + 0.5, 0, 1))
        _blend(part, np.zeros(3, np.float32), HALO * _band(depth, half + 0.9 * self.unit))
        _blend(part, paint, _band(depth, half))

    def dot(self, at: tuple[float, float], *, inside: bool) -> None:
        """A click: green with a plus inside the object, red with a minus outside of it."""
        radius = 5.2 * self.unit
        arm, thick = 0.55 * radius, 0.8 * self.unit
        bars = [(arm, thick), (thick, arm)] if inside else [(arm, thick)]
        discs = [
            (radius + 1.9 * self.unit, (0, 0, 0)),
            (radius + 1.2 * self.unit, (255, 255, 255)),
            (radius, INSIDE if inside else OUTSIDE),
        ]

        def draw(pen: Any, fine: Fine) -> None:
            for reach, paint in discs:
                pen.ellipse(fine.box(at, reach, reach), fill=(*paint, 255))
            for wide, high in bars:
                pen.rectangle(fine.box(at, wide, high), fill=(255, 255, 255, 255))

        self._drawn(draw, np.array([at]), reach=2 * radius)

    def line(self, path: NDArray[np.float64], *, inside: bool) -> None:
        """A scribble along (n, 2) screen pixels."""
        if len(path) == 1:
            self.dot((path[0][0], path[0][1]), inside=inside)
            return
        colour = INSIDE if inside else OUTSIDE

        def draw(pen: Any, fine: Fine) -> None:
            for width, paint in ((4.4, (0, 0, 0, 150)), (2.8, (*colour, 255))):
                wide = round(width * self.unit * FINE)
                pen.line(fine.path(path), fill=paint, width=wide, joint="curve")

        self._drawn(draw, path, reach=5 * self.unit)

    def dashes(self, path: NDArray[np.float64], colour: Colour) -> None:
        """A box or a lasso: dashes of white and of the object's colour on a dark line."""
        thin = round(1.3 * self.unit * FINE)

        def draw(pen: Any, fine: Fine) -> None:
            pen.line(fine.path(path), fill=(0, 0, 0, 170), width=2 * thin)
            pen.line(fine.path(path), fill=(*colour, 255), width=thin)
            for piece in _dashed(path, 7 * self.unit):
                pen.line(fine.path(piece), fill=(255, 255, 255, 255), width=thin)

        self._drawn(draw, path, reach=4 * self.unit)

    def text(self, at: tuple[float, float], words: str, *, anchor: str = "lt") -> None:
        """Small bright letters with a dark rim; `anchor` as Pillow names corners."""
        size = max(11, round(11 * self.unit))

        def draw(pen: Any, fine: Fine) -> None:
            pen.text(
                fine.path([at])[0],
                words,
                font=_font(size * FINE),
                fill=(255, 255, 255, 235),
                anchor=anchor,
                stroke_width=round(1.1 * self.unit * FINE),
                stroke_fill=(0, 0, 0, 170),
            )

        self._drawn(draw, np.array([at]), reach=size * (len(words) + 1))

    def done(self) -> NDArray[np.uint8]:
        """uint8 (rows, columns, 3)."""
        return np.rint(np.clip(self.pixels, 0, 1) * 255).astype(np.uint8)

    def _drawn(self, draw: Drawing, around: NDArray[np.float64], *, reach: float) -> None:
        """What is drawn on a larger sheet round some places, shrunk and laid over."""
        from PIL import Image as Picture
        from PIL import ImageDraw

        low = np.clip(np.floor(around.min(axis=0) - reach), 0, self.size).astype(int)
        high = np.clip(np.ceil(around.max(axis=0) + reach), 0, self.size).astype(int)
        columns, rows = (high - low).tolist()
        if min(columns, rows) < 1:
            return
        large = Picture.new("RGBA", (columns * FINE, rows * FINE), (0, 0, 0, 0))
        draw(ImageDraw.Draw(large), Fine(int(low[0]), int(low[1])))
        blocks = np.asarray(large).reshape(rows, FINE, columns, FINE, 4)
        small = blocks.transpose(0, 2, 4, 1, 3).reshape(rows, columns, 4, -1).astype(np.float32)
        opacity = small[:, :, 3:] / np.float32(255)
        under = self.pixels[low[1] : high[1], low[0] : high[0]]
        under *= 1 - opacity.mean(axis=3)
        under += (small[:, :, :3] * opacity).mean(axis=3) / np.float32(255)


@dataclass(frozen=True)
class Fine:
    """Where screen pixels lie on the larger sheet, whose corner is at `left`, `top`."""

    left: int
    top: int

    def path(self, points: Iterable[Sequence[float]]) -> list[tuple[float, float]]:
        """Points (across, down) of the screen as points of the sheet."""
        return [((x - self.left) * FINE, (y - self.top) * FINE) for x, y in points]

    def box(self, at: tuple[float, float], wide: float, high: float) -> list[tuple[float, float]]:
        """The corners of a rectangle round a point of the screen."""
        x, y = at
        return self.path([(x - wide, y - high), (x + wide, y + high)])


def labelled(canvas: Canvas, *, title: str, edges: tuple[str, str, str, str]) -> NDArray[np.uint8]:
    """The canvas with a title at the top left and letters at the middles of its edges."""
    columns, rows = canvas.size
    gap = 6 * canvas.unit
    left, right, top, bottom = edges
    places = (
        ((gap, rows / 2), left, "lm"),
        ((columns - gap, rows / 2), right, "rm"),
        ((columns / 2, gap), top, "mt"),
        ((columns / 2, rows - gap), bottom, "mb"),
        ((gap, gap), title, "lt"),
    )
    for at, words, anchor in places:
        if words:
            canvas.text(at, words, anchor=anchor)
    return canvas.done()


def sheet(tiles: Sequence[NDArray[np.uint8]], legend: Sequence[Legend]) -> NDArray[np.uint8]:
    """Tiles in rows of three, and the legend below them."""
    across = min(3, len(tiles)) if len(tiles) != 4 else 2
    high, wide = (max(tile.shape[axis] for tile in tiles) for axis in (0, 1))
    gap = 4 if len(tiles) > 1 else 0
    down = -(-len(tiles) // across)
    shape = (down * high + (down - 1) * gap, across * wide + (across - 1) * gap, 3)
    page = np.empty(shape, np.uint8)
    page[:] = PAPER
    for place, tile in enumerate(tiles):
        top = (place // across) * (high + gap) + (high - tile.shape[0]) // 2
        left = (place % across) * (wide + gap) + (wide - tile.shape[1]) // 2
        page[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    if not legend:
        return page
    return np.concatenate([page, _legend(legend, page.shape[1], unit=_unit(tiles))])


def _unit(tiles: Sequence[NDArray[np.uint8]]) -> float:
    """How large letters are, by the tiles and not by the sheet."""
    widest: int = max(tile.shape[1] for tile in tiles)
    return min(2.0, max(1.0, widest / 640))


def _legend(lines: Sequence[Legend], columns: int, *, unit: float) -> NDArray[np.uint8]:
    """Names beside swatches, flowing to the next line where the width ends; at most 24."""
    from PIL import Image as Picture
    from PIL import ImageDraw

    shown = list(lines[:24])
    rest = len(lines) - len(shown)
    font, step = _font(round(13 * unit)), round(24 * unit)
    edge = round(12 * unit)
    swatch = round(11 * unit)
    spots: list[tuple[int, int, str, Colour | None]] = []
    x, y = edge, 0
    words = [(each.name, each.colour) for each in shown]
    more: list[tuple[str, Colour | None]] = [(f"and {rest} more", None)] if rest else []
    for name, colour in [*words, *more]:
        text = _fitted(name, font, columns - 2 * edge - 2 * swatch)
        width = round(font.getlength(text)) + (2 * swatch if colour else 0)
        if x > edge and x + width > columns - edge:
            x, y = edge, y + step
        spots.append((x, y, text, colour))
        x += width + round(20 * unit)
    strip = Picture.new("RGB", (columns, y + step + round(8 * unit)), PAPER)
    pen = ImageDraw.Draw(strip)
    for left, top, text, colour in spots:
        middle = top + step / 2 + 4 * unit
        if colour:
            box = [left, middle - swatch / 2, left + swatch, middle + swatch / 2]
            pen.rounded_rectangle(box, radius=3 * unit, fill=colour)
            left += round(1.6 * swatch)  # noqa: PLW2901  # the text stands beside its swatch
        pen.text((left, middle), text, font=font, fill=INK if colour else FAINT, anchor="lm")
    return np.asarray(strip)


def _fitted(name: str, font: Any, width: float) -> str:
    """The name, cut with an ellipsis where it is wider than `width`."""
    if font.getlength(name) <= width:
        return name
    while name and font.getlength(name + "…") > width:
        name = name[:-1]
    return name + "…"


@cache
def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _resized(
    plane: NDArray[Any],
    size: tuple[int, int],
    *,
    box: tuple[float, float, float, float] | None = None,
) -> NDArray[np.float32]:
    """A float plane at (columns, rows): bicubic; linear for a box of a mask."""
    from PIL import Image as Picture

    how = Picture.Resampling.BILINEAR if box else Picture.Resampling.BICUBIC
    made = Picture.fromarray(np.ascontiguousarray(plane, np.float32))
    return np.array(made.resize(size, how, box))


def _span(filled: NDArray[np.bool_], scale: float, *, limit: int, margin: int) -> tuple[int, int]:
    """The screen pixels from the first to the last filled row, and a margin, within the limit."""
    found = np.flatnonzero(filled)
    low, high = (found[0] - 1) * scale - margin, (found[-1] + 2) * scale + margin
    return max(0, int(low)), min(limit, int(high) + 1)


def _band(depth: NDArray[Any], half: float) -> NDArray[np.float32]:
    """Opacity of a line of that half width along depth 0, soft over one pixel."""
    return np.asarray(np.clip(half + 0.5 - np.abs(depth), 0, 1), np.float32)


def _blend(part: NDArray[np.float32], colour: NDArray[np.float32], opacity: NDArray[Any]) -> None:
    weight = np.asarray(opacity, np.float32)[..., None]
    part *= 1 - weight
    part += weight * colour


def _dashed(points: NDArray[np.float64], length: float) -> list[Any]:
    """Every other piece of that length along a path."""
    pieces, drawn, left = [], True, length
    for start, end in pairwise(points):
        along, done = float(np.linalg.norm(end - start)), 0.0
        while done < along:
            step = min(left, along - done)
            if drawn:
                pieces.append(
                    (
                        start + (end - start) * done / along,
                        start + (end - start) * (done + step) / along,
                    )
                )
            done, left = done + step, left - step
            if left <= 1e-9:
                drawn, left = not drawn, length
    return pieces
