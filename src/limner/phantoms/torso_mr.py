"""A trunk on MR: T2-like, with a T1-like image of the same voxels beside it.

Source   as limner.phantoms.torso; relative tones as in limner.phantoms._tissues.
Differs  no sequence is simulated: a tone a tissue, a coil's shading, Rician noise.
"""

from limner.phantoms import PHANTOMS
from limner.phantoms._scans import scan
from limner.sample import Sample

__all__ = ["torso_mr"]


@PHANTOMS.add
def torso_mr(seed: int) -> Sample:
    """The patient of the seed on MR: images "image" (T2-like) and "t1"."""
    return scan(seed, modality="t2", name="torso_mr", beside=("t1",))
