"""Tables of classes in files of their own: a schema as other programs keep it.

.toml          Limner's schema: everything
.json          dcmqi's segment metadata: names, colours, codes, tracking ids; or the
               `labels` of a data set's `dataset.json` (nnU-Net, MSD): names
.tsv           BIDS: index, name, abbreviation, color
.ctbl          3D Slicer's colour table: value, name, red, green, blue
.txt           ITK-SNAP's label descriptions
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

from limner.errors import BadValue, NotFound, UnreadableFile
from limner.formats import _dcmqi
from limner.formats._holds import default_colour
from limner.mask import Mask
from limner.safely import write_text
from limner.schema import Colour, Label, Schema

LIMIT = 64 << 20  # bytes of a table of classes


@dataclass(frozen=True)
class Form:
    """One kind of table: from its text to classes, and from a mask to its text."""

    read: Callable[[str], Schema]
    write: Callable[[Mask], str]


def read(path: Path) -> Schema:
    """The classes of a table. Raises NotFound, UnreadableFile, BadValue for another ending."""
    form = form_of(path)
    if not path.is_file():
        raise NotFound(f"There is no table of classes '{path}'. Check the name.")
    if path.stat().st_size > LIMIT:
        raise UnreadableFile(
            f"'{path.name}' is larger than {LIMIT >> 20} MiB: no table of classes."
        )
    try:
        return form.read(path.read_text(encoding="utf-8-sig"))
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as error:
        why = str(error).rstrip(".")
        raise UnreadableFile(f"'{path.name}' is no table of classes. {why}.") from error


def write(mask: Mask, path: Path) -> None:
    """Write the classes of a mask, whole or not at all. Raises BadValue, UnwritableFile."""
    write_text(form_of(path).write(mask), path)


def form_of(path: Path) -> Form:
    """By the ending of the name. Raises BadValue for one that is nobody's."""
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise BadValue(
            f"'{path.name}' does not say which table of classes is meant. "
            f"Give a name that ends in one of: {', '.join(FORMS)}."
        )
    return form


def applied(schema: Schema, mask: Mask) -> Mask:
    """The mask with the names, colours and codes of a table.

    A class of the mask is the one of its name, else the one whose value is the object's id:
    a plain label map. Raises BadValue where none is.
    """
    known = {label.name.casefold(): label for label in schema.labels}
    valued = {label.value: label for label in schema.labels}
    objects, strange = [], []
    for each in mask.objects:
        found = known.get(each.label.casefold()) or valued.get(each.id)
        if found is None:
            strange.append(f"{each.id} {each.label}".strip())
            continue
        objects.append(replace(each, label=found.name))
    if strange:
        raise BadValue(
            f"The table of classes names none for: {', '.join(strange)}. "
            "Add a line for the value, or for the name."
        )
    return replace(mask, objects=tuple(objects), schema=schema)


def schema_of(named: Iterable[tuple[int, str]]) -> Schema:
    """Classes from values and names; the value 0 is the background and no class.

    Of values with one name, the later are called "name 7".
    """
    found: dict[str, Label] = {}
    for value, name in named:
        if value > 0:
            free = name if name.strip() and name not in found else f"{name} {value}".strip()
            found[free] = Label(value, free, colour=default_colour(value))
    return Schema(tuple(found.values()))


def from_labels_json(told: object) -> Schema:
    """The `labels` of a dataset.json: {"1": "liver"} (MSD) or {"liver": 1} (nnU-Net).

    A region of nnU-Net, whose value is a list, is made of other classes and is left out.
    """
    if not isinstance(told, dict):
        raise BadValue("It has no 'labels'. Give a mapping of names and numbers.")
    pairs = []
    for one, two in told.items():
        if isinstance(two, int):
            pairs.append((two, str(one)))
        elif isinstance(two, str) and str(one).strip().lstrip("-").isdigit():
            pairs.append((int(one), two))
        elif not isinstance(two, list):
            raise BadValue(f"The label '{one}' has the value {two!r}. Give a whole number.")
    return schema_of((value, name) for value, name in pairs if name.lower() != "ignore")


def _from_json(text: str) -> Schema:
    told = json.loads(text)
    if isinstance(told, dict) and "segmentAttributes" in told:
        return _dcmqi.schema(told)
    return from_labels_json(told.get("labels") if isinstance(told, dict) else None)


def _from_tsv(text: str) -> Schema:
    """BIDS's dseg.tsv, and CSVs whose columns have its names."""
    first = text.partition("\n")[0]
    rows = csv.DictReader(StringIO(text), delimiter="\t" if "\t" in first else ",")
    if not {"index", "name"} <= set(rows.fieldnames or ()):
        raise BadValue(f"It begins with '{first[:60]}'. The columns 'index' and 'name' are needed.")
    labels = []
    for row in rows:
        value = int(row["index"])
        if value > 0:
            short = row.get("abbreviation") or ""
            labels.append(
                Label(
                    value,
                    row["name"].strip(),
                    synonyms=() if short in {"", "n/a", row["name"]} else (short,),
                    colour=_hex(row.get("color") or "") or default_colour(value),
                )
            )
    return Schema(tuple(labels))


def to_tsv(labels: Sequence[Label]) -> str:
    """BIDS's table of these classes: index, name, abbreviation (where there are any), color."""
    short = any(label.synonyms for label in labels)
    lines = ["\t".join(["index", "name", *(["abbreviation"] if short else []), "color"])]
    for label in labels:
        shown = "#{:02x}{:02x}{:02x}".format(*label.colour)
        middle = [(*label.synonyms, "n/a")[0]] if short else []
        lines.append("\t".join([str(label.value), " ".join(label.name.split()), *middle, shown]))
    return "\n".join(lines) + "\n"


def _hex(text: str) -> Colour | None:
    found = re.fullmatch(r"#?([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", text.strip())
    return (int(found[1], 16), int(found[2], 16), int(found[3], 16)) if found else None


def _from_ctbl(text: str) -> Schema:
    """Slicer's old form, "7 liver 221 130 101 255", or the new one, which is CSV."""
    if text.lstrip().lower().startswith("labelvalue,"):
        rows = csv.DictReader(StringIO(text.lstrip()))
        named = [(int(r["LabelValue"]), r["Name"], r) for r in rows]
        return Schema(
            tuple(
                Label(value, name, colour=(int(r["Color_R"]), int(r["Color_G"]), int(r["Color_B"])))
                for value, name, r in named
                if value > 0
            )
        )
    found = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#") or not words[0].isdigit():
            continue
        if len(words) < 6:
            raise BadValue(f"The line '{line}' lacks a name or a colour.")
        value, levels = int(words[0]), [int(float(each)) for each in words[-4:-1]]
        name = " ".join(words[1:-4]).replace("_", " ")
        if value > 0:
            found.append(Label(value, name, colour=(levels[0], levels[1], levels[2])))
    return Schema(tuple(found))


def _to_ctbl(mask: Mask) -> str:
    lines = ["# Color table file: value, name, red, green, blue, opacity"]
    lines += ["0 Background 0 0 0 0"]
    for label in mask.schema.labels:
        red, green, blue = label.colour
        lines.append(f"{label.value} {'_'.join(label.name.split())} {red} {green} {blue} 255")
    return "\n".join(lines) + "\n"


def _from_itksnap(text: str) -> Schema:
    """Lines of index, red, green, blue, alpha, visible, mesh and the name in quotes."""
    found = []
    for line in text.splitlines():
        told = re.match(r'\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s.*"(.*)"', line)
        if told and int(told[1]):
            colour = (int(told[2]), int(told[3]), int(told[4]))
            found.append(Label(int(told[1]), told[5], colour=colour))
    if not found:
        raise BadValue("It has no line of ITK-SNAP's label descriptions.")
    return Schema(tuple(found))


def _to_itksnap(mask: Mask) -> str:
    lines = ['    0     0    0    0        0  0  0    "Clear Label"']
    for label in mask.schema.labels:
        red, green, blue = label.colour
        name = label.name.replace('"', "'")
        lines.append(f'{label.value:5d} {red:5d} {green:4d} {blue:4d}        1  1  1    "{name}"')
    return "\n".join(lines) + "\n"


FORMS = {
    ".toml": Form(Schema.from_toml, lambda mask: mask.schema.to_toml()),
    ".json": Form(_from_json, _dcmqi.told),
    ".tsv": Form(_from_tsv, lambda mask: to_tsv(mask.schema.labels)),
    ".ctbl": Form(_from_ctbl, _to_ctbl),
    ".txt": Form(_from_itksnap, _to_itksnap),
}
