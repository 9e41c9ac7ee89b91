"""Cells of the scoreboard's tables, as Markdown."""

from collections.abc import Sequence

NONE = "–"


def grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; all but its first column to the right."""
    rule = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, rule, *rows))


def count(amount: int, what: str) -> str:
    """A number with its noun.

    >>> count(2, "image")
    '2 images'
    """
    return f"{amount} {what}" if amount == 1 else f"{amount} {what}s"


def number(value: float | None) -> str:
    """Three places."""
    return NONE if value is None else f"{value:.3f}"


def short(value: Sequence[float] | None, *, places: int = 3) -> str:
    """A mean without its interval."""
    return NONE if value is None else f"{value[0]:.{places}f}"


def ranged(value: Sequence[float] | None, *, places: int = 3) -> str:
    """A mean with its interval."""
    if value is None:
        return NONE
    middle, low, high = value
    return f"{middle:.{places}f} [{low:.{places}f}, {high:.{places}f}]"


def share(value: Sequence[float] | None) -> str:
    """A mean of ones and zeros, in per cent.

    >>> share([0.5, 0.4, 0.6])
    '50 %'
    """
    return NONE if value is None else f"{100 * value[0]:.0f} %"


def won(value: Sequence[int] | None) -> str:
    """On how many of how many.

    >>> won([9, 10])
    '9 of 10'
    """
    return NONE if value is None else f"{value[0]} of {value[1]}"
