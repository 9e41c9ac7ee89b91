"""UIDs of the DICOM network's services (PS3.4 annexes A and C; PS3.6 table A-1)."""

VERIFICATION = "1.2.840.10008.1.1"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"  # all three in the study root
MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
GET = "1.2.840.10008.5.1.4.1.2.2.3"
LABELMAP = "1.2.840.10008.5.1.4.1.1.66.7"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"  # both little endian
NAMES = {LABELMAP: "Label Map Segmentation Storage"}  # of those that pydicom may not know yet


def name_of(uid: str) -> str:
    """What people call it; the UID where nobody here knows."""
    from pydicom.uid import UID

    return NAMES.get(uid) or UID(uid).name
