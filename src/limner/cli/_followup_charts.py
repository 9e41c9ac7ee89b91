"""A spider and a waterfall plot of one patient's lesions, or of many patients' sums."""

from collections.abc import Sequence
from dataclasses import dataclass

from limner.cli._followup_draw import Drawing, Mark, Point

LEFT, RIGHT, TOP, BOTTOM = 52.0, 120.0, 14.0, 40.0
WIDE, TALL = 640.0, 320.0
COLOURS = 6
LOW = -100.0  # per cent: nothing shrinks further
LEAST = 50.0  # per cent that are always shown, both ways
STEPS = (25, 50, 100, 200, 500, 1000, 5000)  # per cent between two ticks
DAYS = (7, 14, 28, 56, 84, 168, 364, 728, 3640)  # between two ticks
TICKS = 9
CLEAR = 14.0  # between two names


def percent(share: float, *, digits: int = 0) -> str:
    """A change as people write it: "+20 %", "−30 %", "0 %"."""
    told = f"{share * 100:+.{digits}f}".replace("-", "−")
    return "0 %" if not float(told.replace("−", "-")) else f"{told} %"


@dataclass(frozen=True)
class Line:
    """One line of a spider plot: (days, change since the baseline as a share)."""

    name: str
    points: tuple[Point, ...]
    strong: bool = False


@dataclass(frozen=True)
class Bar:
    """One bar of a waterfall plot: a change as a share, and its class on the page."""

    name: str
    share: float
    look: str


@dataclass(frozen=True)
class _Frame:
    """Where per cents and days lie."""

    low: float
    high: float
    days: float = 1.0
    right: float = WIDE - RIGHT

    def y(self, share: float) -> float:
        """The height of a share."""
        part = (share * 100 - self.low) / (self.high - self.low)
        return TALL - BOTTOM - part * (TALL - BOTTOM - TOP)

    def x(self, days: float) -> float:
        """The place of a day."""
        return LEFT + days / self.days * (self.right - LEFT)

    def axis(self, bars: tuple[float, float]) -> list[Mark]:
        """Lines and numbers of the vertical axis, dashed at the shares of `bars`."""
        step = next((s for s in STEPS if (self.high - self.low) / s <= TICKS), STEPS[-1])
        marks = []
        for tick in range(-(int(-self.low) // step) * step, int(self.high) + 1, step):
            y = self.y(tick / 100)
            told = percent(tick / 100)
            marks.append(Mark("line", ((LEFT, y), (self.right, y)), "grid" if tick else "zero"))
            marks.append(Mark("text", ((LEFT - 8, y + 4),), "tick", told, "end"))
        for bar in bars:
            if self.low <= bar * 100 <= self.high:
                y = self.y(bar)
                marks.append(Mark("line", ((LEFT, y), (self.right, y)), "ideal"))
        return marks


def spider(lines: Sequence[Line], *, title: str, bars: tuple[float, float]) -> Drawing:
    """Change since the baseline against days, a line a lesion.

    bars   shares at which dashed lines are drawn: response and progression
    """
    every = [point for line in lines for point in line.points]
    frame = _Frame(*_span([share for _, share in every]), max([28.0, *(d for d, _ in every)]))
    marks = frame.axis(bars)
    foot = TALL - BOTTOM + 18
    step = next((s for s in DAYS if frame.days / s <= TICKS), DAYS[-1])
    for tick in range(0, int(frame.days) + 1, step):
        marks.append(Mark("text", ((frame.x(tick), foot),), "tick", f"{tick}", "middle"))
    middle = (LEFT + frame.right) / 2
    marks.append(Mark("text", ((middle, TALL - 4),), "axis", "days since the baseline", "middle"))
    ends: list[tuple[float, float, str, str]] = []
    for number, line in enumerate(lines):
        colour = "sum" if line.strong else f"c{number % COLOURS}"
        places = tuple((frame.x(days), frame.y(share)) for days, share in line.points)
        marks.append(Mark("line", places, colour))
        for place, (days, share) in zip(places, line.points, strict=True):
            told = f"{line.name}: {percent(share)} after {days:.0f} days"
            marks.append(Mark("dot", (place,), colour, told))
        ends.append((places[-1][1], places[-1][0], line.name, colour))
    ends.sort()
    for height, (_, right, name, colour) in zip(_apart([e[0] for e in ends]), ends, strict=True):
        marks.append(Mark("text", ((right + 9, height + 4),), f"name {colour}", name))
    return Drawing((WIDE, TALL), tuple(marks), title)


def waterfall(bars: Sequence[Bar], *, title: str, lines: tuple[float, float]) -> Drawing:
    """The best change since the baseline, a bar each, from the largest growth to the least.

    lines   shares at which dashed lines are drawn: response and progression
    """
    ordered = sorted(bars, key=lambda bar: -bar.share)
    frame = _Frame(*_span([bar.share for bar in ordered]), right=WIDE - 14.0)
    marks = frame.axis(lines)
    room = (frame.right - LEFT) / max(len(ordered), 1)
    half = min(0.36 * room, 26.0)
    for number, bar in enumerate(ordered):
        middle, end = LEFT + (number + 0.5) * room, frame.y(bar.share)
        told = percent(bar.share)
        box = ((middle - half, frame.y(0)), (middle + half, end))
        marks.append(Mark("box", box, f"bar {bar.look}", f"{bar.name}: {told}"))
        beside = min(end, frame.y(0)) - 6  # above the bar, or above the line it hangs from
        marks.append(Mark("text", ((middle, beside),), "value", told, "middle"))
        foot = TALL - BOTTOM + 22
        marks.append(Mark("text", ((middle, foot),), "tick", bar.name, "middle"))
    return Drawing((WIDE, TALL), tuple(marks), title)


def _span(shares: Sequence[float]) -> tuple[float, float]:
    """The least and the most per cent of a chart."""
    low, high = min([0.0, *shares]) * 112, max([0.0, *shares]) * 112
    return max(LOW, min(-LEAST, low)), max(LEAST, high)


def _apart(heights: Sequence[float]) -> list[float]:
    """Heights in order, moved down until each name is clear of the one above."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + CLEAR) if placed else height)
    over = max(0.0, placed[-1] - (TALL - BOTTOM)) if placed else 0.0
    return [each - over for each in placed]
