"""Comments inside compressed samples: a JPEG may say whose it is beside the DICOM header.

Segments with free text or foreign data (comments, EXIF and the like) are cut out of the head of
each frame; not one sample changes, and the transfer syntax stays.

Source   ISO/IEC 10918-1 annex B (JPEG: COM, APPn), 14495-1 annex C (JPEG-LS has the same
         segments), 15444-1 annex A (JPEG 2000: COM in the main header).
"""

from typing import TYPE_CHECKING

from limner.dicom.headers import number, text

if TYPE_CHECKING:
    from pydicom import Dataset

FAMILY = "1.2.840.10008.1.2.4."  # JPEG in all its kinds, and video
SOI, SOS, SOC, SOT = 0xFFD8, 0xFFDA, 0xFF4F, 0xFF90
COMMENT, COMMENT_2000 = 0xFFFE, 0xFF64
APPLICATION = range(0xFFE0, 0xFFF0)
# Colours cannot be read without these: JFIF's density and Adobe's transform; SPIFF for JPEG-LS.
NEEDED = {0xFFE0: (b"JFIF\0",), 0xFFEE: (b"Adobe",), 0xFFE8: (b"SPIFF", b"mrfx")}


def drop_comments(dataset: "Dataset") -> int:
    """Cut them out of every frame, in place; how many there were."""
    from pydicom.encaps import encapsulate, generate_frames

    if not text(dataset.file_meta, "TransferSyntaxUID").startswith(FAMILY):
        return 0
    if "PixelData" not in dataset:
        return 0
    count = int(number(dataset, "NumberOfFrames") or 1)
    frames = list(generate_frames(dataset.PixelData, number_of_frames=count))
    cut = [without_comments(frame) for frame in frames]
    found = sum(each for _, each in cut)
    if found:
        dataset.PixelData = encapsulate([frame for frame, _ in cut], has_bot=count > 1)
        for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
            if keyword in dataset:
                delattr(dataset, keyword)
    return found


def without_comments(stream: bytes) -> tuple[bytes, int]:
    """A code stream without its comments, and how many there were; any other as it is.

    >>> without_comments(b"\\xff\\xd8\\xff\\xfe\\x00\\x05Doe\\xff\\xda...")
    (b'\\xff\\xd8\\xff\\xda...', 1)
    """
    start = int.from_bytes(stream[:2], "big")
    if start not in {SOI, SOC}:
        return stream, 0
    end = SOS if start == SOI else SOT
    kept, at, found = [stream[:2]], 2, 0
    while at + 4 <= len(stream):
        marker = int.from_bytes(stream[at : at + 2], "big")
        if marker == end:
            break
        if marker == 0xFFFF:  # fill bytes before a marker
            at += 1
            continue
        size = 2 + int.from_bytes(stream[at + 2 : at + 4], "big")
        if marker < 0xFF00 or at + size > len(stream):
            return stream, 0
        if _is_comment(marker, stream[at + 4 : at + size], start):
            found += 1
        else:
            kept.append(stream[at : at + size])
        at += size
    return b"".join([*kept, stream[at:]]), found


def _is_comment(marker: int, held: bytes, start: int) -> bool:
    if start == SOC:
        return marker == COMMENT_2000
    return marker == COMMENT or (
        marker in APPLICATION and not held.startswith(NEEDED.get(marker, (b"\0none",)))
    )
