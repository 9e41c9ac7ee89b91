"""One section through a trunk: chest, belly or pelvis, on CT or MR.

Source   the idea of painting label maps by the contrast of a scanner: Billot et al.
         (SynthSeg), Medical Image Analysis 86 (2023), 102789.
Differs  drawn bodies in place of segmented ones; known contrasts (limner.phantoms._tissues).
"""

import numpy as np

from limner.phantoms import PHANTOMS, _bodies
from limner.phantoms._canvas import Canvas
from limner.phantoms._sections import COLUMNS, measured, named, sample
from limner.sample import Sample

__all__ = ["torso_2d"]

PLACES = (_bodies.abdomen, _bodies.chest, _bodies.pelvis)


@PHANTOMS.add
def torso_2d(seed: int) -> Sample:
    """A section of 160 x 160 pixels of about 2.4 mm with its organs, in HU or MR's numbers."""
    rng = np.random.default_rng(seed)
    canvas = Canvas(rng, 160, bend=float(rng.uniform(0, 0.12)), turn=0.08)
    PLACES[seed % len(PLACES)](canvas)
    kind = str(rng.choice(COLUMNS, p=(0.25, 0.35, 0.15, 0.2, 0.05)))
    image = measured(canvas, rng, kind=kind, pixel_mm=2.4 / canvas.zoom)
    return sample(f"torso_2d-{seed}", image, named(canvas.labels, canvas.names, image.grid))
