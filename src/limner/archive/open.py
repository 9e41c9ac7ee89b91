"""An archive that can be asked."""

from limner.archive.address import Address
from limner.archive.way import Way
from limner.archive.ways import WAYS


def open_archive(address: Address) -> Way:
    """The way that fits the address. Nothing is said to the archive yet."""
    return WAYS.get(address.way)(address)
