"""A data set's folder read in one layout and written in another: whole, or not at all."""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from limner.cases.layouts import LAYOUTS, Layout, layout_named, layout_of
from limner.cli._convert import Wishes
from limner.errors import BadValue, UnwritableFile
from limner.formats import _tables
from limner.formats._holds import lost, reduced
from limner.sample import Coverage, Sample, Target


def convert_data(source: Path, out: Path, wishes: Wishes) -> list[str]:
    """Convert a folder. Lines for people: what is lost, and of how many cases."""
    unused = {
        "--image": wishes.image,
        "--name": wishes.name,
        "--series": wishes.series,
        "--choose": wishes.choices or None,
    }
    given = [option for option, value in unused.items() if value is not None]
    if given:
        raise BadValue(f"{given[0]} is for one mask, but '{source}' is a folder. Leave it out.")
    if not wishes.target:
        raise BadValue(
            f"'{source}' is a folder: a data set. Say the layout of the new one with --to, one "
            f"of: {', '.join(LAYOUTS)}."
        )
    reader = layout_named(wishes.source or layout_of(source))
    writer = layout_named(wishes.target)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UnwritableFile(f"'{out}' is there already. Give the name of a new folder.")
    if out.resolve().is_relative_to(source.resolve()):
        raise UnwritableFile(f"'{out}' lies in the data set itself. Give a place outside it.")
    passing = Passing(writer, wishes.target, wishes)
    with _whole(out) as fresh:
        writer.write(passing(reader.samples(source)), fresh)
    notes = [
        f"Note: {sentence} ({number} of {passing.count} cases)"
        for sentence, number in passing.lost.items()
    ]
    return [*notes, f"Written to {out}: {passing.count} cases as {wishes.target}"]


@dataclass
class Passing:
    """Samples on their way, without what the new layout does not hold.

    count   how many came by
    lost    how many cases every sentence was said of
    """

    layout: Layout
    name: str
    wishes: Wishes
    count: int = 0
    lost: Counter[str] = field(default_factory=Counter)

    def __call__(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """The samples as they are to be written. Raises BadValue for a loss that is not allowed."""
        table = self.wishes.classes
        schema = None if table is None else _tables.read(table)
        # A map of classes has no numbers of objects: losing those is losing single objects.
        holds = frozenset(self.layout.HOLDS | {"ids"})
        for sample in samples:
            self.count += 1
            dense = [each for each in sample.targets if each.kind == "dense"]
            if not dense:
                self._refuse(sample, ["What is no mask is lost."] if sample.targets else [])
                yield replace(sample, targets=())
                continue
            mask = dense[0].value if schema is None else _tables.applied(schema, dense[0].value)
            self._refuse(sample, [*lost(mask, holds, format=self.name), *self._further(sample)])
            yield replace(sample, targets=(self._kept(dense[0], reduced(mask, holds)),))

    def _kept(self, target: Target, mask: object) -> Target:
        coverage = target.coverage if "coverage" in self.layout.HOLDS else Coverage()
        return replace(target, value=mask, coverage=coverage)

    def _further(self, sample: Sample) -> Iterator[str]:
        """What is lost beside the mask."""
        if len(sample.targets) > 1:
            yield f"All but the first mask of a case are lost: {self.name} has one."
        unseen = any(each.coverage.where is not None for each in sample.targets)
        if unseen and "coverage" not in self.layout.HOLDS:
            yield f"Where nobody looked is lost: {self.name} does not say it."

    def _refuse(self, sample: Sample, losses: list[str]) -> None:
        if losses and not self.wishes.lossy:
            raise BadValue(
                f"Of the case '{sample.id}': {' '.join(losses)} Say --lossy to write all the same."
            )
        self.lost.update(losses)


class _whole:  # noqa: N801  # read as a statement: with _whole(out) as fresh
    """A folder beside `out` that takes its name when the block ends well, else is gone."""

    def __init__(self, out: Path) -> None:
        self.out = out

    def __enter__(self) -> Path:
        if not self.out.parent.is_dir():
            raise UnwritableFile(
                f"The folder '{self.out.parent}' for '{self.out.name}' does not exist. "
                "Create it first."
            )
        self.fresh = Path(tempfile.mkdtemp(prefix=f".{self.out.name}.", dir=self.out.parent))
        return self.fresh

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            shutil.rmtree(self.fresh, ignore_errors=True)
            return
        mask = os.umask(0)
        os.umask(mask)
        self.fresh.chmod(0o777 & ~mask)
        if self.out.is_dir():
            self.out.rmdir()
        self.fresh.rename(self.out)
