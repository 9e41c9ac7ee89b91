"""A person's work on one image: an append-only log whose fold is the state.

The log is what is saved, merged between annotators and learnt from. Every accepted answer
is in it, so opening one never runs a model; `replay` does, and compares.
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from limner.errors import BadValue, GeometryMismatch
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.predict import Encoded, Prediction, Predictor
from limner.prompt import Prompt, from_json
from limner.prompt.prior import Prior

FORMAT = "limner session 1"


@dataclass(frozen=True)
class Event:
    """One thing that happened. Its id is unique over all annotators.

    id       letters and digits
    author   who; "" where nobody said
    utc      when, ISO 8601
    """

    id: str
    author: str
    utc: str


@dataclass(frozen=True)
class Said(Event):
    """Prompts that were given together: one step."""

    prompts: tuple[Prompt, ...]


@dataclass(frozen=True)
class Accepted(Event):
    """The answer to a step, kept whole.

    of        the id of the `Said` that it answers
    objects   the objects that it holds, in order
    masks     their voxels, packed; an empty object has none
    digest    of the mask that `masks` make
    card      what made it
    quality   object id and expected Dice
    """

    of: str
    objects: tuple[Object, ...]
    masks: tuple[Prior, ...]
    digest: str
    card: str
    quality: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Painted(Event):
    """Voxels that a person set (`filled`) or cleared by hand."""

    voxels: Prior
    filled: bool


@dataclass(frozen=True)
class Named(Event):
    """The class and the name that a person gave an object."""

    object: int
    label: str
    name: str = ""


@dataclass(frozen=True)
class Undo(Event):
    """Takes one event back; undoing an undo is redo."""

    of: str


@dataclass(frozen=True)
class Replayed:
    """One step run again: whether the voxels came out the same, and the Dice of old and new."""

    step: str
    same: bool
    dice: float


@dataclass(frozen=True)
class Session:
    """The image that was worked on and what happened, in order.

    image    its name, for people
    digest   of its grid and its files' hashes: a session opens only on its own image
    grid     that answers lie on
    events   append-only
    author   who adds events now
    """

    image: str
    digest: str
    grid: Grid
    events: tuple[Event, ...] = ()
    author: str = field(default="", compare=False)

    @classmethod
    def on(cls, image: Image, *, author: str = "") -> "Session":
        """An empty session on an image."""
        names = [each.name for each in image.source.files]
        return cls(names[0] if names else "", image_digest(image), image.grid, author=author)

    # -- adding ---------------------------------------------------------------------------

    def say(self, *prompts: Prompt) -> "Session":
        """With one more step: prompts given together."""
        if not prompts:
            raise BadValue("Nothing was said. Give at least one prompt.")
        return self._with(Said(*self._stamp(), prompts=prompts))

    def accept(self, prediction: Prediction) -> "Session":
        """With the answer to the last step. Raises GeometryMismatch off the session's grid."""
        steps = [each for each in self.live() if isinstance(each, Said)]
        if not steps:
            raise BadValue("There is no step to answer. Say something first.")
        mask = prediction.mask
        if not mask.grid.matches(self.grid):
            raise GeometryMismatch(
                f"The answer has {mask.grid.shape} voxels but the session's image "
                f"{self.grid.shape}, or they lie elsewhere. Answer on the session's own image."
            )
        packed = tuple(
            Prior.of(mask.where(number), mask.grid, object=number)
            for number in mask.ids
            if mask.voxels(number)
        )
        answer = Accepted(
            *self._stamp(),
            of=steps[-1].id,
            objects=mask.objects,
            masks=packed,
            digest=mask.digest(),
            card=prediction.card,
            quality=tuple(sorted(prediction.quality.items())),
        )
        return self._with(answer)

    def paint(self, voxels: Prior, *, filled: bool) -> "Session":
        """With voxels of an object set or cleared by hand."""
        return self._with(Painted(*self._stamp(), voxels=voxels, filled=filled))

    def call(self, number: int, label: str, *, name: str = "") -> "Session":
        """With a class, and perhaps a name, for an object."""
        return self._with(Named(*self._stamp(), object=number, label=label, name=name))

    def undo(self) -> "Session":
        """With the author's last live step, stroke or naming taken back.

        Raises BadValue where nothing is left to take back.
        """
        own = [
            each
            for each in self.live()
            if each.author == self.author and not isinstance(each, Accepted | Undo)
        ]
        if not own:
            raise BadValue("There is nothing left to undo in this session.")
        return self._with(Undo(*self._stamp(), of=own[-1].id))

    def redo(self) -> "Session":
        """With the author's last undo taken back. Raises BadValue where there is none."""
        own = [each for each in self.live() if each.author == self.author and type(each) is Undo]
        if not own:
            raise BadValue("There is no undo to take back in this session.")
        return self._with(Undo(*self._stamp(), of=own[-1].id))

    def merge(self, other: "Session") -> "Session":
        """Both logs in one, by time; events of both are there once.

        Raises GeometryMismatch for a session on another image.
        """
        if other.digest != self.digest:
            raise GeometryMismatch(
                f"One session is on '{self.image}' and the other on '{other.image}', whose files "
                "differ. Merge sessions of one image."
            )
        together = {each.id: each for each in (*self.events, *other.events)}
        ordered = sorted(together.values(), key=lambda each: (each.utc, each.id))
        return replace(self, events=tuple(ordered))

    # -- the fold -------------------------------------------------------------------------

    def live(self) -> tuple[Event, ...]:
        """The events that nobody has taken back, in order; undos that hold are among them."""
        gone: set[str] = set()
        kept: list[Event] = []
        for each in reversed(self.events):
            if each.id in gone:
                continue
            if isinstance(each, Undo):
                gone.add(each.of)
            kept.append(each)
        return tuple(
            each for each in reversed(kept) if not (isinstance(each, Accepted) and each.of in gone)
        )

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """Everything said and not taken back, in order."""
        steps = (each for each in self.live() if isinstance(each, Said))
        return tuple(prompt for step in steps for prompt in step.prompts)

    @property
    def mask(self) -> Mask:
        """What stands: the last answer of every object, painted on, with its class."""
        mask = Mask(self.grid)
        for event in self.live():
            if isinstance(event, Accepted):
                mask = _with_answer(mask, event)
            elif isinstance(event, Painted):
                mask = _painted(mask, event)
            elif isinstance(event, Named) and event.object in mask.ids:
                about = replace(mask.find(event.object), label=event.label, name=event.name)
                mask = mask.with_object(mask.where(event.object), about)
        return mask

    @property
    def quality(self) -> dict[int, float]:
        """The expected Dice of every object's last answer."""
        told: dict[int, float] = {}
        for event in self.live():
            if isinstance(event, Accepted):
                told.update(dict(event.quality))
        return told

    @property
    def previous(self) -> Prediction | None:
        """The standing answer as a predictor takes it back; without the model's own state."""
        answers = [each for each in self.live() if isinstance(each, Accepted)]
        if not answers:
            return None
        mask = self.mask
        slices = sorted({number for each in mask for number in each.slices})
        return Prediction(mask, self.quality, answers[-1].card, slices=tuple(slices))

    # -- with a model ---------------------------------------------------------------------

    def predict(self, predictor: Predictor, image: Image | Encoded) -> Prediction:
        """A model's answer to everything said, from the answer that stands.

        Only the objects that the last step is about are asked again; the others stay.
        Raises GeometryMismatch for another image.
        """
        encoded = image if isinstance(image, Encoded) else predictor.encode(self._mine(image))
        steps = [each for each in self.live() if isinstance(each, Said)]
        meant = {prompt.object for prompt in steps[-1].prompts} if steps else set()
        prompts = [each for each in self.prompts if each.object in meant]
        return predictor.predict(encoded, prompts, self.previous)

    def replay(self, predictor: Predictor, image: Image) -> Iterator[Replayed]:
        """Run every answered step again and compare with the answer that was accepted."""
        encoded = predictor.encode(self._mine(image))
        so_far = replace(self, events=())
        for event in self.live():
            if isinstance(event, Accepted):
                fresh = so_far.predict(predictor, encoded).mask
                kept = _with_answer(Mask(self.grid), event)
                same = all(np.array_equal(fresh.where(n), kept.where(n)) for n in kept.ids)
                yield Replayed(event.of, same, _dice(fresh, kept))
            so_far = replace(so_far, events=(*so_far.events, event))

    # -- as text --------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Plain values, whole; `from_json` gives an equal session back."""
        return {
            "format": FORMAT,
            "image": self.image,
            "digest": self.digest,
            "grid": self.grid.to_json(),
            "events": [_event_json(each) for each in self.events],
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any], *, author: str = "") -> "Session":
        """The inverse of `to_json`. Raises BadValue for what is no session of this format."""
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            raise BadValue(
                f"This is no '{FORMAT}' file. Give one that 'limner segment --session' wrote."
            )
        try:
            grid = Grid.from_json(told["grid"])
            events = tuple(_event_of(each) for each in told["events"])
            return cls(told["image"], told["digest"], grid, events, author)
        except (KeyError, TypeError) as error:
            raise BadValue(f"This session is damaged: {error}. Use an earlier copy.") from error

    # -- inside ---------------------------------------------------------------------------

    def _with(self, event: Event) -> "Session":
        return replace(self, events=(*self.events, event))

    def _stamp(self) -> tuple[str, str, str]:
        return (
            secrets.token_hex(8),
            self.author,
            datetime.now(UTC).isoformat(timespec="microseconds"),
        )

    def _mine(self, image: Image) -> Image:
        if not image.grid.matches(self.grid) or image_digest(image) != self.digest:
            raise GeometryMismatch(
                f"This session is on '{self.image}', and the image that came is another or has "
                "changed. Open the session with its own image."
            )
        return image


def image_digest(image: Image) -> str:
    """SHA-256 of what identifies an image: its grid, its times and the hashes of its files.

    An image that came from no file is known by its samples. Two frames of one clip differ by
    their times, or by the frames that their slices came from.
    """
    frames = [each.frame for each in image.source.slices]
    told = hashlib.sha256(repr((image.grid, image.times, image.times_s, frames)).encode())
    if image.source.files:
        told.update(repr(sorted(each.sha256 for each in image.source.files)).encode())
    else:
        told.update(np.ascontiguousarray(image.whole()).tobytes())
    return told.hexdigest()


def _with_answer(mask: Mask, answer: Accepted) -> Mask:
    voxels = {each.object: each for each in answer.masks}
    for about in answer.objects:
        inside = np.zeros(mask.grid.shape, bool)
        if about.id in voxels:
            _fill(inside, voxels[about.id], mask.grid, value=True)
        mask = mask.with_object(inside, about)
    return mask


def _painted(mask: Mask, event: Painted) -> Mask:
    number = event.voxels.object
    about = mask.find(number) if number in mask.ids else Object(number, source="human")
    inside = mask.where(number) if number in mask.ids else np.zeros(mask.grid.shape, bool)
    _fill(inside, event.voxels, mask.grid, value=event.filled)
    return mask.with_object(inside, replace(about, rater=event.author or about.rater))


def _fill(inside: Any, voxels: Prior, grid: Grid, *, value: bool) -> None:
    low = np.rint(grid.index_at(voxels.grid.origin_mm)).astype(int)
    spans = tuple(slice(a, a + n) for a, n in zip(low, voxels.grid.shape, strict=True))
    inside[spans][voxels.flags()] = value


def _dice(one: Mask, other: Mask) -> float:
    a, b = one.anywhere(), other.anywhere()
    total = int(a.sum() + b.sum())
    return 1.0 if total == 0 else 2 * int((a & b).sum()) / total


_KINDS: Mapping[str, type[Event]] = {
    each.__name__: each for each in (Said, Accepted, Painted, Named, Undo)
}


def _event_json(event: Event) -> dict[str, Any]:
    told: dict[str, Any] = {"event": type(event).__name__}
    for name in event.__dataclass_fields__:
        value = getattr(event, name)
        if name in {"prompts", "masks"}:
            value = [each.to_json() for each in value]
        elif name == "voxels":
            value = value.to_json()
        elif name == "objects":
            value = [{k: _listed(v) for k, v in vars(each).items()} for each in value]
        told[name] = _listed(value)
    return told


def _event_of(told: Mapping[str, Any]) -> Event:
    known: dict[str, Any] = {key: value for key, value in told.items() if key != "event"}
    kind = _KINDS[told["event"]]
    for name, value in known.items():
        if name in {"prompts", "masks"}:
            known[name] = tuple(from_json(each) for each in value)
        elif name == "voxels":
            known[name] = from_json(value)
        elif name == "objects":
            known[name] = tuple(
                Object(**{k: _tupled(v) for k, v in each.items()}) for each in value
            )
        else:
            known[name] = _tupled(value)
    return kind(**known)


def _listed(value: Any) -> Any:
    return [_listed(each) for each in value] if isinstance(value, tuple) else value


def _tupled(value: Any) -> Any:
    return tuple(_tupled(each) for each in value) if isinstance(value, list) else value
