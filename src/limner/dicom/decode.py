"""One frame as it was stored: read plain from the file, or by the decoder of its syntax.

JPEG 2000 and its high-throughput kind go to OpenJPEG, JPEG-LS to CharLS, 8-bit JPEG to
Pillow, run lengths to pydicom. GDCM has the kinds of JPEG that the others lack, and no more:
damaged samples can make it end the program.
"""

import struct
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from limner.dicom.coding import DEFLATED, Coding
from limner.dicom.frames import frame_count
from limner.dicom.headers import damage, quietly
from limner.errors import UnreadableFile

JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
PLUGINS = {
    "1.2.840.10008.1.2.5": "pydicom",
    "1.2.840.10008.1.2.4.50": "pillow",
    JPEG_EXTENDED: "pillow",
    "1.2.840.10008.1.2.4.57": "gdcm",
    "1.2.840.10008.1.2.4.70": "gdcm",
    "1.2.840.10008.1.2.4.80": "pyjpegls",
    "1.2.840.10008.1.2.4.81": "pyjpegls",
    "1.2.840.10008.1.2.4.90": "pylibjpeg",
    "1.2.840.10008.1.2.4.91": "pylibjpeg",
    "1.2.840.10008.1.2.4.201": "pylibjpeg",
    "1.2.840.10008.1.2.4.202": "pylibjpeg",
    "1.2.840.10008.1.2.4.203": "pylibjpeg",
}


def stored_frame(found: Coding, index: int) -> NDArray[Any]:
    """(rows, columns) or (rows, columns, 3) of one frame, counted from 0, as it was stored.

    Colour comes as red, green and blue, 8 or 16 bits. Raises UnreadableFile.
    """
    if found.lies_plain:
        samples = np.empty((found.rows, found.columns), found.stored)
        read_plain(found, index, samples)
        return samples
    try:
        with quietly():
            return _decoded(found, index)
    except damage() as error:
        if isinstance(error, UnreadableFile):
            raise
        name, kind = found.header.place.name, found.header.syntax_name
        told = str(error).strip().splitlines() or [type(error).__name__]
        raise UnreadableFile(
            f"Frame {index + 1} of '{name}' ({kind}) cannot be decoded: "
            f"{told[-1].strip().rstrip('.')}. Fetch or export it again."
        ) from error


def read_plain(found: Coding, index: int, samples: NDArray[Any]) -> None:
    """Read one frame that lies in the file as it is into an array of the stored type."""
    with found.header.place.open() as file:
        file.seek(found.header.pixels_at + index * found.frame_bytes)
        read = file.readinto(samples.reshape(-1).view(np.uint8).data)
    if read != found.frame_bytes:
        raise UnreadableFile(f"'{found.header.place.name}' was cut off while it was being read.")
    if found.order == ">":
        samples.byteswap(inplace=True)
    unused = found.bits - found.kept
    if unused:  # overlays or nothing may lie there; signed samples keep their sign
        np.left_shift(samples, unused, out=samples)
        np.right_shift(samples, unused, out=samples)


def _decoded(found: Coding, index: int) -> NDArray[Any]:
    import pydicom
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.pixels.processing import apply_color_lut
    from pydicom.pixels.utils import as_pixel_options

    header = found.header
    decoder = get_decoder(header.syntax)
    if header.syntax == JPEG_EXTENDED and found.bits == 16:
        samples = _twelve_bits(found, index)
    elif header.syntax == DEFLATED or header.pixels_at < 0:
        with header.place.open() as file:
            whole = pydicom.dcmread(cast("BinaryIO", file), force=True)
        samples = np.asarray(decoder.as_array(whole, index=index)[0])
    else:
        options = as_pixel_options(header.whole)
        options["pixel_keyword"] = "PixelData"  # the header was read without it
        options["decoding_plugin"] = PLUGINS.get(header.syntax, "")
        if options["decoding_plugin"] == "gdcm":
            _check_jpeg(found, index)
        with header.place.open() as file:
            if found.order == ">":  # bytes that were written as words lie in swapped pairs
                file.seek(header.pixels_at - 8)
                options["pixel_vr"] = file.read(2).decode()
            file.seek(header.pixels_at)
            decoded = decoder.as_array(cast("BinaryIO", file), index=index, **options)
        samples = np.asarray(decoded[0])
    if found.colour == "PALETTE COLOR":
        samples = apply_color_lut(samples, header.whole)
        if samples.dtype == np.uint16:
            samples = (samples >> 8).astype(np.uint8)
        samples = samples[..., :3]
    return samples


def _twelve_bits(found: Coding, index: int) -> NDArray[Any]:
    """JPEG with 12 bits: only GDCM's own reader decodes it, from a file and not from bytes."""
    import gdcm

    for each in range(index + 1):
        _check_jpeg(found, each)
    place = found.header.place
    with TemporaryDirectory() as folder:
        path = place.path
        if place.archive is not None:
            path = Path(folder) / "frame.dcm"
            path.write_bytes(place.start(place.size))
        reader = gdcm.ImageReader()
        reader.SetFileName(str(path))
        if not reader.Read():
            raise ValueError("GDCM cannot read it")
        raw = reader.GetImage().GetBuffer().encode("utf-8", "surrogateescape")
    frames = np.frombuffer(raw, found.stored).reshape(-1, found.rows, found.columns)
    return np.asarray(frames[index])


def _check_jpeg(found: Coding, index: int) -> None:
    """Compare the JPEG's own size with that of the header, which GDCM trusts and dies of."""
    from pydicom.encaps import get_frame

    header = found.header
    with header.place.open() as file:
        file.seek(header.pixels_at)
        count = frame_count(header)
        packed = get_frame(cast("BinaryIO", file), index, number_of_frames=count)
    at = 2
    while at + 10 <= len(packed) and packed[at] == 0xFF:
        marker = packed[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:  # start of frame
            precision, rows, columns, parts = struct.unpack_from(">BHHB", packed, at + 4)
            told = (rows, columns, parts)
            if told == (found.rows, found.columns, found.per_pixel) and precision <= found.bits:
                return
            raise ValueError(
                f"the JPEG has {rows} x {columns} pixels of {parts} samples of {precision} bits, "
                f"the header says {found.rows} x {found.columns}, {found.per_pixel}, {found.bits}"
            )
        at += 2 + int(struct.unpack_from(">H", packed, at + 2)[0])
    raise ValueError("the JPEG has no start of frame")


def measured(found: Coding) -> Coding:
    """The same, with the span of the samples that are there instead of all that could be.

    Scanners that write HU as 16 stored bits and an intercept seem to need 17; what they
    hold fits 16, which halves the memory of a volume. Only for samples that lie plain.
    """
    samples = np.empty((found.rows, found.columns), found.stored)
    read_plain(found, 0, samples)
    return replace(found, seen=(int(samples.min()), int(samples.max())))
