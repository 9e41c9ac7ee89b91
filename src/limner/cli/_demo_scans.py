"""The scans of the demo, and what is outlined in each: a table.

Every file comes inside a package that Limner depends on. Prompts were chosen by looking;
positions are rows and columns (in the volume: slices first), counted from 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLDERS: Mapping[str, tuple[str, ...]] = {
    "pydicom": ("data", "test_files"),
    "skimage": ("data",),
}


@dataclass(frozen=True)
class Scan:
    """One image of the demo.

    name      of its files in the output folder
    title     what it shows
    package   whose file it is; "" for the volume that is generated
    file      its name there
    objects   as in a prompts file
    options   further options of `limner segment`, by the names of `Wishes`
    """

    name: str
    title: str
    package: str
    file: str
    objects: tuple[Mapping[str, Any], ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path | None:
        """Where the file lies; None where the package does not bring it."""
        if not self.package:
            return None
        found = find_spec(self.package)
        if found is None or found.origin is None:
            return None
        path = Path(found.origin).parent.joinpath(*FOLDERS[self.package], self.file)
        return path if path.is_file() else None


def box(first: list[int], last: list[int]) -> dict[str, Any]:
    """A box over all pixels between two corners, both in."""
    return {"kind": "box", "corners_index": [first, last]}


def click(*at: int) -> dict[str, Any]:
    """A place inside."""
    return {"kind": "click", "at_index": list(at)}


def thing(label: str, *prompts: Mapping[str, Any]) -> dict[str, Any]:
    """One object."""
    return {"label": label, "prompts": list(prompts)}


def stroke(*path: list[int]) -> dict[str, Any]:
    """A scribble inside."""
    return {"kind": "stroke", "path_index": list(path)}


SCANS = (
    Scan(
        "abdomen",
        "Abdomen, MR after contrast",
        "pydicom",
        "examples_overlay.dcm",
        (
            thing("right kidney", box([192, 121], [247, 181])),
            thing("left kidney", box([199, 291], [249, 339])),
            thing("aorta", box([156, 243], [180, 266])),
        ),
    ),
    Scan(
        "spine",
        "Spine, CT",
        "pydicom",
        "CT_small.dcm",
        (
            thing("aorta", box([0, 74], [23, 108])),
            thing("spinal canal", box([44, 49], [60, 70])),
            thing("vertebral body", box([6, 42], [42, 78])),
        ),
    ),
    Scan(
        "heart",
        "Heart, ultrasound, the first of 30 frames",
        "pydicom",
        "examples_ybr_color.dcm",
        (thing("left ventricle", box([62, 149], [133, 193])),),
        {"frame": 0},
    ),
    Scan(
        "retina",
        "Retina, colour photograph",
        "skimage",
        "retina.jpg",
        (thing("optic disc", box([560, 118], [740, 316])),),
    ),
    Scan(
        "tissue",
        "Colon, stained section",
        "skimage",
        "ihc.png",
        (
            thing("gland", box([309, 255], [502, 384])),
            thing("lumen", stroke([62, 318], [122, 341], [160, 360], [186, 374])),
        ),
    ),
    Scan(
        "cell",
        "A cell, phase contrast",
        "skimage",
        "cell.png",
        (thing("cell", box([313, 367], [436, 490])),),
    ),
    Scan(
        "volume",
        "A generated volume, outlined in three dimensions by the method without weights",
        "",
        "volume.npz",
        (
            thing("organ", box([7, 20, 14], [32, 66, 58])),
            thing("vessel", stroke([3, 62, 74], [14, 60, 72], [28, 57, 70], [36, 56, 69])),
            thing("cyst", click(19, 40, 31)),
        ),
        {"model": "classic"},
    ),
)


def generated() -> "tuple[NDArray[np.uint8], tuple[float, float, float]]":
    """uint8 (40, 88, 96) and its spacing (slices, rows, columns) in mm; always the same.

    An organ of 25 x 45 x 43 voxels, a cyst in it, and a vessel beside it, in grey noise.
    """
    import numpy as np
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(7)
    slices, rows, columns = np.ogrid[:40, :88, :96]
    organ = ((slices - 19.5) / 12) ** 2 + ((rows - 43) / 22) ** 2 + ((columns - 36) / 21) ** 2
    cyst = ((slices - 19) / 4) ** 2 + ((rows - 40) / 8) ** 2 + ((columns - 31) / 8) ** 2
    vessel = ((rows - 62 + slices / 6) / 5) ** 2 + ((columns - 74 + slices / 7) / 5) ** 2
    body = ((rows - 43) / 41) ** 2 + ((columns - 48) / 45) ** 2 + slices * 0
    grey = np.where(body < 1, 78.0, 12.0)
    grey = np.where(organ < 1, 138.0, grey)
    grey = np.where(cyst < 1, 88.0, grey)
    grey = np.where(vessel + slices * 0 < 1, 205.0, grey)
    grey = gaussian_filter(grey, 0.6) + gaussian_filter(rng.normal(0, 22, grey.shape), 0.5)
    return np.clip(grey, 0, 255).astype(np.uint8), (3.0, 1.5, 1.5)
