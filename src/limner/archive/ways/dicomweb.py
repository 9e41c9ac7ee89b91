"""DICOMweb: QIDO to find, WADO to fetch, STOW to store.

Source    PS3.18 chapters 8 and 10; PS3.18 annex F for the JSON
Messages  requests. dicomweb-client was looked at and is the second opinion of the tests: it
          parses every instance and writes it anew, keeps it whole in memory, takes a message
          that was cut off for a whole one, and drops why an instance was not stored.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from limner.archive.address import Address
from limner.archive.inbox import Inbox
from limner.archive.query import FIELDS, KEYWORDS, Found, Query
from limner.archive.way import Part, Stored
from limner.archive.ways import WAYS
from limner.archive.ways._http import Wire
from limner.archive.ways._multipart import Message, first_part
from limner.archive.ways._words import ours
from limner.errors import UnreadableFile

if TYPE_CHECKING:
    from requests import Response

JSON = "application/dicom+json"
WHOLE = 'multipart/related; type="application/dicom"'
AS_STORED = f"{WHOLE}; transfer-syntax=*"  # without it, samples may be decoded on the way
PAGE = 1000
AT_ONCE = 4  # instances; as many connections as a browser would keep with one host
CONFLICT = 409
GONE = (404, 410)  # listed a moment ago, and not there now
TAGS = {
    "FailedSOPSequence": "00081198",
    "ReferencedSOPSequence": "00081199",
    "ReferencedSOPInstanceUID": "00081155",
    "FailureReason": "00081197",
    "WarningReason": "00081196",
}
# PS3.18 table I.2-2, and the statuses of C-STORE that servers pass on.
REASONS = {
    0x0110: "it was not able to process it",
    0x0111: "it has an instance of that UID already",
    0x0122: "it does not take that SOP class",
    0x0124: "it is not allowed",
    0xA700: "it has no room",
    0xA900: "the data set does not match its SOP class",
    0xC000: "it does not understand it",
    0xC122: "it does not take that transfer syntax",
}


@WAYS.add
@dataclass(frozen=True)
class Dicomweb:
    """An archive that speaks DICOMweb."""

    address: Address

    @cached_property
    def _wire(self) -> Wire:
        return Wire(self.address)

    def echo(self) -> str:
        """That it answers a query; there is no echo in DICOMweb."""
        self._listed("/studies", {"limit": "1"})
        return "answers queries"

    def find(self, query: Query) -> list[Found]:
        """By QIDO, page by page."""
        path, keys = _resource(query)
        found: list[Found] = []
        seen: set[str] = set()
        while len(found) < query.limit:
            asked = {**keys, "limit": str(min(PAGE, query.limit - len(found)))}
            if found:
                asked["offset"] = str(len(found))
            page = [_read(query, each) for each in self._listed(path, asked)]
            fresh = [each for each in page if each.get(query.level) not in seen]
            seen.update(each.get(query.level, "") for each in fresh)
            found += fresh
            # A short page is not the last: servers have limits of their own. One that does not
            # know what an offset is sends the same again.
            if not fresh:
                break
        return found[: query.limit]

    def fetch(self, series: Found, inbox: Inbox) -> None:
        """By WADO, a few instances at a time: most of a small one's time is the way there."""
        above = (series["study"], series["series"])
        with ThreadPoolExecutor(AT_ONCE) as threads:
            asked = [
                threads.submit(self._bring, _path(*above, uid), uid, inbox) for uid in inbox.missing
            ]
            try:
                for each in as_completed(asked):
                    each.result()
            finally:
                for each in asked:
                    each.cancel()
        if inbox.error is not None:
            raise inbox.error

    def _bring(self, path: str, uid: str, inbox: Inbox) -> None:
        with self._wire.ask(path, accept=(AS_STORED, WHOLE), allowed=GONE) as answer:
            if answer.status_code in GONE:
                return
            try:
                inbox.keep(uid, first_part(self.address, answer))
            except UnreadableFile as error:  # one bad instance does not hide the others
                inbox.error = inbox.error or error

    def store(self, parts: Sequence[Part]) -> Iterator[Stored]:
        """By STOW, one file a request, so that each has an answer of its own."""
        for part in parts:
            body = Message(part.path)
            with self._wire.ask(
                "/studies", accept=(JSON,), body=body, allowed=(CONFLICT,)
            ) as answer:
                yield self._outcome(part, answer)

    def close(self) -> None:
        """Close the connection; a later question opens it anew."""
        self._wire.close()

    def _listed(self, path: str, keys: Mapping[str, str]) -> list[dict[str, Any]]:
        with self._wire.ask(path, accept=(JSON,), keys=keys) as answer:
            return self._wire.json(answer)

    def _outcome(self, part: Part, answer: "Response") -> Stored:
        told = self._wire.json(answer)
        said = told[0] if told else {}
        failed = [
            each
            for each in _items(said, "FailedSOPSequence")
            if _text(each, "ReferencedSOPInstanceUID") in {part.instance, ""}
        ]
        if failed or answer.status_code == CONFLICT:
            reason = _text(failed[0], "FailureReason") if failed else ""
            return Stored(part, "refused", _refusal(self.address, part, reason))
        taken = _items(said, "ReferencedSOPSequence")
        if said and not taken:
            return Stored(part, "refused", _refusal(self.address, part, ""))
        warned = [_text(each, "WarningReason") for each in taken]
        codes = [f"Warning 0x{int(each):04X}" for each in warned if each.isdigit()]
        return Stored(part, "stored", ", ".join(codes))


def _path(study: str, series: str = "", instance: str = "") -> str:
    names = (("studies", study), ("series", series), ("instances", instance))
    return "".join(f"/{name}/{quote(uid, safe='')}" for name, uid in names if uid)


def _resource(query: Query) -> tuple[str, dict[str, str]]:
    """The path that is asked, and the keys that are not in it."""
    study, series, in_path = query["study"], query["series"], tuple[str, ...]()
    match query.level:
        case "study":
            path = "/studies"
        case "series":
            in_path = ("study",) if study else ()
            path = f"{_path(study)}/series"
        case "instance":
            in_path = ("study", "series") if study and series else ()
            path = f"{_path(study, series) if in_path else ''}/instances"
    keys = {KEYWORDS[name]: value for name, value in query.keys if value and name not in in_path}
    return path, {**keys, "includefield": ",".join(FIELDS[query.level].values())}


def _read(query: Query, item: Mapping[str, Any]) -> Found:
    """One answer of DICOM's JSON model (PS3.18 annex F)."""
    from pydicom.datadict import tag_for_keyword

    values = {}
    for keyword in FIELDS[query.level].values():
        tag = f"{tag_for_keyword(keyword) or 0:08X}"
        values[keyword] = _value(item.get(tag))
    return {**{n: query[n] for n in ("study", "series") if query[n]}, **ours(query.level, values)}


def _value(element: Any) -> str:
    told = element.get("Value") if isinstance(element, dict) else None
    if not isinstance(told, list):
        return ""
    names = (each.get("Alphabetic", "") if isinstance(each, dict) else each for each in told)
    return "\\".join("" if each is None else str(each) for each in names)


def _items(told: Mapping[str, Any], keyword: str) -> list[dict[str, Any]]:
    element = told.get(TAGS[keyword])
    items = element.get("Value") if isinstance(element, dict) else None
    return [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []


def _text(told: Mapping[str, Any], keyword: str) -> str:
    return _value(told.get(TAGS[keyword]))


def _refusal(address: Address, part: Part, reason: str) -> str:
    code = int(reason) if reason.isdigit() else 0
    why = REASONS.get(code, f"reason 0x{code:04X}" if code else "it does not say why")
    return f"The archive {address} did not store '{part.path.name}': {why}."
