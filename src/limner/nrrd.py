"""NRRD label maps as grids, numbers and keys, and back.

NRRD names its axes from the fastest on and its places in the space that it states. The
bytes of a file are an array (slices, rows, columns) in C order, with the layers of 3D
Slicer's segmentations (an axis without a direction) beside them. Numbers are written with
all their digits, so a grid comes back to the last bit, sheared or not.

Source   teem.sourceforge.net/nrrd/format.html, NRRD0001 to NRRD0005.
"""

import bz2
import gzip
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, UnreadableFile
from limner.grid import Grid, Vector, vector

LIMIT = 8 << 30  # bytes of samples that a packed file may hold
HEADER = 16 << 20  # bytes of text before the samples
DEFLATED = 1032  # no byte of a gzip file unpacks to more than this many (RFC 1951)
PIECE = 1 << 20

# What takes the coordinates of a space to LPS; any other space has no place in a patient.
SPACES: Mapping[str, Vector] = {
    "left-posterior-superior": (1, 1, 1),
    "lps": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1),
    "ras": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1),
    "las": (1, -1, 1),
}
UNITS = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "um": 1e-3, "μm": 1e-3, "µm": 1e-3, "micron": 1e-3}
TYPES = {
    "i1": "signed char,int8,int8_t",
    "u1": "uchar,unsigned char,uint8,uint8_t",
    "i2": "short,short int,signed short,signed short int,int16,int16_t",
    "u2": "ushort,unsigned short,unsigned short int,uint16,uint16_t",
    "i4": "int,signed int,int32,int32_t",
    "u4": "uint,unsigned int,uint32,uint32_t",
    "i8": "longlong,long long,long long int,signed long long,signed long long int,int64,int64_t",
    "u8": "ulonglong,unsigned long long,unsigned long long int,uint64,uint64_t",
    "f4": "float",
    "f8": "double",
}
WRITTEN = {"u1": "unsigned char", "u2": "unsigned short", "u4": "unsigned int"}
KINDS = {name: kind for kind, names in TYPES.items() for name in names.split(",")}
FIELD = re.compile(r"([^:=]+?)\s*:(=|\s)\s*(.*)$")
DOMAIN = {"domain", "space", "???", "none"}  # kinds of an axis along which voxels lie


@dataclass(frozen=True, eq=False)
class Nrrd:
    """What a file holds.

    stored   (layers, slices, rows, columns), in the type of the file; raw samples are
             mapped from the disk
    keys     the key/value pairs, in the order of the file
    """

    grid: Grid
    stored: NDArray[Any]
    keys: Mapping[str, str]


@dataclass(frozen=True)
class _Header:
    fields: Mapping[str, str]
    keys: Mapping[str, str]
    begins: int  # the byte after the blank line

    def numbers(self, name: str) -> list[float]:
        return [float(each) for each in self.fields.get(name, "").split()]


def open_nrrd(path: Path) -> Nrrd:
    """Read a .nrrd, or a .nhdr with its samples beside it.

    Raises UnreadableFile for a file that is damaged, cut short, is no NRRD, or whose axes
    are no stack of slices.
    """
    header = _header(path)
    try:
        sizes = [int(each) for each in header.fields["sizes"].split()]
        along = _along(header, len(sizes))
        grid = _grid(header, sizes, along)
        stored = _samples(path, header, kind=_type(header), shape=tuple(reversed(sizes)))
    except UnreadableFile:
        raise
    except KeyError as error:
        raise UnreadableFile(
            f"The header of '{path.name}' has no {error}. Export the file again."
        ) from error
    except BadValue as error:
        raise UnreadableFile(f"'{path.name}' has no usable geometry. {error}") from error
    except ValueError as error:
        raise UnreadableFile(
            f"The header of '{path.name}' cannot be followed: {error}. Export the file again."
        ) from error
    apart = [len(sizes) - 1 - axis for axis in range(len(sizes)) if axis not in along]
    layered = np.moveaxis(stored, apart[0], 0) if apart else stored[None]
    return Nrrd(grid, layered.reshape(-1, *grid.shape), header.keys)


def save_nrrd(
    layers: Sequence[NDArray[Any]], grid: Grid, path: Path, *, keys: Mapping[str, str]
) -> None:
    """Write label maps (slices, rows, columns) on one grid, packed by gzip.

    One layer is written with three axes, several with a list axis before them, as 3D Slicer
    does. The same numbers give the same bytes. `path` is written in place: hand in a
    temporary name.
    """
    kind = np.result_type(*[layer.dtype for layer in layers])
    several = len(layers) > 1
    sizes = ([len(layers)] if several else []) + list(grid.shape[::-1])
    steps = " ".join(f"({','.join(map(repr, step))})" for step in grid.steps_mm[::-1])
    lines = [
        "NRRD0004",
        "# Complete NRRD file format specification at:",
        "# http://teem.sourceforge.net/nrrd/format.html",
        f"type: {WRITTEN[kind.str[1:]]}",
        f"dimension: {len(sizes)}",
        "space: left-posterior-superior",
        f"sizes: {' '.join(map(str, sizes))}",
        f"space directions: {'none ' if several else ''}{steps}",
        f"kinds: {'list ' if several else ''}domain domain domain",
        "endian: little",
        "encoding: gzip",
        f"space origin: ({','.join(map(repr, grid.origin_mm))})",
        *(f"{key}:={_escaped(value)}" for key, value in keys.items()),
    ]
    with path.open("wb") as plain:
        plain.write("\n".join(lines).encode() + b"\n\n")
        with gzip.GzipFile("", "wb", 6, fileobj=plain, mtime=0) as packed:
            for planes in zip(*layers, strict=True):
                together = np.stack(planes, axis=-1).astype(kind.newbyteorder("<"), copy=False)
                packed.write(np.ascontiguousarray(together).data)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def _header(path: Path) -> _Header:
    fields: dict[str, str] = {}
    keys: dict[str, str] = {}
    with path.open("rb") as file:
        if not re.match(rb"NRRD000[1-5]\s", file.read(9)):
            raise UnreadableFile(
                f"'{path.name}' does not begin as an NRRD file does. "
                "Give a mask in a format that is read here."
            )
        while line := file.readline(HEADER):
            if file.tell() > HEADER:
                raise UnreadableFile(
                    f"The header of '{path.name}' is longer than {HEADER >> 20} MiB. "
                    "Export the file again."
                )
            text = line.decode("utf-8", errors="replace").strip()
            if not text:
                break
            found = FIELD.match(text)
            if text[0] == "#" or found is None:
                continue
            if found[2] == "=":
                keys[found[1]] = _plain(found[3])
            else:
                fields[found[1].lower()] = found[3]
        return _Header(fields, keys, file.tell())


def _along(header: _Header, count: int) -> list[int]:
    """The axes of the file along which voxels lie: two or three."""
    if "space directions" in header.fields:
        told = _vectors(header.fields["space directions"])
        along = [axis for axis, step in enumerate(told) if step is not None]
        if len(told) != count:
            raise BadValue(f"There are {count} axes and {len(told)} directions.")
    else:
        kinds = header.fields.get("kinds", "domain " * count).lower().split()
        along = [axis for axis, kind in enumerate(kinds[:count]) if kind in DOMAIN]
    if len(along) not in {2, 3} or count - len(along) > 1:
        raise BadValue(
            f"Of {count} axes {len(along)} are of space. Give a stack of slices, and at most one "
            "axis of layers beside it."
        )
    return along


def _vectors(text: str) -> list[list[float] | None]:
    """ "none (1,0,0) (0,1,0)" as numbers; None for an axis without a direction."""
    found: list[list[float] | None] = []
    for each in re.findall(r"none|\([^)]*\)", text, re.IGNORECASE):
        inside = None if each[0] != "(" else [float(n) for n in each[1:-1].split(",")]
        found.append(None if inside is None or np.isnan(inside).all() else inside)
    return found


def _grid(header: _Header, sizes: list[int], along: list[int]) -> Grid:
    space = header.fields.get("space", "").lower()
    flips = np.array(SPACES.get(space, (1, 1, 1)), float)
    units = re.findall(r'"([^"]*)"', header.fields.get("space units", ""))
    if units:
        flips = flips * UNITS.get(units[0].strip().lower(), 1.0)
    steps = _steps(header, along)
    origin = np.zeros(3)
    told = next(iter(_vectors(header.fields.get("space origin", ""))), None)
    if told is not None and len(told) <= 3:
        origin[: len(told)] = told
    lengths = [sizes[axis] for axis in along]
    if len(along) == 2:
        lengths.append(1)
        across = np.cross(steps[0], steps[1])
        steps.append(across / (np.linalg.norm(across) or 1.0))
    third, second, first = (vector(np.array(step) * flips) for step in steps)
    sized = "space directions" in header.fields or "spacings" in header.fields
    return Grid(
        (lengths[2], lengths[1], lengths[0]),
        vector(origin * flips),
        (first, second, third),
        placed=space in SPACES and len(along) == 3,
        scale="patient" if sized else "none",
    )


def _steps(header: _Header, along: list[int]) -> list[NDArray[np.float64]]:
    """One vector for each axis of space, in the coordinates of the file."""
    if "space directions" in header.fields:
        told = _vectors(header.fields["space directions"])
        found = [np.array(told[axis], float) for axis in along]
        if any(len(step) > 3 for step in found):
            raise BadValue(f"The space has {max(map(len, found))} dimensions. Give three.")
        return [np.pad(step, (0, 3 - len(step))) for step in found]
    spacings = header.numbers("spacings") or [1.0] * (max(along) + 1)
    sizes = [spacings[axis] if np.isfinite(spacings[axis]) else 1.0 for axis in along]
    return [size * step for size, step in zip(sizes, np.eye(3), strict=False)]


def _type(header: _Header) -> np.dtype[Any]:
    name = header.fields["type"].lower()
    if name not in KINDS:
        raise ValueError(f"its samples are of type '{name}'")
    order = ">" if header.fields.get("endian", "little").lower() == "big" else "<"
    return np.dtype(f"{order}{KINDS[name]}")


def _samples(
    path: Path, header: _Header, *, kind: np.dtype[Any], shape: tuple[int, ...]
) -> NDArray[Any]:
    """The numbers in the order of the file, last axis fastest."""
    held, begins = _partner(path, header)
    encoding = header.fields.get("encoding", "raw").lower()
    size = int(np.prod(shape, dtype=object)) * kind.itemsize
    if min(shape) < 1:
        raise UnreadableFile(f"'{path.name}' has an axis without a voxel: {shape}.")
    if encoding == "raw":
        skip = int(header.fields.get("byte skip", "0"))
        begins = held.stat().st_size - size if skip == -1 else begins + skip
        there = held.stat().st_size - begins
        if there < size or begins < 0:
            raise _short(held, size, max(there, 0))
        return np.memmap(held, kind, "r", begins, shape)
    with held.open("rb") as file:
        file.seek(begins)
        if encoding in {"ascii", "text", "txt"}:
            numbers = np.array(file.read(LIMIT).split(), np.float64)
            if numbers.size != size // kind.itemsize:
                raise _short(held, size // kind.itemsize, numbers.size, what="numbers")
            return numbers.astype(kind).reshape(shape)
        return _unpacked(file, held, encoding=encoding, size=size).view(kind).reshape(shape)


def _unpacked(file: IO[bytes], held: Path, *, encoding: str, size: int) -> NDArray[np.uint8]:
    if encoding not in {"gzip", "gz", "bzip2", "bz2"}:
        raise UnreadableFile(
            f"The samples of '{held.name}' are encoded as '{encoding}'. "
            "Give them raw, as text, or packed by gzip or bzip2."
        )
    gzipped = encoding[0] == "g"
    if size > LIMIT or (gzipped and size > held.stat().st_size * DEFLATED):
        raise UnreadableFile(
            f"The header of '{held.name}' promises {size / 2**30:.1f} GiB of samples, more than "
            f"{'its bytes can unpack to' if size <= LIMIT else 'the limit of 8 GiB'}. "
            "Copy or export it again."
        )
    opened = cast("IO[bytes]", gzip.GzipFile(fileobj=file) if gzipped else bz2.BZ2File(file))
    samples = np.empty(size, np.uint8)
    done, more = 0, b"-"
    try:
        while done < size and more:
            more = opened.read(min(PIECE, size - done))
            samples[done : done + len(more)] = np.frombuffer(more, np.uint8)
            done += len(more)
        opened.read(1)  # at the end, gzip compares the checksum
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFile(
            f"'{held.name}' is damaged: {error}. Copy or export it again."
        ) from error
    if done < size:
        raise _short(held, size, done)
    return samples


def _partner(path: Path, header: _Header) -> tuple[Path, int]:
    """The file that holds the samples, and the byte at which they begin."""
    named = header.fields.get("data file") or header.fields.get("datafile")
    if named is None:
        return path, header.begins
    beside = path.parent / Path(named).name
    if named.split()[0] == "LIST" or "%" in named or Path(named).name != named.removeprefix("./"):
        raise UnreadableFile(
            f"The samples of '{path.name}' lie in '{named}'. Give one file, beside the header."
        )
    if not beside.is_file():
        raise UnreadableFile(
            f"'{path.name}' is a header, but '{named}' is not beside it. "
            "Put both files into one folder."
        )
    return beside, 0


def _short(held: Path, size: int, there: int, *, what: str = "bytes") -> UnreadableFile:
    return UnreadableFile(
        f"'{held.name}' is cut short: its header promises {size} {what} of samples, "
        f"but {there} are there. Copy or export it again."
    )
