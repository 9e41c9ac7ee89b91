"""Small scans with an object whose place is known, and the command line in this process."""

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
from PIL import Image as Picture

BRIGHT = (slice(20, 40), slice(30, 60))  # rows 20 to 39, columns 30 to 59: 600 pixels


@dataclass(frozen=True)
class Told:
    """What a call of the command line said and how it ended."""

    code: int
    out: str
    err: str


def limner(*words: object) -> Told:
    """The command line in this process: quick, and errors without an exit code fly."""
    from limner.cli import main

    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main([str(word) for word in words])
        except SystemExit as end:
            code = int(end.code or 0)
    return Told(code, out.getvalue(), err.getvalue())


def picture(path: Path) -> Path:
    """A grey PNG of 64 x 80 pixels with a bright rectangle."""
    samples = np.full((64, 80), 40, np.uint8)
    samples[BRIGHT] = 200
    Picture.fromarray(samples).save(path)
    return path


def volume(path: Path, *, spacing_mm: float = 2.0) -> Path:
    """A NIfTI of 6 x 20 x 24 voxels with a bright block in slices 2 to 3."""
    samples = np.zeros((24, 20, 6), np.int16)  # NIfTI counts columns first
    samples[8:16, 5:12, 2:4] = 100
    affine = np.diag([-spacing_mm, -spacing_mm, spacing_mm, 1])  # LPS axes, written as RAS
    nibabel.save(nibabel.Nifti1Image(samples, affine), path)
    return path
