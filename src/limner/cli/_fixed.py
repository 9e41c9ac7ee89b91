"""Ids and times that are the same in every run, for `--deterministic`."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limner.predict.session import Event, Session

BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


def fixed(session: "Session", *, since: int) -> "Session":
    """The session with the events from `since` on under ids and times that follow from it.

    An id is the hash of the image, of the place in the log and of the id before it; a time is
    a microsecond after the event before. Merging two such logs therefore keeps their order.
    """
    known: dict[str, str] = {}
    done: list[Event] = list(session.events[:since])
    for number, event in enumerate(session.events[since:], start=since):
        before = done[-1] if done else None
        seed = json.dumps([session.digest, number, before.id if before else ""])
        known[event.id] = hashlib.sha256(seed.encode()).hexdigest()[:16]
        last = datetime.fromisoformat(before.utc) if before else BEGIN
        told: dict[str, Any] = {
            "id": known[event.id],
            "utc": (last + timedelta(microseconds=1)).isoformat(timespec="microseconds"),
        }
        of = getattr(event, "of", "")
        if of in known:
            told["of"] = known[of]
        done.append(replace(event, **told))
    return replace(session, events=tuple(done))
