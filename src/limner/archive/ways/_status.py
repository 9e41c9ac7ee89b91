"""What the status of an answer means (PS3.7 annex C, PS3.4 annexes B and C)."""

from typing import TYPE_CHECKING

from limner.archive.address import Address
from limner.archive.query import harmless
from limner.archive.ways._association import cut
from limner.errors import NoService

if TYPE_CHECKING:
    from pydicom import Dataset

PENDING = {0xFF00, 0xFF01}
CANCELLED = 0xFE00
TAKEN_WITH_REMARK = {0xB000, 0xB006, 0xB007}  # stored; something was changed or left out
MOVE_DESTINATION_UNKNOWN = 0xA801


def code_of(address: Address, status: "Dataset") -> int:
    """The status as a number. Raises NoService where there is none: nobody answered."""
    if "Status" not in status:
        raise cut(address)
    return int(status.Status)


def settled(address: Address, status: "Dataset") -> None:
    """Raise NoService unless the status is success."""
    if code_of(address, status):
        raise NoService(f"The archive {address} refuses what was asked: {spoken(status)}.")


def spoken(status: "Dataset") -> str:
    """A status as people can look it up, with the archive's own comment."""
    from pynetdicom.status import code_to_category

    code = int(status.Status)
    comment = harmless(str(status.get("ErrorComment", "")))
    return f"{code_to_category(code)} 0x{code:04X}" + (f", '{comment}'" if comment else "")
