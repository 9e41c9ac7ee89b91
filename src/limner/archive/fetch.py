"""A series from an archive into a folder: whole at the end, continued where it was cut."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from limner.archive.inbox import Inbox, is_uid
from limner.archive.query import Found, Query
from limner.archive.way import Way
from limner.errors import BadValue, NoService, NotFound, UnreadableFile, UnwritableFile
from limner.safely import write_text

ENDING = ".partial"
RECORD = "limner-fetch.json"  # which series a partial folder is of
MOST = 1_000_000  # instances of a series


@dataclass(frozen=True)
class Fetched:
    """What a fetch did.

    total      instances in the folder
    before     of these, how many were there already
    remarks    a sentence for each thing that was odd
    """

    folder: Path
    total: int
    before: int
    remarks: tuple[str, ...] = ()


def fetch(
    way: Way, series: Found, folder: Path, *, told: Callable[[int, int], None] = lambda *_: None
) -> Fetched:
    """Put every instance that the archive lists of a series into a new folder.

    What comes is kept in `folder.partial` until all of it is there; then that folder takes
    the name. Whatever ends this in between, the next call takes only what is missing.

    told   is called with how many instances are here and how many there will be

    Raises NoService where the archive stops or leaves something out, saying what is kept;
    NotFound where it lists nothing; BadValue where the folder holds something else.
    """
    query = Query("instance", (("study", series["study"]), ("series", series["series"])), MOST)
    expected = {
        each["instance"]: each.get("sop_class", "")
        for each in way.find(query)
        if is_uid(each.get("instance", ""))
    }
    if not expected:
        raise NotFound(
            f"The archive lists no instances of the series '{series['series']}'. Look for "
            "series with: limner archive find ARCHIVE --level series"
        )
    if _holds(folder, frozenset(expected)):
        return Fetched(folder, len(expected), len(expected))
    partial = _partial(folder, series)
    inbox = Inbox(partial, series["series"], expected)
    inbox.tidy()
    before = len(expected) - len(inbox.missing)
    inbox.arrived = lambda: told(len(expected) - len(inbox.missing), len(expected))
    told(before, len(expected))
    _fill(way, series, inbox)
    total = len(inbox.here)
    _check_count(series, inbox, total)
    _finish(inbox, folder)
    return Fetched(folder, total, before, _remarks(inbox, total))


def _holds(folder: Path, expected: frozenset[str]) -> bool:
    """Whether the series is in the folder already. Raises BadValue for another content."""
    if folder.is_file():
        raise BadValue(f"'{folder}' is a file. Give the name of a new folder.")
    if not folder.is_dir() or not any(folder.iterdir()):
        return False
    there = frozenset(each.stem for each in folder.glob("*.dcm"))
    if expected <= there:
        return True
    raise BadValue(
        f"'{folder}' is not empty and holds {len(expected & there)} of the {len(expected)} "
        "instances of this series. Give the name of a new folder."
    )


def _partial(folder: Path, series: Found) -> Path:
    partial = folder.with_name(folder.name + ENDING)
    record = partial / RECORD
    try:
        partial.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritableFile(
            f"The folder '{partial}' cannot be made: {error.strerror}. Choose another place."
        ) from error
    if record.exists():
        try:
            before = json.loads(record.read_text(encoding="utf-8"))["series"]
        except (ValueError, KeyError, TypeError):
            before = "something else"
        if before != series["series"]:
            raise BadValue(
                f"'{partial}' holds part of another series ({before}). Fetch that one to its "
                "end, delete the folder, or give another name."
            )
    elif any(partial.iterdir()):
        raise BadValue(f"'{partial}' is in the way: it is not a fetch that was cut. Move it.")
    told = {"study": series["study"], "series": series["series"]}
    write_text(json.dumps(told, indent=2) + "\n", record)
    return partial


def _fill(way: Way, series: Found, inbox: Inbox) -> None:
    if not inbox.missing:
        return
    try:
        way.fetch(series, inbox)
    except (NoService, UnreadableFile, UnwritableFile) as error:
        raise type(error)(f"{error} {_kept(inbox)}") from error
    if inbox.missing:
        raise NoService(
            f"The archive sent {len(inbox.here)} of the {len(inbox.expected)} instances that it "
            f"lists. {_kept(inbox)}"
        )


def _kept(inbox: Inbox) -> str:
    have = len(inbox.expected) - len(inbox.missing)
    if not have:
        return "Nothing of the series has come; the same command tries again."
    return (
        f"{have} of {len(inbox.expected)} instances are kept in '{inbox.folder}'; the same "
        "command goes on from there."
    )


def _check_count(series: Found, inbox: Inbox, total: int) -> None:
    """Raise NoService where the archive itself says that there is more than it lists."""
    count = series.get("series_instances", "")
    if count.isdigit() and int(count) > total:
        raise NoService(
            f"The archive counts {count} instances in this series but lists "
            f"{len(inbox.expected)}. The {total} that came are in '{inbox.folder}'; try again, "
            "or rename that folder if they are all that you need."
        )


def _finish(inbox: Inbox, folder: Path) -> None:
    inbox.tidy()
    try:
        (inbox.folder / RECORD).unlink(missing_ok=True)
        if folder.is_dir():
            folder.rmdir()  # empty, as `_holds` has seen
        inbox.folder.rename(folder)
    except OSError as error:
        raise UnwritableFile(
            f"'{inbox.folder}' is whole but cannot be called '{folder}': {error.strerror}. "
            "Rename it yourself."
        ) from error


def _remarks(inbox: Inbox, total: int) -> tuple[str, ...]:
    said = []
    if total > len(inbox.expected):
        said.append(
            f"{total - len(inbox.expected)} more came than were listed; they are kept: the "
            "series may still be growing."
        )
    if inbox.altered:
        said.append(
            f"{len(inbox.altered)} came twice with different contents under one UID; the first "
            f"was kept ({min(inbox.altered)})."
        )
    if inbox.strangers:
        said.append(f"{len(inbox.strangers)} that belong to other series came and were not kept.")
    return tuple(said)
