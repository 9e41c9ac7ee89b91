"""What was answered about listed objects: asked again, because records keep no masks."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, UnknownName
from limner.evaluate.baselines import BASELINES
from limner.evaluate.compare import COLUMNS
from limner.evaluate.contestant import Contestant
from limner.evaluate.protocols import prompted
from limner.evaluate.protocols.objects import Entry, Subject, entries, load, pictures
from limner.image import Image
from limner.predict import Abilities, Block, Encoded, Prediction, Predictor
from limner.prompt import Prompt

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Answered:
    """One object, what was said of it, and what came back.

    name       of the label, in words
    answer     bool (rows, columns); empty where the call failed
    expected   the Dice that the predictor expected; None where it expects nothing
    failure    why there is no answer; "" where there is one
    """

    subject: Subject
    name: str
    prompts: tuple[Prompt, ...]
    answer: Bools
    dice: float
    expected: float | None
    failure: str = ""

    @property
    def entry(self) -> Entry:
        """Which object it is."""
        return self.subject.entry


def contestant_of(text: str) -> Contestant:
    """The one that a record names so. Raises UnknownName, BadValue."""
    name = text.partition(":")[0]
    return Contestant.of("baseline" if name in BASELINES.names() else "model", text)


def after(column: str) -> int:
    """How many clicks a column of the scoreboard stands for; 0 for the box. Raises UnknownName.

    >>> after("box"), after("3 clicks")
    (0, 3)
    """
    if column not in COLUMNS:
        raise UnknownName("prompt", column, COLUMNS)
    return 0 if column == "box" else int(column.split(maxsplit=1)[0])


def listed(told: Mapping[str, Any], data: Path) -> dict[str, Entry]:
    """The objects of a results document by key. Raises BadValue where the list is another one."""
    every = entries(data, told["half"])
    digest = hashlib.sha256((data / "objects.json").read_bytes()).hexdigest()
    if digest != told["objects_json"]:
        raise BadValue(
            f"'{data / 'objects.json'}' is not the list that was scored. Score again, or give the "
            "folder that was scored with --data."
        )
    return {each.key: each for each in every}


def label_name(data: Path, entry: Entry) -> str:
    """What the set's description calls the entry's label; "label 3" where it does not say."""
    labels = _described(data / "manifest.json").get(entry.set)
    stem = Path(entry.image).name.partition(".")[0]
    if isinstance(labels, dict) and isinstance(labels.get(stem), dict):
        labels = labels[stem]
    said = labels.get(str(entry.label)) if isinstance(labels, dict) else None
    return said.partition(" (")[0] if isinstance(said, str) else f"label {entry.label}"


@cache
def _described(manifest: Path) -> dict[str, Any]:
    if not manifest.is_file():
        return {}
    told = json.loads(manifest.read_text(encoding="utf-8"))["sets"]
    return {each["name"]: each.get("labels") for each in told}


def replayed(
    data: Path, predictor: Predictor, wanted: Sequence[tuple[Entry, str]]
) -> Iterator[Answered]:
    """The answers, slice by slice: each slice is encoded once.

    wanted   entries, each with a column of the scoreboard that it is asked for
    """
    columns = {entry.key: column for entry, column in wanted}
    for together in pictures([entry for entry, _ in wanted]):
        encoded: Encoded | None = None
        for subject in load(data, together):
            encoded = encoded or predictor.encode(subject.image)
            clicks = after(columns[subject.entry.key])
            answered = _asked(predictor, encoded, subject, clicks=clicks)
            yield replace(answered, name=label_name(data, subject.entry))


def _asked(predictor: Predictor, encoded: Encoded, subject: Subject, *, clicks: int) -> Answered:
    heard = _Heard(predictor)
    if clicks:
        person = prompted.centre(encoded.grid, subject.target)
        outcome = prompted.asked(heard, encoded, subject.target, person=person, most=clicks)
    else:
        outcome = prompted.box(heard, encoded, subject.target)
    last = heard.calls[-1] if heard.calls else None
    if outcome.failure or last is None:
        prompts = heard.asked[-1] if heard.asked else ()
        nothing = np.zeros_like(subject.target)
        return Answered(subject, "", prompts, nothing, 0.0, None, outcome.failure or "no call")
    answer = np.asarray(last.mask.where(1)[0])
    return Answered(subject, "", heard.asked[-1], answer, outcome.dice[-1], last.quality.get(1))


@dataclass(frozen=True, eq=False)
class _Heard:
    """A predictor that keeps what it was asked and what it answered."""

    inner: Predictor
    asked: list[tuple[Prompt, ...]] = field(default_factory=list)
    calls: list[Prediction] = field(default_factory=list)

    @property
    def card(self) -> str:
        return self.inner.card

    @property
    def abilities(self) -> Abilities:
        return self.inner.abilities

    def encode(self, image: Image, region: Block | None = None) -> Encoded:
        return self.inner.encode(image, region)

    def predict(
        self, encoded: Encoded, prompts: Sequence[Prompt], previous: Prediction | None = None
    ) -> Prediction:
        self.asked.append(tuple(prompts))
        answer = self.inner.predict(encoded, prompts, previous)
        self.calls.append(answer)
        return answer
