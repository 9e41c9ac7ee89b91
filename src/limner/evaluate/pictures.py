"""Pictures for pages: a cut-out of a slice, with outlines and prompts as lines that stay sharp.

Pictures of people belong to those who published them. A set is *permissive* where the manifest
says that it may train weights that ship, or that its licence is permissive and was read at its
source; a share-alike, copyleft, second-hand or unclear licence is not enough. Pictures of other
sets may only be drawn into a folder that no repository keeps.
"""

import json
import subprocess
from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from limner.errors import BadValue, NotFound
from limner.evaluate.replay import Answered
from limner.grid import Grid
from limner.image import Image
from limner.prompt import Prompt
from limner.prompt.box import Box
from limner.prompt.click import Click
from limner.prompt.stroke import Stroke
from limner.window import window_of

Bools = NDArray[np.bool_]
Spans = tuple[slice, slice]

PERMISSIVE = ("permissive", "high")  # what `licence_status` says of them
AROUND = 0.4  # of the object's extent is shown on every side of it,
LEAST = 20  # and at least so many pixels
LARGEST = 640  # pixels a side: what is larger is shrunk


def permissive_sets(data: Path) -> frozenset[str]:
    """The names of the sets whose pictures may be shown to anybody. Raises NotFound."""
    manifest = data / "manifest.json"
    if not manifest.is_file():
        raise NotFound(
            f"There is no '{manifest}', which says whose pictures may be shown. Give the folder of "
            "the shared data with --data."
        )
    told = json.loads(manifest.read_text(encoding="utf-8"))["sets"]
    return frozenset(
        each["name"]
        for each in told
        if each.get("may_train_shipped_weights") is True or each.get("licence_status") in PERMISSIVE
    )


def need_private(folder: Path, restricted: Iterable[str]) -> None:
    """Raise BadValue where pictures of restricted sets would lie in a repository's reach."""
    names = sorted(set(restricted))
    if names and not ignored(folder):
        some = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        raise BadValue(
            f"Pictures of {some} may not lie in a repository, and git does not ignore '{folder}'. "
            "Write to a folder that it ignores, such as runs/, or leave them out with --permissive."
        )


def ignored(folder: Path) -> bool:
    """Whether a folder lies outside of every git work tree, or is ignored by its own."""
    above = folder.resolve()
    tree = next((each for each in (above, *above.parents) if (each / ".git").exists()), None)
    if tree is None:
        return True
    try:
        told = subprocess.run(  # noqa: S603  # the words stand here
            ["git", "-C", str(tree), "check-ignore", "-q", str(above / "index.html")],  # noqa: S607
            capture_output=True,
            check=False,
        )
    except OSError:
        return False  # without git nobody knows: take the careful answer
    return told.returncode == 0


def cut(answered: Answered) -> Spans:
    """Rows and columns round the target, the answer and what was said; square where it can be."""
    shape = answered.answer.shape
    held = answered.subject.target | answered.answer
    places = [np.argwhere(held).astype(float)] if held.any() else []
    grid = answered.subject.image.grid
    places += [grid.index_at(each.places_mm)[:, 1:] for each in answered.prompts]
    every = np.concatenate(places)
    low, high = every.min(axis=0), every.max(axis=0) + 1
    side = float((high - low).max())
    side += 2 * max(AROUND * side, LEAST)
    spans = []
    for first, last, limit in zip(low, high, shape, strict=True):
        wanted = min(limit, round(side))
        start = min(max(0, round((first + last - wanted) / 2)), limit - wanted)
        spans.append(slice(int(start), int(start + wanted)))
    return spans[0], spans[1]


def svg(answered: Answered, *, title: str, id: str) -> str:
    """One <svg> that holds its own picture; groups of class truth, answer and prompt.

    id   of the picture in it, unique on the page: `plain` shows the same one again
    """
    spans = cut(answered)
    rows, columns = (span.stop - span.start for span in spans)
    image = (
        f'<image id="{id}" href="{_data_uri(answered.subject.image, spans)}" width="{columns}" '
        f'height="{rows}" preserveAspectRatio="none"/>'
    )
    truth, answer = answered.subject.target[spans], answered.answer[spans]
    lines = _outline(truth, "truth") + _outline(answer, "answer")
    return _framed(image + lines + _prompts(answered, spans), spans, title)


def plain(answered: Answered, *, title: str, id: str) -> str:
    """The picture that another <svg> of the page holds, with what was said and no outline."""
    spans = cut(answered)
    return _framed(f'<use href="#{id}"/>' + _prompts(answered, spans), spans, title)


def _framed(inner: str, spans: Spans, title: str) -> str:
    rows, columns = (span.stop - span.start for span in spans)
    return (
        f'<svg class="scan" viewBox="0 0 {columns} {rows}" role="img" '
        f'aria-label="{escape(title, quote=True)}">{inner}</svg>'
    )


def _prompts(answered: Answered, spans: Spans) -> str:
    corner = (spans[0].start, spans[1].start)
    size = max(span.stop - span.start for span in spans)
    grid = answered.subject.image.grid
    return f'<g class="prompt">{_said(answered.prompts, grid, corner, size=size)}</g>'


def _data_uri(image: Image, spans: Spans) -> str:
    shown = window_of(image).apply(image.slice(0)[spans])
    levels = np.rint(shown * 255).astype(np.uint8)
    return f"data:image/jpeg;base64,{b64encode(jpeg(levels)).decode('ascii')}"


def jpeg(levels: NDArray[np.uint8], *, largest: int = LARGEST) -> bytes:
    """A picture (rows, columns, channels) as a JPEG of at most so many pixels a side."""
    from PIL import Image as Picture

    drawn = Picture.fromarray(levels[..., 0] if levels.shape[2] < 3 else levels[..., :3])
    drawn.thumbnail((largest, largest), Picture.Resampling.BOX)
    held = BytesIO()
    drawn.save(held, "JPEG", quality=88)
    return held.getvalue()


def _outline(inside: Bools, name: str) -> str:
    """The edge of a mask as a path, twice: a dark rim, and the line itself."""
    from skimage.measure import approximate_polygon, find_contours

    parts = []
    contours = find_contours(np.pad(inside, 1).astype(np.float32), 0.5)  # type: ignore[no-untyped-call]
    for each in contours:
        # less the pad, and pixel centres at one half
        kept = approximate_polygon(each, 0.2) - 0.5  # type: ignore[no-untyped-call]
        parts.append("M" + "L".join(f"{column:.1f} {row:.1f}" for row, column in kept) + "Z")
    path = "".join(parts)
    return f'<g class="{name}"><path class="rim" d="{path}"/><path d="{path}"/></g>' if path else ""


def _said(prompts: Sequence[Prompt], grid: Grid, corner: tuple[int, int], *, size: int) -> str:
    parts = []
    for each in prompts:
        index = grid.index_at(each.places_mm)[:, 1:]
        places = [(float(c) - corner[1] + 0.5, float(r) - corner[0] + 0.5) for r, c in index]
        if isinstance(each, Box):
            low, high = each.faces(grid)
            left, top = low[2] - corner[1] + 0.5, low[1] - corner[0] + 0.5
            wide, tall = high[2] - low[2], high[1] - low[1]
            box = f'x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{tall:.1f}"'
            parts.append(f'<rect class="rim" {box}/><rect {box}/>')
        elif isinstance(each, Click):
            parts.append(_click(places[0], inside=each.inside, radius=0.02 * size))
        elif isinstance(each, Stroke):
            path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            side = "in" if each.inside else "out"
            parts.append(f'<path class="rim" d="{path}"/><path class="{side}" d="{path}"/>')
    return "".join(parts)


def _click(at: tuple[float, float], *, inside: bool, radius: float) -> str:
    x, y, arm = *at, 0.6 * radius
    bars = f"M{x - arm:.2f} {y:.2f}H{x + arm:.2f}"
    if inside:
        bars += f"M{x:.2f} {y - arm:.2f}V{y + arm:.2f}"
    side = "in" if inside else "out"
    return f'<circle class="{side}" cx="{x:.2f}" cy="{y:.2f}" r="{radius:.2f}"/><path d="{bars}"/>'
