"""What an archive holds: level by level, as the oldest of them wants to be asked."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from limner.archive.query import Found, Level, Query
from limner.archive.way import Way

MOST = 10_000  # studies, or series, that are walked through for what lies in them


def search(way: Way, query: Query) -> list[Found]:
    """At most `query.limit` answers, each with what is known of the levels above it.

    Many archives answer about series only where the study is named, and about instances only
    where the series is: so they are asked from above. Only a UID that is given without those
    above it is asked for by itself. Answers that do not match a UID or a patient's id that
    was asked for are left out: some archives leave out keys that they do not know instead.
    """
    return list(islice(_walk(way, query), query.limit))


def _walk(way: Way, query: Query) -> Iterator[Found]:
    above = _above(query)
    if above is None:
        yield from _asked(way, query, query.level)
        return
    for each in _walk(way, replace(query.at(above), limit=MOST)):
        uids = {name: each[name] for name in ("study", "series") if each.get(name)}
        for found in _asked(way, query, query.level, **uids):
            yield {**each, **found}


def _above(query: Query) -> Level | None:
    """The level to begin at; None where the question stands by itself."""
    if query.level == "study":
        return None
    if query.level == "series":
        return None if query["series"] and not query["study"] else "study"
    return None if query["instance"] and not query["series"] else "series"


def _asked(way: Way, query: Query, level: Level, **uids: str) -> Iterator[Found]:
    asked = query.at(level, **uids)
    exact = [name for name in ("study", "series", "instance", "patient_id") if asked[name]]
    for found in way.find(asked):
        if all(
            "*" in asked[name] or "?" in asked[name] or found.get(name, asked[name]) == asked[name]
            for name in exact
        ):
            yield found
