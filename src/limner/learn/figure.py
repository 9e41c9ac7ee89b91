"""A study's record as a picture: every seed's pair of values, and their paired difference.

It is written as SVG by hand, so that the base set draws it and equal records give equal files.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

__all__ = ["drawn"]

WIDE, HIGH = 560, 300
TOP, BOTTOM = 60, 246  # of the plot
COLUMNS = {"baseline": 130, "method": 270}  # where the arms stand
DIFFERENCE = 450
COLOURS = {"baseline": "#8a8f98", "method": "#1f6f8b"}
TEXT = 'font-family="sans-serif" fill="#222"'


def drawn(told: Mapping[str, Any]) -> str:
    """The SVG text of a record's metric."""
    number = told["numbers"][told["metric"]]
    arms = {arm: number[arm] for arm in COLUMNS}
    difference = number["difference"]
    left = _Scale([each for own in arms.values() for each in own])
    beyond = told["margin"] if told["better"] == "more" else -told["margin"]
    right = _Scale([0.0, beyond, *difference])
    size = min(15, 2 * (WIDE - 32) // max(len(told["title"]), 1))  # a letter is half as wide
    parts = [_words(16, 24, told["title"], size=size, anchor="start")]
    parts += [_words(16, 44, _about(told), size=11, anchor="start")]
    parts += left.axis(70, to=330) + right.axis(400, to=500)
    parts += [
        _line((COLUMNS["baseline"], left.at(one)), (COLUMNS["method"], left.at(other)), "#d5d8dc")
        for one, other in zip(arms["baseline"], arms["method"], strict=True)
    ]
    for arm, place in COLUMNS.items():
        parts += [_dot(place, left.at(each), COLOURS[arm]) for each in arms[arm]]
        mean = left.at(number["means"][arm])
        parts += [_line((place - 24, mean), (place + 24, mean), COLOURS[arm], width=3)]
        parts += [_words(place, 270, f"{arm} {number['means'][arm]:.3g}")]
    parts += [_line((400, right.at(beyond)), (500, right.at(beyond)), "#b03a2e", dashed=True)]
    ends = [right.at(each) for each in difference]
    parts += [_line((DIFFERENCE, ends[1]), (DIFFERENCE, ends[2]), COLOURS["method"], width=3)]
    parts += [_dot(DIFFERENCE, ends[0], COLOURS["method"], radius=5)]
    parts += [_words(DIFFERENCE, 270, f"difference {difference[0]:.3g}")]
    parts += [_words(DIFFERENCE, 286, f"[{difference[1]:.3g}, {difference[2]:.3g}]")]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{HIGH}" '
        f'viewBox="0 0 {WIDE} {HIGH}">'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="#fff"/>', *parts, "</svg>\n"])


def _about(told: Mapping[str, Any]) -> str:
    seeds = told["seeds"]
    better = {"less": "lower", "more": "higher"}[told["better"]]
    return f"{told['metric']} ({better} is better), seeds {seeds[0]} to {seeds[-1]}"


class _Scale:
    """Values to rows of the plot, with a little room beyond the lowest and the highest."""

    def __init__(self, values: Sequence[float]) -> None:
        low, high = min(values), max(values)
        room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
        self.low, self.high = low - room, high + room

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return BOTTOM - share * (BOTTOM - TOP)

    def axis(self, start: float, *, to: float) -> list[str]:
        """A pale line and its number at each of four round places or so."""
        from math import ceil, floor, log10

        rough = (self.high - self.low) / 4
        unit = 10.0 ** floor(log10(rough))
        step = next(unit * each for each in (1, 2, 5, 10) if unit * each >= rough)
        ticks = [step * n for n in range(ceil(self.low / step), floor(self.high / step) + 1)]
        lines = [_line((start, self.at(each)), (to, self.at(each)), "#eef0f2") for each in ticks]
        return lines + [
            _words(start - 6, self.at(each) + 4, f"{each:.4g}", size=10, anchor="end")
            for each in ticks
        ]


def _words(x: float, y: float, said: str, *, size: int = 12, anchor: str = "middle") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" {TEXT}>'
        f"{escape(said)}</text>"
    )


def _line(
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str,
    *,
    width: int = 1,
    dashed: bool = False,
) -> str:
    dashes = ' stroke-dasharray="4 3"' if dashed else ""
    return (
        f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" '
        f'stroke="{colour}" stroke-width="{width}"{dashes}/>'
    )


def _dot(x: float, y: float, colour: str, *, radius: int = 3) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}"/>'
