"""From an image and prompts to a mask.

The slow half (`encode`) runs once per image and returns a value; the fast half
(`predict`) takes that value back. A predictor keeps nothing between calls, so one serves
many users at once and undo is only an earlier list of prompts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from limner.errors import PromptRefused
from limner.grid import Grid, Shape
from limner.image import Image
from limner.mask import Mask
from limner.prompt import Prompt
from limner.prompt.box import Box
from limner.prompt.click import Click
from limner.prompt.prior import Prior
from limner.registry import Registry

Block = tuple[Shape, Shape]


@dataclass(frozen=True)
class Abilities:
    """What a predictor can take; whatever it cannot, it refuses in one sentence.

    prompts     kind to (least, most) a call and object; a kind that is absent is refused
    negative    kinds that it also takes with `inside=False`
    dims        2: answers on slices; 3: on volumes
    channels    how many image channels it looks at; grey is repeated, more are refused
    modalities  DICOM codes; empty means any
    classes     the classes that an automatic model gives; empty for a promptable one
    words       whether `Words` may be free text rather than one of `classes`
    objects     how many objects one call may have
    alone       whether it runs with no prompt at all
    """

    prompts: Mapping[str, tuple[int, int]]
    negative: frozenset[str] = frozenset()
    dims: frozenset[int] = frozenset({2})
    channels: frozenset[int] = frozenset({1, 3})
    modalities: frozenset[str] = frozenset()
    classes: tuple[str, ...] = ()
    words: bool = False
    objects: int = 65535
    alone: bool = False


@dataclass(frozen=True, eq=False)
class Encoded:
    """An image as one model sees it; made once, used for every prompt.

    image      what it was made from
    region     the block (low, high) that was looked at; None for all of it
    features   whatever the model needs again, by name
    """

    image: Image
    region: Block | None = None
    features: Mapping[str, Any] = field(default_factory=dict)

    @property
    def grid(self) -> Grid:
        """The grid that answers come back on."""
        return self.image.grid


@dataclass(frozen=True, eq=False)
class Prediction:
    """An answer on the image's own grid.

    mask      one object for every object that was prompted, with `soft` probabilities
    quality   the Dice that the model expects of each object, by object id, 0 to 1
    card      id of the model card, with its version and hash
    prompts   what was said
    slices    the slices that were answered, from 0; empty means the whole volume
    state     the predictor's own, to be handed back in `previous`; nobody else reads it
    """

    mask: Mask
    quality: Mapping[int, float]
    card: str
    prompts: tuple[Prompt, ...] = ()
    slices: tuple[int, ...] = ()
    state: Any = None

    @property
    def extent(self) -> str:
        """What was answered, in words: "slice 41 of 120", "the whole volume", "the picture".

        Slices are counted from 1, as viewers count them.
        """
        total = self.mask.grid.shape[0]
        if total == 1:
            return "the picture"
        if not self.slices:
            return f"the whole volume of {total} slices"
        numbers = ", ".join(str(number + 1) for number in self.slices)
        return f"slice{'s' if len(self.slices) > 1 else ''} {numbers} of {total}"


@dataclass(frozen=True, eq=False)
class Distribution:
    """What a model believes about one object, where it can say more than one mask.

    grid        of every sample
    object      its id
    samples     uint8 (n, bytes): numpy.packbits of each sampled mask in C order
    mean        uint8 (slices, rows, columns): share of samples that hold a voxel, times 255
    entropy     uint8, the same shape: binary entropy in bits, times 255
    volumes_ml  the 5th, 25th, 50th, 75th and 95th percentile of the samples' volume, mL
    """

    grid: Grid
    object: int
    samples: NDArray[np.uint8]
    mean: NDArray[np.uint8]
    entropy: NDArray[np.uint8]
    volumes_ml: tuple[float, float, float, float, float]

    @classmethod
    def of(
        cls, samples: Sequence[NDArray[np.bool_]], grid: Grid, *, object: int = 1
    ) -> "Distribution":
        """The distribution of masks (slices, rows, columns), at least one."""
        share = np.zeros(grid.shape, np.float32)
        packed, volumes = [], []
        for each in samples:
            share += each
            packed.append(np.packbits(each))
            volumes.append(float(np.count_nonzero(each)) * grid.voxel_mm3 / 1000)
        share /= len(samples)
        inner = np.clip(share, 1e-7, 1 - 1e-7)
        bits = -(inner * np.log2(inner) + (1 - inner) * np.log2(1 - inner))
        a, b, c, d, e = (float(each) for each in np.percentile(volumes, [5, 25, 50, 75, 95]))
        return cls(
            grid=grid,
            object=object,
            samples=np.stack(packed),
            mean=np.rint(share * 255).astype(np.uint8),
            entropy=np.rint(bits * 255).astype(np.uint8),
            volumes_ml=(a, b, c, d, e),
        )

    def sample(self, number: int) -> NDArray[np.bool_]:
        """bool (slices, rows, columns): one of the sampled masks."""
        count = int(np.prod(self.grid.shape))
        bits = np.unpackbits(self.samples[number], count=count)
        return bits.reshape(self.grid.shape).astype(bool)


class Predictor(Protocol):
    """Whatever can answer: promptable, automatic, text and in-context models alike."""

    @property
    def card(self) -> str:
        """Id of the model card, with version and hash, or the name of a method."""
        ...

    @property
    def abilities(self) -> Abilities: ...

    def encode(self, image: Image, region: Block | None = None) -> Encoded:
        """The slow half. Looks only at `region` (low, high in voxels) where one is given."""
        ...

    def predict(
        self, encoded: Encoded, prompts: Sequence[Prompt], previous: Prediction | None = None
    ) -> Prediction:
        """The fast half: all prompts so far, and the answer before the last of them.

        `previous.state` is None where that answer comes from a saved session: its mask, with
        what a person painted since, is then all there is to start from. Objects of `previous`
        that no prompt names are left out of the answer.

        Raises PromptRefused for what `abilities` does not name, for contradictory clicks
        and for places outside of the image.
        """
        ...


PREDICTORS: Registry[Callable[..., Predictor]] = Registry(
    "predictor", __name__, group="limner.predictors", beside=("card", "runtime", "session")
)


def predictor(name: str = "limner") -> Predictor:
    """A predictor by name, ready to use. Raises UnknownName with the nearest name."""
    return PREDICTORS.get(name)()


def check(abilities: Abilities, prompts: Sequence[Prompt], image: Image) -> None:
    """Raise PromptRefused for what a predictor cannot take, or cannot obey.

    That is: no prompt where one is needed, a kind it does not take (with `inside=False`), too
    few or many of a kind for an object, too many objects, a place outside of the image, and
    a click inside and one outside of one object in the same voxel.
    """
    if not prompts and not abilities.alone:
        raise PromptRefused(
            "There is no prompt. Click inside the object to start, as --click 'x,y,z'."
        )
    _check_channels(abilities, image)
    _check_kinds(abilities, prompts)
    _check_places(prompts, image)
    _check_contradictions(prompts, image.grid)


def _check_channels(abilities: Abilities, image: Image) -> None:
    if image.channels not in abilities.channels:
        taken = " or ".join(str(each) for each in sorted(abilities.channels))
        raise PromptRefused(
            f"The image has {image.channels} channels; this model looks at {taken}. "
            "Give it a grey or a colour image."
        )


def _check_kinds(abilities: Abilities, prompts: Sequence[Prompt]) -> None:
    taken = ", ".join(sorted(abilities.prompts))
    ids = sorted({each.object for each in prompts})
    if len(ids) > abilities.objects:
        raise PromptRefused(
            f"The prompts name {len(ids)} objects; this model takes {abilities.objects} at a time."
        )
    for each in prompts:
        if each.kind not in abilities.prompts:
            raise PromptRefused(f"This model does not take {each.kind} prompts; it takes: {taken}.")
        if not each.inside and each.kind not in abilities.negative:
            raise PromptRefused(
                f"This model takes a {each.kind} only for what is inside the object. "
                "Say what is outside with a click."
            )
    for number in ids:
        for kind, (least, most) in abilities.prompts.items():
            count = sum(each.kind == kind and each.object == number for each in prompts)
            if count > most or count < least:
                raise PromptRefused(
                    f"Object {number} has {count} {kind} prompts; "
                    f"this model takes {least} to {most}."
                )


def _check_places(prompts: Sequence[Prompt], image: Image) -> None:
    grid = image.grid
    for each in prompts:
        if each.at_time >= image.times:
            raise PromptRefused(
                f"A {each.kind} is on frame {each.at_time}, but the image has {image.times} "
                "(counted from 0)."
            )
        if isinstance(each, Prior) or not each.places_mm:
            continue
        if isinstance(each, Box):
            low, high = each.faces(grid)
            beside = bool((high <= -0.5).any() or (low >= np.array(grid.shape) - 0.5).any())
        elif isinstance(each, Click):
            beside = not bool(grid.contains(each.at_mm))
        else:
            beside = not bool(grid.contains(each.places_mm).any())
        if beside:
            index = tuple(round(float(n), 1) for n in grid.index_at(each.places_mm[0]))
            raise PromptRefused(
                f"The {each.kind} at {_short(each.places_mm[0])} mm (voxel {index}) lies outside "
                f"of the image, which has {grid.shape} voxels. Give a place inside, or say "
                "--index if you meant voxels."
            )


def _check_contradictions(prompts: Sequence[Prompt], grid: Grid) -> None:
    seen: dict[tuple[int, ...], bool] = {}
    for each in prompts:
        if not isinstance(each, Click):
            continue
        voxel = tuple(int(n) for n in np.floor(grid.index_at(each.at_mm) + 0.5))
        key = (each.object, each.at_time, *voxel)
        if seen.setdefault(key, each.inside) != each.inside:
            raise PromptRefused(
                f"One click says that voxel {voxel} is in object {each.object} and another that "
                "it is not. Take one of them back."
            )


def _short(place: tuple[float, float, float]) -> str:
    return "(" + ", ".join(f"{each:.1f}" for each in place) + ")"
