"""What the classes of a mask are called, coloured and coded."""

import json
import tomllib
from collections import Counter
from dataclasses import dataclass, fields
from typing import Any

from limner.errors import BadValue, UnknownName

Colour = tuple[int, int, int]

# Distinct on grey and on tissue; after the last one they begin again.
PALETTE: tuple[Colour, ...] = (
    (230, 75, 60),
    (60, 160, 230),
    (80, 190, 90),
    (245, 190, 60),
    (160, 100, 220),
    (240, 130, 190),
    (70, 200, 200),
    (170, 120, 70),
    (150, 200, 60),
    (110, 120, 240),
)


@dataclass(frozen=True)
class Code:
    """A coded concept (DICOM PS3.3 section 8): scheme "SCT" for SNOMED CT."""

    scheme: str
    value: str
    meaning: str


@dataclass(frozen=True)
class Label:
    """One class.

    value      its integer in label maps; 0 is the background and not a class
    name       unique in its schema
    synonyms   other words for it, any language
    colour     (red, green, blue), 0 to 255
    parent     the name of the class that it is a part of; "" for none
    category   SNOMED CT category (DICOM CID 7150)
    type       SNOMED CT type (CID 7151)
    modifier   laterality or other modifier of the type (CID 244)
    region     the anatomic region that a finding lies in
    """

    value: int
    name: str
    synonyms: tuple[str, ...] = ()
    colour: Colour = PALETTE[0]
    parent: str = ""
    category: Code | None = None
    type: Code | None = None
    modifier: Code | None = None
    region: Code | None = None

    def __post_init__(self) -> None:
        """Refuse what no label map could hold."""
        if not 1 <= self.value <= 65535:
            raise BadValue(
                f"The class '{self.name}' has the value {self.value}. Give one from 1 to 65535."
            )
        if not self.name.strip():
            raise BadValue(f"The class of value {self.value} has no name. Give it one.")


@dataclass(frozen=True)
class Schema:
    """The classes of a task, in order. Values and names are unique.

    >>> Schema.of("liver", "tumour")["tumour"].value
    2
    """

    labels: tuple[Label, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two classes that could be confused."""
        for what in ("value", "name"):
            seen = Counter(getattr(label, what) for label in self.labels)
            twice = sorted(str(one) for one, times in seen.items() if times > 1)
            if twice:
                raise BadValue(
                    f"The {what} '{twice[0]}' stands for two classes. Give each its own {what}."
                )
        names = set(self.names)
        for label in self.labels:
            if label.parent and label.parent not in names:
                raise UnknownName("class", label.parent, self.names)

    @classmethod
    def of(cls, *names: str) -> "Schema":
        """Classes with these names, values counted from 1, colours from the palette."""
        labels = (
            Label(value, name, colour=PALETTE[(value - 1) % len(PALETTE)])
            for value, name in enumerate(names, start=1)
        )
        return cls(tuple(labels))

    @property
    def names(self) -> tuple[str, ...]:
        """The names in order."""
        return tuple(label.name for label in self.labels)

    def __getitem__(self, word: str) -> Label:
        """The class of that name or synonym, letter case aside. Raises UnknownName."""
        wanted = word.casefold().strip()
        for label in self.labels:
            if wanted in {each.casefold() for each in (label.name, *label.synonyms)}:
                return label
        raise UnknownName("class", word, self.names)

    def of_value(self, value: int) -> Label:
        """The class of that integer. Raises UnknownName."""
        for label in self.labels:
            if label.value == value:
                return label
        raise UnknownName("class", str(value), tuple(str(each.value) for each in self.labels))

    def with_label(self, name: str) -> "Schema":
        """This schema with one more class of that name; unchanged where there is one."""
        if name in self.names:
            return self
        value = max((label.value for label in self.labels), default=0) + 1
        colour = PALETTE[(value - 1) % len(PALETTE)]
        return Schema((*self.labels, Label(value, name, colour=colour)))

    @classmethod
    def from_toml(cls, text: str) -> "Schema":
        """Read `[[label]]` tables. Raises BadValue for what is not TOML or not a class."""
        try:
            told = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise BadValue(f"The schema is not TOML: {error}. Repair that line.") from error
        known = {f.name for f in fields(Label)}
        labels = []
        for table in told.get("label", []):
            strange = sorted(set(table) - known)
            if strange:
                raise UnknownName("field of a class", strange[0], sorted(known))
            if not {"value", "name"} <= set(table):
                raise BadValue(f"A class needs a value and a name, but this one has: {table}.")
            labels.append(Label(**{key: _frozen(key, each) for key, each in table.items()}))
        return cls(tuple(labels))

    def to_toml(self) -> str:
        """The inverse of `from_toml`; what is empty is left out."""
        tables = []
        for label in self.labels:
            lines = ["[[label]]"]
            for f in fields(Label):
                value = getattr(label, f.name)
                if value not in ("", (), None):
                    lines.append(f"{f.name} = {_toml(value)}")
            tables.append("\n".join(lines))
        return "\n\n".join(tables) + "\n"


def _frozen(key: str, value: Any) -> Any:
    if key in {"category", "type", "modifier", "region"}:
        return Code(**value)
    return tuple(value) if isinstance(value, list) else value


def _toml(value: Any) -> str:
    if isinstance(value, Code):
        inside = ", ".join(f"{f.name} = {_toml(getattr(value, f.name))}" for f in fields(Code))
        return f"{{ {inside} }}"
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(each) for each in value)}]"
    return json.dumps(value, ensure_ascii=False)  # TOML's basic strings are JSON's, but for DEL
