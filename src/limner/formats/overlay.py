"""The picture of a mask on its scan, for people: outlines, a light fill, prompts, a legend.

    slices    those that were answered, at most six; else the one where the objects are largest
    upright   a slice of a patient is turned as radiologists hang it: the patient's left on
              the right of the picture, front or head at the top; letters say so
    size      small pictures are enlarged by a whole number, and pixels that are not square
              are made so; nothing is larger than 1600 pixels
    outline   lies where the linearly interpolated mask crosses one half

Nothing can be read back from it: masks go to NIfTI or to a label-map PNG beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, GeometryMismatch, UnreadableFile
from limner.formats._canvas import Canvas, Legend, labelled, sheet
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.prompt import Prompt
from limner.safely import replacing
from limner.schema import PALETTE, Colour
from limner.window import window_of

ENDINGS = (".overlay.png", ".overlay.jpg")
FOR_PEOPLE = True
NEEDS_SCAN = frozenset({"write"})
MOST = 6  # slices in one picture
LETTERS = (("R", "L"), ("A", "P"), ("F", "H"))  # low and high end of the LPS axes


def claims(path: Path) -> bool:
    """By the ending."""
    return path.name.lower().endswith(ENDINGS)


def read(path: Path, *, grid: Grid | None = None) -> Mask:
    """Raises UnreadableFile: an overlay is for people."""
    del grid
    raise UnreadableFile(
        f"'{path.name}' is a picture of a mask, not a mask. Give the label map or the NIfTI file."
    )


def write(
    mask: Mask,
    path: Path,
    *,
    image: Image | None = None,
    prompts: Sequence[Prompt] = (),
    slices: Sequence[int] = (),
) -> None:
    """Draw, and write a PNG or, where the name ends so, a JPEG; whole or not at all.

    Raises BadValue without an image or for another ending; UnwritableFile.
    """
    from PIL import Image as Picture

    if image is None:
        raise BadValue(f"'{path.name}' would show the mask on its image. Give the image too.")
    kinds = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
    if path.suffix.lower() not in kinds:
        raise BadValue(f"'{path.name}' is no picture's name. Let it end in .png or .jpg.")
    drawn = Picture.fromarray(picture(mask, image, prompts=prompts, slices=slices))
    with replacing(path) as temporary:
        drawn.save(temporary, kinds[path.suffix.lower()], quality=92)


def picture(
    mask: Mask,
    image: Image,
    *,
    prompts: Sequence[Prompt] = (),
    slices: Sequence[int] = (),
    time: int = 0,
) -> NDArray[np.uint8]:
    """uint8 (rows, columns, 3): the overlay. Raises GeometryMismatch off the image's grid."""
    if not mask.grid.matches(image.grid):
        raise GeometryMismatch(
            f"The mask has {mask.grid.shape} voxels and the image {image.grid.shape}, or they "
            "lie elsewhere. Carry the mask over first (limner.resample.mask_onto)."
        )
    chosen = list(slices) or shown_slices(mask, time=time)
    tiles, seen = [], set()
    for number in chosen:
        view = View.of(image, number, crowd=len(chosen))
        tile = Canvas(view.turned(_colours(image, number, time)), view.scale)
        for each in mask.objects:
            inside = _plane(mask, each.id, number=number, time=time)
            if inside.any():
                seen.add(each.id)
                tile.outline(view.turned(inside), _colour(mask, each))
        for prompt in prompts:
            if prompt.at_time == time:
                _draw(tile, prompt, view=view, colour=_of_id(mask, prompt.object))
        title = f"slice {number + 1} of {image.grid.shape[0]}" if image.grid.shape[0] > 1 else ""
        tiles.append(labelled(tile, title=title, edges=view.letters))
    shown = [each for each in mask.objects if each.id in seen]
    return sheet(tiles, [Legend(_name(each), _colour(mask, each)) for each in shown])


def shown_slices(mask: Mask, *, time: int = 0) -> list[int]:
    """The slices that were answered, evenly thinned to six; else the fullest one."""
    answered = sorted({number for each in mask.objects for number in each.slices})
    if answered:
        picked = np.linspace(0, len(answered) - 1, min(MOST, len(answered))).round().astype(int)
        return [answered[place] for place in picked]
    filled = sum(
        (np.count_nonzero(layer[time], axis=(1, 2)) for layer in mask.layers),
        np.zeros(mask.grid.shape[0], int),
    )
    return [int(np.argmax(filled))] if filled.any() else [mask.grid.shape[0] // 2]


@dataclass(frozen=True)
class View:
    """How one slice is shown.

    number       which, from 0
    swapped      whether rows and columns are exchanged; then `flips` along the new axes
    scale        screen pixels a voxel, along the new rows and columns
    letters      of the patient's sides at the left, right, top and bottom; "" where unknown
    """

    grid: Grid
    number: int
    swapped: bool
    flips: tuple[bool, bool]
    scale: tuple[float, float]
    letters: tuple[str, str, str, str]

    @classmethod
    def of(cls, image: Image, number: int, *, crowd: int = 1) -> "View":
        """As radiologists hang it where the grid is placed; else as it is stored."""
        grid = image.grid
        steps = np.array(grid.steps_mm[1:])
        main = np.abs(steps).argmax(axis=1)
        swapped, flips, letters = False, (False, False), ("", "", "", "")
        if grid.placed and main[0] != main[1]:
            swapped = bool(main[0] < main[1])  # the lower axis (x before y before z) goes across
            ordered = steps[::-1] if swapped else steps
            down, across = np.sort(main)[::-1]
            # y grows to the back and belongs at the bottom, z to the head and belongs at the top
            flips = (
                bool((ordered[0, down] > 0) == (down == 2)),
                bool(ordered[1, across] < 0),
            )
            top_bottom = LETTERS[down][::-1] if down == 2 else LETTERS[down]
            letters = (*LETTERS[across], *top_bottom)
        sizes = np.array(grid.spacing_mm[1:])
        counts = np.array(grid.shape[1:])
        if swapped:
            sizes, counts = sizes[::-1], counts[::-1]
        return cls(grid, number, swapped, flips, _scale(counts, sizes, crowd), letters)

    def turned(self, plane: NDArray[Any]) -> NDArray[Any]:
        """(rows, columns, ...) as it is shown."""
        plane = plane.swapaxes(0, 1) if self.swapped else plane
        down, across = (-1 if flip else 1 for flip in self.flips)
        return plane[::down, ::across]

    def on_screen(self, places_mm: Sequence[Any]) -> NDArray[np.float64]:
        """(n, 2) screen pixels, across and down, of positions, mm."""
        index = self.grid.index_at(places_mm)[..., 1:]
        counts = np.array(self.grid.shape[1:])
        if self.swapped:
            index, counts = index[..., ::-1], counts[::-1]
        turned = np.where(self.flips, counts - 1 - index, index)
        screen = (turned + 0.5) * np.array(self.scale)
        return np.asarray(screen[..., ::-1])

    def near(self, places_mm: Sequence[Any]) -> bool:
        """Whether any of the positions lies in this slice."""
        if self.grid.shape[0] == 1:
            return True
        number = self.grid.index_at(places_mm)[..., 0]
        return bool(number.min() - 0.5 <= self.number <= number.max() + 0.5)


def _scale(counts: NDArray[Any], sizes: NDArray[Any], crowd: int) -> tuple[float, float]:
    """Screen pixels a voxel: whole numbers upwards for the finer axis, square on screen."""
    stretch = sizes / sizes.min()
    stretch = np.minimum(stretch, 20)  # thicker than that, a slice from the side is a strip
    longest = float((counts * stretch).max())
    wanted, most = (640, 1600) if crowd == 1 else (420, 640)
    zoom = max(1.0, np.ceil(wanted / longest)) if longest <= most else most / longest
    if zoom > 1 and longest * zoom > most:
        zoom = max(1.0, np.floor(most / longest))
    down, across = (stretch * zoom).tolist()
    return down, across


def _draw(tile: Canvas, prompt: Prompt, *, view: View, colour: Colour) -> None:
    """A prompt, where it is about this slice. Kinds without a place are not drawn."""
    if not prompt.places_mm or not view.near(prompt.places_mm):
        return
    where = view.on_screen(prompt.places_mm)
    if prompt.kind == "click":
        tile.dot((where[0][0], where[0][1]), inside=prompt.inside)
    elif prompt.kind == "stroke":
        tile.line(where, inside=prompt.inside)
    elif prompt.kind == "lasso":
        tile.dashes(np.concatenate([where, where[:1]]), colour)
    elif prompt.kind == "box":
        corners = view.on_screen(cast("Any", prompt).corners_mm)
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        loop = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        tile.dashes(np.array(loop), colour)


def _colours(image: Image, number: int, time: int) -> NDArray[np.float32]:
    """float32 (rows, columns, 3), 0 to 1, in the image's window."""
    shown = window_of(image).apply(image.slice(number, time=time))
    return shown[..., :3] if shown.shape[2] >= 3 else np.repeat(shown[..., :1], 3, axis=2)


def _plane(mask: Mask, number_of: int, *, number: int, time: int) -> NDArray[np.bool_]:
    inside = np.zeros(mask.grid.shape[1:], bool)
    for layer in mask.layers:
        inside |= layer[time, number] == number_of
    return inside


def _colour(mask: Mask, each: Object) -> Colour:
    """The class's colour where it is the only object of it; else one by its id."""
    alone = sum(other.label == each.label for other in mask.objects) == 1
    if each.label and alone:
        return mask.schema[each.label].colour
    return PALETTE[(each.id - 1) % len(PALETTE)]


def _of_id(mask: Mask, number: int) -> Colour:
    if number in mask.ids:
        return _colour(mask, mask.find(number))
    return PALETTE[(number - 1) % len(PALETTE)]


def _name(each: Object) -> str:
    return " ".join(part for part in (each.label, each.name) if part) or f"object {each.id}"
