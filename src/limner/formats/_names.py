"""What other programs call the values of a NIfTI label map.

TotalSegmentator writes Connectome Workbench's label table into the file's header; BIDS, 3D
Slicer and dcmqi put a table of the same name beside it.

Source   Workbench's CaretExtension (NIfTI code 30); TotalSegmentator, nifti_ext_header.py,
         which takes the first extension of a file, whatever its code.
"""

import html
import re
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

from limner.errors import LimnerError
from limner.formats import _tables
from limner.mask import Mask
from limner.schema import PALETTE, Colour, Label, Schema

LABEL = re.compile(r"<Label\b([^>]*)>\s*(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))\s*</Label>", re.DOTALL)
BESIDE = (".tsv", ".ctbl", ".json")


def named(notes: Iterable[str]) -> Schema | None:
    """The classes of the first label table among the header's texts; None without one."""
    for note in notes:
        if "<LabelTable" in note:
            labels: dict[str, Label] = {}
            for about, quoted, plain in LABEL.findall(note):
                told = dict(re.findall(r'(\w+)\s*=\s*"([^"]*)"', about))
                key, name = told.get("Key", ""), quoted or html.unescape(plain).strip()
                if key.isdigit() and 0 < int(key) <= 65535 and name and name not in labels:
                    colour = _colour(told) or PALETTE[(int(key) - 1) % len(PALETTE)]
                    labels[name] = Label(int(key), name, colour=colour)
            return Schema(tuple(labels.values()))
    return None


def _colour(told: dict[str, str]) -> Colour | None:
    try:
        levels = [round(float(told[name]) * 255) for name in ("Red", "Green", "Blue")]
    except (KeyError, ValueError, OverflowError):
        return None
    red, green, blue = (min(max(level, 0), 255) for level in levels)
    return red, green, blue


def beside(path: Path) -> Schema | None:
    """The classes of a table of the mask's name beside it; None without one that is right."""
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    for ending in BESIDE:
        table_file = path.with_name(stem + ending)
        if table_file.is_file():
            try:
                return _tables.read(table_file)
            except LimnerError:
                continue  # a .json of another meaning: BIDS keeps its metadata there
    return None


def table(mask: Mask) -> str:
    """Workbench's XML for the values of the mask's objects."""
    classes = {label.name: label for label in mask.schema.labels}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<CaretExtension><VolumeInformation Index="0"><LabelTable>',
    ]
    for each in sorted(mask.objects, key=lambda one: one.id):
        label = classes.get(each.label)
        colour = label.colour if label else PALETTE[(each.id - 1) % len(PALETTE)]
        red, green, blue = (f"{level / 255:.6f}" for level in colour)
        name = escape(each.name or each.label or f"object {each.id}")
        lines.append(
            f'<Label Key="{each.id}" Red="{red}" Green="{green}" Blue="{blue}" Alpha="1">'
            f"{name}</Label>"
        )
    lines += ["</LabelTable><VolumeType>Label</VolumeType></VolumeInformation></CaretExtension>"]
    return "\n".join(lines)
