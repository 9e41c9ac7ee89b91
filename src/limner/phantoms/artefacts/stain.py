"""Stain: the same section as another laboratory would have dyed it.

Source   Ruifrok and Johnston, Anal Quant Cytol Histol 2001 (the dyes' colours); Tellez et al.,
         IEEE TMI 2018, arXiv:1808.05896 (gain and shift per dye).
Differs  gain and shift grow with the severity; the residual dye varies like the other two. Grey
         pictures are darkened or lightened as one dye would be.
Expected results/artefacts.json
"""

import numpy as np
from numpy.typing import NDArray

from limner.phantoms.artefacts import ARTEFACTS, Picture

# Optical density of red, green and blue for haematoxylin, eosin and DAB (Ruifrok and Johnston).
DYES: NDArray[np.float32] = np.array(
    [[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]], np.float32
)
DYES /= np.linalg.norm(DYES, axis=1, keepdims=True)
APART = np.linalg.inv(DYES).astype(np.float32)
DARKEST = 1 / 255


@ARTEFACTS.add
def stain(rng: np.random.Generator, picture: Picture, *, severity: float) -> Picture:
    """The amounts of three dyes times a gain and plus a shift, each up to about 0.5 and 0.1."""
    if severity <= 0:
        return picture
    density = -np.log(np.maximum(picture, np.float32(DARKEST)))
    gain = np.exp(rng.normal(0, 0.45 * severity, 3)).astype(np.float32)
    shift = rng.normal(0, 0.08 * severity, 3).astype(np.float32)
    if picture.shape[2] == 3:
        dyed = density @ APART * gain + shift
        density = dyed @ DYES
    else:
        density = density * gain[0] + shift[0]
    return np.asarray(np.clip(np.exp(-density), 0, 1), np.float32)
