"""A trunk on PET, in SUV, with the CT of the same voxels beside it.

Source   as limner.phantoms.torso; uptake relative to a bright tumour.
Differs  no counts are reconstructed: uptake, a wide point spread, noise by its root.
"""

from limner.phantoms import PHANTOMS
from limner.phantoms._scans import scan
from limner.sample import Sample

__all__ = ["torso_pet"]


@PHANTOMS.add
def torso_pet(seed: int) -> Sample:
    """The patient of the seed on PET: images "image" (SUV) and "ct" (HU)."""
    return scan(seed, modality="pet", name="torso_pet", beside=("ct",))
