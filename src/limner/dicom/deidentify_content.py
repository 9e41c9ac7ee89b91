"""What people write into segmentations, structure sets and reports: kept as codes, else removed.

A segment and a structure are called by the meaning of their own code from now on, a report
keeps its tree, its codes and its numbers. What is free text goes, but for a name that follows
from it where two texts must stay the same or stay apart.

Source   PS3.15 E.3.5 (Clean Structured Content); PS3.16 TID 1001 to 1009 (who observed, whom),
         TID 4108 and CID 7151 for what a segment is.
"""

from typing import TYPE_CHECKING

from limner.dicom.deidentify_key import Key
from limner.dicom.headers import items, text
from limner.dicom.sr_codes import OURS

if TYPE_CHECKING:
    from pydicom import Dataset

REMOVED = "Removed"
# Texts that say what a device or a program is; anything else may be about a person.
SAFE_TEXTS = frozenset(
    {
        ("DCM", "111003"),  # Algorithm Version
        ("DCM", "121014"),  # Device Observer Manufacturer
        ("DCM", "121015"),  # Device Observer Model Name
    }
)
NAMED_TEXTS = {
    ("DCM", "112039"): "T",  # Tracking Identifier: as the Tracking ID of a segment
    ("DCM", "111001"): "T",  # Algorithm Name
}
SUBJECT_ID = ("DCM", "121030")
BIRTH_DATE, NO_DATE = ("DCM", "121031"), "19000101"
# What the profile removes from the header of a file is removed here too (TID 1007).
DEMOGRAPHIC_NUMBERS = frozenset(
    {
        ("DCM", "121033"),  # Subject Age
        ("SCT", "27113001"),  # Body Weight
        ("LN", "29463-7"),
        ("LN", "3141-9"),
        ("SRT", "G-ABAA"),
        ("SCT", "50373000"),  # Body Height
        ("LN", "8302-2"),
        ("SRT", "M-02550"),
        ("SCT", "397669002"),  # Age
        ("SCT", "424144002"),
        ("LN", "30525-0"),
    }
)
DEMOGRAPHIC_CODES = frozenset(
    {
        ("DCM", "121032"),  # Subject Sex
        ("SCT", "103579009"),  # Race
        ("SCT", "397731000"),  # Ethnic group
        ("SCT", "364699009"),
    }
)
UNKNOWN = ("SCT", "261665006", "Unknown")


def name_by_codes(dataset: "Dataset") -> None:
    """Call segments and structures by their codes, and those without one by their number."""
    for item in items(dataset, "SegmentSequence"):
        if "SegmentLabel" in item:
            number = text(item, "SegmentNumber")
            item.SegmentLabel = _meaning(item, "SegmentedPropertyType") or f"Segment {number}"
    if "StructureSetROISequence" not in dataset:
        return
    meanings = {
        text(item, "ReferencedROINumber"): _meaning(item, "RTROIIdentification")
        for item in items(dataset, "RTROIObservationsSequence")
    }
    for item in items(dataset, "StructureSetROISequence"):
        number = text(item, "ROINumber")
        item.ROIName = meanings.get(number) or f"Structure {number}"


def clean_code(item: "Dataset", key: Key) -> None:
    """A code of a hospital's own says nothing any more but which of them it is.

    Those of the standards, and of measurements by Limner, stay.
    """
    scheme = text(item, "CodingSchemeDesignator")
    if not is_local(scheme):
        return
    told = next((text(item, each) for each in CODES if each in item), "")
    for each in CODES:
        if each in item:
            delattr(item, each)
    if told:
        whole = told if key.made_pseudonym("C", told) else f"{scheme} {told}"
        item.CodeValue = key.pseudonym("C", whole)
    if "CodeMeaning" in item:
        item.CodeMeaning = "Local code"
    item.CodingSchemeDesignator = "99LOCAL"


CODES = ("CodeValue", "LongCodeValue", "URNCodeValue")


def is_local(scheme: str) -> bool:
    """Whether a coding scheme is nobody's standard (PS3.16 section 8.2: 99... and L)."""
    return scheme != OURS and (scheme in {"", "L"} or scheme.startswith("99"))


def clean_content(item: "Dataset", key: Key, patient: str) -> None:
    """One item of a report's tree, by itself: what is below it is another item."""
    kind, about = text(item, "ValueType"), _code(item, "ConceptNameCodeSequence")
    if kind == "TEXT" and about not in SAFE_TEXTS:
        told = text(item, "TextValue")
        item.TextValue = REMOVED
        if about in NAMED_TEXTS and told:
            item.TextValue = key.pseudonym(NAMED_TEXTS[about], told)
        elif about == SUBJECT_ID:
            item.TextValue = patient
    elif kind == "DATE" and about == BIRTH_DATE:
        item.Date = NO_DATE
    elif kind == "NUM" and about in DEMOGRAPHIC_NUMBERS:
        item.MeasuredValueSequence = []
    elif kind == "CODE" and about in DEMOGRAPHIC_CODES:
        for code in items(item, "ConceptCodeSequence"):
            code.clear()
            code.CodingSchemeDesignator, code.CodeValue, code.CodeMeaning = UNKNOWN


def _meaning(item: "Dataset", what: str) -> str:
    """The meaning of the standard code that says what an item is; "" without one."""
    found = items(item, f"{what}CodeSequence")
    if not found or is_local(text(found[0], "CodingSchemeDesignator")):
        return ""
    return text(found[0], "CodeMeaning")


def _code(item: "Dataset", sequence: str) -> tuple[str, str]:
    found = items(item, sequence)
    if not found:
        return "", ""
    return text(found[0], "CodingSchemeDesignator"), text(found[0], "CodeValue")
