"""Drawings that a page and a PDF share: marks on a plane, as SVG and on a canvas."""

from dataclasses import dataclass
from html import escape
from typing import Literal

Point = tuple[float, float]
Kind = Literal["line", "area", "box", "dot", "text"]


@dataclass(frozen=True)
class Mark:
    """One thing that is drawn; the vertical axis points down.

    points   of a line or an area; two corners of a box; the place of a dot or of a text
    look     a class of the page's style, and a name in the PDF's palette
    text     what is written; else what a dot or a box says when it is pointed at
    anchor   of a text
    """

    kind: Kind
    points: tuple[Point, ...]
    look: str = ""
    text: str = ""
    anchor: Literal["start", "middle", "end"] = "start"


@dataclass(frozen=True)
class Drawing:
    """Marks on a plane of some size, with a title for who cannot see them."""

    size: Point
    marks: tuple[Mark, ...]
    title: str

    def svg(self) -> str:
        """The drawing as an element of a page that has the class `chart`."""
        wide, tall = self.size
        inner = "".join(_svg(mark) for mark in self.marks)
        return (
            f'<svg class="chart" viewBox="0 0 {wide:g} {tall:g}" style="max-width: {wide:g}px" '
            f'role="img" aria-label="{escape(self.title, quote=True)}">{inner}</svg>'
        )


def _svg(mark: Mark) -> str:
    (x, y), look = mark.points[0], mark.look
    if mark.kind in {"line", "area"}:
        tag = "polyline" if mark.kind == "line" else "polygon"
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in mark.points)
        return f'<{tag} class="{mark.kind} {look}" points="{path}"/>'
    if mark.kind == "text":
        place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{mark.anchor}"'
        return f'<text class="{look}" {place}>{escape(mark.text)}</text>'
    told = f"<title>{escape(mark.text)}</title>" if mark.text else ""
    if mark.kind == "dot":
        return f'<circle class="dot {look}" cx="{x:.1f}" cy="{y:.1f}" r="3.4">{told}</circle>'
    (a, b) = mark.points[1]
    left, top = min(x, a), min(y, b)
    size = f'width="{abs(a - x):.1f}" height="{abs(b - y):.1f}"'
    return f'<rect class="{look}" x="{left:.1f}" y="{top:.1f}" {size}>{told}</rect>'
