"""Where an archive is: `dicom://AE@host:port` or `https://host/dicom-web`."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from limner.errors import BadValue

WAYS_BY_SCHEME = {
    "dicom": "dimse",
    "dicoms": "dimse",
    "http": "dicomweb",
    "https": "dicomweb",
}
PORTS = {"dicom": 104, "dicoms": 2762, "http": 80, "https": 443}  # as IANA lists them
AE_TITLE = re.compile(r"[ -\[\]-~]{1,16}")  # PS3.5: default repertoire, no backslash
OURS = "LIMNER"
TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Credentials:
    """What proves who asks. Shown nowhere: not in errors, not in a repr."""

    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls) -> "Credentials":
        """LIMNER_ARCHIVE_USER and _PASSWORD, or LIMNER_ARCHIVE_TOKEN; empty where unset."""
        told = (os.environ.get(f"LIMNER_ARCHIVE_{each}", "") for each in ("USER", "PASSWORD"))
        user, password = told
        return cls(user, password, os.environ.get("LIMNER_ARCHIVE_TOKEN", ""))


@dataclass(frozen=True)
class Address:
    """An archive, and how to behave towards it.

    url        without any secret
    name       in the file of named archives; "" where it was given as a URL
    me         the AE title that this program calls itself on the DICOM network
    listen     the port on which it takes what a C-MOVE sends; 0 takes series by C-GET
    timeout_s  of silence, after which the archive counts as gone
    trusted    a file of certificates to trust in place of the usual ones
    """

    url: str
    name: str = ""
    me: str = OURS
    listen: int = 0
    timeout_s: float = TIMEOUT_S
    trusted: Path | None = None
    credentials: Credentials = field(default=Credentials(), repr=False)

    def __post_init__(self) -> None:
        parts = _split(self.url)
        if parts.scheme not in WAYS_BY_SCHEME:
            raise BadValue(
                f"'{self.url}' does not say how the archive is spoken to. Write "
                "dicom://AE@host:port for the DICOM network, or https://host/path for DICOMweb."
            )
        if not parts.hostname:
            raise BadValue(f"'{self.url}' names no host. Write {parts.scheme}://host:port.")
        if self.way == "dimse":
            _check_title(unquote(parts.username or ""), f"the archive '{self.url}'")
            _check_title(self.me, "this program")
        elif parts.username or parts.password:
            raise BadValue(
                "A name or password in an address can be read by everyone on this machine. Leave "
                "it out, and set LIMNER_ARCHIVE_USER and LIMNER_ARCHIVE_PASSWORD instead."
            )
        if not 0 <= self.listen <= 65535:
            raise BadValue(f"The port {self.listen} is not between 1 and 65535.")
        if not self.timeout_s > 0:
            raise BadValue(f"A time-out of {self.timeout_s:g} s is none. Give more than 0 s.")

    @property
    def way(self) -> str:
        """The name of the way to speak to it."""
        return WAYS_BY_SCHEME[_split(self.url).scheme]

    @property
    def secure(self) -> bool:
        """Whether what is said is encrypted."""
        return _split(self.url).scheme in {"dicoms", "https"}

    @property
    def title(self) -> str:
        """The archive's AE title."""
        return unquote(_split(self.url).username or "").strip()

    @property
    def host(self) -> str:
        """A name or a number of the network."""
        return _split(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port, or the usual one."""
        parts = _split(self.url)
        return parts.port or PORTS[parts.scheme]

    def __str__(self) -> str:
        return f"'{self.name}' ({self.url})" if self.name else f"'{self.url}'"


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise BadValue(f"'{url}' is no address: {error}.") from error
    return parts


def _check_title(title: str, whose: str) -> None:
    if not AE_TITLE.fullmatch(title) or not title.strip():
        said = f"'{title}'" if title else "Nothing"
        raise BadValue(
            f"{said} is no AE title for {whose}. It has 1 to 16 plain characters, as in "
            "dicom://ORTHANC@localhost:4242."
        )
