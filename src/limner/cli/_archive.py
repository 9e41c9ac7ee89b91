"""Asking, fetching and storing, as the verbs of `limner archive` want it."""

import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from limner.cli._progress import progress
from limner.errors import BadValue, NoService, NotFound, UnknownName

if TYPE_CHECKING:
    from limner.archive.address import Address
    from limner.archive.query import Found, Query
    from limner.archive.way import Stored, Way

DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
LISTED = 5  # series that a refusal names


@dataclass(frozen=True)
class Connection:
    """What was said of an archive on the command line, before what its name stands for."""

    where: str
    me: str | None = None
    listen: int | None = None
    timeout_s: float | None = None
    ca: Path | None = None

    def address(self) -> "Address":
        """The address, with its secrets."""
        from limner.archive.named import find_address

        told = {
            "me": self.me,
            "listen": self.listen,
            "timeout_s": self.timeout_s,
            "trusted": self.ca,
        }
        asked: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
        return replace(find_address(self.where), **asked)

    def open(self) -> "AbstractContextManager[Way]":
        """The archive."""
        from limner.archive.open import open_archive

        return open_archive(self.address())


@dataclass(frozen=True)
class Wishes:
    """What must match; "" matches everything."""

    patient: str = ""
    name: str = ""
    date: str = ""
    accession: str = ""
    study: str = ""
    modality: str = ""
    description: str = ""
    series: str = ""

    def query(self, level: str, limit: int) -> "Query":
        """The question. Raises UnknownName for a level, and BadValue for a date."""
        from limner.archive.query import Level, Query

        if level not in get_args(Level):
            raise UnknownName("level", level, get_args(Level))
        keys = {
            "patient_id": self.patient,
            "patient_name": self.name,
            "study_date": dates(self.date),
            "accession": self.accession,
            "study": self.study,
            "modality": self.modality,
            "series_description": self.description,
            "series": self.series,
        }
        told = tuple((name, value) for name, value in keys.items() if value)
        return Query(cast("Level", level), told, limit)


def dates(told: str) -> str:
    """One day or two, as DICOM matches them. Raises BadValue.

    >>> dates("2026-01-01..2026-01-31"), dates("2026-01-31"), dates("..20260131")
    ('20260101-20260131', '20260131', '-20260131')
    """
    days = told.split("..")
    found = [DAY.fullmatch(each) for each in days]
    if not told:
        return ""
    written = all(match or not each for each, match in zip(days, found, strict=True))
    if len(days) > 2 or not any(days) or not written:
        raise BadValue(f"'{told}' is no date. Write 2026-01-31, or 2026-01-01..2026-01-31.")
    return "-".join("".join(match.groups()) if match else "" for match in found)


def answered(connection: Connection) -> str:
    """That an archive answers, how soon, and what it takes."""
    with connection.open() as way:
        began = time.perf_counter()
        said = way.echo()
    took_ms = 1000 * (time.perf_counter() - began)
    return f"{connection.address()} answered within {took_ms:.0f} ms and {said}."


def found(connection: Connection, level: str, wishes: Wishes, *, limit: int) -> "list[Found]":
    """What matches."""
    from limner.archive.search import search

    query = wishes.query(level, limit)
    with connection.open() as way:
        return search(way, query)


def fetched(
    connection: Connection, wishes: Wishes, folder: Path, *, every: bool, quiet: bool
) -> Iterator[str]:
    """Fetch what matches, and a line for each thing to be said."""
    from limner.archive.fetch import fetch
    from limner.archive.search import MOST, search

    with connection.open() as way:
        series = search(way, wishes.query("series", MOST))
        if not series:
            raise NotFound(
                "No series of the archive matches. Look with: limner archive find ARCHIVE --level "
                "series. Some archives find a series only with its study: --study UID."
            )
        if len(series) > 1 and not every:
            raise BadValue(_several(series))
        for each in series:
            into = folder / _folder(each) if every else folder
            with _bar(quiet=quiet) as told:
                done = fetch(way, each, into, told=told)
            before = f", {done.before} of them from before" if done.before else ""
            yield f"{into}: {done.total} instances{before}"
            yield from (f"  Note: {remark}" for remark in done.remarks)


def stored(connection: Connection, files: Sequence[Path], *, again: bool, quiet: bool) -> str:
    """Store the files, and say what became of them. Raises NoService if one was refused."""
    from limner.archive.store import gather, store

    parts = gather(files)
    outcomes = []
    with connection.open() as way, _bar(quiet=quiet) as told:
        for each in store(way, parts, again=again):
            outcomes.append(each)
            told(len(outcomes), len(parts))
    refused = [each for each in outcomes if each.outcome == "refused"]
    said = _counted(outcomes)
    if refused:
        others = f" So are {len(refused) - 1} more." if len(refused) > 1 else ""
        raise NoService(f"{refused[0].said}{others} ({said}.)")
    remarks = [f"  Note: {e.part.path.name}: {e.said}." for e in outcomes if e.said]
    return "\n".join([f"{said}.", *remarks])


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """What is told of progress, as a bar where somebody looks; gone when the block ends."""
    steps: Iterator[int] | None = None
    shown = 0

    def told(have: int, total: int) -> None:
        nonlocal steps, shown
        if steps is None:
            steps = progress(range(total), name=lambda _: "instances", quiet=quiet)
            next(steps, None)
        while shown < have:
            shown += 1
            next(steps, None)

    try:
        yield told
    finally:
        if isinstance(steps, Generator):
            steps.close()


def _folder(series: "Found") -> str:
    """A name that stays the same from fetch to fetch, and that tells series apart."""
    words = (series.get("series_number", ""), series.get("modality", ""), series["series"][-6:])
    return re.sub(r"[^A-Za-z0-9-]+", "_", "-".join(word for word in words if word))


def _several(series: "Sequence[Found]") -> str:
    from limner.archive.query import harmless

    lines = []
    for each in series[:LISTED]:
        about = (each.get(n, "") for n in ("modality", "series_number", "series_description"))
        lines.append(f"  {each['series']}  {harmless(' '.join(about))}")
    if len(series) > LISTED:
        lines.append(f"  and {len(series) - LISTED} more")
    return "\n".join(
        [
            f"{len(series)} series match:",
            *lines,
            "Choose one with --series UID, or take each into a folder of its own with --all.",
        ]
    )


def _counted(outcomes: "Sequence[Stored]") -> str:
    kinds = [each.outcome for each in outcomes]
    said = [f"{kinds.count('stored')} stored"]
    if "there" in kinds:
        said.append(f"{kinds.count('there')} there before")
    if "refused" in kinds:
        said.append(f"{kinds.count('refused')} refused")
    return ", ".join(said)
