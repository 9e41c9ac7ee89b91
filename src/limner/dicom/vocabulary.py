"""The built-in classes: common anatomy and findings under the codes that DICOM gives them.

`vocabulary.toml` holds them as a schema like any other. Their codes are those of DICOM's
context groups (CID 7150, 7151, 7159, 244 and what they include).
"""

import re
from functools import cache
from importlib.resources import files

from limner.schema import Code, Label, Schema

SIDES = {
    "left": Code("SCT", "7771000", "Left"),
    "right": Code("SCT", "24028007", "Right"),
    "bilateral": Code("SCT", "51440002", "Bilateral"),
}
# Words of a side, as they stand before or after a name: "left kidney", "kidney_L".
WORDS = {"left": "left", "l": "left", "lt": "left", "right": "right", "r": "right", "rt": "right"}
WORDS |= {"bilateral": "bilateral", "both": "bilateral"}


@cache
def vocabulary() -> Schema:
    """All built-in classes."""
    told = files("limner.dicom").joinpath("vocabulary.toml").read_text(encoding="utf-8")
    return Schema.from_toml(told)


def known(word: str) -> Label | None:
    """The class that a word means, its side included; None for a word that is not known.

    Letter case, underscores, hyphens and a plural s do not matter.

    >>> found = known("Kidney_Left")
    >>> found.type.meaning, found.modifier.meaning
    ('Kidney', 'Left')
    """
    plain = _plain(word)
    if found := _index().get(plain):
        return found
    words = plain.split()
    for side, rest in ((words[0], words[1:]), (words[-1], words[:-1])) if len(words) > 1 else ():
        found = _index().get(" ".join(rest)) if side in WORDS else None
        if found is not None and found.modifier is None:
            return _sided(found, WORDS[side])
    return None


def _sided(found: Label, side: str) -> Label:
    from dataclasses import replace

    return replace(found, name=f"{side} {found.name}", modifier=SIDES[side])


@cache
def _index() -> dict[str, Label]:
    found: dict[str, Label] = {}
    for label in vocabulary().labels:
        for word in (label.name, *label.synonyms):
            found.setdefault(_plain(word), label)
            found.setdefault(_plain(word) + "s", label)
    return found


def _plain(word: str) -> str:
    """Lower case, single spaces, nothing but letters and digits."""
    return " ".join(re.findall(r"[^\W_]+", word.casefold()))
