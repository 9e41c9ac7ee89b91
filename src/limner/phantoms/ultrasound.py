"""An ultrasound picture: nerve, breast, vessel, belly, heart or a child's head, with speckle.

Source   speckle as in limner.phantoms._sound (Wagner et al., 1983); the views are drawn from
         what such pictures show.
Differs  no wave is computed: echoes are tones in dB, shadows are sums along the beam.
"""

import numpy as np

from limner.image import Image
from limner.phantoms import PHANTOMS
from limner.phantoms._anatomy import heard
from limner.phantoms._sections import named, plane, sample
from limner.sample import Sample

__all__ = ["ultrasound"]

SIDE, PIXEL_MM = 192, 0.4


@PHANTOMS.add
def ultrasound(seed: int) -> Sample:
    """A picture of 192 x 192 pixels in 8 bits, by a straight, curved or phased probe."""
    rng = np.random.default_rng(seed)
    while True:
        canvas, picture, labels = heard(rng, SIDE)
        if labels.any():  # else the fan passed by everything
            break
    grid = plane(SIDE, PIXEL_MM)
    image = Image.of(np.rint(picture * 255).astype(np.uint8)[None], grid)
    return sample(f"ultrasound-{seed}", image, named(labels, canvas.names, grid))
