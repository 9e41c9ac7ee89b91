"""All DICOM files at a path, by their headers; what could not be read is kept as sentences.

A DICOMDIR stands for the files that it lists (PS3.3 annex F). Its names are upper case, and the
disc may have been copied to a system that wrote them in lower case: both are found.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from limner.dicom.headers import Header, header, text
from limner.dicom.places import SUFFIXES, Place, looks_like_dicom, places
from limner.dicom.plain import Plain
from limner.errors import UnreadableFile

DIRECTORY = "1.2.840.10008.1.3.10"  # SOP class of a DICOMDIR


@dataclass(frozen=True, eq=False)
class Gathered:
    """What lies at a path.

    headers   of the files that are DICOM, in the order of their names
    strays    names of files whose ending promises DICOM, and that are none
    damaged   a sentence for each file that could not be read, though it is DICOM
    lost      names that a DICOMDIR lists, and that are not there
    """

    headers: list[Header]
    strays: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def gathered(path: Path) -> Gathered:
    """Everything that is DICOM at a file, a folder, a zip or a DICOMDIR.

    Files that are not DICOM are left out of a folder or zip. Raises UnreadableFile where
    nothing could be read: what is wrong with the first file, or that there is none.
    """
    found = list(places(path))
    if len(found) == 1 and found[0].path == path and not found[0].member:
        first = header(found[0])
        return _of_directory(first) if _is_directory(first) else Gathered([first])
    kept, damaged, strays = [], [], []
    for place in found:
        try:
            if looks_like_dicom(place):
                kept.append(_whole(header(place)))
            elif place.name.lower().endswith(tuple(SUFFIXES)):
                strays.append(place.name)
        except UnreadableFile as error:
            damaged.append(str(error))
    kept = [each for each in kept if not _is_directory(each)]
    if not kept:
        raise UnreadableFile(
            damaged[0] if damaged else f"There is no DICOM image in '{path.name}'."
        )
    return Gathered(kept, tuple(strays), tuple(damaged))


def _whole(told: Header) -> Header:
    """The same. Raises UnreadableFile where the file breaks off before it says what it is."""
    if told.pixels_at < 0 and not _is_directory(told) and "SOPClassUID" not in told.dataset:
        raise UnreadableFile(
            f"'{told.place.name}' breaks off in its header. Fetch or export the file again."
        )
    return told


def _is_directory(told: Header) -> bool:
    if isinstance(told.dataset, Plain):
        return False
    return text(told.dataset.file_meta, "MediaStorageSOPClassUID") == DIRECTORY


def _of_directory(told: Header) -> Gathered:
    root = told.place.path.parent
    known: dict[Path, dict[str, Path]] = {}
    kept, damaged, lost = [], [], []
    for parts in _listed(told):
        path = _beside(root, parts, known)
        if path is None:
            lost.append("/".join(parts))
            continue
        try:
            kept.append(_whole(header(Place(path))))
        except UnreadableFile as error:
            damaged.append(str(error))
    if not kept and lost:
        raise UnreadableFile(
            f"The DICOMDIR lists {len(lost) + len(damaged)} files, of which {len(lost)} are not "
            f"there (the first is '{lost[0]}'). Open the folder to see what is."
        )
    if not kept:
        raise UnreadableFile(
            damaged[0] if damaged else f"The DICOMDIR '{told.place.name}' lists no files."
        )
    return Gathered(kept, damaged=tuple(damaged), lost=tuple(lost))


def _listed(told: Header) -> Iterator[tuple[str, ...]]:
    """The file names of a DICOMDIR, folder by folder; one that leaves its folder is refused."""
    for record in told.whole.get("DirectoryRecordSequence", []):
        name = record.get("ReferencedFileID")
        if not name:
            continue
        parts = tuple([name] if isinstance(name, str) else map(str, name))
        if any(part in {"", ".", ".."} or set(part) & set("/\\:") for part in parts):
            raise UnreadableFile(
                f"The DICOMDIR '{told.place.name}' lists '{chr(92).join(parts)}', which leaves its "
                "own folder. It is not opened; open the folder with the images itself."
            )
        yield parts


def _beside(root: Path, parts: tuple[str, ...], known: dict[Path, dict[str, Path]]) -> Path | None:
    """The file of these names below a folder, in whatever case; None where it is not there."""
    exact = root.joinpath(*parts)
    if exact.is_file():
        return exact
    here = root
    for part in parts:
        if here not in known:
            inside = here.iterdir() if here.is_dir() else ()
            known[here] = {each.name.lower(): each for each in inside}
        found = known[here].get(part.lower())
        if found is None:
            return None
        here = found
    return here if here.is_file() else None
