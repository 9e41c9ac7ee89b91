"""JPEG: blocks of 8 x 8 and lost detail, as a picture that was mailed about shows.

Source   ITU-T T.81; the encoder is Pillow's.
Differs  quality falls evenly from 90 to 5 with the severity.
Expected results/artefacts.json
"""

from io import BytesIO

import numpy as np
from PIL import Image

from limner.phantoms.artefacts import ARTEFACTS, Picture


@ARTEFACTS.add
def jpeg(rng: np.random.Generator, picture: Picture, *, severity: float) -> Picture:
    """The picture saved and opened again, its colours at half resolution as a rule."""
    halved = 2 if rng.random() < 0.7 else 0
    if severity <= 0:
        return picture
    grey = picture.shape[2] == 1
    samples = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    kept = BytesIO()
    quality = round(90 - 85 * severity)
    Image.fromarray(samples[..., 0] if grey else samples).save(
        kept, "JPEG", quality=quality, subsampling=halved
    )
    with Image.open(kept) as opened:
        after = np.asarray(opened, np.float32) / np.float32(255)
    return after[..., None] if grey else after
