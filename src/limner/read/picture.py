"""PNG, JPEG, TIFF, BMP and WebP, 8 to 32 bits, grey or colour.

size       none: dots per inch are for printers and are not believed. An OME-TIFF says
           how large its pixels are, and its scale is "ruler"
channels   1 or 3. A palette becomes its colours; transparency is left out
upright    the EXIF orientation is applied
pages      of a TIFF become slices, of an OME-TIFF slices, frames and channels as it says;
           of anything else that moves, the first is taken
limit      512 million pixels in all, judged by the header before anything is unpacked
"""

import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import UnreadableFile
from limner.grid import Grid
from limner.image import ArrayPixels, Image, Source
from limner.read._files import ends_in, file_source, kind_of, picture_kind

ENDINGS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp",),
    "WEBP": (".webp",),
}
EVERY = tuple(ending for endings in ENDINGS.values() for ending in endings)
PIXELS = 512 << 20
MICRONS = {"m": 1e6, "cm": 1e4, "mm": 1e3, "µm": 1.0, "um": 1.0, "nm": 1e-3}
ORIENTATION = 0x0112  # EXIF
ALPHA = "The transparency of the picture is left out."
DEEP = {"RGB;16B", "RGBA;16B", "LA;16B"}  # Pillow's names for colours of 16 bits in a PNG
OME = "ome"
GREY = {"1", "L", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"}


@dataclass
class Found:
    """What was decoded, (pages, rows, columns, channels), and what is to be said of it."""

    samples: NDArray[Any] = field(default_factory=lambda: np.zeros((0, 0, 0, 0), np.uint8))
    attributes: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


# Decoders meet damaged tags and offsets with whatever their own arithmetic raises.
DAMAGED = (
    *(OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error),
    *(LookupError, TypeError, ArithmeticError, AttributeError, RuntimeError, MemoryError),
)


def claims(path: Path) -> bool:
    """By content; by its ending where the content is of no kind that is known."""
    kind = kind_of(path)
    return kind == "picture" or (kind == "" and ends_in(path, *EVERY))


def read(path: Path) -> Image:
    """The picture. Raises UnreadableFile for a file that is damaged, cut short or too large."""
    with path.open("rb") as file:
        kind = picture_kind(file.read(16))
    if not kind:
        raise UnreadableFile(
            f"'{path.name}' is no picture, whatever its name says. "
            "Give a PNG, JPEG, TIFF, BMP or WebP, or the scan itself."
        )
    with _explained(path):
        found = _tiff(path) if kind == "TIFF" else _single(path, kind)
    if not ends_in(path, *ENDINGS[kind]):
        found.said.append(f"The file is called '{path.name}' but is {kind}, and is read as such.")
    strange = (
        np.count_nonzero(~np.isfinite(found.samples)) if found.samples.dtype.kind == "f" else 0
    )
    if strange:
        found.said.append(
            f"{strange} of {found.samples.size} samples are not finite; "
            "they stay, and the window leaves them out."
        )
    pixels, grid = _placed(found)
    source = Source(
        format=kind.lower(),
        folder=str(path.parent),
        files=(file_source(path),),
        attributes=tuple((key, value) for key, value in found.attributes.items() if key != OME),
        problems=tuple(found.said),
    )
    return Image(ArrayPixels(pixels), grid, source=source)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Whatever the decoders raise for a damaged file, as one sentence."""
    try:
        yield
    except UnreadableFile:
        raise
    except FileNotFoundError:
        raise
    except _bomb() as error:
        raise UnreadableFile(
            f"'{path.name}' claims more pixels than are opened at once. {error}. Cut out the part "
            "that matters, or export it again if it is smaller."
        ) from error
    except DAMAGED as error:
        raise UnreadableFile(
            f"'{path.name}' is damaged or cut short: {str(error).rstrip('.')}. "
            "Copy or export it again."
        ) from error


def _bomb() -> type[Exception]:
    """What Pillow raises for a size that would fill the memory."""
    from PIL.Image import DecompressionBombError

    return DecompressionBombError


def _single(path: Path, kind: str) -> Found:
    """A picture of one page."""
    with path.open("rb") as file, _plugin(kind)(file) as picture:
        _small_enough(path, picture.size, 1)
        found = Found()
        pages = int(getattr(picture, "n_frames", 1))
        if pages > 1:
            found.said.append(f"The file holds {pages} pictures; the first is read.")
        _say_density(picture, found)
        mode = _rawmode(picture)
        if kind != "PNG" or mode not in DEEP:
            found.samples = _decoded(picture, found)[None]
            return found
        turned = _turn(picture, found)
    found.samples = _upright(_deep_png(path, mode, found), turned)[None]
    return found


def _tiff(path: Path) -> Found:
    """A TIFF, by Pillow where it keeps every bit, else by tifffile."""
    try:
        found = _plain_tiff(path)
    except SyntaxError:  # Pillow's word for pixels that it does not know
        found = None
    return found or _deep_tiff(path)


def _plain_tiff(path: Path) -> Found | None:
    """The pages as Pillow decodes them; None for colours of more than 8 bits."""
    with path.open("rb") as file, _plugin("TIFF")(file) as picture:
        bits = picture.tag_v2.get(258, (1,))
        if len(bits) > 1 and max(bits) > 8:
            return None
        pages = int(picture.n_frames)
        _small_enough(path, picture.size, pages)
        found = Found()
        _say_density(picture, found)
        described = str(picture.tag_v2.get(270, ""))
        if "<OME" in described:
            found.attributes[OME] = described
        layers = [_decoded(picture, found)]
        for page in range(1, pages):
            picture.seek(page)
            _small_enough(path, picture.size, pages)
            layer = _decoded(picture, Found())
            if (layer.shape, layer.dtype) != (layers[0].shape, layers[0].dtype):
                found.said.append(
                    f"The file holds {pages} pictures of different size or kind; the first is read."
                )
                del layers[1:]
                break
            layers.append(layer)
    found.samples = np.stack(layers)
    return found


def _deep_tiff(path: Path) -> Found:
    """A TIFF whose colours have more than 8 bits: (pages, rows, columns, channels)."""
    import tifffile

    found = Found()
    with tifffile.TiffFile(path) as file:
        if not file.series:
            raise UnreadableFile(f"'{path.name}' is a TIFF without a picture. Export it again.")
        series = file.series[0]
        rows, columns = series.keyframe.shape[:2]
        _small_enough(path, (columns, rows), max(1, series.size // max(1, rows * columns) // 3))
        turned = series.keyframe.tags.valueof(274, default=1)
        if file.is_ome:
            found.attributes[OME] = str(file.ome_metadata)
        try:
            samples = series.asarray()
        except ValueError as error:
            if "imagecodecs" not in str(error):
                raise
            raise UnreadableFile(
                f"'{path.name}' is a TIFF of deep colours in a compression that is not read. "
                "Save it without compression or with deflate."
            ) from error
        axes = series.axes
    if "S" not in axes:
        samples, axes = samples[..., None], axes + "S"
    last = np.moveaxis(samples, axes.index("S"), -1)
    pages = last.reshape(-1, *last.shape[-3:])[..., : 3 if last.shape[-1] >= 3 else 1]
    if last.shape[-1] in {2, 4}:
        found.said.append(ALPHA)
    if 2 <= turned <= 8:
        found.said.append(f"The picture was turned upright (EXIF orientation {turned}).")
    found.samples = np.stack([_upright(page, turned) for page in pages])
    return found


def _plugin(kind: str) -> Any:
    """Pillow's class for one format. `PIL.Image.open` would try them all, and warn of size."""
    from PIL import BmpImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

    if kind == "WEBP":
        from PIL import WebPImagePlugin

        return WebPImagePlugin.WebPImageFile
    return {
        "PNG": PngImagePlugin.PngImageFile,
        "JPEG": JpegImagePlugin.JpegImageFile,
        "TIFF": TiffImagePlugin.TiffImageFile,
        "BMP": BmpImagePlugin.BmpImageFile,
    }[kind]


def _small_enough(path: Path, size: tuple[int, int], pages: int) -> None:
    columns, rows = size
    if columns * rows * pages > PIXELS:
        raise UnreadableFile(
            f"'{path.name}' says that it holds {pages} x {rows} x {columns} pixels, more than "
            f"{PIXELS >> 20} million. Cut out the part that matters, or shrink it."
        )


def _decoded(picture: Any, found: Found) -> NDArray[Any]:
    """(rows, columns, channels), upright, 1 or 3 channels; what was changed is said."""
    from PIL import ImageOps

    _turn(picture, found)
    picture.load()
    plain = ImageOps.exif_transpose(picture)
    if plain.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in plain.info:
        found.said.append(ALPHA)
    if plain.mode in {"LA", "La", "1"}:
        plain = plain.convert("L")
    elif plain.mode not in GREY | {"RGB"}:
        if plain.mode not in {"P", "PA", "RGBA", "RGBa", "RGBX"}:
            found.said.append(f"The colours are {plain.mode}; they were turned into RGB.")
        plain = plain.convert("RGB")
    samples = np.array(plain)
    samples = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    return samples[..., None] if samples.ndim == 2 else samples


def _rawmode(picture: Any) -> str:
    """How Pillow would unpack the first tile; "" where it does not say."""
    told = picture.tile[0].args if picture.tile else ""
    return told if isinstance(told, str) else ""


def _turn(picture: Any, found: Found) -> int:
    """The EXIF orientation, 1 for upright; said where it is another."""
    turned = int(picture.getexif().get(ORIENTATION, 1))
    if 2 <= turned <= 8:
        found.said.append(f"The picture was turned upright (EXIF orientation {turned}).")
        return turned
    return 1


def _upright(samples: NDArray[Any], turned: int) -> NDArray[Any]:
    """(rows, columns, channels) as EXIF 2.3 section 4.6.4 says a viewer should show it."""
    if turned >= 5:  # rows and columns are exchanged
        samples = samples.swapaxes(0, 1)
    if turned in {3, 4, 7, 8}:
        samples = samples[::-1]
    if turned in {2, 3, 6, 7}:
        samples = samples[:, ::-1]
    return np.ascontiguousarray(samples)


def _deep_png(path: Path, mode: str, found: Found) -> NDArray[Any]:
    """(rows, columns, 1 or 3) of 16 bits, which Pillow gives only in two halves.

    Its RGB has 8 bits. Unpacked as big-endian it keeps the upper byte of each sample, as
    little-endian the lower one. Grey with transparency has four bytes a pixel, as RGBA has.
    """
    if mode != "RGB;16B":
        found.said.append(ALPHA)
    if mode == "LA;16B":
        four = _as(path, "RGBA").astype(np.uint16)
        return np.asarray(four[..., :1] << 8 | four[..., 1:2])
    upper = _as(path, mode)[..., :3].astype(np.uint16)
    return np.asarray(upper << 8 | _as(path, mode.replace("16B", "16L"))[..., :3])


def _as(path: Path, mode: str) -> NDArray[Any]:
    """A PNG whose bytes are unpacked in the order that is told, not the one it names."""
    with path.open("rb") as file, _plugin("PNG")(file) as picture:
        picture.tile = [picture.tile[0]._replace(args=mode)]
        picture.load()
        return np.array(picture)


def _say_density(picture: Any, found: Found) -> None:
    dots = picture.info.get("dpi")
    if dots and float(dots[0]) > 1:
        found.said.append(
            f"The file names {float(dots[0]):.4g} dots per inch, a size for printing; "
            "it is not taken for the size of a pixel."
        )


def _placed(found: Found) -> tuple[NDArray[Any], Grid]:
    """Pages as slices, or as an OME-TIFF orders them, and the grid."""
    pages, rows, columns, channels = found.samples.shape
    told = found.attributes.get(OME, "")
    if not told:
        return found.samples[None], Grid.picture(rows, columns, slices=pages)
    planes = _ome_planes(told, found)
    slices = planes.shape[1]
    if channels > 1:
        planes = planes.reshape(*planes.shape[:4], -1)
    return planes, _ome_grid(told, (slices, rows, columns))


def _ome_planes(told: str, found: Found) -> NDArray[Any]:
    """(times, slices, rows, columns, channels) of an OME-TIFF's pages.

    `DimensionOrder` names the axes, the one that changes from page to page first after XY.
    """
    pages, *_, channels = found.samples.shape
    order = _ome(told, "DimensionOrder")[2:] or "CZT"
    counts = {axis: int(_ome(told, f"Size{axis}") or 1) for axis in "CZT"}
    counts["C"] = max(1, counts["C"] // channels)  # colours inside a page are counted too
    if counts["C"] * counts["Z"] * counts["T"] != pages or sorted(order) != ["C", "T", "Z"]:
        return found.samples[None]
    split = found.samples.reshape(
        *(counts[axis] for axis in reversed(order)), *found.samples.shape[1:]
    )
    where = [order[::-1].index(axis) for axis in "TZC"]
    ordered = split.transpose(where[0], where[1], 3, 4, where[2], 5)
    return ordered.reshape(*ordered.shape[:4], -1)


def _ome_grid(told: str, shape: tuple[int, int, int]) -> Grid:
    """A grid with the physical sizes, "ruler"; one without a size where they are not told."""
    grid = Grid.picture(shape[1], shape[2], slices=shape[0])
    sizes = [_ome_mm(told, axis) for axis in "ZYX"]
    if not (sizes[1] > 0 and sizes[2] > 0):
        return grid
    across = sizes[0] if sizes[0] > 0 else (sizes[1] + sizes[2]) / 2
    steps = (0.0, 0.0, across), (0.0, sizes[1], 0.0), (sizes[2], 0.0, 0.0)
    return replace(grid, steps_mm=steps, scale="ruler")


def _ome_mm(told: str, axis: str) -> float:
    """The size of a pixel along X, Y or Z, mm; 0 where it is not told."""
    unit = _ome(told, f"PhysicalSize{axis}Unit") or "µm"
    unit = unit.replace("Â", "").replace("&#181;", "µ")  # UTF-8 taken for Latin-1, or escaped
    size = _ome(told, f"PhysicalSize{axis}")
    return float(size) * MICRONS.get(unit, 0.0) / 1000 if size else 0.0


def _ome(told: str, name: str) -> str:
    """One attribute of the first Pixels element, read without an XML parser: no bombs."""
    found = re.search(rf"<(?:\w+:)?Pixels\b[^>]*?\b{name}=\"([^\"]*)\"", told)
    return found.group(1) if found else ""
