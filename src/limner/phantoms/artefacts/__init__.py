"""What a machine adds to a picture, simulated: the picture is spoilt, its labels stay true.

Every artefact is `(rng, picture, *, severity)`: a picture (rows, columns, 1 or 3) in 0..1 in,
the same shape in 0..1 out. Severity 0 changes nothing and 1 is the worst that somebody would
still outline. Depth runs down the rows. Nothing is moved, so that outlines hold.
"""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from limner.registry import Registry

__all__ = ["ARTEFACTS", "BY_MODALITY", "Artefact", "spoiled"]

Picture = NDArray[np.float32]
Artefact = Callable[..., Picture]

ARTEFACTS: Registry[Artefact] = Registry("artefact", __name__)

# Where each is met, by DICOM modality; SM is a slide, XC a photograph.
BY_MODALITY: Mapping[str, tuple[str, ...]] = {
    "CT": ("rings", "metal_streaks", "anisotropy", "motion_blur"),
    "MR": ("ghosting", "anisotropy", "motion_blur"),
    "US": ("shadow", "reverberation", "mirroring"),
    "SM": ("stain", "jpeg"),
    "XC": ("stain", "jpeg", "motion_blur", "shadow"),
}
GREY, COLOUR = ("CT", "MR", "US"), ("SM", "XC")


def spoiled(
    rng: np.random.Generator, picture: Picture, *, chance: float = 0.2, worst: float = 0.8
) -> Picture:
    """With that chance a picture with one artefact of a modality it might be of, else itself.

    The severity is even between 0.1 and `worst`, and depth runs in any of four directions.
    """
    if rng.random() >= chance:
        return picture
    modalities = COLOUR if picture.shape[2] == 3 else GREY
    names = BY_MODALITY[str(rng.choice(modalities))]
    artefact = _loaded(str(rng.choice(names)))
    turn = int(rng.integers(4))
    upright = np.clip(np.rot90(picture, turn), 0, 1)
    after = artefact(rng, upright, severity=float(rng.uniform(0.1, worst)))
    return np.ascontiguousarray(np.rot90(after, -turn), np.float32)


@cache
def _loaded(name: str) -> Artefact:
    return ARTEFACTS.get(name)
