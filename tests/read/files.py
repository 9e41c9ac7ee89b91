"""Small files of every kind that is read, written by other people's libraries or by hand."""

import gzip
import struct
import zlib
from pathlib import Path

import nibabel
import numpy as np
from PIL import Image as Picture
from pydicom.data import get_testdata_file


def nifti(path: Path, samples: np.ndarray, *, sizes=(1.0, 1.0, 1.0), scale=None) -> Path:
    """A NIfTI-1 file by nibabel; `samples` in its own axes (columns, rows, slices, ...)."""
    volume = nibabel.Nifti1Image(samples, np.diag([*sizes, 1.0]), dtype=samples.dtype)
    volume.header.set_xyzt_units("mm")
    if scale is not None:
        volume.header.set_slope_inter(*scale)
    nibabel.save(volume, path)
    return path


def patched(path: Path, offset: int, form: str, *values) -> Path:
    """The same file with some bytes of its header replaced."""
    data = bytearray(path.read_bytes())
    packed = data[:2] == b"\x1f\x8b"
    data = bytearray(gzip.decompress(data)) if packed else data
    struct.pack_into(form, data, offset, *values)
    path.write_bytes(gzip.compress(data) if packed else data)
    return path


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png16(path: Path, samples: np.ndarray) -> Path:
    """A PNG of 16 bits by hand: (rows, columns, 1 to 4 channels) of uint16."""
    rows, columns, channels = samples.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    lines = b"".join(b"\0" + line.astype(">u2").tobytes() for line in samples)
    head = struct.pack(">IIBBBBB", columns, rows, 16, kind, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def bomb(path: Path, side: int) -> Path:
    """A PNG that promises side x side pixels and holds none of them."""
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def one_of_each(folder: Path) -> dict[str, Path]:
    """A sound file for every reader, by the reader's name."""
    scan = folder / "scan.dcm"
    scan.write_bytes(Path(get_testdata_file("CT_small.dcm", download=False)).read_bytes())
    grey = np.arange(60, dtype=np.uint8).reshape(5, 12)
    Picture.fromarray(grey).save(folder / "a.png")
    np.savez(folder / "3D_case.npz", imgs=np.zeros((4, 5, 6), np.uint8), spacing=(1, 2, 3))
    (folder / "a.nrrd").write_bytes(
        b"NRRD0004\ntype: uchar\ndimension: 3\nspace: left-posterior-superior\nsizes: 4 3 2\n"
        b"space directions: (1,0,0) (0,2,0) (0,0,3)\nencoding: raw\n"
        b"space origin: (1,2,3)\n\n" + bytes(range(24))
    )
    return {
        "dicom": scan,
        "nifti": nifti(folder / "a.nii.gz", np.zeros((6, 5, 4), np.int16)),
        "picture": folder / "a.png",
        "npz": folder / "3D_case.npz",
        "itk": folder / "a.nrrd",
    }
