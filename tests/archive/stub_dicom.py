"""A small archive on the DICOM network in this process, that can be told to misbehave."""

import threading
from dataclasses import dataclass, field

import pydicom
from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, build_context, evt

from limner.archive.ways._classes import FIND, GET, MOVE, VERIFICATION
from tests.archive.orthanc import free_ports

CT = "1.2.840.10008.5.1.4.1.1.2"


@dataclass
class StubDicom:
    """What it holds, how it misbehaves, and what it was asked.

    files       path of each instance, by UID
    services    UIDs of the services that it offers
    classes     UIDs of the storage classes that it takes, and syntaxes in which
    destination the port that it sends C-MOVE to; None where it knows nobody
    aborts_at   instances after which it breaks off
    leaves_out  instances that it does not send
    silent      a question that it does not answer: "find", "move", "store"
    status      of the answer to such a question
    late        answers a C-MOVE at once, and sends when it comes to it
    twice       sends each instance twice, the second one altered
    foreign     another series' file, which it sends too
    implicit    sends and takes implicit VR alone
    """

    files: dict = field(default_factory=dict)
    services: tuple = (VERIFICATION, FIND, MOVE, GET)
    classes: tuple = (CT,)
    syntaxes: tuple = tuple(ALL_TRANSFER_SYNTAXES)
    destination: int | None = None
    aborts_at: int | None = None
    leaves_out: int = 0
    silent: str = ""
    status: dict = field(default_factory=dict)
    late: bool = False
    twice: bool = False
    foreign: object = None
    knows: tuple = ()
    keys: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    stored: list = field(default_factory=list)

    def __enter__(self):
        self.over = threading.Event()
        own = AE("STUB")
        own.require_called_aet = True
        own.require_calling_aet = list(self.knows)
        for uid in self.services:
            own.add_supported_context(uid)
        for uid in self.classes:
            own.add_supported_context(uid, list(self.syntaxes), scu_role=True, scp_role=True)
        handlers = [
            (evt.EVT_C_ECHO, lambda _: self.status.get("echo", 0)),
            (evt.EVT_C_FIND, self.find),
            (evt.EVT_C_MOVE, self.move),
            (evt.EVT_C_GET, self.get),
            (evt.EVT_C_STORE, self.store),
        ]
        (self.port,) = free_ports(1)
        self.server = own.start_server(("127.0.0.1", self.port), block=False, evt_handlers=handlers)
        return self

    def __exit__(self, *_):
        self.over.set()
        threading.Thread(target=self.server.shutdown).start()  # half a second that nobody needs

    @property
    def url(self):
        return f"dicom://STUB@127.0.0.1:{self.port}"

    def wait(self, what, event):
        """Say nothing until the asker has gone, or the test is over."""
        if self.silent == what:
            while event.assoc.is_established and not self.over.wait(0.02):
                pass

    def find(self, event):
        asked = event.identifier
        self.asked.append(asked)
        self.wait("find", event)
        if "find" in self.status:
            yield self.status["find"], None
            return
        seen = set()
        name = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID"}
        for path in self.files.values():
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
            uid = dataset.get(name.get(asked.QueryRetrieveLevel, "SOPInstanceUID"))
            if uid in seen or event.is_cancelled:
                continue
            seen.add(uid)
            answer = pydicom.Dataset()
            for element in asked:
                value = dataset.get(element.keyword, "")
                if element.keyword.startswith("NumberOf"):
                    value = len(self.files)
                setattr(answer, element.keyword, value)
            answer.QueryRetrieveLevel = asked.QueryRetrieveLevel
            yield 0xFF00, answer

    def wanted(self, asked):
        """The data sets that a C-MOVE or C-GET is answered with."""
        told = asked.get("SOPInstanceUID")
        uids = [told] if isinstance(told, str) else list(told or self.files)
        found = [pydicom.dcmread(self.files[uid]) for uid in uids]
        found = found[: len(found) - self.leaves_out]
        if self.twice:
            again = [pydicom.dcmread(self.files[uid]) for uid in uids]
            for each in again:
                each.SeriesDescription = "not what it was"
            found += again
        if self.foreign is not None:
            found.append(pydicom.dcmread(self.foreign))
        return found

    def send(self, event):
        found = self.wanted(event.identifier)
        yield len(found)
        for number, each in enumerate(found):
            if number == self.aborts_at:
                event.assoc.abort()
                return
            yield 0xFF00, each

    def where(self):
        contexts = [build_context(uid, list(self.syntaxes)) for uid in self.classes]
        return "127.0.0.1", self.destination, {"contexts": contexts}

    def move(self, event):
        self.asked.append(event.identifier)
        self.wait("move", event)
        if "move" in self.status:
            yield self.where()
            yield 1
            yield self.status["move"], None
            return
        if self.destination is None:
            yield None, None
            return
        yield self.where()
        if self.late:
            threading.Thread(target=self.send_later, args=[event.identifier]).start()
            yield 0
            return
        yield from self.send(event)

    def send_later(self, asked):
        self.over.wait(0.1)
        host, port, options = self.where()
        met = AE("STUB").associate(host, port, ae_title="LIMNER", **options)
        for each in self.wanted(asked):
            met.send_c_store(each)
        met.release()

    def get(self, event):
        self.asked.append(event.identifier)
        yield from self.send(event)

    def store(self, event):
        self.wait("store", event)
        if self.aborts_at is not None and len(self.stored) >= self.aborts_at:
            event.assoc.abort()
        self.stored.append(
            (str(event.context.transfer_syntax), event.encoded_dataset(include_meta=False))
        )
        return self.status.get("store", 0)
