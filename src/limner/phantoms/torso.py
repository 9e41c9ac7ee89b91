"""A trunk on CT, in Hounsfield units: organs, bones, lungs, vessels, planted tumours, resections.

Three sites differ in spacing, noise, kernel, contrast phase and the order of their axes. One
removable organ in ten is gone, and a target says which organs are there.

Source   the idea of an analytic body of ellipsoids: Shepp and Logan, IEEE Trans. Nuclear
         Science 21 (1974), 21; HU as in limner.phantoms._tissues.
Differs  own places and sizes; a trunk with wandering borders, not a head. Tumours are
         exact ellipsoids, so that their volumes are known in closed form.
"""

from limner.phantoms import PHANTOMS
from limner.phantoms._scans import scan
from limner.sample import Sample

__all__ = ["torso"]


@PHANTOMS.add
def torso(seed: int) -> Sample:
    """One CT of a trunk from the collar bones to the hips, with its organs and tumours."""
    return scan(seed, modality="ct", name="torso")
