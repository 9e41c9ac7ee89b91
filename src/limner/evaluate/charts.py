"""Two small charts as SVG that take their colours from the page they stand on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, sqrt

WIDE, TALL = 620, 340
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 42
COLOURS = 6  # that the page has, as the classes c0 to c5
Point = tuple[float, float, float, float]  # x, y, and the low and high end of its interval


@dataclass(frozen=True)
class _Frame:
    """Where numbers lie on the chart."""

    low: tuple[float, float]
    high: tuple[float, float]
    wide: int = WIDE
    tall: int = TALL

    def x(self, value: float) -> float:
        share = (value - self.low[0]) / (self.high[0] - self.low[0])
        return LEFT + share * (self.wide - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.low[1]) / (self.high[1] - self.low[1])
        return self.tall - BOTTOM - share * (self.tall - TOP - BOTTOM)

    def axes(self, x_ticks: Sequence[float], y_ticks: Sequence[float], names: Sequence[str]) -> str:
        """Lines and numbers of both axes, and what they are called."""
        end, foot = self.wide - RIGHT, self.tall - BOTTOM
        across, down = (LEFT + end) / 2, (TOP + foot) / 2
        turned = f"translate(13 {down}) rotate(-90)"
        parts = [
            f'<line class="grid" x1="{LEFT}" x2="{end}" y1="{self.y(tick):.1f}" '
            f'y2="{self.y(tick):.1f}"/><text class="tick end" x="{LEFT - 8}" '
            f'y="{self.y(tick):.1f}" dy=".32em">{tick:.1f}</text>'
            for tick in y_ticks
        ]
        parts += [
            f'<text class="tick" x="{self.x(tick):.1f}" y="{foot + 17}">{tick:g}</text>'
            for tick in x_ticks
        ]
        parts.append(
            f'<text class="axis" x="{across}" y="{self.tall - 4}">{escape(names[0])}</text>'
        )
        parts.append(f'<text class="axis" transform="{turned}">{escape(names[1])}</text>')
        return "".join(parts)


def curves(series: Mapping[str, Sequence[Point]], *, names: tuple[str, str]) -> str:
    """Lines with their intervals; the vertical axis ends at 1 and begins below the lowest."""
    every = [point for points in series.values() for point in points]
    low = max(0.0, floor((min(each[2] for each in every) - 0.02) * 10) / 10)
    first, last = min(each[0] for each in every), max(each[0] for each in every)
    frame = _Frame((first - 0.3, low), (last + 0.3, 1.0))
    ticks = [step / 10 for step in range(round(low * 10), 11)]
    parts = [frame.axes(sorted({each[0] for each in every}), ticks, names)]
    for number, points in enumerate(series.values()):
        colour = f"c{number % COLOURS}"
        top = [f"{frame.x(p[0]):.1f},{frame.y(p[3]):.1f}" for p in points]
        bottom = [f"{frame.x(p[0]):.1f},{frame.y(p[2]):.1f}" for p in reversed(points)]
        line = " ".join(f"{frame.x(p[0]):.1f},{frame.y(p[1]):.1f}" for p in points)
        parts.append(f'<polygon class="band {colour}" points="{" ".join(top + bottom)}"/>')
        parts.append(f'<polyline class="line {colour}" points="{line}"/>')
        for point in points:
            at = f'cx="{frame.x(point[0]):.1f}" cy="{frame.y(point[1]):.1f}"'
            parts.append(f'<circle class="dot {colour}" {at} r="3"/>')
    return _chart("".join(parts), frame, f"{names[1]} against {names[0]}") + legend(list(series))


def reliability(bins: Sequence[Sequence[float]], *, title: str) -> str:
    """What was reached against what was expected, with dots as large as they are many.

    bins   (low end, answers, mean expected, mean reached)
    """
    frame = _Frame((0.0, 0.0), (1.0, 1.0), wide=360, tall=340)
    ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    most = max(each[1] for each in bins)
    ends = f'x1="{frame.x(0)}" y1="{frame.y(0)}" x2="{frame.x(1)}" y2="{frame.y(1)}"'
    line = " ".join(f"{frame.x(each[2]):.1f},{frame.y(each[3]):.1f}" for each in bins)
    parts = [
        frame.axes(ticks, ticks, ("expected Dice", "Dice reached")),
        f'<line class="ideal" {ends}/>',
        f'<polyline class="line c0" points="{line}"/>',
    ]
    for _, count, expected, reached in bins:
        radius = 2.5 + 9 * sqrt(count / most)
        parts.append(
            f'<circle class="blob c0" cx="{frame.x(expected):.1f}" cy="{frame.y(reached):.1f}" '
            f'r="{radius:.1f}"><title>{count:g} answers: {expected:.2f} expected, {reached:.2f} '
            "reached</title></circle>"
        )
    return _chart("".join(parts), frame, f"{title}: Dice reached against expected Dice")


def legend(names: Sequence[str]) -> str:
    """The lines of a chart by name."""
    rows = "".join(
        f'<li><i class="c{number % COLOURS}"></i>{escape(name)}</li>'
        for number, name in enumerate(names)
    )
    return f'<ul class="legend">{rows}</ul>'


def _chart(inner: str, frame: _Frame, title: str) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {frame.wide} {frame.tall}" '
        f'style="max-width: {frame.wide}px" role="img" '
        f'aria-label="{escape(title, quote=True)}">{inner}</svg>'
    )
