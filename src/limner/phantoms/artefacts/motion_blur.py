"""Motion blur: everything is smeared along one direction while the picture is taken.

Source   the usual linear motion kernel; no paper.
Differs  symmetric about each pixel, so that outlines stay where they are in the mean.
Expected results/artefacts.json
"""

import numpy as np

from limner.phantoms.artefacts import ARTEFACTS, Picture

LONGEST = 0.07  # of the picture's longer side, at severity 1


@ARTEFACTS.add
def motion_blur(rng: np.random.Generator, picture: Picture, *, severity: float) -> Picture:
    """The mean of the picture shifted by whole pixels along a line of any direction."""
    half = LONGEST / 2 * severity * max(picture.shape[:2])
    turn = rng.uniform(0, np.pi)
    steps = np.linspace(-half, half, 2 * int(np.ceil(half)) + 1)
    shifts = np.rint(steps[:, None] * (np.sin(turn), np.cos(turn))).astype(int)
    reach = int(np.abs(shifts).max(initial=0))
    wide = np.pad(picture, ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    rows, columns = picture.shape[:2]
    total = np.zeros_like(picture)
    for down, across in shifts + reach:
        total += wide[down : down + rows, across : across + columns]
    return np.asarray(np.clip(total / len(shifts), 0, 1), np.float32)
