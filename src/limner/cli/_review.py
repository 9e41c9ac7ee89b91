"""A record of a scoring, and the answers in it that are worth a look."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limner.errors import BadValue, UnknownName

if TYPE_CHECKING:
    from limner.evaluate.contestant import Contestant
    from limner.evaluate.protocols.objects import Entry
    from limner.evaluate.replay import Answered


@dataclass(frozen=True)
class Wanted:
    """Whose answers, of which record.

    record       a results file, or its lines beside it; None where nobody named one
    model        a contestant's name; "" for the first
    permissive   only sets whose pictures anybody may see
    """

    record: Path | None
    data: Path
    model: str = ""
    candidate: str = ""
    permissive: bool = False

    @cached_property
    def told(self) -> dict[str, Any]:
        """The results document. Raises BadValue, NotFound, UnreadableFile."""
        from limner.evaluate import record

        if self.record is None:
            raise BadValue("Name what limner evaluate wrote, as results/objects_choose.jsonl.")
        told = record.read(self.record.with_suffix(".json"))
        record.need_candidate(told["half"], self.candidate)
        return told

    @cached_property
    def name(self) -> str:
        """The contestant's name. Raises UnknownName."""
        names = tuple(self.told["contestants"])
        if self.model and self.model not in names:
            raise UnknownName("contestant of this record", self.model, names)
        return self.model or names[0]

    @cached_property
    def listed(self) -> "dict[str, Entry]":
        """The objects by key. Raises BadValue where they are others than were scored."""
        from limner.evaluate.replay import listed

        return listed(self.told, self.data)

    @cached_property
    def allowed(self) -> frozenset[str]:
        """The sets that are shown."""
        from limner.evaluate.pictures import permissive_sets

        every = frozenset(entry.set for entry in self.listed.values())
        return every & permissive_sets(self.data) if self.permissive else every

    def scores(self, column: str) -> "list[tuple[Entry, float]]":
        """The objects that were asked for it, with their Dice; thin ones only after clicks."""
        from limner.evaluate.compare import COLUMNS
        from limner.evaluate.replay import after

        after(column)
        place = COLUMNS.index(column)
        found = []
        for each in self.told["objects"]:
            dice = each["dice"][self.name][place]
            entry = self.listed[each["key"]]
            if dice is not None and not (entry.thin and column == "box"):
                found.append((entry, float(dice)))
        return [(entry, dice) for entry, dice in found if entry.set in self.allowed]

    @property
    def contestant(self) -> "Contestant":
        """Who answers again."""
        from limner.evaluate.replay import contestant_of

        return contestant_of(self.name)

    def answers(self, chosen: "Sequence[tuple[Entry, str]]", out: Path) -> "list[Answered]":
        """The chosen entries, each after a column, answered again and in the same order.

        Raises BadValue where their pictures may not lie in `out`.
        """
        from limner.evaluate.pictures import need_private, permissive_sets
        from limner.evaluate.replay import replayed

        shown = {entry.set for entry, _ in chosen}
        need_private(out, shown - permissive_sets(self.data))
        predictor = self.contestant.make()
        found = {each.entry.key: each for each in replayed(self.data, predictor, chosen)}
        return [found[entry.key] for entry, _ in chosen]

    def looked(self, what: str) -> None:
        """Log a look at pictures of `report`, as its scorings are."""
        from limner.evaluate import record
        from limner.evaluate.stamp import commit, now

        if self.told["half"] != "report" or self.record is None:
            return
        line = {
            "date": now(),
            "commit": commit(),
            "candidate": self.candidate,
            "objects_json": self.told["objects_json"],
            "looked at": what,
        }
        with (self.record.parent / record.LOG).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")


def written(wanted: Wanted, out: Path, *, below: float, after: str) -> tuple[Path, int]:
    """Write the review page; where it is, and how many mistakes it has."""
    from limner.evaluate.review import Judged, mistakes
    from limner.evaluate.review_page import page
    from limner.safely import write_text

    scores = wanted.scores(after)
    entries = {entry.key: entry for entry, _ in scores}
    objects = [Judged(entry.key, entry.set, dice) for entry, dice in scores]
    chosen = [(entries[each.key], after) for each in mistakes(objects, below=below)]
    answers = wanted.answers(chosen, out)
    wanted.looked(f"review page, {after}, below {below:g}")
    about = {
        "record": wanted.record.name if wanted.record else "",
        "contestant": wanted.name,
        "made": wanted.told["contestants"][wanted.name]["made"],
        "after": after,
        "below": below,
    }
    title = f"The mistakes of {wanted.name}"
    out.mkdir(parents=True, exist_ok=True)
    write_text(page(answers, objects, about=about, title=title), out / "index.html")
    return out / "index.html", len(chosen)


def judged(file: Path, *, major: Path | None = None) -> str:
    """The scores with the verdicts of a file, as lines of text.

    major   where the objects of the major errors are kept, as verdicts that hold nothing else:
            the slice that a better model should be asked about
    """
    from limner.evaluate.review import BELOW, corrected, document, read, summary
    from limner.safely import write_text

    told, objects = read(file)
    below = float(told.get("below", BELOW))
    found = corrected(objects, below=below)
    if major is not None:
        kept = [each for each in objects if each.key in found.major]
        write_text(json.dumps(document(told, kept), indent=1) + "\n", major)
    return summary(found, below=below)
