"""A small DICOMweb server in this process, that can be told to misbehave."""

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pydicom

from limner.archive.query import FIELDS

JSON = "application/dicom+json"


@dataclass
class StubWeb:
    """What it holds, how it misbehaves, and what it was asked.

    files      path of each instance, by UID
    statuses   answered to the next questions instead of an answer, one each
    instead    (status, content type, body) answered to every question
    cut_at     bytes of an instance after which the line is closed
    dies_after instances after which nothing is answered any more
    hang_s     before each instance
    waits_after instances after which the next ones wait until `go_on` is set
    page       most answers to a query, whatever is asked for
    deaf       does not know what an offset is
    counts     what it says the number of instances is, where that is not so
    sends      another instance's UID, by UID: what it sends in its stead
    bare       sends an instance without the multipart form
    plain      refuses `transfer-syntax=*`
    stow       the answer to a STOW: (status, JSON)
    """

    files: dict = field(default_factory=dict)
    statuses: list = field(default_factory=list)
    instead: tuple | None = None
    cut_at: int = 0
    dies_after: int | None = None
    hang_s: float = 0.0
    waits_after: int | None = None
    go_on: threading.Event = field(default_factory=threading.Event)
    page: int = 10_000
    deaf: bool = False
    counts: int | None = None
    sends: dict = field(default_factory=dict)
    bare: bool = False
    plain: bool = False
    stow: tuple | None = None
    asked: list = field(default_factory=list)
    heads: list = field(default_factory=list)
    posted: list = field(default_factory=list)
    sent: int = 0
    counting: Any = field(default_factory=threading.Lock)

    def __enter__(self):
        stub = self

        class Handler(_Handler):
            server_stub = stub

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.go_on.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/dicom-web"

    def fetched(self):
        """The UIDs of the instances that were asked for, in order."""
        return [path.split("/")[-1] for verb, path in self.asked if "/instances/" in path]

    def rows(self, level):
        """Every study, series or instance, in DICOM's JSON."""
        seen = {}
        for path in self.files.values():
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
            row = {}
            for keyword in FIELDS[level].values():
                tag = f"{pydicom.datadict.tag_for_keyword(keyword):08X}"
                vr = pydicom.datadict.dictionary_VR(keyword)
                value = str(dataset.get(keyword, ""))
                if keyword.startswith("NumberOf"):
                    value = len(self.files) if self.counts is None else self.counts
                if vr == "PN":
                    value = {"Alphabetic": value}
                if value != "":
                    row[tag] = {"vr": vr, "Value": [value]}
            name = {"study": "StudyInstanceUID", "series": "SeriesInstanceUID"}
            seen[str(dataset.get(name.get(level, "SOPInstanceUID")))] = row
        return list(seen.values())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_stub: StubWeb

    def log_message(self, *_):
        pass

    def answer(self, status, kind="text/plain", body=b"", **heads):
        self.send_response(status)
        if body or kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in heads.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def misbehaves(self):
        stub = self.server_stub
        stub.heads.append(dict(self.headers))
        if stub.statuses:
            self.answer(stub.statuses.pop(0), Retry_After="0")
            return True
        if stub.instead:
            status, kind, body = stub.instead
            self.answer(status, kind, body, Location="http://elsewhere.invalid/")
            return True
        return False

    def dead(self):
        """Whether the server is; if not, one more is counted as sent."""
        stub = self.server_stub
        with stub.counting:
            if stub.dies_after is not None and stub.sent >= stub.dies_after:
                self.close_connection = True
                return True
            stub.sent += 1
            self.number = stub.sent
            return False

    def do_GET(self):
        stub, parts = self.server_stub, urlsplit(self.path)
        stub.asked.append(("GET", parts.path))
        if self.misbehaves():
            return
        words = parts.path.split("/")[2:]  # behind /dicom-web
        if len(words) == 6 and words[4] == "instances":
            self.instance(words[5])
            return
        level = {"studies": "study", "series": "series", "instances": "instance"}[words[-1]]
        self.listed(level, {name: told[0] for name, told in parse_qs(parts.query).items()})

    def listed(self, level, keys):
        stub = self.server_stub
        first = 0 if stub.deaf else int(keys.get("offset", 0))
        most = min(stub.page, int(keys.get("limit", 10_000)))
        rows = stub.rows(level)[first : first + most]
        if rows:
            self.answer(200, JSON, json.dumps(rows).encode())
        else:
            self.answer(204, "")

    def instance(self, uid):
        stub = self.server_stub
        if "transfer-syntax=*" in self.headers["Accept"] and stub.plain:
            self.answer(406)
            return
        time.sleep(stub.hang_s)
        path = stub.files.get(stub.sends.get(uid, uid))
        if path is None:
            self.answer(404)
            return
        if self.dead():
            return
        if stub.waits_after is not None and self.number > stub.waits_after:
            stub.go_on.wait()
        body, kind = path.read_bytes(), "application/dicom"
        if not stub.bare:
            kind = 'multipart/related; type="application/dicom"; boundary="b b"'
            body = b"--b b\r\nContent-Type: application/dicom\r\n\r\n" + body + b"\r\n--b b--\r\n"
        if stub.cut_at:  # the end of the line is the end of such a message: nothing says it is cut
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body[: stub.cut_at])
            self.close_connection = True
            return
        self.answer(200, kind, body)

    def do_POST(self):
        stub = self.server_stub
        stub.asked.append(("POST", self.path))
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.misbehaves() or self.dead():
            return
        part = body.split(b"\r\n\r\n", 1)[1]
        stub.posted.append(part[: part.rindex(b"\r\n--")])
        status, told = stub.stow or (200, {"00081199": {"vr": "SQ", "Value": [{}]}})
        self.answer(status, JSON, json.dumps(told).encode())
