"""Session files: a person's work on one image, saved whole and opened again.

A `.limner.json` file is the session's log as JSON. It is replaced whole, never written in
place. The log only grows, so what another process added to the file since it was opened is
kept: its events are merged in, in order of time. On Linux and macOS writers wait for one
another; elsewhere, of two that save within the same instant, the last one wins.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from limner.errors import NotFound, UnreadableFile, UnwritableFile
from limner.predict.session import Session
from limner.safely import write_text

LIMIT = 1 << 30  # bytes; a log with hundreds of packed answers is a few megabytes


def save_session(session: Session, path: Path | str) -> None:
    """Write the log, whole or not at all, keeping what others added to the file meanwhile.

    Raises GeometryMismatch when the file there is a session on another image,
    UnreadableFile when it is no session (it is left as it is), UnwritableFile.
    """
    place = Path(path)
    with _alone(place):
        if place.exists() and place.stat().st_size:
            there = load_session(place)
            own = {each.id for each in session.events}
            if there.digest != session.digest or not {each.id for each in there.events} <= own:
                session = session.merge(there)
        text = json.dumps(session.to_json(), ensure_ascii=False, separators=(",", ":"))
        write_text(text + "\n", place)


def load_session(path: Path | str, *, author: str = "") -> Session:
    """The session in a file; `author` adds events from now on.

    Raises NotFound, and UnreadableFile for a file that is no session or a damaged one.
    """
    place = Path(path)
    if not place.is_file():
        raise NotFound(f"There is no session '{place}'. Check the name.")
    if place.stat().st_size > LIMIT:
        raise UnreadableFile(f"'{place.name}' is larger than 1 GiB, so it is no session.")
    try:
        told = json.loads(place.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(
            f"'{place.name}' is no session file, or a damaged one: it is not JSON. "
            "Use an earlier copy."
        ) from error
    try:
        return Session.from_json(told, author=author)
    except ValueError as error:
        raise UnreadableFile(f"'{place.name}' cannot be opened. {error}") from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the folder's lock, where the system has such locks; it ends with the process."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    if not path.parent.is_dir():
        raise UnwritableFile(
            f"The folder '{path.parent}' for '{path.name}' does not exist. Create it first."
        )
    import os

    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
