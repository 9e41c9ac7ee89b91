"""Which cases a report shows, and the page with them."""

from pathlib import Path
from typing import TYPE_CHECKING

from limner.cli._review import Wanted

if TYPE_CHECKING:
    from limner.evaluate.protocols.objects import Entry

THIN = "5 clicks"  # what thin objects are asked for where the others have a box


def written(wanted: Wanted, out: Path, *, after: str, pictures: bool) -> tuple[Path, int]:
    """Write the page; where it is, and how many cases it shows."""
    from limner.evaluate.report import chosen, page
    from limner.safely import write_text

    told = wanted.told
    picked = chosen(_scores(wanted, after)) if pictures else {}
    columns = [
        (entry, THIN if after == "box" and entry.thin else after)
        for own in picked.values()
        for _, entry, _ in own
    ]
    answers = iter(wanted.answers(columns, out) if columns else [])
    cases = {name: [(which, next(answers)) for which, _, _ in own] for name, own in picked.items()}
    if columns:
        wanted.looked(f"report page, {after}")
    every = {entry.set for entry in wanted.listed.values()} if pictures else set()
    how = f"after a box, thin ones after {THIN}" if after == "box" else f"after {after}"
    text = page(
        told,
        cases=cases,
        shown=f"Answers of {wanted.name} {how}",
        left_out=len(every - wanted.allowed) if pictures else 0,
    )
    out.mkdir(parents=True, exist_ok=True)
    write_text(text, out / "index.html")
    return out / "index.html", len(columns)


def _scores(wanted: Wanted, after: str) -> "list[tuple[Entry, float]]":
    """Every object's Dice; that of thin ones after clicks where the others have a box."""
    scores = wanted.scores(after)
    if after == "box":
        scores += [(entry, dice) for entry, dice in wanted.scores(THIN) if entry.thin]
    return scores
