"""How well a second person agrees with the first, where a set has the masks of one."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from limner.evaluate.metrics.dice import dice
from limner.evaluate.pair import Pair
from limner.evaluate.protocols.objects import Entry, load, pictures

FOLDER = "masks_rater2"


def second_observer(data: Path, entries: Sequence[Entry]) -> dict[str, float]:
    """Entry key to the Dice of the second person's mask; entries without one are left out."""
    return dict(_agreed(data, entries))


def _agreed(data: Path, entries: Sequence[Entry]) -> Iterator[tuple[str, float]]:
    for together in pictures(entries):
        first = together[0]
        file = data / first.role / first.set / FOLDER / Path(first.mask).name
        if not file.is_file():
            continue
        for one, two in zip(load(data, together), load(data, together, masks=FOLDER), strict=True):
            yield one.entry.key, dice(Pair(two.target, one.target))
