"""Masks of a data set whose voxels hold the values of classes, and one list of classes for all."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from limner.cases.save import read_mask
from limner.errors import BadValue, GeometryMismatch, UnreadableFile
from limner.grid import Grid
from limner.mask import Mask
from limner.sample import Sample
from limner.schema import Label, Schema

# A label map of classes in NIfTI: names and values in the data set's list, and colours and
# codes in the header of every file.
HOLDS = frozenset(
    {"stack", "place", "shear", "classes", "values", "colours", "codes", "kinship", "empty"}
)


@dataclass
class Classes:
    """The classes of a data set as they are met: each name has one value everywhere.

    dense   values are 1, 2, 3 without a gap, in the order of the classes
    """

    dense: bool = False
    labels: dict[str, Label] = field(default_factory=dict)

    def mapped(self, mask: Mask) -> Mask:
        """The mask with one object a class, whose id is the class's value here."""
        for label in sorted(mask.schema.labels, key=lambda each: each.value):
            if label.name not in self.labels:
                self.labels[label.name] = replace(label, value=self._value(label), parent="")
        values = {each.id: self._of(each.label) for each in mask.objects}
        table = np.zeros(max([*mask.ids, 0]) + 1, np.uint16)
        for number, label in values.items():
            table[number] = label.value
        layers = [table[layer] for layer in mask.layers]
        dense = layers[0] if layers else np.zeros((1, *mask.grid.shape), np.uint16)
        for layer in layers[1:]:
            dense = np.where(layer > 0, layer, dense)
        schema = Schema(tuple(self.labels.values()))
        return Mask.from_labels(dense[0], mask.grid, schema=schema)

    def _of(self, name: str) -> Label:
        return self.labels[name] if name else self._unnamed()

    def _unnamed(self) -> Label:
        if "object" not in self.labels:
            self.labels["object"] = Label(self._value(None), "object")
        return self.labels["object"]

    def _value(self, label: Label | None) -> int:
        taken = {each.value for each in self.labels.values()}
        if label is not None and not self.dense and label.value not in taken:
            return label.value
        return max(taken, default=0) + 1


def classed(path: Path, grid: Grid, schema: Schema) -> Mask:
    """A mask of class values on its image's grid, with the names of the data set.

    Colours and codes are those in the file's own header, where its names are the same.
    Raises GeometryMismatch for a mask that does not fit.
    """
    mask = read_mask(path, grid=grid)
    if mask.grid != grid:
        raise GeometryMismatch(
            f"The mask '{path.name}' has {mask.grid.shape} voxels and its image {grid.shape}, or "
            "they lie elsewhere. Give the mask of this image."
        )
    own = {label.name: label for label in mask.schema.labels}
    labels = tuple(
        replace(own.get(label.name, label), value=label.value, parent="") for label in schema.labels
    )
    return Mask.from_labels(mask.label_map(), grid, schema=Schema(labels))


def described(path: Path) -> Mapping[str, Any]:
    """The members of a data set's JSON. Raises UnreadableFile."""
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableFile(
            f"'{path}' cannot be read as JSON: {error}. Repair it, or fetch it again."
        ) from error
    if not isinstance(told, dict):
        raise UnreadableFile(f"'{path}' holds no members, so it describes no data set.")
    return told


def claimed(folder: Path, *members: str) -> bool:
    """Whether the folder's dataset.json has these members."""
    try:
        told = described(folder / "dataset.json")
    except UnreadableFile:
        return False
    return all(each in told for each in members)


def inside(folder: Path, name: str) -> Path:
    """A file that a data set names. Raises BadValue for one outside its folder."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise BadValue(f"'{name}' lies outside the data set '{folder}'. Name files in it only.")
    return path


def need_one_grid(sample: Sample) -> None:
    """Raise GeometryMismatch where the images of a case lie on different grids."""
    first, *others = sample.images.values()
    if any(not each.grid.matches(first.grid) for each in others):
        raise GeometryMismatch(
            f"The images of the case '{sample.id}' lie on different grids, and this layout needs "
            "one. Resample them first, or choose the layout bids."
        )
