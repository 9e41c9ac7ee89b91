"""The interface of a way to speak to an archive: all else is built on these few."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from limner.archive.address import Address
from limner.archive.inbox import Inbox
from limner.archive.query import Found, Query


@dataclass(frozen=True)
class Part:
    """One DICOM file that is to be stored."""

    path: Path
    instance: str
    series: str
    study: str
    sop_class: str
    syntax: str


@dataclass(frozen=True)
class Stored:
    """What became of one file.

    outcome   "there" was in the archive before; "refused" is not in it
    said      why, where the archive said something
    """

    part: Part
    outcome: Literal["stored", "there", "refused"]
    said: str = ""


class Way(Protocol):
    """One archive, spoken to in one way. Every method raises NoService, in a sentence."""

    def __init__(self, address: Address) -> None: ...

    def echo(self) -> str:
        """What the archive says of itself, having answered."""
        ...

    def find(self, query: Query) -> list[Found]:
        """What matches at one level. The UIDs above the level are in the query, or unknown."""
        ...

    def fetch(self, series: Found, inbox: Inbox) -> None:
        """Ask for what the inbox misses, and put each instance into it as it comes whole.

        What does not come is missing afterwards: only what stops the way itself is raised.
        """
        ...

    def store(self, parts: Sequence[Part]) -> Iterator[Stored]:
        """Send the files, telling of each as soon as the archive has answered."""
        ...

    def close(self) -> None:
        """Let go of what is open between questions."""
        ...
