"""The DICOM network: C-ECHO, C-FIND, C-MOVE or C-GET, C-STORE.

Source    PS3.4 annexes B and C; PS3.7; PS3.8
Messages  pynetdicom
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from limner.archive.address import Address
from limner.archive.inbox import Inbox
from limner.archive.query import FIELDS, Found, Query
from limner.archive.way import Part, Stored
from limner.archive.ways import WAYS
from limner.archive.ways._association import association
from limner.archive.ways._classes import FIND, GET, MOVE, VERIFICATION
from limner.archive.ways._status import CANCELLED, PENDING, code_of, settled
from limner.archive.ways._words import ours
from limner.dicom.headers import quietly, text
from limner.errors import extra

if TYPE_CHECKING:
    from pydicom import Dataset
    from pynetdicom.association import Association

LEVELS = {"study": "STUDY", "series": "SERIES", "instance": "IMAGE"}
UNICODE = "ISO_IR 192"


@WAYS.add
@dataclass(eq=False)
class Dimse:
    """An archive that is a node of the DICOM network.

    Questions share an association, which is released before another is made: some archives
    allow a node no more than one.
    """

    address: Address
    _asking: "Association | None" = field(default=None, init=False, repr=False)
    _held: ExitStack = field(default_factory=ExitStack, init=False, repr=False)

    def echo(self) -> str:
        """Which of C-FIND, C-MOVE and C-GET it takes."""
        with extra("archive"):
            from pynetdicom import build_context

        asked = {FIND: "C-FIND", MOVE: "C-MOVE", GET: "C-GET"}
        contexts = [build_context(uid) for uid in (VERIFICATION, *asked)]
        with association(self.address, contexts) as met:
            taken = [str(each.abstract_syntax) for each in met.accepted_contexts]
            if VERIFICATION in taken:
                settled(self.address, met.send_c_echo())
        offered = [word for uid, word in asked.items() if uid in taken]
        return f"takes {', '.join(offered)}" if offered else "takes neither queries nor retrieval"

    def find(self, query: Query) -> list[Found]:
        """By C-FIND in the study root."""
        with extra("archive"):
            from pynetdicom import build_context

        if self._asking is None or not self._asking.is_established:
            self.close()
            made = association(self.address, [build_context(FIND)])
            self._asking = self._held.enter_context(made)
        found: list[Found] = []
        with quietly():
            for status, answer in self._asking.send_c_find(_identifier(query), FIND):
                code = code_of(self.address, status)
                if code in PENDING and answer is not None:
                    if len(found) == query.limit:
                        self._asking.send_c_cancel(1, query_model=FIND)
                    else:
                        found.append(_read(query, answer))
                elif code != CANCELLED:
                    settled(self.address, status)
        return found[: query.limit]

    def fetch(self, series: Found, inbox: Inbox) -> None:
        """By C-MOVE where there is a port to listen on, then by C-GET for what is missing."""
        from limner.archive.ways._retrieve import fetch

        self.close()
        fetch(self.address, series, inbox)

    def store(self, parts: Sequence[Part]) -> Iterator[Stored]:
        """By C-STORE, each file as it is written."""
        from limner.archive.ways._send import send

        self.close()
        return send(self.address, parts)

    def close(self) -> None:
        """Release what is open; a later question opens it anew."""
        self._asking = None
        self._held.close()


def _identifier(query: Query) -> "Dataset":
    from pydicom import Dataset

    asked = Dataset()
    asked.QueryRetrieveLevel = LEVELS[query.level]
    for name, keyword in FIELDS[query.level].items():
        setattr(asked, keyword, query[name])
    if not all(value.isascii() for _, value in query.keys):
        asked.SpecificCharacterSet = UNICODE
    return asked


def _read(query: Query, answer: "Dataset") -> Found:
    keywords = FIELDS[query.level].values()
    return ours(query.level, {keyword: text(answer, keyword) for keyword in keywords})
