"""What has come of a series so far: whole files in a folder that is not finished yet."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from limner.archive.query import harmless
from limner.dicom.headers import header, text
from limner.dicom.places import Place
from limner.errors import LimnerError, UnreadableFile
from limner.safely import replacing

UID = re.compile(r"[0-9]+(\.[0-9]+)*")  # nothing else may become the name of a file
UID_MOST = 64
TEMPORARY = ".limner-*"  # what `safely.replacing` leaves behind where a program is killed


class _Dropped(Exception):
    """What came is not kept."""


@dataclass(eq=False)
class Inbox:
    """A folder that fills with the instances of one series, each a file called by its UID.

    Several threads may put instances into it.

    expected   the UIDs that the archive lists, and the SOP class of each or ""
    arrived    is called after each new file, by one thread at a time
    altered    UIDs that came twice with other contents; the first was kept
    strangers  UIDs of another series or none, which nobody asked for; not kept
    here       UIDs whose files are whole
    error      the first thing that went wrong on this side, such as a full disk
    """

    folder: Path
    series: str
    expected: Mapping[str, str]
    arrived: Callable[[], None] = lambda: None
    altered: set[str] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)
    error: LimnerError | None = None
    here: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        self.here |= {each.stem for each in self.folder.glob("*.dcm") if is_uid(each.stem)}

    @property
    def missing(self) -> tuple[str, ...]:
        """The UIDs that are still to come, in order."""
        return tuple(sorted(set(self.expected) - self.here))

    def keep(self, uid: str, chunks: Iterable[bytes]) -> bool:
        """Write one instance as a DICOM file, whole or not at all; whether it belongs here.

        Where the UID is here already, the first file stays. Raises what `chunks` raises,
        UnwritableFile where the disk does not take it, and UnreadableFile where the bytes
        are not the instance that they are said to be.
        """
        if not is_uid(uid):
            self.strangers.add(uid)
            return False
        with suppress(_Dropped):
            self._write(uid, chunks)
            with self._lock:
                self.here.add(uid)
                self.arrived()
        return uid not in self.strangers

    def _write(self, uid: str, chunks: Iterable[bytes]) -> None:
        target = self.folder / f"{uid}.dcm"
        with replacing(target) as temporary:
            with temporary.open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
            self._check(uid, temporary)
            if target.exists():
                if contents(target) != contents(temporary):
                    self.altered.add(uid)
                raise _Dropped

    def _check(self, uid: str, file: Path) -> None:
        try:
            told = header(Place(file)).dataset
        except UnreadableFile as error:
            raise UnreadableFile(
                f"What the archive sent as the instance '{uid}' is not DICOM. It was not kept; "
                "ask the archive's administrator."
            ) from error
        if (came := text(told, "SOPInstanceUID")) != uid:
            raise UnreadableFile(
                f"The archive sent the instance '{harmless(came)}' under the UID "
                f"'{uid}'. It was not kept; ask the archive's administrator."
            )
        if text(told, "SeriesInstanceUID") != self.series:
            self.strangers.add(uid)
            raise _Dropped

    def tidy(self) -> None:
        """Remove the half-written files of a program that was killed."""
        for each in self.folder.glob(TEMPORARY):
            each.unlink(missing_ok=True)


def is_uid(text: str) -> bool:
    """Whether it is a UID as PS3.5 section 9.1 has it, but for leading zeros."""
    return len(text) <= UID_MOST and UID.fullmatch(text) is not None


def contents(path: Path) -> str:
    """The SHA-256 of a DICOM file behind its group 2, which says only who wrote it."""
    with path.open("rb") as file:
        head = file.read(144)
        # Preamble, "DICM", and as the first element the length of the rest of group 2.
        whole = head[128:132] == b"DICM" and head[132:136] == b"\x02\x00\x00\x00"
        file.seek(144 + int.from_bytes(head[140:144], "little") if whole else 0)
        return hashlib.file_digest(file, "sha256").hexdigest()
