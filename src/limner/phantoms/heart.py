"""A heart across its axis: the ring of the left chamber, the crescent of the right.

Source   the look of cine MR (bright blood) and of CT after contrast; tones as in
         limner.phantoms._tissues.
Differs  one slice and one phase; drawn by formula.
"""

import numpy as np

from limner.phantoms import PHANTOMS, _bodies
from limner.phantoms._canvas import Canvas
from limner.phantoms._sections import measured, named, sample
from limner.sample import Sample

__all__ = ["heart"]


@PHANTOMS.add
def heart(seed: int) -> Sample:
    """A section of 160 x 160 pixels of about 1.6 mm, on cine MR or on CT after contrast."""
    rng = np.random.default_rng(seed)
    canvas = Canvas(rng, 160, bend=float(rng.uniform(0, 0.1)), turn=0.3)
    _bodies.short_axis(canvas)
    kind = "bright blood" if rng.random() < 0.7 else "contrast ct"
    image = measured(canvas, rng, kind=kind, pixel_mm=1.6 / canvas.zoom)
    return sample(f"heart-{seed}", image, named(canvas.labels, canvas.names, image.grid))
