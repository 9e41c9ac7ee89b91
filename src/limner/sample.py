"""What is learnt from and scored on: images, and what somebody said of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np

from limner.errors import BadValue, UnknownName
from limner.image import Image
from limner.mask import Flags, Made, Mask
from limner.prompt import Prompt

Kind = Literal[
    "dense",
    "scribble",
    "box",
    "boxes",
    "points",
    "extreme points",
    "image label",
    "multi-label",
    "ordinal",
    "text",
    "phase interval",
    "transform",
    "curve",
]

# What the value of each kind is. Tuples hold what the text says; a transform is a 4 x 4 array
# from LPS mm to LPS mm, a curve (n, 2) or (n, 3) points, a phase (name, start_s, end_s).
VALUES: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {
        "dense": (Mask,),
        "scribble": (tuple,),
        "box": (Prompt,),
        "boxes": (tuple,),
        "points": (tuple,),
        "extreme points": (tuple,),
        "image label": (str,),
        "multi-label": (tuple,),
        "ordinal": (int,),
        "text": (str,),
        "phase interval": (tuple,),
        "transform": (np.ndarray,),
        "curve": (np.ndarray,),
    }
)


@dataclass(frozen=True, eq=False)
class Coverage:
    """What was looked at: silence about the rest is not a "no".

    classes   the classes that were looked for; empty means all of the schema
    where     bool (slices, rows, columns) that were looked at; None means everywhere
    """

    classes: tuple[str, ...] = ()
    where: Flags | None = None

    def covers(self, label: str) -> bool:
        """Whether a voxel without that class counts as not being it."""
        return not self.classes or label in self.classes


@dataclass(frozen=True, eq=False)
class Target:
    """What one rater, person or model, said of a sample.

    kind       which kind of statement
    value      see `VALUES`
    coverage   what was looked at
    source     "human", "model", "weak", "synthetic"
    rater      who; a model's card id
    image      which of the sample's images it is drawn on; "" for its only one
    """

    kind: Kind
    value: Any
    coverage: Coverage = field(default_factory=Coverage)
    source: Made = "human"
    rater: str = ""
    image: str = ""

    def __post_init__(self) -> None:
        """Refuse a value that is not what its kind says."""
        if self.kind not in VALUES:
            raise UnknownName("kind of target", self.kind, get_args(Kind))
        if not isinstance(self.value, VALUES[self.kind]):
            wanted = " or ".join(each.__name__ for each in VALUES[self.kind])
            raise BadValue(
                f"A target of kind '{self.kind}' holds a {type(self.value).__name__}. "
                f"Give a {wanted}."
            )


@dataclass(frozen=True, eq=False)
class Sample:
    """One case: its images by name, what was said of them, and what it must not be split from.

    id        unique in its data set
    images    "image" for the only one; "ct" and "pet", "fixed" and "moving", ...
    targets   by any number of raters
    groups    {"patient": ..., "site": ..., "slide": ..., "date": ...}: splits respect them
    licence   of the images; "" unknown, which never trains weights that ship
    """

    id: str
    images: Mapping[str, Image]
    targets: tuple[Target, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    licence: str = ""

    def __post_init__(self) -> None:
        """Freeze the mappings; refuse a sample of nothing."""
        if not self.id or not self.images:
            raise BadValue("A sample needs an id and at least one image. Give both.")
        object.__setattr__(self, "images", MappingProxyType(dict(self.images)))
        object.__setattr__(self, "groups", MappingProxyType(dict(self.groups)))
        for target in self.targets:
            if target.image and target.image not in self.images:
                raise UnknownName("image of this sample", target.image, tuple(self.images))

    @property
    def image(self) -> Image:
        """The only image, or the one called "image". Raises BadValue where that is unclear."""
        if "image" in self.images:
            return self.images["image"]
        if len(self.images) == 1:
            return next(iter(self.images.values()))
        raise BadValue(
            f"The sample '{self.id}' has several images: {', '.join(self.images)}. Name one."
        )

    @property
    def mask(self) -> Mask:
        """The first dense target. Raises BadValue where there is none."""
        for target in self.targets:
            if target.kind == "dense":
                return target.value  # type: ignore[no-any-return]  # checked by Target
        raise BadValue(f"The sample '{self.id}' has no mask. Give one with a dense target.")
