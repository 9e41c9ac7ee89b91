"""Questions over HTTP: asked again where that helps, else refused in a sentence."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from limner.archive.address import Address
from limner.archive.ways._multipart import Message
from limner.archive.ways._refused import broken, no_json, refused
from limner.archive.ways._tls import trust
from limner.errors import NoService, extra

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

NOT_ACCEPTABLE = 406
BUSY = {429, 502, 503, 504}
TRIES = 3
PAUSE_S = 0.5  # before the second try; twice that before the third
PAUSE_MOST_S = 10.0  # that a server may ask for


@dataclass(frozen=True)
class Wire:
    """One connection with an archive, kept open from question to question."""

    address: Address

    @cached_property
    def session(self) -> "Session":
        """With the credentials."""
        with extra("archive"):
            import requests
            from requests.auth import HTTPBasicAuth

        trust(self.address)  # for its sentence: requests has none for a file that is no certificate
        session = requests.Session()
        # Samples hardly shrink, and an archive that packs them takes ten times as long to send.
        session.headers["Accept-Encoding"] = "identity"
        told = self.address.credentials
        if told.token:
            session.auth = _Bearer(told.token)
        elif told.user:
            # As bytes, because requests would write text as Latin-1.
            session.auth = HTTPBasicAuth(told.user.encode(), told.password.encode())
        return session

    def close(self) -> None:
        """Close the connection, if there has been one."""
        if "session" in self.__dict__:
            self.session.close()

    @contextmanager
    def ask(
        self,
        path: str,
        *,
        accept: Sequence[str],
        keys: Mapping[str, str] | None = None,
        body: Message | None = None,
        allowed: Sequence[int] = (),
    ) -> "Iterator[Response]":
        """An answer whose body is still to be read. Raises NoService, in a sentence.

        accept    kinds of answer, the next of them asked for where one is not to be had
        body      is posted; without one the question is a GET
        allowed   statuses that the caller understands, beside those of success
        """
        asked = {"params": keys, "data": body}
        answer = self._patiently(path, accept[0], asked)
        for kind in accept[1:]:
            if answer.status_code == NOT_ACCEPTABLE:
                answer.close()
                answer = self._patiently(path, kind, asked)
        with answer:
            if not (200 <= answer.status_code < 300 or answer.status_code in allowed):
                raise NoService(refused(self.address, answer))
            yield answer

    def json(self, answer: "Response") -> list[dict[str, Any]]:
        """DICOM's JSON model; empty where the answer is. Raises NoService for anything else."""
        from requests import RequestException

        try:
            text = answer.content
        except RequestException as error:
            raise NoService(broken(self.address, error)) from error
        if not text.strip():
            return []
        try:
            told = json.loads(text)
        except ValueError as error:
            raise NoService(no_json(self.address, answer)) from error
        listed = told if isinstance(told, list) else [told]
        if not all(isinstance(each, dict) for each in listed):
            raise NoService(no_json(self.address, answer))
        return listed

    def _patiently(self, path: str, kind: str, asked: Mapping[str, Any]) -> "Response":
        """The answer, asked for up to three times where the archive is busy or the line breaks."""
        for tried in range(1, TRIES):
            pause_s = PAUSE_S * tried
            try:
                answer = self._once(path, kind, asked)
            except _Broken:
                pass
            else:
                if answer.status_code not in BUSY:
                    return answer
                told = answer.headers.get("Retry-After", "")
                pause_s = min(float(told), PAUSE_MOST_S) if told.isdigit() else pause_s
                answer.close()
            time.sleep(pause_s)
        return self._once(path, kind, asked)

    def _once(self, path: str, kind: str, asked: Mapping[str, Any]) -> "Response":
        import requests

        body, timeout_s = asked["data"], self.address.timeout_s
        headers = {"Accept": kind} | ({"Content-Type": body.kind} if body else {})
        try:
            return self.session.request(
                "POST" if body else "GET",
                self.address.url.rstrip("/") + path,
                headers=headers,
                timeout=(timeout_s, timeout_s),
                allow_redirects=body is None,  # a redirected POST would come as an empty GET
                stream=True,
                verify=self._verify(),
                **asked,
            )
        except requests.RequestException as error:
            again = isinstance(error, requests.ConnectionError) and not isinstance(
                error, requests.exceptions.SSLError | requests.Timeout
            )
            raise (_Broken if again else NoService)(broken(self.address, error)) from error

    def _verify(self) -> str | None:
        """Said with each question: a session's own is overruled by the environment's."""
        return None if self.address.trusted is None else str(self.address.trusted)


class _Broken(NoService):
    """The line broke: asking again may help."""


class _Bearer:
    """A token in the head of every question.

    As `auth` and not as a header, because requests replaces a header by what ~/.netrc says.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, asked: "PreparedRequest") -> "PreparedRequest":
        asked.headers["Authorization"] = f"Bearer {self._token}"
        return asked
