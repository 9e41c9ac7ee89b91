"""NRRD (.nrrd, .nhdr) and MetaImage (.mha, .mhd), by SimpleITK: the extra `itk`.

ITK's places are LPS and its arrays are (slices, rows, columns), as ours; sheared axes come
through as they are. A fourth axis is read as frames in time. Samples keep their type.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, UnreadableFile, extra
from limner.grid import Grid, vector
from limner.image import ArrayPixels, FileSource, Image, Source
from limner.read._files import ends_in, file_source, kind_of

ENDINGS = (".nrrd", ".nhdr", ".mha", ".mhd")
LIMIT = 8 << 30  # bytes of samples; a header that asks for more is refused before unpacking
SIZED = (b"space directions:", b"spacings:", b"elementspacing", b"elementsize")
PLACED = (b"space origin:", b"offset", b"position", b"origin")
DETACHED = (b"elementdatafile", b"data file", b"datafile")


def claims(path: Path) -> bool:
    """By content; by its ending where the content is of no kind that is known."""
    kind = kind_of(path)
    return kind == "itk" or (kind == "" and ends_in(path, *ENDINGS))


def read(path: Path) -> Image:
    """The volume. Raises UnreadableFile, and MissingExtra without SimpleITK."""
    with extra("itk"):
        import SimpleITK
    itk: Any = SimpleITK  # it is typed in part only
    head = _head(path)
    nrrd = head.startswith(b"nrrd")
    if not nrrd and b"objecttype" not in head:
        raise UnreadableFile(
            f"'{path.name}' is neither NRRD nor MetaImage, whatever its name says. Export it again."
        )
    itk.ProcessObject.SetGlobalWarningDisplay(False)
    reader = itk.ImageFileReader()
    reader.SetImageIO("NrrdImageIO" if nrrd else "MetaImageIO")
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
        _check(reader, path)
        found = reader.Execute()
    except RuntimeError as error:
        raise UnreadableFile(
            f"'{path.name}' is damaged, cut short, or of a kind that ITK does not read. "
            "Copy or export it again."
        ) from error
    samples = _axes(np.asarray(itk.GetArrayFromImage(found)), found, path)
    problems = _problems(path, head)
    try:
        grid = _grid(found, (samples.shape[1], samples.shape[2], samples.shape[3]))
    except BadValue as error:
        raise UnreadableFile(f"'{path.name}' has no usable geometry. {error}") from error
    if not any(word in head for word in SIZED):
        grid = replace(grid, scale="none", placed=False)
        problems.append("The file gives its voxels no size.")
    elif not any(word in head for word in PLACED) or found.GetDimension() == 2:
        grid = replace(grid, placed=False)
    strange = np.count_nonzero(~np.isfinite(samples)) if samples.dtype.kind == "f" else 0
    if strange:
        problems.append(
            f"{strange} of {samples.size} samples are not finite; "
            "they stay, and the window leaves them out."
        )
    source = Source(
        format="nrrd" if nrrd else "metaimage",
        folder=str(path.parent),
        files=(file_source(path), *_detached(path, head)),
        problems=tuple(problems),
    )
    return Image(ArrayPixels(samples), grid, source=source)


def _head(path: Path) -> bytes:
    """The text before the samples, in small letters; at most 64 kB of it."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if head[:4] == b"NRRD":
        return head.partition(b"\n\n")[0].lower()
    before, key, rest = head.partition(b"ElementDataFile")
    return (before + key + rest.partition(b"\n")[0]).lower()


def _check(reader: Any, path: Path) -> None:
    """Raises UnreadableFile for what ITK would mend in silence, or could not hold."""
    spacing = reader.GetSpacing()
    if not (min(spacing) > 0 and np.isfinite(spacing).all()):
        raise UnreadableFile(
            f"'{path.name}' gives voxels of {' x '.join(f'{n:g}' for n in spacing)} mm. "
            "A spacing must be above zero; repair the header first."
        )
    voxels = int(np.prod(reader.GetSize(), dtype=object)) * reader.GetNumberOfComponents()
    if voxels > LIMIT:
        raise UnreadableFile(
            f"The header of '{path.name}' promises {voxels / 2**30:.1f} thousand million samples, "
            "more than are read. Cut out the part that matters."
        )


def _axes(samples: NDArray[Any], found: Any, path: Path) -> NDArray[Any]:
    """(times, slices, rows, columns, channels)."""
    if samples.dtype.kind not in "iuf":
        raise UnreadableFile(
            f"The samples of '{path.name}' are of type {samples.dtype}, which is no picture. "
            "Give whole numbers or floats; of complex data, the magnitude."
        )
    if found.GetNumberOfComponentsPerPixel() == 1:
        samples = samples[..., None]
    if not 3 <= samples.ndim <= 5:
        raise UnreadableFile(
            f"'{path.name}' has {found.GetDimension()} axes. Give two, three, or four with time."
        )
    return samples.reshape((1,) * (5 - samples.ndim) + samples.shape)


def _grid(found: Any, shape: tuple[int, int, int]) -> Grid:
    """The grid of an ITK image, whose steps are the columns of its direction matrix."""
    size = found.GetDimension()
    spacing = np.ones(3)
    spacing[: min(size, 3)] = found.GetSpacing()[:3]
    direction, origin = np.eye(3), np.zeros(3)
    used = min(size, 3)
    direction[:used, :used] = np.array(found.GetDirection()).reshape(size, size)[:used, :used]
    origin[:used] = found.GetOrigin()[:3]
    first, second, third = (vector(step) for step in (direction * spacing).T[::-1])
    return Grid(shape, vector(origin), (first, second, third))


def _problems(path: Path, head: bytes) -> list[str]:
    kind, endings = (
        ("NRRD", ENDINGS[:2]) if head.startswith(b"nrrd") else ("MetaImage", ENDINGS[2:])
    )
    if ends_in(path, *endings):
        return []
    return [f"The file is called '{path.name}' but is {kind}, and is read as such."]


def _detached(path: Path, head: bytes) -> tuple[FileSource, ...]:
    """The file that holds the samples of a header that stands alone."""
    with path.open("rb") as file:
        lines = file.read(len(head)).decode("utf-8", errors="replace").splitlines()
    for line in lines:
        key, _, value = line.replace("=", ":", 1).partition(":")
        beside = path.parent / value.strip()
        if key.strip().lower().encode() in DETACHED and value.strip() and beside.is_file():
            return (file_source(beside),)
    return ()
