"""One section through a head on MR: folded grey matter round white, ventricles, a tumour.

Source   nested tissues painted by contrast: Billot et al. (SynthSeg), Medical Image Analysis
         86 (2023), 102789.
Differs  drawn by formula, not from segmentations; one slice; T1- or T2-like tones, not random.
"""

import numpy as np

from limner.phantoms import PHANTOMS, _bodies
from limner.phantoms._canvas import Canvas
from limner.phantoms._sections import measured, named, sample
from limner.sample import Sample

__all__ = ["brain_mr"]


@PHANTOMS.add
def brain_mr(seed: int) -> Sample:
    """A section of 160 x 160 pixels of about 1.4 mm, T1- or T2-like, with or without the skull."""
    rng = np.random.default_rng(seed)
    canvas = Canvas(rng, 160, bend=float(rng.uniform(0, 0.08)), turn=0.1)
    _bodies.brain(canvas)
    image = measured(canvas, rng, kind=str(rng.choice(["t1", "t2"])), pixel_mm=1.4 / canvas.zoom)
    return sample(f"brain_mr-{seed}", image, named(canvas.labels, canvas.names, image.grid))
