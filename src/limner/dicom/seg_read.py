"""A DICOM SEG of any program becomes layers of segment numbers on a grid.

Frames may come in any order, be left out where empty, overlap, and be stored as bits, bytes or
label maps, compressed or not. What they say is compared with what is there before anything is
allocated.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from limner.dicom.coding import DEFLATED, Coding, coding
from limner.dicom.decode import stored_frame
from limner.dicom.frames import frame_count
from limner.dicom.headers import Header, damage, header, number, quietly, text
from limner.dicom.places import Place
from limner.dicom.seg_groups import Groups, groups
from limner.dicom.seg_lattice import Lattice, Placed, on_told, own
from limner.dicom.seg_segments import Segment, segments
from limner.dicom.seg_stack import Stack
from limner.dicom.seg_write import CREATOR, PRIVATE, SOP_CLASSES
from limner.errors import LimnerError, UnreadableFile
from limner.grid import Grid
from limner.mask import Soft

if TYPE_CHECKING:
    from pydicom import Dataset

VOXELS_MOST = 1 << 33  # of one mask in memory
LABELMAP = SOP_CLASSES["LABELMAP"]
# Its own class, by (0002,0002) or (0008,0016): a report that refers to a SEG is none.
KINDS = re.compile(
    rb"(?:\x02\x00\x02\x00|\x08\x00\x16\x00)(?:UI..|....)"
    rb"1\.2\.840\.10008\.5\.1\.4\.1\.1\.66\.[47](?![0-9.])",
    re.DOTALL,
)


@dataclass(frozen=True, eq=False)
class Read:
    """What a SEG holds.

    layers     (times, slices, rows, columns) of segment numbers; few, as overlaps allow
    soft       of FRACTIONAL ones; `object` is the segment number
    segments   those that are described, and a bare one for each number that is not
    record     what our own writer kept beside it; "" for other programs
    """

    kind: str
    grid: Grid
    layers: tuple[NDArray[Any], ...]
    soft: tuple[Soft, ...]
    segments: tuple[Segment, ...]
    record: str = ""


def is_seg(path: Path) -> bool:
    """Whether a file is a DICOM SEG, by its head; False for what cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    return KINDS.search(head) is not None


def read_seg(path: Path, *, grids: Callable[[str], tuple[Grid, ...]]) -> Read:
    """The segments of a file, on the first of some grids with which they coincide.

    grids   what to try, from the record that our own writer kept in the file ("" for others)

    Raises UnreadableFile for what is damaged or no SEG, GeometryMismatch for a SEG in another
    frame of reference than the grid.
    """
    name = path.name
    try:
        told = header(Place(path))
        with quietly():
            return _read(told, name, grids)
    except LimnerError:
        raise
    except damage() as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise UnreadableFile(
            f"The SEG '{name}' is damaged: {said[-1].strip().rstrip('.')}. Fetch or export it "
            "again."
        ) from error


def _read(told: Header, name: str, grids: Callable[[str], tuple[Grid, ...]]) -> Read:
    dataset = told.whole
    kind = _kind(dataset, name)
    known = segments(dataset)
    if not known:
        raise UnreadableFile(
            f"'{name}' describes no segment, so it holds no object. Export it again with one."
        )
    count = frame_count(told)
    said = groups(dataset, count, name)
    found = coding(told, count)
    record = _record(dataset)
    lattice = _lattice(dataset, said, name=name, grids=grids(record))
    if np.prod([float(n) for n in lattice.grid.shape]) > VOXELS_MOST:
        raise UnreadableFile(
            f"'{name}' needs a grid of {' x '.join(map(str, lattice.grid.shape))} voxels, more "
            "than memory holds. Give it together with the scan that it was made on."
        )
    stack = Stack.of(lattice.grid.shape, max(each.number for each in known))
    shown = [0] * count if kind == "LABELMAP" else _segment_numbers(said, known, name)
    full = int(number(dataset, "MaximumFractionalValue", 255) or 255)
    with _samples(told, found) as samples:
        for k, slices in enumerate(lattice.slices):
            if kind == "LABELMAP":
                stack.put_labels(samples(k), slices)
            elif kind == "FRACTIONAL":
                stack.put_levels(samples(k), slices, segment=shown[k], full=full)
            else:
                stack.put_flags(samples(k).astype(bool, copy=False), slices, segment=shown[k])
    layers = stack.layers()
    extra = sorted(stack.seen - {each.number for each in known})
    return Read(
        kind=kind,
        grid=lattice.grid,
        layers=layers,
        soft=stack.soft(),
        segments=(*known, *(Segment(each, f"segment {each}") for each in extra)),
        record=record,
    )


def _kind(dataset: "Dataset", name: str) -> str:
    from pydicom.uid import UID

    sop = text(dataset, "SOPClassUID")
    if sop not in SOP_CLASSES.values():
        what = UID(sop).name if sop else "a DICOM file without a SOP class"
        raise UnreadableFile(f"'{name}' is no DICOM SEG but: {what}. Give a segmentation.")
    kind = "LABELMAP" if sop == LABELMAP else text(dataset, "SegmentationType")
    if kind not in SOP_CLASSES:
        raise UnreadableFile(
            f"'{name}' is a SEG of the type '{kind}'. BINARY, FRACTIONAL and LABELMAP are read."
        )
    if "TotalPixelMatrixColumns" in dataset:
        raise UnreadableFile(
            f"'{name}' is the segmentation of a whole-slide image, in tiles, which is not read "
            "here. Export it as GeoJSON."
        )
    return kind


def _segment_numbers(said: Groups, known: list[Segment], name: str) -> list[int]:
    """Of each frame. Raises UnreadableFile where it is missing or nobody describes it."""
    listed = {each.number for each in known}
    found = []
    for k, told in enumerate(said.numbers("ReferencedSegmentNumber"), start=1):
        if not told:
            raise UnreadableFile(
                f"Frame {k} of '{name}' does not say which segment it shows. Export it again."
            )
        if told[0] not in listed:
            raise UnreadableFile(
                f"Frame {k} of '{name}' shows segment {told[0]:g}, which is not among its "
                f"{len(listed)} segments. Export it again."
            )
        found.append(int(told[0]))
    return found


def _lattice(dataset: "Dataset", said: Groups, *, name: str, grids: tuple[Grid, ...]) -> Lattice:
    placed = _placed(dataset, said, name)
    if placed is None:
        return _flat(dataset, said, grids)
    for grid in grids:
        found = on_told(placed, grid, name)
        if found is not None:
            return found
    return own(placed, name)


def _placed(dataset: "Dataset", said: Groups, name: str) -> Placed | None:
    """Where the frames lie; None where none says so. Raises UnreadableFile where some do not."""
    found = said.numbers("ImagePositionPatient")
    if not any(found):
        return None
    ways = set(said.numbers("ImageOrientationPatient"))
    measures = set(said.numbers("PixelSpacing"))
    good = all(len(p) == 3 and np.isfinite(p).all() for p in found)
    ways_good = all(len(way) == 6 and np.isfinite(way).all() for way in ways)
    sizes_good = all(len(size) == 2 and min(size) > 0 for size in measures)
    if not (good and ways_good and sizes_good):
        raise UnreadableFile(
            f"Frames of '{name}' lack a position, an orientation or a pixel spacing, or give no "
            "numbers for them. Export it again."
        )
    way = np.array(min(ways))
    spread = np.abs(np.array(sorted(ways)) - way).max()
    along, down = way[:3], way[3:]
    square = abs(np.linalg.norm(along) - 1) < 0.01 and abs(np.linalg.norm(down) - 1) < 0.01
    if spread > 1e-3 or not square or abs(along @ down) > 0.01:
        raise UnreadableFile(
            f"The frames of '{name}' are turned in several directions, or in none, so they form "
            "no stack. Export one file for each."
        )
    spacing = min(measures)
    if np.ptp(np.array(sorted(measures)), axis=0).max() > 1e-3 * min(spacing):
        raise UnreadableFile(f"The frames of '{name}' have pixels of several sizes.")
    between = said.numbers("SpacingBetweenSlices")[0]
    thick = said.numbers("SliceThickness")[0]
    depth = (*between[:1], *thick[:1], 0.0)[0]
    return Placed(
        positions=np.array(found),
        along=along / np.linalg.norm(along),
        down=down / np.linalg.norm(down),
        spacing=(spacing[0], spacing[1]),
        size=_size(dataset),
        depth=abs(depth) if np.isfinite(depth) else 0.0,
        frame=text(dataset, "FrameOfReferenceUID"),
    )


def _flat(dataset: "Dataset", said: Groups, grids: tuple[Grid, ...]) -> Lattice:
    """Frames that lie in no patient: in the order of their stack, on pixels without a size."""
    told = said.numbers("InStackPositionNumber")
    places = [max(0, int(each[0]) - 1) if each else 0 for each in told]
    rows, columns = _size(dataset)
    count = max(places) + 1 if max(places) < len(places) else 1
    fitting = (g for g in grids if g.shape[1:] == (rows, columns) and g.shape[0] >= count)
    where = next(fitting, Grid.picture(rows, columns, slices=count))
    return Lattice(where, tuple((min(place, where.shape[0] - 1),) for place in places))


def _size(dataset: "Dataset") -> tuple[int, int]:
    return int(number(dataset, "Rows", 0) or 0), int(number(dataset, "Columns", 0) or 0)


def _record(dataset: "Dataset") -> str:
    try:
        found = dataset.private_block(PRIVATE, CREATOR)[1].value
    except damage():
        return ""
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)


@contextmanager
def _samples(told: Header, found: Coding) -> Iterator[Callable[[int], NDArray[Any]]]:
    """What gives the samples of a frame, counted from 0, flat: bools for bits."""
    size = found.rows * found.columns
    if told.syntax == DEFLATED:
        held = _inflated(told)
        if found.bits == 1:
            yield lambda k: _bits(held[k * size // 8 : ((k + 1) * size + 7) // 8], k * size, size)
        else:
            step = size * found.bits // 8
            yield lambda k: np.frombuffer(held, found.stored, size, k * step)
    elif found.bits == 1 and told.length >= 0:
        with told.place.open() as file:

            def frame(k: int) -> NDArray[np.bool_]:
                first, last = k * size // 8, ((k + 1) * size + 7) // 8
                file.seek(told.pixels_at + first)
                return _bits(file.read(last - first), k * size, size)

            yield frame
    else:
        plain = replace(found, colour="MONOCHROME2")  # numbers, whatever palette shows them
        yield lambda k: stored_frame(plain, k).reshape(-1)


def _inflated(told: Header) -> bytes:
    import pydicom

    with told.place.open() as file:
        return cast("bytes", pydicom.dcmread(cast("Any", file), force=True).PixelData)


def _bits(held: bytes, start: int, size: int) -> NDArray[np.bool_]:
    """The flags of a frame whose first bit is the one of that number in the whole."""
    packed, skipped = np.frombuffer(held, np.uint8), start % 8
    if len(packed) * 8 < skipped + size:
        raise UnreadableFile("The samples of the SEG end too early. Fetch or export it again.")
    return np.unpackbits(packed, bitorder="little", count=skipped + size)[skipped:].view(bool)
