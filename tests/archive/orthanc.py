"""A real Orthanc with its DICOMweb plug-in, in a folder and on ports of its own."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path

from tests.needs import absent, program

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
USER, PASSWORD = "jane", "correct horse"
PATIENCE_S = 20.0


def free_ports(count):
    """Ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@dataclass
class Orthanc:
    """A server that can be started, killed, and started again with what it had stored."""

    folder: Path
    settings: dict = field(default_factory=dict)
    process: subprocess.Popen | None = None

    def __post_init__(self):
        self.program = program("orthanc")
        if not PLUGIN.exists():
            absent("orthanc", PLUGIN.name)
        self.http, self.dicom, self.listen = free_ports(3)
        (self.folder / "orthanc.json").write_text(json.dumps(self.configuration()))

    def configuration(self):
        return {
            "StorageDirectory": str(self.folder / "storage"),
            "IndexDirectory": str(self.folder / "storage"),
            "HttpPort": self.http,
            "DicomPort": self.dicom,
            "DicomAet": "ORTHANC",
            "DicomCheckCalledAet": True,
            "UnknownSopClassAccepted": True,
            "OverwriteInstances": False,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": True,
            "RegisteredUsers": {USER: PASSWORD},
            "DicomModalities": {"limner": ["LIMNER", "127.0.0.1", self.listen]},
            "DicomScuTimeout": 5,
            "Plugins": [str(PLUGIN)],
            **self.settings,
        }

    @property
    def dicom_url(self):
        return f"dicom://ORTHANC@127.0.0.1:{self.dicom}"

    @property
    def web_url(self):
        return f"http://127.0.0.1:{self.http}/dicom-web"

    def start(self):
        with (self.folder / "orthanc.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, self.folder / "orthanc.json"],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            if self.ask("/system"):
                return self
            time.sleep(0.05)
        self.kill()
        raise RuntimeError((self.folder / "orthanc.log").read_text(errors="replace"))

    def ask(self, path, *, method="GET"):
        """An answer of Orthanc's own interface; None while it is not up."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", method=method)
        told = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request.add_header("Authorization", f"Basic {told}")
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return None

    def kill(self):
        """End it as a power cut would."""
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
