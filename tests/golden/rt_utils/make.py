"""Make the files of this folder anew: contours by rt-utils, and what rt-utils sees of ours.

    python -m tests.golden.rt_utils.make

rt-utils (MIT licence, github.com/qurit/rt-utils) wants other libraries than Limner, so it gets
an environment of its own in a temporary folder; PyPI is needed. What is kept: theirs.dcm and
pinned.dcm (holes as contours of their own, and by its "pin holes"), and seen.npz (its masks of
ours.dcm, ours_xor.dcm and of its own theirs.dcm).
"""

import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from limner.dicom.derived import at
from limner.formats import dicom_rtstruct
from limner.grid import Grid
from limner.image import Image
from limner.mask import Mask, Object
from limner.read import dicom
from limner.schema import Schema
from tests.dicom.make import placed, save

HERE = Path(__file__).parent
SHAPE = (3, 48, 48)  # rt-utils mixes rows and columns up where they differ
KEPT = ("theirs.dcm", "pinned.dcm", "ours.dcm", "ours_xor.dcm", "seen.npz")


def scan(folder: Path) -> Image:
    """A CT of three oblique slices with UIDs that do not change."""
    orientation = (0.8, 0.6, 0.0, -0.6, 0.8, 0.0)
    for k in range(SHAPE[0]):
        made = placed(
            np.zeros(SHAPE[1:], np.int16),
            (-20.0, 31.5, 2.5 * k),
            orientation=orientation,
            spacing=(0.75, 0.75),  # it mixes the two spacings up as well
            uid=f"2.25.{1000 + k}",
            InstanceNumber=k + 1,
            SliceThickness=2.5,
        )
        save(made, folder / f"{k}.dcm")
    return dicom.read(folder)


def masks() -> dict[str, np.ndarray]:
    """A disc with a hole, a ring round a disc, and parts of one and two pixels."""
    _, row, column = np.indices(SHAPE)
    far = np.hypot(row - 19, column - 20)
    small = np.zeros(SHAPE, bool)
    small[0, 5, 5] = small[1, 30, 40:42] = small[2, 8:10, 30] = True
    holed = far < 14
    holed[:, 18, 18] = holed[:, 22:25, 21:26] = False
    return {
        "holed disc": holed,
        "ring and disc": (far < 5) | ((far > 8) & (far < 13)),
        "small": small,
    }


def mask(grid: Grid) -> Mask:
    """The same as objects that overlap."""
    made = Mask(grid, schema=Schema.of(*masks()))
    for number, (name, inside) in enumerate(masks().items(), start=1):
        made = made.with_object(inside, Object(number, name))
    return made


def main() -> None:
    """Fill this folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = scan(folder / "scan")
        axes_last = {key: np.moveaxis(each, 0, 2) for key, each in masks().items()}
        np.savez_compressed(folder / "masks.npz", **axes_last)
        with at(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)):
            for file, holes in (("ours", "keyhole"), ("ours_xor", "xor")):
                written = folder / f"{file}.rtstruct.dcm"
                dicom_rtstruct.write(mask(image.grid), written, image=image, holes=holes)
                written.rename(folder / f"{file}.dcm")
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        python = folder / "venv" / "bin" / "python"
        wanted = ["rt-utils==1.2.7", "opencv-python-headless"]
        subprocess.run([python, "-m", "pip", "install", "-q", *wanted], check=True)
        subprocess.run([python, HERE / "inside.py", folder], check=True)
        for file in KEPT:
            shutil.copy(folder / file, HERE / file)


if __name__ == "__main__":
    main()
