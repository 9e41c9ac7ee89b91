"""NIfTI files as grids and stored samples, and back: the one door to nibabel.

NIfTI counts (i, j, k) = (columns, rows, slices) and places them in RAS; limner counts
(slices, rows, columns) and places them in LPS. NIfTI lays i down first, so the bytes of a
file *are* an array (times, slices, rows, columns) in C order: nothing is transposed, and
every voxel keeps its place.

Source   NIfTI-1 (nifti1.h, 2007) and NIfTI-2 (nifti2.h, 2011), methods 1 to 3.
"""

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, UnreadableFile
from limner.grid import Grid, vector

Affine = NDArray[np.float64]

LPS_OF_RAS = np.array([-1.0, -1.0, 1.0])
MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}  # xyzt_units & 7: unknown, metre, mm, micron
SECONDS = {8: 1.0, 16: 1e-3, 24: 1e-6}  # xyzt_units & 56
ALIGNED = 2  # NIFTI_XFORM_ALIGNED_ANAT: placed, but not in a scanner's coordinates
COMMENT = 6  # the code of a plain-text header extension (nifti1.h, NIFTI_ECODE_COMMENT)
CARET = 30  # of Connectome Workbench's XML (NIFTI_ECODE_CARET)
ANY = 0  # TotalSegmentator's code for the same XML (NIFTI_ECODE_IGNORE); nibabel opens no 30
TEXTS = {ANY, COMMENT, CARET}
DEFLATED = 1032  # no byte of a gzip file unpacks to more than this many (RFC 1951)
PIECE = 1 << 20  # bytes unpacked at a time: gzip makes one copy of each
FARTHEST = 2.0**62  # byte at which samples may begin
PACKED_LIMIT = 8 << 30  # bytes of samples that a compressed file may hold
APART = 1e-3  # smallest steps by which two codings of one grid may differ unsaid


@dataclass(frozen=True, eq=False)
class Volume:
    """What a NIfTI file holds.

    stored      as in the file: (times, slices, rows, columns, channels); mapped from the
                disk where the file is not compressed
    slope, inter    a sample is stored * slope + inter; (1, 0) where the file scales nothing
    times_s     the time of each frame; empty where the file gives no unit of time
    fields      header fields that go back into what is written on this grid
    notes       the texts of the header's extensions: comments and XML
    problems    what was odd, one sentence each
    """

    grid: Grid
    stored: NDArray[Any]
    slope: float
    inter: float
    times_s: tuple[float, ...]
    fields: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def scaled(self) -> bool:
        """Whether samples differ from what is stored."""
        return (self.slope, self.inter) != (1.0, 0.0)


def is_nifti(head: bytes) -> bool:
    """Whether the first 352 bytes, unpacked, begin a NIfTI file or the header of a pair."""
    return head[344:348] in {b"n+1\0", b"ni1\0"} or _is_second(head)


def _is_second(head: bytes) -> bool:
    return head[4:12] in {b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n"}


def open_volume(path: Path) -> Volume:
    """Read a .nii, .nii.gz, or the .hdr of a pair.

    Raises UnreadableFile for a file that is damaged, cut short, is no NIfTI, or holds
    samples that are no picture.
    """
    from nibabel.spatialimages import HeaderDataError

    try:
        with _unpacked(path) as file:
            header, notes = _header(file, path)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(path, error) from error
    try:
        kind = header.get_data_dtype()
        slope, inter = header.get_slope_inter()
        grid, problems = _grid(header, path)
    except UnreadableFile:
        raise
    except BadValue as error:
        raise UnreadableFile(f"'{path.name}' has no usable geometry. {error}") from error
    except (HeaderDataError, KeyError, ValueError) as error:
        # a KeyError for an unknown type of sample, a ValueError for a rotation that is none
        raise UnreadableFile(
            f"The header of '{path.name}' cannot be followed: {error}. Export the file again."
        ) from error
    _check_kind(kind, path)
    stored = _axes(_stored(path, header, kind), kind, path)
    return Volume(
        grid,
        stored,
        1.0 if slope is None else float(slope),
        0.0 if inter is None else float(inter),
        _times(header, stored.shape[0]),
        _fields(header),
        notes,
        problems,
    )


def save_volume(
    samples: NDArray[Any],
    grid: Grid,
    path: Path,
    *,
    codes: tuple[int, int] = (1, 1),
    about: str | None = "",
    notes: Sequence[tuple[int, str]] = (),
) -> None:
    """Write numbers (times, slices, rows, columns) on a grid, as one .nii or .nii.gz.

    codes   (sform_code, qform_code). The sform is written always; the qform where it can
            hold the grid to a thousandth of a voxel (it holds no shear), else its code is 0
    about   what the labels mean (`intent_name`: the first 15 letters, ASCII only); None for a
            scan, whose values are no labels
    notes   texts for header extensions, each after its code

    Positions are float32 in NIfTI-1, as good as 5e-5 mm within half a metre. NIfTI-2, with
    float64, is written where an axis has more than 32767 voxels. The same samples give the
    same bytes. `path` is written in place: hand in a temporary name.
    """
    from nibabel.nifti1 import Nifti1Extension, Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    shape = samples.shape[:0:-1] + ((samples.shape[0],) if samples.shape[0] > 1 else ())
    made: Any = Nifti2Header if max(shape) > 32767 else Nifti1Header
    header = made()
    header.set_data_dtype(samples.dtype)
    header.set_data_shape(shape)
    header.set_xyzt_units("mm", "sec" if len(shape) == 4 else None)
    if about is not None:
        header.set_intent("label", name=about.encode("ascii", "ignore").decode()[:15])
    _place(header, grid, codes)
    for code, text in notes:
        header.extensions.append(Nifti1Extension(code, text.encode()))
    header["vox_offset"] = header.single_vox_offset + header.extensions.get_sizeondisk()
    native = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    with path.open("wb") as plain:
        if path.suffix == ".gz":
            with gzip.GzipFile("", "wb", 6, fileobj=plain, mtime=0) as packed:
                _dump(cast("IO[bytes]", packed), header, native)
        else:
            _dump(plain, header, native)


def _dump(file: IO[bytes], header: Any, samples: NDArray[Any]) -> None:
    """Header, extensions and samples, a slice at a time: no second copy in memory."""
    header.write_to(file)
    file.write(b"\0" * (int(header["vox_offset"]) - file.tell()))
    for frame in samples:
        for plane in frame:
            file.write(np.ascontiguousarray(plane).data)


def affine_of(grid: Grid) -> Affine:
    """(4, 4): what takes (i, j, k) = (column, row, slice) to RAS, mm."""
    affine = np.eye(4)
    affine[:3, :3] = (np.array(grid.steps_mm)[::-1] * LPS_OF_RAS).T
    affine[:3, 3] = np.array(grid.origin_mm) * LPS_OF_RAS
    return affine


def _place(header: Any, grid: Grid, codes: tuple[int, int]) -> None:
    affine = affine_of(grid)
    sform_code, qform_code = codes
    header.set_qform(affine, qform_code, strip_shears=True)  # also sets pixdim
    header.set_sform(affine, sform_code)
    if not (sform_code or qform_code) and not _holds(header.get_base_affine(), grid):
        header["sform_code"] = header["qform_code"] = ALIGNED  # sizes alone would move it
    if not _holds(header.get_qform(), grid):
        header["qform_code"] = 0


def _holds(affine: Affine, grid: Grid) -> bool:
    held, _ = _from_affine(affine, grid.shape)
    return grid.apart(replace(grid, origin_mm=held.origin_mm, steps_mm=held.steps_mm)) <= APART


def _is_packed(path: Path) -> bool:
    """Whether it is a gzip file, whatever its name."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _unpacked(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if _is_packed(path) else path.open("rb")


def _header(file: IO[bytes], path: Path) -> tuple[Any, tuple[str, ...]]:
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    head = file.read(544)
    if not is_nifti(head):
        raise UnreadableFile(
            f"'{path.name}' does not begin as a NIfTI file does. "
            "Give a scan in a format that is read here, or convert it."
        )
    kind: Any = Nifti2Header if _is_second(head) else Nifti1Header
    size = 540 if _is_second(head) else 348
    if len(head) < size:
        raise EOFError
    order = "<" if int.from_bytes(head[:4], "little") == size else ">"
    header = kind(head[:size], order, check=False)
    notes: tuple[str, ...] = ()
    if head[size : size + 1] not in {b"", b"\0"}:
        file.seek(size + 4)
        notes = _notes(file, _offset(header, path) - size - 4, order)
    return header, notes


def _offset(header: Any, path: Path) -> int:
    """The byte at which the samples begin. Raises UnreadableFile for what is no number."""
    told = float(header["vox_offset"])
    if not abs(told) < FARTHEST:  # nor is NaN
        raise UnreadableFile(
            f"'{path.name}' says that its samples begin at byte {told}. Export the file again."
        )
    return int(told)


def _notes(file: IO[bytes], room: int, order: str) -> tuple[str, ...]:
    """Texts of extensions. Damaged ones are other programs' business and end the list."""
    found = []
    while room >= 16:
        head = file.read(8)
        if len(head) < 8:  # cut short: whoever reads the samples says so
            break
        size, code = np.frombuffer(head, f"{order}i4").tolist()
        if not 16 <= size <= room:
            break
        content = file.read(size - 8)
        if code in TEXTS:
            found.append(content.rstrip(b"\0").decode("utf-8", errors="replace"))
        room -= size
    return tuple(found)


def _grid(header: Any, path: Path) -> tuple[Grid, tuple[str, ...]]:
    dims = [int(n) for n in header["dim"]]
    if not 1 <= dims[0] <= 7 or min(dims[1 : dims[0] + 1]) < 1:
        raise UnreadableFile(
            f"'{path.name}' says that its dimensions are {dims}. "
            "Each axis needs a voxel; export the file again."
        )
    columns, rows, slices = ([*dims[1 : dims[0] + 1], 1, 1])[:3]
    sizes = header["pixdim"][1:4].astype(float)
    coded = header["sform_code"] > 0, header["qform_code"] > 0
    if not coded[0] and (sizes[: min(dims[0], 3)] <= 0).any():
        raise UnreadableFile(
            f"'{path.name}' gives voxels of {' x '.join(f'{n:g}' for n in sizes)} mm. "
            "A spacing must be above zero; repair the header first."
        )
    problems = []
    if coded[0]:
        affine = header.get_sform()
    elif coded[1]:
        affine = header.get_qform()
    else:
        affine = header.get_base_affine()
        problems.append(
            "The file has no position in the patient (sform_code and qform_code are 0): "
            "sizes are right, the orientation is unknown."
        )
    unit = int(header["xyzt_units"]) & 7
    if unit not in MM:
        problems.append(f"The unit of length has the unknown code {unit}; mm are assumed.")
    elif unit in {1, 3}:
        problems.append(f"Lengths are in {('metres', '', 'microns')[unit - 1]}; turned into mm.")
    affine[:3] *= MM.get(unit, 1.0)
    grid, said = _from_affine(affine, (slices, rows, columns))
    problems += said
    if all(coded):
        problems += _disagreement(header, grid, MM.get(unit, 1.0))
    return replace(grid, placed=any(coded)), tuple(problems)


def _from_affine(affine: Affine, shape: tuple[int, int, int]) -> tuple[Grid, list[str]]:
    """The grid of a RAS affine. A single slice may lack the step across it."""
    steps = affine[:3, :3].T[::-1] * LPS_OF_RAS
    said = []
    if shape[0] == 1 and not steps[0].any():
        across = np.cross(steps[1], steps[2])
        length = np.linalg.norm(across)
        steps[0] = across / length if length > 0 else across
        said.append("The file gives its one slice no thickness; 1 mm is assumed.")
    first, second, third = (vector(step) for step in steps)
    return Grid(shape, vector(affine[:3, 3] * LPS_OF_RAS), (first, second, third)), said


def _disagreement(header: Any, grid: Grid, scale: float) -> list[str]:
    """A sentence where the qform places the voxels elsewhere than the sform, which is used."""
    from nibabel.spatialimages import HeaderDataError

    try:
        other = header.get_qform()
        other[:3] *= scale
        twin, _ = _from_affine(other, grid.shape)
    except (HeaderDataError, ValueError):  # ours, BadValue, is a ValueError too
        return ["The qform cannot be followed; the sform is used."]
    apart = grid.apart(twin)
    if apart <= 0.1:  # below a tenth of a voxel nobody would see it
        return []
    return [f"The qform lies up to {apart:.2g} voxels from the sform; the sform is used."]


def _times(header: Any, count: int) -> tuple[float, ...]:
    second = SECONDS.get(int(header["xyzt_units"]) & 56)
    step = float(header["pixdim"][4])
    if count == 1 or second is None or not step > 0:
        return ()
    start = float(header["toffset"])
    return tuple((start + frame * step) * second for frame in range(count))


def _fields(header: Any) -> tuple[tuple[str, str], ...]:
    def text(name: str) -> str:
        return bytes(header[name]).rstrip(b"\0").decode("latin-1").strip()

    told = {
        "nifti_version": "2" if int(header["sizeof_hdr"]) == 540 else "1",
        "sform_code": str(int(header["sform_code"])),
        "qform_code": str(int(header["qform_code"])),
        "xyzt_units": str(int(header["xyzt_units"])),
        "descrip": text("descrip"),
        "intent_name": text("intent_name"),
    }
    return tuple(told.items())


def _stored(path: Path, header: Any, kind: np.dtype[Any]) -> NDArray[Any]:
    """The samples in the file's own axes, last one first, still as they are stored."""
    dims = [int(n) for n in header["dim"]]
    shape = tuple(reversed(dims[1 : dims[0] + 1]))
    pair = bytes(header["magic"])[:3] in {b"ni1", b"ni2"}
    held = _partner(path) if pair else path
    offset = _offset(header, path)
    smallest = 0 if pair else int(header.single_vox_offset)
    if offset < smallest:
        raise UnreadableFile(
            f"'{path.name}' says that its samples begin at byte {offset}, inside its header. "
            "Export the file again."
        )
    size = int(np.prod(shape, dtype=object)) * kind.itemsize
    if _is_packed(held):
        return _inflated(held, offset=offset, size=size).view(kind).reshape(shape)
    there = held.stat().st_size - offset
    if there < size:
        raise UnreadableFile(
            f"'{held.name}' is cut short: its header promises {size} bytes of samples, "
            f"but {max(there, 0)} are there. Copy or export it again."
        )
    return np.memmap(held, kind, "r", offset, shape)


def _inflated(path: Path, *, offset: int, size: int) -> NDArray[np.uint8]:
    """Unpack all samples once. A header that asks for the impossible is refused before."""
    if size > min(PACKED_LIMIT, path.stat().st_size * DEFLATED):
        raise UnreadableFile(
            f"The header of '{path.name}' promises {size / 2**30:.1f} GiB of samples, more than "
            f"{'its bytes can unpack to' if size <= PACKED_LIMIT else 'the limit of 8 GiB'}. "
            "If it is sound, unpack it with gunzip; an uncompressed file has no limit."
        )
    samples = np.empty(size, np.uint8)
    done, more = 0, 1
    try:
        with gzip.open(path) as file:
            file.seek(offset)
            while done < size and more:
                more = file.readinto(samples[done : done + PIECE].data)
                done += more
            file.read(1)  # at the end, gzip compares the checksum
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(path, error) from error
    if done < size:
        raise _damaged(path, EOFError())
    return samples


def _check_kind(kind: np.dtype[Any], path: Path) -> None:
    """Refuse samples that are neither numbers nor colours."""
    if kind.names or kind.kind in "iu" or (kind.kind == "f" and kind.itemsize <= 8):
        return
    raise UnreadableFile(
        f"The samples of '{path.name}' are of type {kind}, which is no picture. "
        "Give whole numbers, 32- or 64-bit floats or colours; of complex data, the magnitude."
    )


def _axes(stored: NDArray[Any], kind: np.dtype[Any], path: Path) -> NDArray[Any]:
    """(times, slices, rows, columns, channels): a view, whatever axes the file has."""
    colours = bool(kind.names)
    if colours:  # three or four bytes a voxel
        stored = stored[..., None].view(np.uint8)[..., :3]
    lengths = stored.shape[:-1] if colours else stored.shape
    while len(lengths) > 3 and lengths[0] == 1:
        lengths = lengths[1:]
    if len(lengths) > (4 if colours else 5):
        raise UnreadableFile(
            f"'{path.name}' has {len(lengths)} axes: {tuple(reversed(lengths))}. "
            "Give three, or four with time, or five with channels."
        )
    lengths = (1,) * (3 - len(lengths)) + lengths
    if colours:
        return stored.reshape((1,) * (4 - len(lengths)) + lengths + (3,))
    full = stored.reshape((1,) * (5 - len(lengths)) + lengths)
    return np.moveaxis(full, 0, -1)


def _partner(path: Path) -> Path:
    """The .img of a .hdr. Raises UnreadableFile when it is not beside it."""
    stem = path.name.removesuffix(".gz").removesuffix(".hdr")
    for ending in (".img", ".img.gz"):
        beside = path.with_name(stem + ending)
        if beside.exists():
            return beside
    raise UnreadableFile(
        f"'{path.name}' is the header of a pair, but '{stem}.img' is not beside it. "
        "Put both files into one folder."
    )


def _damaged(path: Path, error: Exception) -> UnreadableFile:
    reason = "it ends too early" if isinstance(error, EOFError) else str(error)
    return UnreadableFile(f"'{path.name}' is damaged: {reason}. Copy or export it again.")
