"""What is done to each attribute: table E.1-1 of PS3.15, and what it leaves open.

The table is data of `dicom-anonymizer` (Kitware, BSD), which its authors generate from the
standard; its own actions are not used, for they look at the top of a file only, draw UIDs at
random and write 1 January of the year 1 for every date.

Source   PS3.15 table E.1-1, column of the Basic Profile, with the dates of column "Retain
         Longitudinal With Modified Dates"; PS3.15 E.3.6.
Differs  where the standard lets the kind of object decide between removing, emptying and
         replacing, the attribute stays and is emptied (X/Z) or replaced (X/D, X/Z/D, Z/D): that
         is right for every kind. Sequences of X/D are removed, of X/Z/D emptied. Texts that
         the table does not name are emptied unless they are in `SAFE`: nobody has said that
         they are safe.
"""

from functools import cache
from typing import Literal

from limner.errors import extra

Action = Literal[
    "keep",  # as it is
    "follow",  # a sequence: its items are cleaned
    "delete",
    "empty",
    "dummy",  # a value that says nothing
    "uid",  # mapped by the key, unless it is a standard's
    "shift",  # a date or a time
    "patient",  # the patient's pseudonym
    "track",  # a pseudonym of the text
    "nobody",  # a code that means no person
    "code",  # kept where it has a meaning beside it: in the item of a code
]

EDITION = "dicomfields_2026c"
DATES = frozenset({"DA", "DT", "TM"})
# Demography, not history: the table has nothing in its column for dates (and GPS is a place).
NEVER_SHIFTED = frozenset({0x00100030, 0x00100032, 0x00160077, 0x0016008D})
PATIENT_NAME, PATIENT_ID = 0x00100010, 0x00100020
SEGMENT_LABEL, ROI_NAME, TEXT_VALUE = 0x00620005, 0x30060026, 0x0040A160

# Not in the table, or to be done in a way of its own.
OURS: dict[int, Action] = {
    PATIENT_NAME: "patient",
    PATIENT_ID: "patient",
    0x0040A730: "follow",  # Content Sequence: see `deidentify_content`
    0x00700001: "delete",  # Graphic Annotation Sequence: what is drawn may be written by hand
    0x00700060: "delete",  # Graphic Layer Sequence: their layers, which people name
    0x0040A073: "follow",  # Verifying Observer Sequence: all that it holds is in the table
    0x04000500: "delete",  # Encrypted Attributes Sequence: the originals, for somebody else's key
    0x34010001: "follow",  # Flow Identifier Sequence
    0x00401101: "nobody",  # Person Identification Code Sequence
    0x00700080: "dummy",  # Content Label
    0x00700081: "empty",  # Content Description
    0x00620006: "delete",  # Segment Description
    0x00620020: "track",  # Tracking ID
    0x00620009: "track",  # Segment Algorithm Name: may be who outlined it
    0x00660036: "track",  # Algorithm Name
    SEGMENT_LABEL: "keep",  # by `deidentify_content`
    ROI_NAME: "keep",
    TEXT_VALUE: "keep",
    0x00120062: "delete",  # what was said of de-identification before: ours is put in its place
    0x00120063: "delete",
    0x00120064: "delete",
    0x00280303: "delete",
    0x00080119: "code",  # Long Code Value
    0x00080120: "code",  # URN Code Value
}
# Short texts that machines and code tables write, and that images cannot be read without.
SAFE = frozenset(
    {
        "AlgorithmVersion",
        "AttenuationCorrectionMethod",
        "CodeMeaning",
        "CodeValue",
        "CodingSchemeDesignator",
        "CodingSchemeRegistry",
        "CodingSchemeVersion",
        "CollimatorGridName",
        "ConvolutionKernel",
        "DetectorManufacturerModelName",
        "DetectorManufacturerName",
        "DimensionDescriptionLabel",
        "FilterType",
        "ICCProfile",
        "ImagedNucleus",
        "LUTLabel",
        "Manufacturer",
        "ManufacturerModelName",
        "MultiCoilElementName",
        "PositionReferenceIndicator",
        "PostprocessingFunction",
        "ProcessingFunction",
        "PulseSequenceName",
        "Radiopharmaceutical",
        "ReceiveCoilManufacturerName",
        "ReceiveCoilName",
        "ReconstructionMethod",
        "RescaleType",
        "ScatterCorrectionMethod",
        "SequenceName",
        "SoftwareVersions",
        "StackID",
        "StageName",
        "TransducerData",
        "TransmitCoilManufacturerName",
        "TransmitCoilName",
        "ViewName",
        "WindowCenterWidthExplanation",
    }
)
# UIDs of classes of things, code tables and programs, which are the same for everybody.
CLASSES = ("ClassUID", "ClassUIDs", "TransferSyntaxUID", "TransferSyntaxUIDs", "ClassesSupported")
NOT_INSTANCES = frozenset(
    {
        "CodingSchemeUID",
        "ContextUID",
        "MappingResourceUID",
        "PrivateInformationCreatorUID",
    }
)
UNSAFE: dict[str, Action] = {
    "AE": "empty",
    "AS": "empty",
    "LO": "empty",
    "LT": "empty",
    "OB": "delete",  # bytes of which nothing is known
    "PN": "dummy",
    "SH": "empty",
    "ST": "empty",
    "UC": "empty",
    "UN": "delete",
    "UR": "empty",
    "UT": "empty",
    "SQ": "follow",
    "UI": "uid",
    "DA": "shift",
    "DT": "shift",
    "TM": "shift",
}
# The library's names for the standard's letters, for what is no sequence.
MEANT: dict[str, Action] = {
    "replace": "dummy",  # D
    "empty": "empty",  # Z
    "delete": "delete",  # X
    "replace_UID": "uid",  # U
    "empty_or_replace": "dummy",  # Z/D
    "delete_or_empty": "empty",  # X/Z
    "delete_or_replace": "dummy",  # X/D
    "delete_or_empty_or_replace": "dummy",  # X/Z/D
    "delete_or_empty_or_replace_UID": "follow",  # X/Z/U*
}
OF_SEQUENCES: dict[str, Action] = {
    **MEANT,
    "replace": "follow",
    "empty_or_replace": "empty",
    "delete_or_replace": "delete",
    "delete_or_empty_or_replace": "empty",
}


@cache
def action(tag: int, kind: str = "") -> Action:
    """What is done to an attribute.

    kind   the VR in the file; that of the dictionary counts where it has one
    What is private, retired graphics (50xx), an overlay (60xx) or in no dictionary is removed.
    """
    from pydicom.datadict import dictionary_has_tag, dictionary_VR

    group = tag >> 16
    if group % 2 or group & 0xFF00 in {0x5000, 0x6000} or not tag & 0xFFFF:
        return "delete"
    if not dictionary_has_tag(tag):
        return "delete"
    if tag in OURS:
        return OURS[tag]
    known = dictionary_VR(tag)
    kind = known if len(known) == 2 else kind
    return _listed(tag, kind) or _unlisted(tag, known)


def _listed(tag: int, kind: str) -> Action | None:
    """What the table says, for our options; None where it says nothing."""
    told = table().get(tag)
    if told is None:
        return None
    if kind in DATES and tag not in NEVER_SHIFTED:
        return "shift"
    return (OF_SEQUENCES if kind == "SQ" else MEANT)[told]


def _unlisted(tag: int, kind: str) -> Action:
    from pydicom.datadict import keyword_for_tag

    keyword = keyword_for_tag(tag)
    if keyword in SAFE or keyword in NOT_INSTANCES or keyword.endswith(CLASSES):
        return "keep"
    return UNSAFE.get(kind, "keep")


@cache
def table() -> dict[int, str]:
    """The tags of table E.1-1 and the library's name for what the Basic Profile asks.

    Without repeating groups. Raises MissingExtra.
    """
    with extra("deidentify"):
        from dicomanonymizer.simpledicomanonymizer import initialize_actions

    found = initialize_actions(EDITION)
    return {(tag[0] << 16 | tag[1]): what.__name__ for tag, what in found.items() if len(tag) == 2}
