"""Files over the DICOM network by C-STORE, byte for byte where the archive takes them so."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING

from limner.archive.address import Address
from limner.archive.way import Part, Stored
from limner.archive.ways._association import NotTaken, association, cut
from limner.archive.ways._classes import EXPLICIT, IMPLICIT, LABELMAP, name_of
from limner.archive.ways._status import TAKEN_WITH_REMARK, code_of, spoken
from limner.errors import extra

if TYPE_CHECKING:
    from pynetdicom.association import Association
    from pynetdicom.presentation import PresentationContext

CONVERTIBLE = (EXPLICIT, IMPLICIT)  # into one another, without touching a sample
CLASSES_AT_ONCE = 40  # of up to three contexts each, of which an association holds 128


def send(address: Address, parts: Sequence[Part]) -> Iterator[Stored]:
    """Each file's fate, as soon as the archive has answered. Raises NoService."""
    with extra("archive"):
        import pynetdicom  # noqa: F401

    classes = sorted({part.sop_class for part in parts})
    group_of = {each: number // CLASSES_AT_ONCE for number, each in enumerate(classes)}
    ordered = sorted(parts, key=lambda part: group_of[part.sop_class])
    for _, group in groupby(ordered, key=lambda part: group_of[part.sop_class]):
        together = list(group)
        try:
            with association(address, _contexts(together)) as met:
                for part in together:
                    yield _sent(address, met, part)
        except NotTaken:
            yield from (Stored(part, "refused", _not_taken(address, part)) for part in together)


def _contexts(parts: Sequence[Part]) -> "list[PresentationContext]":
    from pynetdicom import build_context

    wanted = dict.fromkeys((part.sop_class, part.syntax) for part in parts)
    others = ((sop, each) for sop, syntax in wanted for each in _instead(syntax))
    return [build_context(sop, syntax) for sop, syntax in dict.fromkeys((*wanted, *others))]


def _instead(syntax: str) -> tuple[str, ...]:
    return CONVERTIBLE if syntax in CONVERTIBLE else ()


def _sent(address: Address, met: "Association", part: Part) -> Stored:
    from pydicom import dcmread

    taken = {
        (str(each.abstract_syntax), str(each.transfer_syntax[0])) for each in met.accepted_contexts
    }
    if not met.is_established:
        raise cut(address)
    if (part.sop_class, part.syntax) in taken:
        with _as_it_is():
            status = met.send_c_store(part.path)
    elif any((part.sop_class, each) in taken for each in _instead(part.syntax)):
        status = met.send_c_store(dcmread(part.path))
    else:
        return Stored(part, "refused", _not_taken(address, part))
    code = code_of(address, status)
    if not code:
        return Stored(part, "stored")
    return Stored(part, "stored" if code in TAKEN_WITH_REMARK else "refused", spoken(status))


@contextmanager
def _as_it_is() -> Iterator[None]:
    """pynetdicom sends the bytes of a file, piece by piece, and does not write them anew."""
    from pynetdicom import _config

    before = _config.STORE_SEND_CHUNKED_DATASET
    _config.STORE_SEND_CHUNKED_DATASET = True
    try:
        yield
    finally:
        _config.STORE_SEND_CHUNKED_DATASET = before


def _not_taken(address: Address, part: Part) -> str:
    kind, syntax = name_of(part.sop_class), name_of(part.syntax)
    said = f"The archive {address} does not take {kind} ({part.sop_class}) as {syntax}."
    if part.sop_class == LABELMAP:
        return (
            f"{said} Store the mask as a BINARY SEG: limner convert {part.path.name} "
            "-o NAME.seg.dcm --image SCAN; or have the archive's administrator allow the class."
        )
    return f"{said} Have its administrator allow it."
