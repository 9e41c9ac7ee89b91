"""What a file is by its first bytes, and its name and hash for the record."""

import gzip
import hashlib
import zipfile
import zlib
from pathlib import Path

from limner.image import FileSource
from limner.nifti import is_nifti

PICTURES = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",  # BigTIFF
    b"MM\0+": "TIFF",
    b"BM": "BMP",
}


def kind_of(path: Path) -> str:
    """The reader whose kind of file this is by content; "" where the content does not say.

    Content goes before the ending of the name: a NIfTI file called scan.png is a NIfTI file.
    """
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        head = file.read(544)
    if head[:2] == b"\x1f\x8b":
        return "nifti" if is_nifti(_inside(path)) else ""
    signs = {
        "dicom": head[128:132] == b"DICM",
        "picture": bool(picture_kind(head)),
        "nifti": is_nifti(head),
        "itk": head[:4] == b"NRRD" or b"ObjectType" in head[:256],
        "npz": head[:4] == b"PK\x03\x04" and _holds_arrays(path),
    }
    return next((kind for kind, found in signs.items() if found), "")


def picture_kind(head: bytes) -> str:
    """ "PNG", "JPEG", "TIFF", "BMP" or "WEBP" by the first 16 bytes; "" for none of them."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return next((kind for magic, kind in PICTURES.items() if head.startswith(magic)), "")


def ends_in(path: Path, *endings: str) -> bool:
    """Whether it is a file whose name has one of the endings, letter case aside."""
    return path.is_file() and path.name.lower().endswith(endings)


def file_source(path: Path) -> FileSource:
    """The file's name and the SHA-256 of its bytes."""
    with path.open("rb") as file:
        return FileSource(path.name, hashlib.file_digest(file, "sha256").hexdigest())


def _inside(path: Path) -> bytes:
    """The first bytes of what a gzip file holds; none where it is damaged so early."""
    try:
        with gzip.open(path) as file:
            return file.read(544)
    except (OSError, EOFError, zlib.error):
        return b""


def _holds_arrays(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith(".npy") for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False
