"""Why an archive on the web does not serve, and what to do."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from limner.archive.address import Address
from limner.archive.query import harmless

if TYPE_CHECKING:
    from requests import RequestException, Response

SAID_MOST = 160  # characters of a server's own words
SEE_ADDRESS = (
    "See that the address is that of its DICOMweb service; it often ends in /dicom-web or /dicomweb"
)


def broken(address: Address, error: "RequestException") -> str:
    """Why there was no answer, or only half of one."""
    from requests import exceptions

    if isinstance(error, exceptions.SSLError):
        return (
            f"The archive {address} cannot be trusted over TLS: {_root(error)}. Name the "
            "certificate of its authority with --ca FILE, or write http:// if it has no TLS."
        )
    if isinstance(error, exceptions.Timeout):
        return (
            f"The archive {address} did not answer within {address.timeout_s:g} s. Try again "
            "later; a longer wait is asked for with --timeout SECONDS."
        )
    if isinstance(error, exceptions.ConnectionError):
        return (
            f"The archive {address} cannot be reached: {_root(error)}. Look at the address, "
            "and whether it runs."
        )
    return f"The archive {address} did not answer as HTTP has it: {_root(error)}."


def no_json(address: Address, answer: "Response") -> str:
    """What came where DICOM's JSON was asked for."""
    kind = harmless(answer.headers.get("Content-Type", "").partition(";")[0])
    what = "a web page" if "html" in kind else f"'{kind}'" if kind else "something"
    return f"The archive {address} sent {what} where DICOM's JSON was asked for. {SEE_ADDRESS}."


def refused(address: Address, answer: "Response") -> str:
    """What a status means to the one who asked."""
    match answer.status_code:
        case 401:
            said = _unknown(address)
        case 403:
            said = "does not allow this to whom you are. Ask its administrator for the right."
        case 404 | 405 | 410:
            said = f"has nothing at '{urlsplit(answer.url).path}'. {SEE_ADDRESS}."
        case 406 | 415:
            said = "neither sends nor takes DICOM as it was asked to. Ask its administrator."
        case 413:
            said = "does not take files of this size. Ask its administrator to allow more."
        case 429 | 502 | 503 | 504:
            said = "is too busy, or down behind its front. Try again later."
        case status if 300 <= status < 400:
            place = harmless(answer.headers.get("Location", ""))
            said = f"has moved to '{place}'. Give that address."
        case _:
            words = f"'{harmless(answer.reason)}'{_own_words(answer)}"
            said = f"answers with {words}. Ask its administrator."
    return f"The archive {address} (HTTP {answer.status_code}) {said}"


def _unknown(address: Address) -> str:
    told = address.credentials
    if told.token or told.user:
        what = "the token" if told.token else f"the name '{told.user}' with its password"
        return f"does not accept {what}. See whether it still holds."
    return (
        "asks who you are. Set LIMNER_ARCHIVE_USER and LIMNER_ARCHIVE_PASSWORD, or "
        "LIMNER_ARCHIVE_TOKEN."
    )


def _own_words(answer: "Response") -> str:
    """The beginning of what the server says itself, where it is plain text."""
    kind = answer.headers.get("Content-Type", "")
    if "json" not in kind and "text/plain" not in kind:
        return ""
    said = harmless(answer.text)
    return f": '{said[:SAID_MOST]}'" if said else ""


def _root(error: BaseException) -> str:
    """What the system said, under the wrappings of three libraries."""
    inner: BaseException | None = error
    found: BaseException = error
    while inner is not None:
        found = inner
        inner = inner.__cause__ or inner.__context__ or _reason(inner)
    text = getattr(found, "strerror", None) or getattr(found, "reason", None) or found
    return str(text).rstrip(".")


def _reason(error: BaseException) -> BaseException | None:
    """urllib3 keeps what went wrong in an attribute, or in its arguments."""
    for each in (getattr(error, "reason", None), *error.args):
        if isinstance(each, BaseException):
            return each
    return None
