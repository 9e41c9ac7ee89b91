"""An archive that can be asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from limner.archive.address import Address
from limner.archive.way import Way
from limner.archive.ways import WAYS


@contextmanager
def open_archive(address: Address) -> Iterator[Way]:
    """The way that fits the address, let go of at the end; nothing is said to it yet."""
    way = WAYS.get(address.way)(address)
    try:
        yield way
    finally:
        way.close()
