"""Files into an archive, each once: what is there already is not sent again."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from limner.archive.inbox import contents
from limner.archive.query import Query
from limner.archive.way import Part, Stored, Way
from limner.dicom.gathered import gathered
from limner.dicom.headers import Header, text
from limner.dicom.places import MAGIC_AT
from limner.errors import BadValue, NoService, NotFound, UnreadableFile

MOST = 1_000_000  # instances of a series
NEEDED = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "SOPClassUID")


def gather(paths: Sequence[Path]) -> list[Part]:
    """Every DICOM file at the paths, each instance once, in order.

    Raises NotFound, UnreadableFile for a damaged file, and BadValue for files in a zip, files
    without a head, and two files with one UID and different contents.
    """
    parts: dict[str, Part] = {}
    for path in paths:
        if not path.exists():
            raise NotFound(f"'{path}' is not there. Give files or folders of DICOM.")
        found = gathered(path)
        for sentence in (*found.damaged, *(f"'{name}' is not there." for name in found.lost)):
            raise UnreadableFile(f"{sentence} Nothing was stored.")
        for each in found.headers:
            part = _part(each)
            first = parts.setdefault(part.instance, part)
            if first.path != part.path and contents(first.path) != contents(part.path):
                raise BadValue(
                    f"'{first.path}' and '{part.path}' are different, but have one UID "
                    f"({part.instance}). Store the one that is meant."
                )
    return list(parts.values())


def store(way: Way, parts: Sequence[Part], *, again: bool = False) -> Iterator[Stored]:
    """Each file's fate, as it is known.

    again   send also what the archive lists already

    Raises NoService where the archive stops, saying how many it has taken.
    """
    there = frozenset[str]() if again else _listed(way, parts)
    yield from (Stored(part, "there") for part in parts if part.instance in there)
    sent = [part for part in parts if part.instance not in there]
    taken = 0
    try:
        for each in way.store(sent) if sent else ():
            taken += each.outcome == "stored"
            yield each
    except NoService as error:
        raise NoService(
            f"{error} {taken} of {len(sent)} files were stored; the same command sends the rest."
        ) from error


def _listed(way: Way, parts: Sequence[Part]) -> frozenset[str]:
    """The UIDs of these series that the archive has; none where it does not answer that."""
    found: set[str] = set()
    places = sorted({(part.study, part.series) for part in parts})
    for study, series in places:
        query = Query("instance", (("study", study), ("series", series)), MOST)
        try:
            found.update(each.get("instance", "") for each in way.find(query))
        except NoService:  # many archives let an instrument store that may not ask
            return frozenset()
    return frozenset(found)


def _part(told: Header) -> Part:
    name = told.place.name
    if told.place.archive is not None:
        raise BadValue(f"'{name}' is in the zip '{told.place.path.name}'. Unpack it to store it.")
    if told.place.start(MAGIC_AT + 4)[MAGIC_AT:] != b"DICM":
        raise BadValue(
            f"'{name}' has no DICOM head that says how it is written. Write it anew with a "
            "program that adds one, such as dcmtk's dcmconv."
        )
    uids = {keyword: text(told.dataset, keyword) for keyword in NEEDED}
    for keyword, value in uids.items():
        if not value:
            raise BadValue(f"'{name}' has no {keyword}, without which no archive takes it.")
    instance, series, study, sop_class = uids.values()
    return Part(told.place.path, instance, series, study, sop_class, told.syntax)
