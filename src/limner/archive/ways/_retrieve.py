"""A series over the DICOM network: C-MOVE to a listener of our own, or C-GET."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from limner.archive.address import Address
from limner.archive.inbox import Inbox
from limner.archive.query import Found
from limner.archive.ways._association import Handlers, NotTaken, association, cut, entity
from limner.archive.ways._classes import GET, MOVE, VERIFICATION, name_of
from limner.archive.ways._status import (
    MOVE_DESTINATION_UNKNOWN,
    PENDING,
    TAKEN_WITH_REMARK,
    code_of,
    spoken,
)
from limner.errors import BadValue, LimnerError, NoService, UnwritableFile

if TYPE_CHECKING:
    from pydicom import Dataset
    from pynetdicom.association import Association
    from pynetdicom.presentation import PresentationContext

OUT_OF_RESOURCES, NOT_UNDERSTOOD, NOT_AUTHORISED = 0xA700, 0xC000, 0x0124
MOST_CONTEXTS = 128  # of an association (PS3.8 section 9.3.2.2)
AT_ONCE = 64  # UIDs in one question for single instances
LATE_S = 5.0  # some archives answer a C-MOVE at once, and send when they come to it


def fetch(address: Address, series: Found, inbox: Inbox) -> None:
    """What is missing, by every way there is. Raises the first way's NoService if none helps."""
    told: list[NoService] = []
    for retrieve in (_move, _get) if address.listen else (_get,):
        try:
            retrieve(address, series, inbox)
        except NoService as error:
            if not (isinstance(error, NotTaken) and address.listen):  # C-MOVE is what was meant
                told.append(error)
        if inbox.error is not None:
            raise inbox.error
        if not inbox.missing:
            return
    if told:
        raise told[0]


def _questions(series: Found, inbox: Inbox) -> "Iterator[Dataset]":
    """The series, where none of it is here; else the missing instances by their UIDs."""
    from pydicom import Dataset

    missing = iter(inbox.missing)
    whole = not inbox.here
    while uids := list(islice(missing, None if whole else AT_ONCE)):
        asked = Dataset()
        asked.QueryRetrieveLevel = "SERIES" if whole else "IMAGE"
        asked.StudyInstanceUID, asked.SeriesInstanceUID = series["study"], series["series"]
        if not whole:
            asked.SOPInstanceUID = uids
        yield asked


def _move(address: Address, series: Found, inbox: Inbox) -> None:
    from pynetdicom import build_context

    patience = _Patience(address.timeout_s)
    with (
        _listening(address, inbox, patience),
        association(address, [build_context(MOVE)]) as met,
        patience.watching(met),
    ):
        for asked in _questions(series, inbox):
            status = _last(address, met.send_c_move(asked, address.me, MOVE), patience)
            _check_moved(address, status)
        patience.wait_for(inbox)


def _check_moved(address: Address, status: "Dataset") -> None:
    code = code_of(address, status)
    if code == MOVE_DESTINATION_UNKNOWN or code in TAKEN_WITH_REMARK:
        raise NoService(
            f"The archive {address} could not send everything to '{address.me}' "
            f"({spoken(status)}). Have its administrator enter that AE title with this machine's "
            f"address and the port {address.listen}, and see that no firewall stands between."
        )
    if code:
        raise NoService(f"The archive {address} refuses the C-MOVE: {spoken(status)}.")


def _get(address: Address, series: Found, inbox: Inbox) -> None:
    from pynetdicom import build_context, build_role, evt

    patience = _Patience(address.timeout_s)
    storage = _storage_contexts(sorted({each for each in inbox.expected.values() if each}))
    classes = {str(each.abstract_syntax) for each in storage}
    roles = [build_role(each, scp_role=True) for each in sorted(classes)]
    handlers: Handlers = [(evt.EVT_C_STORE, _take, [inbox, patience])]
    with association(
        address, [build_context(GET), *storage], handlers=handlers, roles=roles
    ) as met:
        if GET not in [str(each.abstract_syntax) for each in met.accepted_contexts]:
            raise NotTaken(
                f"The archive {address} does not offer C-GET. Give a port for C-MOVE with "
                "--listen PORT, and have the archive's administrator enter this machine's "
                f"address, that port and the AE title '{address.me}'."
            )
        sendable = {str(each.abstract_syntax) for each in met.accepted_contexts if each.as_scp}
        with patience.watching(met):
            for asked in _questions(series, inbox):
                status = _last(address, met.send_c_get(asked, GET), patience)
                if code_of(address, status) and inbox.error is None:
                    kept_back = {each for each in inbox.expected.values() if each} - sendable
                    raise NoService(_not_got(address, status, kept_back))


def _not_got(address: Address, status: "Dataset", kept_back: set[str]) -> str:
    if kept_back:
        kinds = ", ".join(sorted(name_of(each) for each in kept_back))
        return (
            f"The archive {address} does not send {kinds} by C-GET. Give a port for C-MOVE with "
            "--listen PORT, or the address of its DICOMweb service."
        )
    return f"The archive {address} did not send everything: {spoken(status)}."


def _last(
    address: Address, answers: "Iterator[tuple[Dataset, Dataset | None]]", patience: "_Patience"
) -> "Dataset":
    """The final status, after those that only say how far it is."""
    for status, _ in answers:
        patience.touch()
        if code_of(address, status) not in PENDING:
            return status
    raise cut(address)


def _storage_contexts(classes: Sequence[str]) -> "list[PresentationContext]":
    """What may be sent on our own association: each class in each way it may be written.

    A way of writing has a context of its own while there is room, so that the archive sends
    what it holds as it holds it.
    """
    from pynetdicom import ALL_TRANSFER_SYNTAXES, StoragePresentationContexts, build_context

    room = MOST_CONTEXTS - 1
    asked = classes or [str(each.abstract_syntax) for each in StoragePresentationContexts]
    syntaxes = list(ALL_TRANSFER_SYNTAXES)
    if len(asked) * len(syntaxes) <= room:
        return [build_context(each, syntax) for each in asked for syntax in syntaxes]
    return [build_context(each, syntaxes) for each in asked[:room]]


def _take(event: Any, inbox: Inbox, patience: "_Patience") -> int:
    """What is answered to one instance that the archive sends."""
    patience.touch()
    try:
        uid = str(event.request.AffectedSOPInstanceUID)
        belongs = inbox.keep(uid, [event.encoded_dataset()])
    except LimnerError as error:  # said by `fetch`: this runs in a thread of the network
        inbox.error = inbox.error or error
        return OUT_OF_RESOURCES if isinstance(error, UnwritableFile) else NOT_UNDERSTOOD
    return 0 if belongs else NOT_AUTHORISED


@contextmanager
def _listening(address: Address, inbox: Inbox, patience: "_Patience") -> Iterator[None]:
    """A node of the network that takes the series, while the block runs."""
    from pynetdicom import ALL_TRANSFER_SYNTAXES, AllStoragePresentationContexts, evt

    own = entity(address)
    own.require_called_aet = True
    own.add_supported_context(VERIFICATION)
    known = {str(each.abstract_syntax) for each in AllStoragePresentationContexts}
    for each in sorted(known | {sop for sop in inbox.expected.values() if sop}):
        own.add_supported_context(each, ALL_TRANSFER_SYNTAXES)
    handlers: Handlers = [(evt.EVT_C_STORE, _take, [inbox, patience])]
    where = "127.0.0.1" if _on_this_machine(address.host) else "0.0.0.0"  # noqa: S104
    try:
        server = own.start_server((where, address.listen), block=False, evt_handlers=list(handlers))
    except OSError as error:
        raise BadValue(
            f"The port {address.listen} cannot be listened on: {error.strerror}. Another program "
            "may have it; give one that the archive knows with --listen PORT."
        ) from error
    try:
        yield
    finally:
        if server is not None:
            server.shutdown()


def _on_this_machine(host: str) -> bool:
    """Whether the archive runs here: then nobody else needs to reach the listener."""
    try:
        return ipaddress.ip_address(socket.gethostbyname(host)).is_loopback
    except OSError:
        return False


@dataclass(eq=False)
class _Patience:
    """Ends an association on which nothing has come for too long.

    Archives may send many instances before they say a word on the association that asked for
    them, so an answer's own time-out would be the wrong clock.
    """

    most_s: float
    seen: float = field(default_factory=time.monotonic)

    def touch(self) -> None:
        self.seen = time.monotonic()

    @contextmanager
    def watching(self, met: "Association") -> Iterator[None]:
        """Watch until the block ends."""
        self.touch()
        over = threading.Event()
        met.dimse_timeout = None
        watch = threading.Thread(target=self._watch, args=(met, over), daemon=True)
        watch.start()
        try:
            yield
        finally:
            over.set()
            watch.join()

    def wait_for(self, inbox: Inbox) -> None:
        """Wait while what is missing may still come: until nothing has for a while."""
        most_s = min(LATE_S, self.most_s)
        while inbox.missing and inbox.error is None and time.monotonic() - self.seen < most_s:
            time.sleep(0.02)

    def _watch(self, met: "Association", over: threading.Event) -> None:
        while not over.wait(min(0.2, self.most_s / 4)):
            if time.monotonic() - self.seen > self.most_s:
                met.abort()
                met.dimse.msg_queue.put((None, None))  # who waits for an answer is not told else
                return
