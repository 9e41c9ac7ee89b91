"""Pictures of the small and of the surface, for the training generator.

Blood smears, stained sections, fluorescence, electron microscopy, skin, endoscopy, fundus and
angiograms: what each kind of picture has in common, and everything else by chance. They are
nearer to the real thing than `shapes.scene`, which knows no kind of picture at all.
"""

from collections.abc import Callable

import numpy as np

from limner.phantoms._layouts import Labels
from limner.phantoms._micro_cells import blood, fluorescent, stained
from limner.phantoms._micro_organs import endoscopy, fundus, membranes, skin
from limner.phantoms._paint import Picture, blurred

KINDS: tuple[tuple[Callable[[np.random.Generator, int], tuple[Picture, Labels]], float], ...] = (
    (blood, 0.16),
    (stained, 0.18),
    (fluorescent, 0.14),
    (membranes, 0.14),
    (skin, 0.14),
    (endoscopy, 0.14),
    (fundus, 0.10),
)  # how often each is drawn


def micro(rng: np.random.Generator, side: int = 160) -> tuple[Picture, Labels]:
    """A picture (side, side, 1 or 3) in 0..1 and the int32 labels (side, side) of what is in it.

    0 is background. Every nucleus, cell, gland, lesion, polyp and disc has an id of its own,
    and so has a part within it; all vessels of a picture, or all membranes, share one.
    """
    kinds, shares = zip(*KINDS, strict=True)
    picture, labels = kinds[rng.choice(len(kinds), p=shares)](rng, side)
    return _recorded(rng, picture), labels


def _recorded(rng: np.random.Generator, picture: Picture) -> Picture:
    """As a camera keeps it: a little soft, a little noisy, its brightness and colour set."""
    picture = np.clip(picture, 0, 1.2).astype(np.float32)
    if rng.random() < 0.7:
        picture = blurred(picture, sigma=float(np.exp(rng.uniform(np.log(0.3), np.log(1.4)))))
    if picture.shape[2] == 3 and rng.random() < 0.2:
        mix = rng.dirichlet((2, 2, 2)).astype(np.float32)
        picture = (picture @ mix)[..., None]
    noise = rng.standard_normal(picture.shape, np.float32) * np.float32(0.05 * rng.random() ** 2)
    picture = picture * np.float32(np.exp(rng.normal(0, 0.12))) + noise
    if rng.random() < 0.3:
        low, high = np.quantile(picture[::4, ::4], (0.01, 0.99))
        picture = (picture - low) / max(float(high - low), 0.05)
    return np.asarray(np.clip(picture, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.2))), np.float32)
