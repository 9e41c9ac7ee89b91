"""Where DICOM files lie: a folder, a zip, one file, a DICOMDIR. Found by content.

Nothing here imports pydicom, so that asking whether a picture is DICOM costs nothing.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from limner.errors import UnreadableFile

SUFFIXES = {".dcm", ".dicom", ".ima"}  # endings that promise DICOM, whatever is inside
MAGIC_AT = 128  # bytes of preamble before "DICM" (PS3.10 section 7.1)
ZIPPED_MOST = 8 << 30  # bytes that one member of a zip may unpack to
SMALL = 256 << 20  # bytes up to which it may be as dense as it likes
DENSE_MOST = 200  # times its packed size that a larger one may unpack to; scans reach 10
DAMAGED_ZIP = (
    *(zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, zlib.error),
    UnicodeDecodeError,  # of a member's name
)


@dataclass(frozen=True)
class Place:
    """One file, by itself or inside a zip."""

    path: Path
    member: str = ""
    archive: zipfile.ZipFile | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The file's name without folders."""
        return (self.member or self.path.name).replace("\\", "/").rpartition("/")[2]

    @property
    def size(self) -> int:
        """Bytes, unpacked."""
        if self.archive is not None:
            return self.archive.getinfo(self.member).file_size
        return self.path.stat().st_size

    def open(self) -> io.BufferedIOBase:
        """The bytes, to be closed by the caller; a member of a zip is unpacked in memory.

        Raises UnreadableFile where the file or its zip cannot be read.
        """
        if self.archive is not None:
            self._check_claim(self.archive.getinfo(self.member))
            return io.BytesIO(self.start(self.size))
        try:
            return self.path.open("rb")
        except OSError as error:
            raise UnreadableFile(f"'{self.name}' cannot be read: {error.strerror}.") from error

    def start(self, count: int) -> bytes:
        """At most the first `count` bytes. Raises UnreadableFile."""
        if self.archive is None:
            with self.open() as file:
                return file.read(count)
        try:
            with self.archive.open(self.member) as packed:
                return packed.read(count)
        except DAMAGED_ZIP as error:
            raise UnreadableFile(
                f"'{self.name}' in '{self.path.name}' cannot be unpacked: {error}. "
                "Fetch the zip again, or unpack it yourself."
            ) from error

    def _check_claim(self, about: zipfile.ZipInfo) -> None:
        """Refuse what would fill the memory, before anything is unpacked."""
        packed, size = about.compress_size, about.file_size
        if size > ZIPPED_MOST or (size > SMALL and size > DENSE_MOST * packed):
            raise UnreadableFile(
                f"'{self.name}' in '{self.path.name}' claims to unpack from {packed:,} bytes to "
                f"{size / 1e9:.1f} GB. It is not opened; unpack it yourself if that is right."
            )


def looks_like_dicom(place: Place) -> bool:
    """Whether the first bytes are those of a DICOM file, with or without its preamble.

    Raises UnreadableFile where they cannot be read: a slice must not get lost in silence.
    """
    head = place.start(MAGIC_AT + 4)
    return head[MAGIC_AT:] == b"DICM" or _bare(head)


def _bare(head: bytes) -> bool:
    """Whether a data set begins at once, as in old files: group 2 or 8, a low element.

    Its first value is short, or says its type by two letters; both byte orders occur.
    """
    if len(head) < 16:
        return False
    for order in ("little", "big"):
        group = int.from_bytes(head[0:2], order)
        element = int.from_bytes(head[2:4], order)
        length = int.from_bytes(head[4:8], order)
        typed = head[4:6].isalpha() and head[4:6].isupper()
        if group in {2, 8} and element <= 0x0018 and (typed or length <= 64):
            return True
    return False


def holds_dicom(path: Path) -> bool:
    """Whether there is DICOM at the path; a file that only promises it counts too.

    So does one that cannot be read, for the sentence that refuses it comes from here.
    """
    if path.is_file() and path.suffix.lower() in SUFFIXES:
        return True
    try:
        return any(looks_like_dicom(place) for place in places(path))
    except UnreadableFile:
        return True


def places(path: Path) -> Iterator[Place]:
    """Every file at the path: itself, those below a folder, or those in a zip; in order.

    Hidden files are left out: `._IM1` that macOS leaves beside `IM1` is no image. Raises
    UnreadableFile for a zip that cannot be read, or names a file outside of itself.
    """
    if path.is_dir():
        for each in sorted(path.rglob("*")):
            if each.is_file() and not each.name.startswith("."):
                yield Place(each)
    elif path.is_file() and zipfile.is_zipfile(path) and not looks_like_dicom(Place(path)):
        archive = _archive(path)
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            place = Place(path, info.filename, archive)
            if not info.is_dir() and not place.name.startswith("."):
                yield place
    elif path.is_file():
        yield Place(path)


def _archive(path: Path) -> zipfile.ZipFile:
    """A zip, none of whose names leave it: we unpack nothing to disk, but who made that?"""
    try:
        archive = zipfile.ZipFile(path)
    except DAMAGED_ZIP as error:
        raise UnreadableFile(
            f"The zip '{path.name}' cannot be read: {error}. Fetch it again."
        ) from error
    for info in archive.infolist():
        parts = info.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or parts[0].endswith(":"):
            raise UnreadableFile(
                f"The zip '{path.name}' names the file '{info.filename}', which lies outside of "
                "it. Such a zip is made to overwrite files; it is not opened."
            )
    return archive
