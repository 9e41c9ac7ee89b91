"""Everything decided about a model: one TOML beside its weights.

A prediction needs no code of the training run, only this and the weights. Anyone can bring
an ONNX file and write its card; `docs/how-to/bring-a-model.md` shows one.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from limner.errors import BadValue, NotFound, UnknownName, UnreadableFile
from limner.predict import Abilities


@dataclass(frozen=True)
class Weights:
    """One file of weights: its name beside the card, and the SHA-256 of its bytes."""

    file: str
    sha256: str


@dataclass(frozen=True)
class TrainingSet:
    """A data set that trained the weights, with what its licence asks for."""

    name: str
    licence: str
    citation: str = ""
    images: int = 0
    sha256: str = ""


@dataclass(frozen=True, eq=False)
class Card:
    """What a model is, takes and was made of.

    id           name and version, "limner-1"
    title        one line for people
    predictor    the file in `limner.predict` that knows how to run it
    licence      of the weights, SPDX
    weights      its files
    side         pixels along the network's square input
    spacing      how the view is chosen, in words
    intensity    modality (or "any") to the rule by which samples become inputs
    precision    "fp32", "bf16", "int8": what the figures were measured in. 8 bits are a matter
                 of the weights' file, and its other parts run in fp32: see `runs_in`
    runtime      the runtime that is preferred
    calibration  numbers that set right the Dice that the network expects, by name
    prompts      kind to (least, most)
    negative     kinds that it also takes as "not this"
    classes      empty for a promptable model
    training     the data sets
    made_by      the command, seed, commit, minutes and machine, in words
    figures      name to number; every one read from a file in `results/`, named there
    limits       where it is known to do badly, one sentence each
    """

    id: str
    title: str
    predictor: str
    licence: str
    weights: tuple[Weights, ...]
    side: int
    spacing: str = ""
    intensity: Mapping[str, str] = field(default_factory=dict)
    precision: str = "fp32"
    runtime: str = "onnxruntime"
    calibration: Mapping[str, float] = field(default_factory=dict)
    prompts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    negative: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    training: tuple[TrainingSet, ...] = ()
    made_by: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
    folder: Path = field(default=Path(), compare=False)

    @classmethod
    def read(cls, path: Path) -> "Card":
        """A card from its TOML file, or from the folder that holds `card.toml`.

        Raises NotFound, UnreadableFile for what is not TOML, UnknownName for a field that
        cards do not have, BadValue for one that is missing.
        """
        file = path / "card.toml" if path.is_dir() else path
        if not file.is_file():
            raise NotFound(f"There is no model card at '{file}'. Write one beside the weights.")
        try:
            told = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UnreadableFile(f"The card '{file}' is not TOML: {error}. Repair it.") from error
        known = {f.name for f in fields(cls)} - {"folder"}
        strange = sorted(set(told) - known)
        if strange:
            raise UnknownName("field of a card", strange[0], sorted(known))
        needed = {
            f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING
        }
        absent = sorted(needed - set(told))
        if absent:
            raise BadValue(f"The card '{file}' has no '{absent[0]}'. Add it.")
        return cls(**{**told, **_shaped(told, file), "folder": file.parent})

    @property
    def abilities(self) -> Abilities:
        """What a predictor made from this card takes."""
        return Abilities(
            prompts={kind: (low, high) for kind, (low, high) in self.prompts.items()},
            negative=frozenset(self.negative),
            classes=self.classes,
        )

    @property
    def runs_in(self) -> str:
        """The precision that a runtime is asked for."""
        return "fp32" if self.precision == "int8" else self.precision

    @property
    def digest(self) -> str:
        """The first twelve characters of the first weights' hash."""
        return self.weights[0].sha256[:12]

    @property
    def name(self) -> str:
        """Id and digest: what a prediction says that made it."""
        return f"{self.id}@{self.digest}"

    def paths(self) -> tuple[Path, ...]:
        """Where the weights lie. Raises NotFound for one that is not there."""
        found = tuple(self.folder / each.file for each in self.weights)
        for path in found:
            if not path.is_file():
                raise NotFound(
                    f"The weights '{path.name}' of '{self.id}' are not in '{self.folder}'. "
                    "Install limner again, or copy the file there."
                )
        return found

    def verify(self) -> None:
        """Compare every file of weights with its hash. Raises UnreadableFile where one differs."""
        for each, path in zip(self.weights, self.paths(), strict=True):
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            if found != each.sha256:
                raise UnreadableFile(
                    f"The weights '{path.name}' of '{self.id}' have the SHA-256 {found[:12]}, but "
                    f"the card says {each.sha256[:12]}. Fetch them again."
                )


def _shaped(told: Mapping[str, Any], file: Path) -> dict[str, Any]:
    try:
        return {
            "weights": tuple(Weights(**each) for each in told["weights"]),
            "training": tuple(TrainingSet(**each) for each in told.get("training", [])),
            "prompts": {kind: tuple(most) for kind, most in told.get("prompts", {}).items()},
            "negative": tuple(told.get("negative", [])),
            "classes": tuple(told.get("classes", [])),
            "limits": tuple(told.get("limits", [])),
        }
    except TypeError as error:
        raise BadValue(f"The card '{file}' has a table with other fields: {error}.") from error
