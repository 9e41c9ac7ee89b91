"""Which islands of an answer are kept: those that a prompt names, and none that are specks."""

import numpy as np

from limner.predict._look import Floats, Look
from limner.prompt import CHANNELS

MARKED = 0.5  # of a prompt's channel
SPECK = 20  # pixels of the slice; smaller islands that nobody marked are dropped

REGION, INSIDE, OUTSIDE, PRIOR = range(len(CHANNELS))


def anchored(logits: Floats, planes: Floats) -> Floats:
    """The logits without islands that no prompt names; all of them where none is named."""
    from scipy.ndimage import label

    islands, count = label(logits > 0, structure=np.ones((3, 3)))
    if count < 2:
        return logits
    anchors = (planes[[REGION, INSIDE, PRIOR]] > MARKED).any(axis=0)
    kept = set(np.unique(islands[anchors]).tolist()) - {0}
    if not kept or len(kept) == count:
        return logits
    dropped = (islands > 0) & ~np.isin(islands, list(kept))
    return np.asarray(np.where(dropped, -np.abs(logits), logits), np.float32)


def without_specks(logits: Floats, planes: Floats, *, look: Look) -> Floats:
    """The logits without small islands that no mark names; the largest island always stays."""
    from scipy.ndimage import label

    islands, count = label(logits > 0, structure=np.ones((3, 3)))
    if count < 2:
        return logits
    pixel = look.extent[0] * look.extent[1] / look.side**2
    sizes = np.bincount(islands.ravel()) * pixel
    dropped = sizes < SPECK
    dropped[np.unique(islands[planes[INSIDE] > MARKED])] = False
    dropped[0] = dropped[1 + int(sizes[1:].argmax())] = False
    if not dropped.any():
        return logits
    return np.asarray(np.where(dropped[islands], -np.abs(logits), logits), np.float32)
