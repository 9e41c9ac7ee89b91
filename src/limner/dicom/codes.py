"""Which codes a class is written under: its own, those of the vocabulary, or generic ones.

DICOM demands a category and a type of every segment, contour and measurement group. A class
that has none gets those of the built-in vocabulary under its name or a synonym; one that the
vocabulary lacks gets a generic pair, and that is said.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from limner.dicom.headers import first, text
from limner.dicom.vocabulary import known
from limner.schema import Code, Label

if TYPE_CHECKING:
    from pydicom import Dataset

TISSUE = Code("SCT", "85756007", "Tissue")
ANATOMY = Code("SCT", "91723000", "Anatomical Structure")
ABNORMAL = Code("SCT", "49755003", "Morphologically Abnormal Structure")


@dataclass(frozen=True)
class Coded:
    """The codes of one class, complete enough for DICOM.

    category, type   always there
    modifier         laterality or the like; None for none
    region           where a finding lies; None for none
    generic          whether nothing better than a generic pair is known
    """

    category: Code
    type: Code
    modifier: Code | None = None
    region: Code | None = None
    generic: bool = False


def coded_class(label: Label | None) -> Coded:
    """The codes of a class; a generic pair for None and for what is nowhere coded.

    >>> coded_class(Label(1, "Leber")).type.meaning
    'Liver'
    """
    if label is None:
        return Coded(TISSUE, TISSUE, generic=True)
    found = label if label.type else _looked_up(label)
    if found is not None and found.type is not None:
        return Coded(
            category=label.category or found.category or ANATOMY,
            type=found.type,
            modifier=label.modifier or found.modifier,
            region=label.region or found.region,
        )
    generic = ABNORMAL if label.region or label.category == ABNORMAL else TISSUE
    category = label.category or generic
    return Coded(category, category, label.modifier, label.region, generic=True)


def code_in(dataset: "Dataset | None", keyword: str) -> Code | None:
    """The first code of a code sequence (PS3.3 table 8.8-1); None where there is none."""
    item = first(dataset, keyword)
    if item is None:
        return None
    told = text(item, "CodeValue") or text(item, "LongCodeValue") or text(item, "URNCodeValue")
    meaning = text(item, "CodeMeaning")
    return Code(text(item, "CodingSchemeDesignator"), told, meaning) if told else None


def said_generic(names: tuple[str, ...], code: Code = TISSUE) -> str:
    """The sentence for classes without a code."""
    listed = ", ".join(f"'{name}'" for name in names[:5]) + (", ..." if len(names) > 5 else "")
    many = len(names) > 1
    return (
        f"The class{'es' if many else ''} {listed} {'have' if many else 'has'} no code, so the "
        f"generic '{code.meaning}' is written. Give one in a table of classes (--schema, or "
        "--classes of convert), or use a name of the vocabulary."
    )


def _looked_up(label: Label) -> Label | None:
    for word in (label.name, *label.synonyms):
        found = known(word)
        if found is not None:
            return found
    return None
