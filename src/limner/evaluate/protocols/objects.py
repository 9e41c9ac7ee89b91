"""The objects that are scored: which image, which slice, which label, which part of it.

`objects.json` of the shared data lists them; its `unit` says what one target is. The mask of
one is a label's whole mask on its slice, or one island of it that its bounding box names.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from limner.errors import BadValue, NotFound, UnknownName
from limner.image import ArrayPixels, Image
from limner.read import open_image
from limner.window import windowed

Bools = NDArray[np.bool_]
Half = Literal["choose", "report"]
Corners = tuple[int, int, int, int]

# What a set's description, or a file's name in a set of many kinds, has to hold. The first
# that fits names the modality: "chest X-ray CT" must not become a radiograph.
KINDS = (
    ("ultrasound", r"ultrasound"),
    ("endoscopy", r"endoscop|colonoscop"),
    ("dermoscopy", r"dermoscop"),
    ("OCT", r"\boct\b"),
    ("fundus", r"fundus"),
    ("electron microscopy", r"electron"),
    ("histology and blood", r"microscop|histolog|patholog|smear"),
    ("X-ray", r"x-?ray"),
    ("CT", r"\bct\b|^s\d{4}|^amos"),  # TotalSegmentator; AMOS, whose numbers up to 500 are CT
    ("MR", r"\bmri?\b"),
)


def half_of(text: str) -> Half:
    """The half of that name. Raises UnknownName."""
    for half in get_args(Half):
        if text == half:
            return half  # type: ignore[no-any-return]  # one of the literals
    raise UnknownName("half", text, get_args(Half))


@dataclass(frozen=True)
class Entry:
    """One line of `objects.json`.

    part       "choose" or "report": which half it belongs to
    component  (row, column, row, column), half open, of the island that is meant; None for
               the whole label
    axis       of a volume, in the order of the NIfTI file (0 is its first); None for a picture
    area       pixels of the target; what is read must have as many; None where nobody counted
    modality   one of `KINDS`, from the set's description
    """

    set: str
    role: str
    image: str
    mask: str
    label: int
    component: Corners | None
    axis: int | None
    slice: int | None
    area: int | None
    thin: bool
    part: Half
    modality: str = ""

    @property
    def key(self) -> str:
        """What tells it from every other entry."""
        where = "" if self.slice is None else f"@{self.axis}:{self.slice}"
        island = "" if self.component is None else "#" + ",".join(map(str, self.component))
        return f"{self.set}/{self.image}{where}={self.label}{island}"

    @property
    def picture(self) -> str:
        """What tells its slice from every other slice."""
        return self.key.partition("=")[0]


@dataclass(frozen=True, eq=False)
class Subject:
    """An entry with its one-slice image and its target, bool (rows, columns).

    folder   of its set
    """

    entry: Entry
    image: Image
    target: Bools
    folder: Path = Path()


def entries(data: Path, half: Half, *, limit: int = 0) -> tuple[Entry, ...]:
    """The entries of one half, in the order of the list; `limit` a set, 0 for all.

    With a limit they are spread evenly over the set. Raises NotFound without the list.
    """
    listed = data / "objects.json"
    if not listed.is_file():
        raise NotFound(f"There is no '{listed}'. Give the folder of the shared data with --data.")
    kinds = _descriptions(data / "manifest.json")
    every = [
        _entry(told, kinds.get(told["set"], ""))
        for told in json.loads(listed.read_text(encoding="utf-8"))["objects"]
        if told["part"] == half
    ]
    return spread(every, limit) if limit else tuple(every)


def spread(every: Sequence[Entry], limit: int) -> tuple[Entry, ...]:
    """At most `limit` entries of each set, from its first to its last."""
    kept: list[Entry] = []
    for name in dict.fromkeys(each.set for each in every):
        own = [each for each in every if each.set == name]
        count = min(limit, len(own))
        kept += [own[place] for place in np.linspace(0, len(own) - 1, count).round().astype(int)]
    return tuple(kept)


def pictures(chosen: Sequence[Entry]) -> tuple[tuple[Entry, ...], ...]:
    """The entries of each slice together: a predictor sees a slice once."""
    ordered = sorted(chosen, key=lambda each: each.picture)
    return tuple(tuple(group) for _, group in groupby(ordered, key=lambda each: each.picture))


def load(data: Path, together: Sequence[Entry], *, masks: str = "") -> Iterator[Subject]:
    """The subjects of one slice. Raises BadValue when a target is not what the list says.

    masks   a folder of another person's masks, which nobody counted; "" for the listed ones
    """
    first = together[0]
    folder = data / first.role / first.set
    image = _one_slice(windowed(open_image(folder / first.image)), first)
    file = folder / (f"{masks}/{Path(first.mask).name}" if masks else first.mask)
    labels = _one_slice(open_image(file), first).slice(0)[..., 0]
    for entry in (replace(each, area=None) if masks else each for each in together):
        yield Subject(entry, image, _target(labels, entry), folder)


def _entry(told: dict[str, object], description: str) -> Entry:
    fields = {name: told[name] for name in Entry.__dataclass_fields__ if name in told}
    island = told["component"]
    fields["component"] = tuple(island) if isinstance(island, list) else None
    made = Entry(**fields)  # type: ignore[arg-type]  # the list is ours and is checked by areas
    return replace(made, modality=modality(made.image, description))


def modality(image: str, description: str) -> str:
    """The kind of picture, by the set's description or, in a mixed set, by the file's name.

    >>> modality("images/20_ultrasound_breast.png", "9 modalities: CT, MRI")
    'ultrasound'
    """
    mixed = "modalities" in description or " and MR" in description
    text = image.rpartition("/")[2].replace("_", " ") if mixed else description
    for kind, pattern in KINDS:
        if re.search(pattern, text, re.IGNORECASE):
            return kind
    return "other"


def _descriptions(manifest: Path) -> dict[str, str]:
    if not manifest.is_file():
        return {}
    told = json.loads(manifest.read_text(encoding="utf-8"))["sets"]
    return {each["name"]: each["modality"] for each in told}


def _one_slice(image: Image, entry: Entry) -> Image:
    """A picture as it is; of a volume, the slice across the entry's axis, windowed as it was."""
    if entry.axis is None or entry.slice is None:
        return image
    across = 2 - entry.axis  # NIfTI counts columns first, an Image slices first
    order = (across, *(axis for axis in (0, 1, 2) if axis != across))
    turned = np.transpose(image.whole(), (*order, 3))
    grid = image.grid.turned((order[0], order[1], order[2]), (False, False, False))
    return replace(
        image,
        pixels=ArrayPixels(turned[None, entry.slice : entry.slice + 1]),
        grid=grid.slice_at(entry.slice),
        source=replace(image.source, slices=()),
    )


def _target(labels: NDArray[np.generic], entry: Entry) -> Bools:
    inside = np.asarray(labels == entry.label)
    if entry.component is not None:
        inside = _island(inside, entry.component)
    if entry.area is not None and int(inside.sum()) != entry.area:
        raise BadValue(
            f"The target '{entry.key}' has {int(inside.sum())} pixels but the list says "
            f"{entry.area}. Fetch the data again."
        )
    return inside


def _island(inside: Bools, corners: Corners) -> Bools:
    """The 4-connected island whose bounding box that is; nothing where there is none."""
    islands, _ = ndimage.label(inside)
    for number, spans in enumerate(ndimage.find_objects(islands), start=1):
        if (spans[0].start, spans[1].start, spans[0].stop, spans[1].stop) == corners:
            return np.asarray(islands == number)
    return np.zeros_like(inside)
