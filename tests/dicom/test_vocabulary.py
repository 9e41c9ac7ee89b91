"""The built-in classes say what DICOM's own dictionaries say."""

import pytest
from pydicom.sr import _concepts_dict as dictionary
from pydicom.sr.codedict import codes

from limner.dicom.codes import coded_class
from limner.dicom.vocabulary import known, vocabulary
from limner.schema import Code, Label, Schema

LABELS = vocabulary().labels
CATEGORIES = {
    getattr(codes.cid7150, name).value for name in codes.cid7150.dir() if not name.startswith("_")
}


def meanings(scheme, value):
    """What pydicom's dictionary calls a code, in lower case."""
    found = set()
    for entry in dictionary.concepts[scheme].values():
        if value in entry:
            found.add(entry[value][0].casefold())
    return found


MEANINGS = {
    (scheme, value): meanings(scheme, value)
    for scheme, value in {(c.scheme, c.value) for one in LABELS for c in (one.category, one.type)}
}


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label.name)
def test_every_code_has_its_meaning_in_pydicom_s_dictionary(label):
    for code in (label.category, label.type):
        assert code.meaning.casefold() in MEANINGS[code.scheme, code.value]
    assert label.category.value in CATEGORIES


def test_no_word_means_two_classes():
    words = [w.casefold() for label in LABELS for w in (label.name, *label.synonyms)]
    assert sorted({w for w in words if words.count(w) > 1}) == []


def test_it_is_a_schema_like_any_other():
    assert Schema.from_toml(vocabulary().to_toml()) == vocabulary()
    assert vocabulary()["Leber"].name == "liver"


@pytest.mark.parametrize(
    ("word", "meaning", "side"),
    [
        ("liver", "Liver", None),
        ("Kidney_Left", "Kidney", "Left"),
        ("right lung", "Lung", "Right"),
        ("lung_upper_lobe_left", "Upper lobe of lung", "Left"),
        ("heart_atrium_left", "Left atrium", None),
        ("vertebrae_L5", "L5 vertebra", None),
        ("KIDNEYS", "Kidney", None),
        ("tumor", "Neoplasm", None),
    ],
)
def test_words_of_other_programs_are_known(word, meaning, side):
    found = known(word)
    assert found.type.meaning == meaning
    assert (found.modifier and found.modifier.meaning) == side


@pytest.mark.parametrize("word", ["", "left", "whatsit", "left whatsit", "l"])
def test_other_words_are_not(word):
    assert known(word) is None


def test_a_class_s_own_codes_go_first():
    own = Code("99ME", "1", "My liver")
    assert coded_class(Label(1, "liver", type=own)).type == own
    assert coded_class(Label(1, "whatsit", synonyms=("liver",))).type.meaning == "Liver"
    finding = coded_class(Label(1, "whatsit", region=Code("SCT", "10200004", "Liver")))
    assert (finding.generic, finding.type.meaning) == (True, "Morphologically Abnormal Structure")
